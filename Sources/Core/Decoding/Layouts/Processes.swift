// Limits, scheduling and what the kernel shares with a thread.

extension StructLayout {
    static let resourceLimit = StructLayout(size: 16, [
        .init("rlim_cur") { d, b in d.resourceLimit(b.u64(0)) },
        .init("rlim_max") { d, b in d.resourceLimit(b.u64(8)) },
    ])
    static let schedulerParameter = StructLayout(size: 4, [.init("sched_priority", 0, .int)])
    static let epollSlot = StructLayout(size: 12, [
        .init("efd", 0, .fd), .init("tfd", 4, .fd), .init("toff", 8, .uint),
    ])
    static let restartableSection = StructLayout(size: 32, [
        .init("version", 0, .uint), .init("flags", 4, .flags(.rseqSectionFlags)), .init("start_ip", 8, .hex),
        .init("post_commit_offset", 16, .hex), .init("abort_ip", 24, .hex),
    ])
    static let restartableSequence = StructLayout(size: 32, [
        .init("cpu_id_start") { d, b in d.sequenceProcessor(b.i32(0)) },
        .init("cpu_id") { d, b in d.sequenceProcessor(b.i32(4)) },
        .init("rseq_cs") { d, b in
            let at = b.u64(8)
            if d.object(at, StructLayout.restartableSection.size, evenOnError: true, { d.structure($0, .restartableSection) }) {
                d.scratch.truncate(to: 0)
                d.scratch.hex(at)
                d.out.comment(d.scratch.bytes)
            }
        },
        .init("flags", 16, .flags(.rseqSectionFlags)), .init("node_id", 20, .uint), .init("mm_cid", 24, .uint),
        .init("slice_ctrl") { d, b in
            d.structure {
                d.field("request")
                d.out.unsigned(UInt64(b.u8(28)))
                d.field("granted")
                d.out.unsigned(UInt64(b.u8(29)))
                d.field("__reserved")
                d.out.hex(UInt64(b.u16(30)))
            }
        },
    ])
}

extension Decoder {
    /// A limit in units of 1024 where it is a multiple: `8192*1024`, `RLIM64_INFINITY`.
    func resourceLimit(_ v: UInt64) {
        scratch.truncate(to: 0)
        if v == .max {
            scratch.append("RLIM64_INFINITY")
        } else if v > 1024, v % 1024 == 0 {
            scratch.decimal(v / 1024)
            scratch.append("*1024")
        }
        guard scratch.count > 0, options.constants != .raw else {
            out.unsigned(v)
            return
        }
        if options.constants == .verbose {
            out.unsigned(v)
            out.comment(scratch.bytes)
        } else {
            out.verbatim(scratch.bytes)
        }
    }

    /// `[0 2 3]`: the processors of a mask of `size` bytes.
    func processorSet(_ address: UInt64, size: UInt64) {
        guard follows(address, evenOnError: entering) else {
            out.address(address)
            return
        }
        let count = min(size, 128)
        guard count == 0 || read(address, Int(count)) != nil else {
            out.address(address)
            return
        }
        scratch.truncate(to: 0)
        scratch.ascii("[")
        var shown = 0
        if let b = count > 0 ? read(address, Int(count)) : nil {
            for i in 0..<b.count * 8 where b.u8(i / 8) >> UInt8(i % 8) & 1 != 0 {
                if shown > 0 { scratch.ascii(" ") }
                scratch.decimal(Int64(i))
                shown += 1
            }
        }
        if size > count { scratch.append(shown > 0 ? " ..." : "...") }
        scratch.ascii("]")
        out.verbatim(scratch.bytes)
    }

    /// Whom a priority is for: a process, a group or a user.
    func target(_ v: UInt64, process: UInt64, group: UInt64) {
        switch call[0] & 0xffff_ffff {
        case process: pid(v, .pid)
        case group: pid(v, .pgid)
        default: int(v)
        }
    }

    /// A descriptor of the process that the first argument's descriptor stands for.
    func foreignDescriptor(_ v: UInt64) {
        let pidfd = Int32(truncatingIfNeeded: call[0])
        guard pidfd >= 0, !options.descriptors.isEmpty, let process = inspector.process(pidfd: pidfd, of: tid) else {
            int(v)
            return
        }
        fd(v, of: process)
    }

    /// A descriptor of another process.
    func fd(_ v: UInt64, of process: UInt64) {
        let id = Int32(truncatingIfNeeded: process)
        fd(v, of: inspector.translate(id, .tid, seenBy: tid) ?? id)
    }

    /// A policy, and behind the result of sched_getscheduler(2) its name.
    func schedulerCall() -> Syscall.Progress {
        guard exiting else {
            rowArguments()
            return .sameAtExit
        }
        guard !failed else { return .complete }
        resultStyle = result == 0 ? .decimal : .hex
        let v = UInt64(bitPattern: result)
        let policy = v & ~0x4000_0000
        let isKnown = ConstantTable.schedulers.name(of: policy) != nil
        guard isKnown || v & 0x4000_0000 != 0 else { return .complete }
        out.beginNote()
        if v & 0x4000_0000 != 0 { out.verbatim("SCHED_RESET_ON_FORK|") }
        if let name = ConstantTable.schedulers.name(of: policy) { out.verbatim(name) } else { out.hex(policy) }
        out.endNote()
        return .complete
    }

    /// process_vm_readv(2)'s buffers: as far as they were filled.
    func filledVectors(_ address: UInt64, count: UInt64) {
        if failed {
            iovecs(address, count: count) { d, a, _ in d.out.address(a) }
        } else {
            iovecs(address, count: count, limit: UInt64(clamping: result), evenOnError: false)
        }
    }

    /// A scheduling policy with SCHED_RESET_ON_FORK.
    func schedulerPolicy(_ v: UInt64) {
        let bits: UInt64 = 0x4000_0000
        let policy = v & 0xffff_ffff & ~bits
        if v & bits == 0 || v & 0x8000_0000 != 0 {
            enumerated(v & 0xffff_ffff, .schedulers)
        } else if out.beginSymbolic(v & 0xffff_ffff, radix: .hex) {
            out.symbol("SCHED_RESET_ON_FORK")
            if let name = ConstantTable.schedulers.name(of: policy) { out.symbol(name) } else { out.bits(policy, radix: .hex) }
            out.endSymbolic()
        }
    }

    /// `IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 7)`
    func ioPriority(_ v: UInt64, radix: Radix = .unsigned) {
        guard options.constants != .raw else {
            ioPriorityNumber(v, radix)
            return
        }
        if options.constants == .verbose {
            ioPriorityNumber(v, radix)
            out.verbatim(" /* ")
        }
        ioPriorityValue(v)
        if options.constants == .verbose { out.verbatim(" */") }
    }

    private func ioPriorityNumber(_ v: UInt64, _ radix: Radix) {
        if radix == .decimal { int(v) } else { out.number(v & 0xffff_ffff, radix) }
    }

    private func ioPriorityValue(_ v: UInt64) {
        out.beginCall("IOPRIO_PRIO_VALUE")
        out.element()
        enumerated((v & 0xffff_ffff) >> 13, .ioPriorityClasses)
        out.element()
        out.unsigned(v & 0x1fff)
        out.endCall()
    }

    /// ioprio_get(2): the result is a priority.
    func ioPriorityCall() -> Syscall.Progress {
        guard exiting else {
            rowArguments()
            return .sameAtExit
        }
        guard !failed else { return .complete }
        if options.constants != .raw {
            out.beginNote()
            out.element()
            ioPriorityValue(UInt64(bitPattern: result))
            out.endNote()
        }
        return .complete
    }

    /// A processor's number, or why there is none.
    func sequenceProcessor(_ v: Int32) {
        let value = UInt64(bitPattern: Int64(v))
        if ConstantTable.rseqProcessors.name(of: value) != nil {
            enumerated(value, .rseqProcessors, radix: .decimal)
        } else {
            out.unsigned(UInt64(UInt32(bitPattern: v)))
        }
    }

    /// rseq(2)'s area, which newer kernels know to be longer.
    func restartableSequence(_ address: UInt64, size: UInt64) {
        // The kernel wants it aligned to 32.
        guard size & 0xffff_ffff >= 32, address % 32 == 0 else {
            out.address(address)
            return
        }
        object(address, Int(min(size & 0xffff_ffff, 33)), evenOnError: true) { b in
            out.beginStructure()
            fields(b, .restartableSequence)
            field("__reserved")
            out.hex(UInt64(b.u8(32)))
            out.endStructure()
        }
    }

    /// arch_prctl(2) of x86.
    func archCall() -> Syscall.Progress {
        let operation = call[0] & 0xffff_ffff
        if entering {
            argument("op")
            enumerated(operation, .archOperations)
            switch operation {
            case 0x1011: return .complete
            case 0x1003, 0x1004, 0x1021, 0x1022, 0x1024: return .nextAtExit
            case 0x1023, 0x1025:
                argument("addr")
                numbered(call[1], .processorFeatures)
                return .sameAtExit
            case 0x1012, 0x1001, 0x1002:
                argument("addr")
                out.hex(call[1])
                return .complete
            default:
                argument("addr")
                out.hex(call[1])
                return .complete
            }
        }
        switch operation {
        case 0x1003, 0x1004:
            argument("addr")
            pointee(call[1], 8) { out.address($0.u64(0)) }
        case 0x1021, 0x1022, 0x1024:
            argument("addr")
            pointee(call[1], 8) { numberedFlags($0.u64(0), .processorFeatureMasks) }
        default:
            guard !failed, result != 0 else { break }
            resultStyle = .hex
            if options.constants != .raw { processorFeatureNote(UInt64(bitPattern: result)) }
        }
        return .complete
    }

    /// Behind a result the features of its mask, named whatever the style.
    private func processorFeatureNote(_ v: UInt64) {
        var rest = v
        scratch.truncate(to: 0)
        for e in ConstantTable.processorFeatureMasks.entries where e.value & rest == e.value {
            if rest != v { scratch.ascii("|") }
            scratch.append(e.name)
            rest &= ~e.value
        }
        guard rest != v else { return }
        if rest != 0 {
            scratch.ascii("|")
            scratch.hex(rest)
        }
        out.beginNote()
        out.verbatim(scratch.bytes)
        out.endNote()
    }

    /// kcmp(2): what idx1 and idx2 are depends on the type.
    func kcmpCall() -> Syscall.Progress {
        argument("pid1")
        pid(call[0], .pid)
        argument("pid2")
        pid(call[1], .pid)
        argument("type")
        let type = call[2] & 0xffff_ffff
        enumerated(type, .kcmpTypes)
        switch type {
        case 0:
            argument("idx1")
            fd(call[3], of: call[0])
            argument("idx2")
            fd(call[4], of: call[1])
        case 7:
            argument("idx1")
            fd(call[3], of: call[0])
            argument("idx2")
            object(call[4], StructLayout.epollSlot.size) { b in
                structure {
                    field("efd")
                    fd(UInt64(b.u32(0)), of: call[1])
                    field("tfd")
                    fd(UInt64(b.u32(4)), of: call[1])
                    field("toff")
                    out.unsigned(UInt64(b.u32(8)))
                }
            }
        case 1...6: break
        default:
            argument("idx1")
            out.hex(call[3])
            argument("idx2")
            out.hex(call[4])
        }
        return .complete
    }
}
