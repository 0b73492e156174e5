// Programs of classic BPF: socket filters (SO_ATTACH_FILTER) and seccomp filters.

extension Decoder {
    /// Who runs a filter: the meaning of its constants depends on it.
    public enum FilterUse: Sendable { case socket, seccomp }

    /// A `struct sock_fprog`: `{len=1, filter=[BPF_STMT(…)]}`.
    public func filterProgram(_ address: UInt64, _ use: FilterUse, evenOnError: Bool = true) {
        object(address, 16, evenOnError: evenOnError) { filterProgram($0, use, evenOnError: evenOnError) }
    }

    /// A `struct sock_fprog` in hand.
    public func filterProgram(_ b: Bytes, _ use: FilterUse, evenOnError: Bool = true) {
        structure {
            field("len")
            out.unsigned(UInt64(b.u16(0)))
            field("filter")
            filterInstructions(b.u64(8), count: UInt64(b.u16(0)), use, evenOnError: evenOnError)
        }
    }

    /// An array of `struct sock_filter`, decoded only where structures are shown in full.
    public func filterInstructions(_ address: UInt64, count: UInt64, _ use: FilterUse, evenOnError: Bool = true) {
        guard !abbreviating else {
            out.address(address)
            return
        }
        array(address, count: Int(min(count, 1 << 20)), stride: 8, evenOnError: evenOnError, limit: Self.longestFilter) {
            filterInstruction($0, use)
        }
    }

    /// `BPF_MAXINSNS`
    private static let longestFilter = 4096

    private func filterInstruction(_ b: Bytes, _ use: FilterUse) {
        let code = UInt64(b.u16(0))
        let k = UInt64(b.u32(4))
        let isJump = b.u8(2) != 0 || b.u8(3) != 0
        out.beginCall(isJump ? "BPF_JUMP" : "BPF_STMT")
        out.element()
        filterCode(code)
        out.element()
        if isJump {
            out.hex(k)
            out.element()
            out.hex(UInt64(b.u8(2)))
            out.element()
            out.hex(UInt64(b.u8(3)))
        } else if use == .seccomp && code & 7 == 6 {
            enumerated(k & 0xffff_0000, .seccompActions)
            if k & 0xffff != 0 {
                out.verbatim("|")
                out.hex(k & 0xffff)
            }
        } else if use == .socket && code & 0xe7 == 0x20 {
            packetOffset(k)
        } else {
            out.hex(k)
        }
        out.endCall()
    }

    /// An instruction's code: its class and what the class makes of the other bits.
    private func filterCode(_ code: UInt64) {
        enumerated(code & 7, .bpfClasses)
        var rest: UInt64 = 0
        func part(_ v: UInt64, _ table: ConstantTable) {
            out.verbatim("|")
            enumerated(v, table)
        }
        switch code & 7 {
        case 0, 1:
            part(code & 0x18, .bpfSizes)
            part(code & 0xe0, .bpfModes)
        case 2, 3: rest = code & ~7
        case 4:
            part(code & 8, .bpfSources)
            part(code & 0xf0, .bpfArithmetic)
        case 5:
            part(code & 8, .bpfSources)
            part(code & 0xf0, .bpfJumps)
        case 6:
            part(code & 0x18, .bpfReturnValues)
            rest = code & ~0x1f
        default:
            part(code & 0xf8, .bpfMiscOperations)
            rest = code & ~0xff
        }
        if rest != 0 {
            out.verbatim("|")
            out.hex(rest)
            out.comment("BPF_???")
        }
    }

    /// Negative offsets into a packet stand for headers and for what is known about it.
    private func packetOffset(_ k: UInt64) {
        switch k {
        case 0xfffff000...:
            enumerated(UInt64(0xffff_f000), .socketFilterOffsets)
            out.verbatim("+")
            enumerated(k - 0xffff_f000, .socketFilterAncillary)
        case 0xfff00000...:
            enumerated(UInt64(0xfff0_0000), .socketFilterOffsets)
            out.verbatim("+")
            out.unsigned(k - 0xfff0_0000)
        case 0xffe00000...:
            enumerated(UInt64(0xffe0_0000), .socketFilterOffsets)
            out.verbatim("+")
            out.unsigned(k - 0xffe0_0000)
        default: out.hex(k)
        }
    }
}

extension Capture {
    /// A `struct sock_fprog` and, where they are shown, its instructions.
    static let filterProgram = Capture.all([.bytes(16), .verbose(.array(at: 8, of: 8, count: 0, width: 2))])
}
