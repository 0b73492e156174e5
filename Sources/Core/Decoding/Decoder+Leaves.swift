// Values: numbers, symbols, strings and the kernel's nouns.

extension Decoder {
    // MARK: Structure

    /// Starts the next argument; `name` is shown with `-N`.
    public func argument(_ name: Name) { out.argument(name) }

    /// `{…}`
    public func structure(_ body: () -> Void) {
        out.beginStructure()
        body()
        out.endStructure()
    }

    /// `name=` of the next field; what it is worth follows.
    public func field(_ name: Name) { out.field(name) }

    // MARK: Numbers

    public func int(_ v: UInt64) { out.signed(Int64(Int32(truncatingIfNeeded: v))) }
    public func int(_ v: Int32) { out.signed(Int64(v)) }
    public func uint(_ v: UInt64) { out.unsigned(v & 0xffff_ffff) }
    public func long(_ v: UInt64) { out.signed(Int64(bitPattern: v)) }
    public func ulong(_ v: UInt64) { out.unsigned(v) }

    // MARK: Symbols

    /// The name of one of several constants; `0x… /* X_??? */` if it has none.
    public func enumerated(_ v: UInt64, _ table: ConstantTable, radix: Radix = .hex) {
        guard let name = table.name(of: v) else {
            out.unnamed(v, radix: radix, table.unknown)
            return
        }
        if out.beginSymbolic(v, radix: radix) {
            out.symbol(name)
            out.endSymbolic()
        }
    }

    public func enumerated(_ v: UInt32, _ table: ConstantTable, radix: Radix = .hex) {
        enumerated(UInt64(v), table, radix: radix)
    }

    /// The names of the bits set, joined by `|`; bits without a name as a number.
    ///
    /// Zero prints as the table's name for it, or `0`.
    public func flags(_ v: UInt64, _ table: ConstantTable, radix: Radix = .hex) {
        let entries = table.entries
        var rest = v
        if v == 0 {
            if let zero = entries.first(where: { $0.value == 0 }) {
                if out.beginSymbolic(0, radix: radix) {
                    out.symbol(zero.name)
                    out.endSymbolic()
                }
            } else {
                out.number(0, radix)
            }
            return
        }
        guard entries.contains(where: { $0.value != 0 && $0.value & v == $0.value }) else {
            out.unnamed(v, radix: radix, table.unknown)
            return
        }
        guard out.beginSymbolic(v, radix: radix) else { return }
        for e in entries where e.value != 0 && e.value & rest == e.value {
            out.symbol(e.name)
            rest &= ~e.value
        }
        if rest != 0 { out.bits(rest, radix: radix) }
        out.endSymbolic()
    }

    public func flags(_ v: UInt32, _ table: ConstantTable) { flags(UInt64(v), table) }

    /// A value made of one constant under `mask` and flags beside it:
    /// `SOCK_STREAM|SOCK_CLOEXEC`.
    public func enumerated(_ v: UInt64, mask: UInt64, _ table: ConstantTable, flags: ConstantTable, radix: Radix = .hex) {
        let base = table.name(of: v & mask)
        var rest = v & ~mask
        let named = flags.entries.contains { $0.value != 0 && $0.value & rest == $0.value }
        if base == nil && !named {
            out.unnamed(v, radix: radix, table.unknown)
            return
        }
        guard out.beginSymbolic(v, radix: radix) else { return }
        if let base { out.symbol(base) } else { out.bits(v & mask, radix: radix) }
        for e in flags.entries where e.value != 0 && e.value & rest == e.value {
            out.symbol(e.name)
            rest &= ~e.value
        }
        if rest != 0 { out.bits(rest, radix: radix) }
        out.endSymbolic()
    }

    // MARK: Strings

    /// A NUL-terminated path, in full (`PATH_MAX`).
    public func path(_ address: UInt64) { terminated(address, limit: 4095, evenOnError: true) }

    /// A NUL-terminated string, shortened to `-s`.
    public func string(_ address: UInt64, evenOnError: Bool = false) {
        if failed && !evenOnError {
            out.address(address)
            return
        }
        terminated(address, limit: options.stringLimit, evenOnError: evenOnError)
    }

    /// A NUL-terminated string of which the kernel looks at `limit` bytes at most.
    public func string(_ address: UInt64, limit: Int) {
        if limit == 0 && address != 0 {
            out.string(UnsafeRawBufferPointer(start: nil, count: 0), truncated: false)
            return
        }
        let needed = min(limit, options.stringLimit + 1)
        guard address != 0, let b = readString(address, needed), b.terminator != nil || b.count == needed else {
            out.address(address)
            return
        }
        let shown = b.terminator ?? min(limit, options.stringLimit)
        replacing?.source = address
        out.string(b.slice(0, shown).raw, truncated: b.terminator == nil)
    }

    /// A NUL-terminated string that the kernel takes no more than `limit` bytes of.
    public func string(_ address: UInt64, atMost limit: Int) {
        guard limit < options.stringLimit, address != 0 else {
            string(address, evenOnError: true)
            return
        }
        guard let b = readString(address, limit), b.terminator != nil || b.count == limit else {
            out.address(address)
            return
        }
        out.string(b.slice(0, b.terminator ?? b.count).raw, truncated: b.terminator == nil)
    }

    private func terminated(_ address: UInt64, limit: Int, evenOnError: Bool) {
        guard address != 0 else {
            out.address(0)
            return
        }
        // Most strings are short; reading as far as they may go costs twice as much.
        let usual = 256
        if limit >= usual, let b = readString(address, usual), let end = b.terminator {
            out.string(b.slice(0, end).raw, truncated: false)
            return
        }
        guard let b = readString(address, limit + 1) else {
            out.address(address)
            return
        }
        if let end = b.terminator {
            out.string(b.slice(0, end).raw, truncated: false)
        } else if b.count == limit + 1 {
            replacing?.source = address
            out.string(b.slice(0, limit).raw, truncated: true)
        } else {
            shortRead?(address, b.count, limit + 1)
            out.address(address)
        }
    }

    /// `count` bytes shown as a string, shortened to `-s`.
    ///
    /// - Parameter escaping: how, where the bytes are never text; nil as the user wants strings.
    public func buffer(
        _ address: UInt64, _ count: UInt64, evenOnError: Bool = false, escaping: StringEscaping? = nil
    ) {
        guard address != 0 else {
            out.address(0)
            return
        }
        let shown = Int(min(count, UInt64(options.stringLimit)))
        // What is cut off must be there: a byte of it is read.
        let needed = Int(min(count, UInt64(options.stringLimit) + 1))
        guard !(failed && !evenOnError), let b = read(address, needed) else {
            out.address(address)
            return
        }
        replacing?.source = address
        out.string(b.slice(0, shown).raw, truncated: count > UInt64(shown), escaping: escaping)
    }

    /// Bytes of a fixed-size field up to the first NUL.
    public func text(_ b: Bytes, limit: Int? = nil) {
        let end = b.terminator ?? b.count
        let shown = min(end, limit ?? end)
        out.string(b.slice(0, shown).raw, truncated: end > shown)
    }

    /// ` /* 0.000001 s */`: what a count of units of 10^-`digits` seconds is in seconds; not
    /// said of zero, nor where constants stay raw.
    public func secondsComment(_ value: Int64, digits: Int) {
        guard value != 0, options.constants != .raw else { return }
        var unit: UInt64 = 1
        for _ in 0..<digits { unit *= 10 }
        scratch.truncate(to: 0)
        if value < 0 { scratch.ascii("-") }
        scratch.decimal(value.magnitude / unit)
        scratch.ascii(".")
        scratch.decimal(value.magnitude % unit, width: digits)
        scratch.append(" s")
        out.comment(scratch.bytes)
    }

    // MARK: Kernel nouns

    /// A descriptor, explained under `-y`.
    public func fd(_ v: UInt64) { fd(v, of: tid) }

    /// Whether a descriptor is known to refer to something whose name starts so.
    func refers(_ fd: Int32, to prefix: String) -> Bool {
        scratch.truncate(to: 0)
        guard fd >= 0, inspector.describe(fd: fd, of: tid, call.memory, .path, into: scratch) == .known else { return false }
        return scratch.bytes.starts(with: prefix.utf8)
    }

    /// A descriptor of a task, which the tracer knows as `owner`.
    func fd(_ v: UInt64, of owner: Int32) {
        let n = Int32(truncatingIfNeeded: v)
        out.signed(Int64(n))
        guard n >= 0, !options.descriptors.isEmpty else { return }
        scratch.truncate(to: 0)
        let memory = owner == tid ? call.memory : Self.nothing
        annotate(inspector.describe(fd: n, of: owner, memory, options.descriptors, into: scratch))
    }

    /// `</path>` or `</path>(deleted)` from what was written to `scratch`.
    private func annotate(_ name: DescriptorName) {
        guard name != .unknown else { return }
        out.annotation(scratch.bytes)
        if name == .deleted { out.verbatim("(deleted)") }
    }

    /// A descriptor that a path is relative to.
    public func dirfd(_ v: UInt64) {
        guard Int32(truncatingIfNeeded: v) == -100 else {
            fd(v)
            return
        }
        enumerated(UInt64(bitPattern: -100), .atFdcwd, radix: .decimal)
        guard options.descriptors.contains(.path) else { return }
        scratch.truncate(to: 0)
        annotate(inspector.workingDirectory(of: tid, call.memory, into: scratch))
    }

    /// A process, thread, group or session id; its command under `-Y`, its id in
    /// the tracer's pid namespace under `--decode-pids=pidns`.
    public func pid(_ v: UInt64, _ kind: PidKind = .pid) {
        let id = Int32(truncatingIfNeeded: v)
        out.signed(Int64(id))
        pidAnnotation(id, kind)
    }

    /// What follows a process id just printed.
    public func pidAnnotation(_ id: Int32, _ kind: PidKind) {
        guard id > 0 else { return }
        if options.commands, kind == .pid || kind == .tid {
            scratch.truncate(to: 0)
            let outer = inspector.translate(id, kind, seenBy: tid) ?? id
            if inspector.command(of: outer, into: scratch) { out.annotation(scratch.bytes) }
        }
        if options.pidNamespaces, let outer = inspector.translate(id, kind, seenBy: tid) {
            scratch.truncate(to: 0)
            scratch.decimal(Int64(outer))
            scratch.append(" in strace's PID NS")
            out.comment(scratch.bytes)
        }
    }

    /// A user or group id; `-1` means "leave it".
    public func id(_ v: UInt64) {
        let n = UInt32(truncatingIfNeeded: v)
        if n == .max { out.signed(-1) } else { out.unsigned(UInt64(n)) }
    }

    /// A signal number, by name; real-time signals as `SIGRT_3`.
    public func signal(_ v: UInt64) {
        let n = Int32(truncatingIfNeeded: v)
        if let name = ConstantTable.signals.name(of: UInt64(bitPattern: Int64(n))) {
            if out.beginSymbolic(UInt64(bitPattern: Int64(n)), radix: .decimal) {
                out.symbol(name)
                out.endSymbolic()
            }
        } else {
            out.signed(Int64(n))
        }
    }

    /// File type and permissions: `S_IFREG|0644`.
    public func mode(_ v: UInt64) {
        let type = v & 0o170000
        let name = type == 0 ? nil : ConstantTable.fileTypes.name(of: type)
        let special = v & 0o7000
        guard (type == 0) == (name == nil), name != nil || special != 0 else {
            longMode(v)
            return
        }
        if out.beginSymbolic(v, radix: .octal) {
            if let name { out.symbol(name) }
            for e in ConstantTable.modeBits.entries where v & e.value != 0 { out.symbol(e.name) }
            scratch.truncate(to: 0)
            scratch.ascii("|")
            scratch.ascii("0")
            scratch.octalDigits(v & ~0o177000, width: 2)
            out.verbatim(scratch.bytes)
            out.endSymbolic()
        }
    }

    /// Permission bits, at least three digits after the leading zero: `0644`, `000`.
    public func permissions(_ v: UInt64) {
        longMode(v & 0xffff)
    }

    /// Permission bits of a 64-bit field.
    public func longMode(_ v: UInt64) {
        scratch.truncate(to: 0)
        scratch.ascii("0")
        scratch.octalDigits(v, width: 2)
        out.octal(v, width: scratch.count)
    }

    /// `makedev(0x8, 0x1)`
    public func device(_ v: UInt64) {
        guard options.constants != .raw else {
            out.hex(v)
            return
        }
        let number = DeviceNumber(v)
        if options.constants == .verbose {
            scratch.truncate(to: 0)
            scratch.append("makedev(")
            scratch.hex(number.major)
            scratch.append(", ")
            scratch.hex(number.minor)
            scratch.append(")")
            out.hex(v)
            out.comment(scratch.bytes)
            return
        }
        out.beginCall("makedev")
        out.element()
        out.hex(number.major)
        out.element()
        out.hex(number.minor)
        out.endCall()
    }

    /// A clock id; those of processes and descriptors have no name.
    public func clock(_ v: UInt64) { enumerated(v & 0xffff_ffff, .clockIDs) }

    // MARK: Structures by layout

    /// A structure at `address` by its rows.
    public func structure(_ address: UInt64, _ layout: StructLayout, evenOnError: Bool = false) {
        object(address, layout.size, evenOnError: evenOnError) { structure($0, layout) }
    }

    /// A structure in hand by its rows.
    public func structure(_ b: Bytes, _ layout: StructLayout) {
        out.beginStructure()
        fields(b, layout)
        out.endStructure()
    }

    /// The rows of a structure that is already open.
    public func fields(_ b: Bytes, _ layout: StructLayout) {
        var hidden = false
        for f in layout.fields {
            if let condition = f.condition, !condition(b) { continue }
            let raw = f.width > 0 ? load(b, f) : 0
            switch f.visibility {
            case .always: break
            case .verbose where abbreviating:
                hidden = true
                continue
            case .nonzero where raw == 0 && f.width > 0: continue
            case .when(let applies) where !applies(b): continue
            case .verboseOr(let applies) where abbreviating && !applies(b): continue
            case .verboseWhen(let applies):
                if abbreviating {
                    hidden = true
                    continue
                }
                if !applies(b) { continue }
            default: break
            }
            if !f.name.isEmpty { out.field(f.name) }
            describe(f, of: b)
        }
        if hidden { out.more() }
    }

    /// `[a, b, c]`: an array that is part of a structure in hand.
    ///
    /// - Parameter shortened: to `-s` elements, unless `-v`.
    public func elements(_ b: Bytes, _ kind: ValueKind, shortened: Bool = false) {
        let width = kind.width
        let limit = shortened && abbreviating ? options.stringLimit : Int.max
        out.beginArray()
        for i in 0..<b.count / width {
            if i >= limit {
                out.more()
                break
            }
            out.element()
            value(kind, b.value(i * width, width, signed: kind.isSigned), out: false)
        }
        out.endArray()
    }

    /// `name=[…]`, if any byte is not zero: reserved words that ought to be.
    public func nonzeroElements(_ name: Name, _ b: Bytes, _ kind: ValueKind) {
        guard b.raw.contains(where: { $0 != 0 }) else { return }
        field(name)
        elements(b, kind, shortened: true)
    }

    /// The value of one field of a structure.
    func describe(_ f: StructLayout.Field, of b: Bytes) {
        if let body = f.body { body(self, b) } else { value(f.kind, f.width > 0 ? load(b, f) : 0, out: false) }
    }

    private func load(_ b: Bytes, _ f: StructLayout.Field) -> UInt64 {
        b.value(f.offset, f.width, signed: f.kind.isSigned)
    }
}

/// A `dev_t` in its parts, as glibc's `major(3)` and `minor(3)` take it apart.
public struct DeviceNumber {
    public let major: UInt64
    public let minor: UInt64

    public init(_ v: UInt64) {
        major = ((v >> 8 & 0xfff) | (v >> 32 & ~0xfff)) & 0xffff_ffff
        minor = ((v & 0xff) | (v >> 12 & ~0xff)) & 0xffff_ffff
    }
}
