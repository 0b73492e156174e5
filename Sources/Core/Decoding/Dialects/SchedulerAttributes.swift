// sched_setattr(2) and sched_getattr(2).

private let keepPolicy: UInt64 = 0x08
private let keepParameters: UInt64 = 0x10
/// The first published `struct sched_attr`, and the one known here.
private let oldSize: UInt64 = 48
private let knownSize: UInt64 = 56

extension Decoder {
    /// sched_setattr(2): of a structure too small the kernel tells the size it wants.
    func schedulerSetCall() -> Syscall.Progress {
        if exiting {
            if case .failed(7) = call.outcome, let wanted = readU32(call[1]) {
                out.changed()
                structure {
                    field("size")
                    out.unsigned(UInt64(wanted))
                }
            }
            argument("flags")
            out.hex(call[2] & 0xffff_ffff)
            return .complete
        }
        argument("pid")
        pid(call[0], .tid)
        argument("attr")
        if follows(call[1]), let size = readU32(call[1]).map(UInt64.init), size != 0, size < oldSize {
            structure {
                field("size")
                out.unsigned(size)
            }
            return .sameAtExit
        }
        let size = readU32(call[1]).map(UInt64.init) ?? 0
        object(call[1], Int(min(max(size, oldSize), knownSize))) { b in
            attributes(b, keeps: UInt64(b.u64(8)), isLonger: size > knownSize)
        }
        argument("flags")
        out.hex(call[2] & 0xffff_ffff)
        return .complete
    }

    /// What sched_getattr(2) stored.
    func schedulerAttributes(_ address: UInt64, size: UInt64) {
        let size = size & 0xffff_ffff
        guard size >= oldSize else {
            out.address(address)
            return
        }
        object(address, Int(min(size, knownSize))) { attributes($0, keeps: 0, isLonger: false) }
    }

    private func attributes(_ b: Bytes, keeps: UInt64, isLonger: Bool) {
        structure {
            field("size")
            out.unsigned(UInt64(b.u32(0)))
            if keeps & (keepPolicy | keepParameters) == 0 {
                field("sched_policy")
                enumerated(b.u32(4), .schedulers)
            }
            field("sched_flags")
            flags(b.u64(8), .schedulerFlags)
            if keeps & keepParameters == 0 {
                field("sched_nice")
                int(b.i32(16))
                field("sched_priority")
                out.unsigned(UInt64(b.u32(20)))
                field("sched_runtime")
                out.unsigned(b.u64(24))
                field("sched_deadline")
                out.unsigned(b.u64(32))
                field("sched_period")
                out.unsigned(b.u64(40))
            }
            if b.count >= Int(knownSize) {
                field("sched_util_min")
                out.unsigned(UInt64(b.u32(48)))
                field("sched_util_max")
                out.unsigned(UInt64(b.u32(52)))
            }
            if isLonger { out.more() }
        }
    }
}
