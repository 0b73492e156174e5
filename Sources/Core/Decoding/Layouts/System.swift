// uname(2), sysinfo(2), kexec_load(2), LDT entries and _sysctl(2).

extension StructLayout {
    private static let nameLength = 65
    private static func name(_ n: Name, _ i: Int, _ visibility: Field.Visibility = .always) -> Field {
        Field(n, visibility) { d, b in d.fixedString(b.slice(i * nameLength, nameLength)) }
    }
    static let systemName = StructLayout(size: 6 * nameLength, [
        name("sysname", 0), name("nodename", 1), name("release", 2, .verbose), name("version", 3, .verbose),
        name("machine", 4, .verbose), name("domainname", 5, .verbose),
    ])
    static let systemInformation = StructLayout(size: 112, [
        .init("uptime", 0, .ulong),
        .init("loads") { d, b in
            d.out.beginArray()
            for i in 0..<3 {
                d.out.element()
                d.out.unsigned(b.u64(8 + i * 8))
            }
            d.out.endArray()
        },
        .init("totalram", 32, .ulong), .init("freeram", 40, .ulong), .init("sharedram", 48, .ulong),
        .init("bufferram", 56, .ulong), .init("totalswap", 64, .ulong), .init("freeswap", 72, .ulong),
        .init("procs") { d, b in d.out.unsigned(UInt64(b.u16(80))) },
        .init("totalhigh", 88, .ulong), .init("freehigh", 96, .ulong), .init("mem_unit", 104, .uint),
    ])
    static let kexecSegment = StructLayout(size: 32, [
        .init("buf", 0, .address), .init("bufsz", 8, .ulong), .init("mem", 16, .address), .init("memsz", 24, .ulong),
    ])
    private static func bit(_ n: Name, _ i: UInt32, width: UInt32 = 1) -> Field {
        Field(n) { d, b in d.out.unsigned(UInt64(b.u32(12) >> i & ((1 << width) - 1))) }
    }
    static let localDescriptor = StructLayout(size: 16, [
        .init("entry_number", 0, .id),
        .init("base_addr") { d, b in d.paddedHex(UInt64(b.u32(4)), width: 8) }, .init("limit") { d, b in d.paddedHex(UInt64(b.u32(8)), width: 8) },
        bit("seg_32bit", 0), bit("contents", 1, width: 2), bit("read_exec_only", 3), bit("limit_in_pages", 4),
        bit("seg_not_present", 5), bit("useable", 6), bit("lm", 7),
    ])
}

extension Decoder {
    /// A string in a field of fixed size.
    func fixedString(_ b: Bytes) {
        let end = b.terminator
        out.string(b.slice(0, end ?? b.count - 1).raw, truncated: end == nil)
    }

    /// A value and flags beside it, each shown in its own right: `PER_LINUX32|ADDR_LIMIT_3GB`.
    func beside(_ v: UInt64, mask: UInt64, _ table: ConstantTable, flags: ConstantTable) {
        enumerated(v & mask, table)
        guard v & ~mask != 0 else { return }
        out.verbatim("|")
        self.flags(v & ~mask, flags)
    }

    /// personality(2): the result is the personality before.
    func personalityCall() -> Syscall.Progress {
        guard exiting else {
            argument("persona")
            if call[0] & 0xffff_ffff == 0xffff_ffff {
                out.hex(0xffff_ffff)
            } else {
                beside(call[0] & 0xffff_ffff, mask: 0xff, .personalities, flags: .personalityFlags)
            }
            return .sameAtExit
        }
        guard !failed else { return .complete }
        resultStyle = result == 0 ? .decimal : .hex
        out.beginNote()
        out.element()
        beside(UInt64(bitPattern: result), mask: 0xff, .personalities, flags: .personalityFlags)
        out.endNote()
        return .complete
    }

    /// syslog(2): arguments depend on the action.
    func kernelLogCall() -> Syscall.Progress {
        let action = call[0] & 0xffff_ffff
        let reads = 2...4 ~= action
        if entering {
            argument("type")
            int(call[0])
            out.comment(ConstantTable.kernelLogActions.name(of: action) ?? ConstantTable.kernelLogActions.unknown)
            switch action {
            case 0, 1, 5, 6, 7, 9, 10: return .complete
            case 2...4: return .nextAtExit
            default: break
            }
        }
        argument("bufp")
        if reads { buffer(call[1], UInt64(clamping: result)) } else { out.address(call[1]) }
        argument("len")
        if action == 8 {
            out.signed(Int64(Int32(truncatingIfNeeded: call[2])))
            let levels = ConstantTable.kernelLogLevels
            out.comment(levels.name(of: call[2] & 0xffff_ffff) ?? levels.unknown)
        } else {
            int(call[2])
        }
        return .complete
    }

    /// reboot(2): only one command has a fourth argument.
    func rebootArgument(_ v: UInt64) { string(v, atMost: 255) }

    /// A name that its length bounds: `sethostname("abc", 3)`.
    func countedString(_ address: UInt64, _ count: UInt64, most: UInt64) {
        let count = count & 0xffff_ffff
        if count > most { out.address(address) } else { buffer(address, count, evenOnError: true) }
    }

    /// kexec_load(2)'s segments, of which the kernel takes 16.
    func kexecSegments(_ address: UInt64, count: UInt64) {
        guard count <= 16 else {
            out.address(address)
            return
        }
        array(address, count: Int(count), stride: StructLayout.kexecSegment.size) { structure($0, .kexecSegment) }
    }

    /// modify_ldt(2)'s entry.
    func localDescriptor(_ address: UInt64, size: UInt64) {
        if size == 16 { structure(address, .localDescriptor, evenOnError: true) } else { out.address(address) }
    }

    /// set_thread_area(2): the kernel may choose the entry and stores which.
    func setThreadAreaCall() -> Syscall.Progress {
        guard exiting else {
            rowArguments()
            return .sameAtExit
        }
        guard !failed, let entry = readU32(call[0]) else { return .complete }
        out.beginNote()
        out.field("entry_number")
        out.unsigned(UInt64(entry))
        out.endNote()
        return .complete
    }

    /// get_thread_area(2): the entry's number is asked, the rest answered.
    func threadArea(_ address: UInt64) {
        if failed, let entry = follows(address, evenOnError: true) ? readU32(address) : nil {
            structure {
                field("entry_number")
                id(UInt64(entry))
                out.more()
            }
            return
        }
        structure(address, .localDescriptor)
    }

    /// The old _sysctl(2)'s `struct __sysctl_args`.
    func sysctlArguments(_ address: UInt64) {
        object(address, 48, evenOnError: true) { b in
            structure {
                field("name")
                let count = b.i32(8)
                if b.u64(0) == 0 || count < 0 || count > 10 {
                    out.address(b.u64(0))
                } else {
                    array(b.u64(0), count: Int(count), stride: 4, evenOnError: true) { int(UInt64($0.u32(0))) }
                }
                field("nlen")
                int(count)
                field("oldval")
                out.address(b.u64(16))
                field("oldlenp")
                out.address(b.u64(24))
                field("newval")
                out.address(b.u64(32))
                field("newlen")
                out.unsigned(b.u64(40))
            }
        }
    }
}
