// Structures of io_uring_setup(2) and io_uring_enter(2).

extension Decoder {
    /// `struct io_uring_params`: what is asked, and at exit what was made of it.
    func ringSetupCall() -> Syscall.Progress {
        if entering {
            argument("entries")
            uint(call[0])
            argument("params")
            resultStyle = .fd
            guard let b = follows(call[1]) ? read(call[1], 120) : nil else {
                out.address(call[1])
                return .complete
            }
            out.beginStructure()
            ringRequest(b)
            return .sameAtExit
        }
        if !failed, let b = read(call[1], 120) { ringAnswer(b) }
        out.endStructure()
        return .complete
    }

    private func ringRequest(_ b: Bytes) {
        field("flags")
        flags(b.u32(8), .ringSetupFlags)
        field("sq_thread_cpu")
        out.hex(UInt64(b.u32(12)))
        field("sq_thread_idle")
        out.unsigned(UInt64(b.u32(16)))
        if b.u32(8) & 0x20 != 0 {
            field("wq_fd")
            fd(UInt64(b.u32(24)))
        }
        nonzeroElements("resv", b.slice(28, 12), .hex32)
    }

    private func ringAnswer(_ b: Bytes) {
        field("sq_entries")
        out.unsigned(UInt64(b.u32(0)))
        field("cq_entries")
        out.unsigned(UInt64(b.u32(4)))
        field("features")
        flags(b.u32(20), .ringFeatures)
        field("sq_off")
        ringOffsets(b.slice(40, 40), ["head", "tail", "ring_mask", "ring_entries", "flags", "dropped", "array"])
        field("cq_off")
        ringOffsets(b.slice(80, 40), ["head", "tail", "ring_mask", "ring_entries", "overflow", "cqes", "flags"])
    }

    private func ringOffsets(_ b: Bytes, _ names: [Name]) {
        structure {
            for (i, name) in names.enumerated() {
                field(name)
                out.unsigned(UInt64(b.u32(i * 4)))
            }
            if b.u32(28) != 0 {
                field("resv1")
                out.hex(UInt64(b.u32(28)))
            }
            field("user_addr")
            out.hex(b.u64(32))
        }
    }

    /// The last arguments of io_uring_enter(2): a signal set, more than that, or the
    /// offset of it in registered memory.
    func ringEnterArgument(_ v: UInt64) {
        switch call[3] & 0x48 {
        case 8:
            object(v, 24, evenOnError: true) { b in
                structure {
                    field("sigmask")
                    signalMask(b.u64(0), size: UInt64(b.u32(8)))
                    field("sigmask_sz")
                    out.unsigned(UInt64(b.u32(8)))
                    field("min_wait_usec")
                    out.unsigned(UInt64(b.u32(12)))
                    field("ts")
                    timespec(b.u64(16), evenOnError: true)
                }
            }
        case 0x40: out.unsigned(v)
        default: signalMask(v, size: call[5])
        }
    }
}
