// The interpreter of attribute tables: prints a sequence of netlink attributes.

extension Decoder {
    /// `[{nla_len=…, nla_type=…}, value]`, or a list of such.
    func attributes(_ span: Span, _ table: AttributeTable, _ context: AttributeContext) {
        let header = 4
        guard span.count >= header, dereferencing else {
            hexBytes(span)
            return
        }
        lengthPrefixed(span, header: header, smallest: header, length: { Int($0.u16(0)) }) { b, rest, claimed in
            attribute(b, rest.prefix(max(claimed, header)).dropping(header), claimed, table, context)
        }
    }

    private func attribute(
        _ header: Bytes, _ value: Span, _ claimed: Int, _ table: AttributeTable, _ context: AttributeContext
    ) {
        let type = header.u16(2)
        let hasValue = claimed > 4 && value.count > 0
        if hasValue {
            out.beginArray()
            out.element()
        }
        structure {
            field("nla_len")
            out.unsigned(UInt64(claimed))
            field("nla_type")
            for flag in ConstantTable.attributeFlags.entries where UInt64(type) & flag.value != 0 {
                enumerated(flag.value, .attributeFlags)
                out.verbatim("|")
            }
            enumerated(UInt64(type & 0x3fff), table.names)
        }
        guard hasValue else { return }
        out.element()
        if let kind = table[Int(type & 0x3fff)], attributeValue(kind, value, context) {
        } else {
            hexBytes(value)
        }
        out.endArray()
    }

    /// Bytes in hexadecimal, shortened to `-s`.
    func hexBytes(_ span: Span) {
        let limit = options.stringLimit
        guard let b = read(span.address, min(span.count, limit)) else {
            out.address(span.address)
            return
        }
        out.string(b.raw, truncated: span.count > limit, escaping: .all)
    }

    /// Reads the first `n` bytes of a value for `body`.
    ///
    /// - Returns: false if the value is too short.
    @discardableResult
    func fetch(_ span: Span, _ n: Int, _ body: (Bytes) -> Void) -> Bool {
        guard span.count >= n else { return false }
        if let b = read(span.address, n) { body(b) } else { out.address(span.address) }
        return true
    }

    /// Prints a value of a kind; false, and nothing printed, if it is no such value.
    func attributeValue(_ kind: AttributeKind, _ span: Span, _ context: AttributeContext) -> Bool {
        switch kind {
        case .u8: return fetch(span, 1) { out.unsigned(UInt64($0.u8(0))) }
        case .u16: return fetch(span, 2) { out.unsigned(UInt64($0.u16(0))) }
        case .u32: return fetch(span, 4) { out.unsigned(UInt64($0.u32(0))) }
        case .u64: return fetch(span, 8) { out.unsigned($0.u64(0)) }
        case .uid: return fetch(span, 4) { out.signed($0.u32(0) == .max ? -1 : Int64($0.u32(0))) }
        case .s32: return fetch(span, 4) { out.signed(Int64($0.i32(0))) }
        case .s64: return fetch(span, 8) { out.signed($0.i64(0)) }
        case .x8: return fetch(span, 1) { out.hex(UInt64($0.u8(0))) }
        case .x16: return fetch(span, 2) { out.hex(UInt64($0.u16(0))) }
        case .x32: return fetch(span, 4) { out.hex(UInt64($0.u32(0))) }
        case .x64: return fetch(span, 8) { out.hex($0.u64(0)) }
        case .be16: return fetch(span, 2) { expression("htons", UInt64($0.u16(0).byteSwapped)) }
        case .be32: return fetch(span, 4) { expression("htonl", UInt64($0.u32(0).byteSwapped)) }
        case .be64: return fetch(span, 8) { expression("htobe64", $0.u64(0).byteSwapped) }
        case .string:
            attributeString(span)
            return true
        case .fd: return fetch(span, 4) { fd(UInt64(bitPattern: Int64($0.i32(0)))) }
        case .id: return fetch(span, 4) { id(UInt64($0.u32(0))) }
        case .ifindex: return fetch(span, 4) { interfaceIndex($0.u32(0)) }
        case .hardwareAddress:
            guard span.count <= 32 else { return false }
            return fetch(span, span.count) { hardwareAddress($0, length: context.hardwareLength) }
        case .address: return address(span, context.family)
        case .in4: return address(span, 2)
        case .in6: return address(span, 10)
        case .enumerated(let table, let width, let limited):
            guard !limited || span.count <= 8 else { return false }
            return fetch(span, width) { enumerated(integer($0), table) }
        case .flags(let table, let width, let limited):
            guard !limited || span.count <= 8 else { return false }
            return fetch(span, width) { flags(integer($0), table) }
        case .variable(let table):
            guard (1...8).contains(span.count) else { return false }
            return fetch(span, span.count) { enumerated(integer($0), table) }
        case .ticks: return duration(span, 100)
        case .milliseconds: return duration(span, 1000)
        case .structure(let layout): return fetch(span, layout.size) { structure($0, layout) }
        case .grown(let layout, let least):
            guard span.count >= least else { return false }
            return grown(span, layout)
        case .exact(let layout): return span.count == layout.size && fetch(span, layout.size) { structure($0, layout) }
        case .nested(let table):
            guard span.count >= 4, context.depth < AttributeContext.deepest else { return false }
            var inner = context
            inner.depth += 1
            attributes(span, table(), inner)
            return true
        case .bytes:
            array(span.address, count: span.count, stride: 1, evenOnError: true) { out.unsigned(UInt64($0.u8(0))) }
            return true
        case .words:
            guard span.count >= 2 else { return false }
            array(span.address, count: span.count / 2, stride: 2, evenOnError: true) { out.unsigned(UInt64($0.u16(0))) }
            return true
        case .unsigneds:
            guard span.count >= 4 else { return false }
            array(span.address, count: span.count / 4, stride: 4, evenOnError: true) { out.unsigned(UInt64($0.u32(0))) }
            return true
        case .hex64s:
            guard span.count >= 8 else { return false }
            array(span.address, count: span.count / 8, stride: 8, evenOnError: true) { out.hex($0.u64(0)) }
            return true
        case .array(let layout):
            guard span.count >= layout.size else { return false }
            array(span.address, count: span.count / layout.size, stride: layout.size, evenOnError: true) {
                structure($0, layout)
            }
            return true
        case .variableHex:
            guard [1, 2, 4, 8].contains(span.count) else { return false }
            return fetch(span, span.count) { out.hex(integer($0)) }
        case .numberedFlags(let table): return span.count <= 8 && fetch(span, 1) { numberedFlags(UInt64($0.u8(0)), table) }
        case .mac:
            guard span.count <= 32 else { return false }
            return fetch(span, span.count) { hardwareAddress($0) }
        case .indexed32(let table, let first):
            return indexed(span, 4) { i, b in
                index(i, table, first)
                out.signed(Int64(b.i32(0)))
            }
        case .indexed64(let table):
            return indexed(span, 8) { i, b in
                index(i, table, 0)
                out.unsigned(b.u64(0))
            }
        case .indexedU32(let table):
            return indexed(span, 4) { i, b in
                index(i, table, 0)
                out.unsigned(UInt64(b.u32(0)))
            }
        case .custom(let body): return body(self, span, context)
        }
    }

    /// The fields of a structure that an older kernel's shorter one has; it must end
    /// where a field does.
    private func grown(_ span: Span, _ layout: StructLayout) -> Bool {
        let count = min(span.count, layout.size)
        let ends = count == layout.size || layout.fields.contains { $0.offset + $0.width == count }
        return ends && fetch(span, count) { b in
            structure {
                for f in layout.fields where f.offset + f.width <= count {
                    field(f.name)
                    value(f.kind, b.value(f.offset, f.width, signed: false), out: false)
                }
            }
        }
    }

    private func integer(_ b: Bytes) -> UInt64 {
        switch b.count {
        case 1: UInt64(b.u8(0))
        case 2: UInt64(b.u16(0))
        case 4: UInt64(b.u32(0))
        case 8: b.u64(0)
        default: (0..<b.count).reduce(0) { $0 | UInt64(b.u8($1)) << UInt64($1 * 8) }
        }
    }

    /// `name(value)`
    func expression(_ name: Name, _ v: UInt64) {
        out.beginCall(name)
        out.element()
        out.unsigned(v)
        out.endCall()
    }

    /// Characters up to the end of the value, without the NUL that ends it.
    private func attributeString(_ span: Span) {
        guard let b = read(span.address, min(span.count, options.stringLimit)) else {
            out.address(span.address)
            return
        }
        if b.count > 0, b.u8(b.count - 1) == 0 {
            out.string(b.slice(0, b.count - 1).raw, truncated: false)
        } else {
            out.string(b.raw, truncated: true)
        }
    }

    /// An address of a family; false if there is no such thing in `span`.
    func address(_ span: Span, _ family: UInt64) -> Bool {
        switch family {
        case 2: fetch(span, 4) { networkAddress($0, family: 2) }
        case 10: fetch(span, 16) { networkAddress($0, family: 10) }
        default: false
        }
    }

    private func duration(_ span: Span, _ perSecond: UInt64) -> Bool {
        guard span.count <= 8 else { return false }
        return fetch(span, span.count) { b in
            let v = integer(b)
            out.unsigned(v)
            guard v != 0, options.constants != .raw else { return }
            scratch.truncate(to: 0)
            scratch.decimal(v / perSecond)
            scratch.ascii(".")
            scratch.decimal(v % perSecond, width: perSecond == 100 ? 2 : 3)
            scratch.append(" s")
            out.comment(scratch.bytes)
        }
    }

    private func indexed(_ span: Span, _ width: Int, _ body: (UInt64, Bytes) -> Void) -> Bool {
        guard span.count >= width else { return false }
        var i: UInt64 = 0
        array(span.address, count: span.count / width, stride: width, evenOnError: true) { b in
            body(i, b)
            i += 1
        }
        return true
    }

    /// `[NAME]=`; an index that names start from `first` is that much less than its name.
    func index(_ i: UInt64, _ table: ConstantTable, _ first: UInt64) {
        out.verbatim("[")
        if let name = table.name(of: i + first), options.constants != .raw {
            if options.constants == .verbose {
                out.unsigned(i)
                out.verbatim(" /* ")
            }
            out.verbatim(name)
            if first > 0 { out.verbatim("-1") }
            if options.constants == .verbose { out.verbatim(" */") }
        } else {
            out.unnamed(i, radix: .unsigned, table.unknown)
        }
        out.verbatim("]=")
    }
}
