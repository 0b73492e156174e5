// ptrace(2): what addr and data are depends on the operation.

/// ptrace(2) operations by number; those of x86 alone have x86's numbers.
private enum Operation {
    static let peek: ClosedRange<UInt64> = 1...3
    static let traceme: UInt64 = 0, peekUser: UInt64 = 3, pokeUser: UInt64 = 6, oldSetOptions: UInt64 = 21
    static let setOptions: UInt64 = 0x4200, getEventMessage: UInt64 = 0x4201, getSiginfo: UInt64 = 0x4202
    static let setSiginfo: UInt64 = 0x4203, getRegisters: UInt64 = 0x4204, setRegisters: UInt64 = 0x4205
    static let seize: UInt64 = 0x4206, peekSiginfo: UInt64 = 0x4209, getMask: UInt64 = 0x420a
    static let setMask: UInt64 = 0x420b, seccompFilter: UInt64 = 0x420c, seccompMetadata: UInt64 = 0x420d
    static let getCall: UInt64 = 0x420e, setCall: UInt64 = 0x4212
}

extension Decoder {
    func ptraceCall() -> Syscall.Progress {
        if exiting {
            ptraceData()
            return .complete
        }
        let operation = call[0]
        argument("op")
        enumerated(operation, .ptraceOperations)
        guard operation != Operation.traceme else { return .complete }
        argument("pid")
        pid(call[1], .tid)
        return ptraceAddress(operation)
    }

    /// The third argument, and the fourth if the kernel reads it.
    private func ptraceAddress(_ operation: UInt64) -> Syscall.Progress {
        switch operation {
        case 8, 16, 0x4207, 0x4208: return .complete
        #if arch(x86_64)
        case 12, 14: return .nextAtExit
        case 13, 15:
            ptraceData()
            return .complete
        case Operation.peekUser, Operation.pokeUser:
            argument("addr")
            userOffset(call[2])
        #endif
        case Operation.getRegisters, Operation.setRegisters:
            argument("addr")
            enumerated(call[2] & 0xffff_ffff, .registerSets)
        case Operation.peekSiginfo:
            argument("addr")
            peekArguments(call[2])
        case Operation.getMask, Operation.setMask, Operation.seccompFilter, Operation.seccompMetadata,
            Operation.getCall, Operation.setCall:
            argument("addr")
            out.unsigned(call[2])
        case 0x420f, 0x4210, 0x4211:
            argument("addr")
            out.hex(call[2])
        default:
            argument("addr")
            out.address(call[2])
        }
        switch operation {
        case Operation.peek, Operation.getEventMessage, Operation.getSiginfo, Operation.getMask,
            Operation.seccompFilter, Operation.getCall, Operation.peekSiginfo:
            return .nextAtExit
        case Operation.seccompMetadata:
            return seccompMetadata()
        case Operation.getRegisters, Operation.setRegisters:
            kept = readU64(call[3] &+ 8) ?? 0
            return .nextAtExit
        default:
            ptraceData()
            return .complete
        }
    }

    private func ptraceData() {
        let operation = call[0]
        let data = call[3]
        if operation == Operation.seccompMetadata {
            seccompMetadataResult()
            return
        }
        // Whole register sets have no address in the tracee.
        argument(12...15 ~= operation ? "addr" : "data")
        switch operation {
        case Operation.peek, Operation.getEventMessage:
            pointee(data, 8) { b in
                if operation == Operation.getEventMessage { out.unsigned(b.u64(0)) } else { out.hex(b.u64(0)) }
            }
        case 7, 9, 17, 24, 31, 32, 33: signal(data)
        #if arch(x86_64)
        case 12: registers(data, .general, size: UInt64(RegisterSet.general.size), evenOnError: false)
        case 13: registers(data, .general, size: UInt64(RegisterSet.general.size), evenOnError: true)
        case 14: registers(data, .floatingPoint, size: UInt64(RegisterSet.floatingPoint.size), evenOnError: false)
        case 15: registers(data, .floatingPoint, size: UInt64(RegisterSet.floatingPoint.size), evenOnError: true)
        #endif
        case Operation.setOptions, Operation.seize, Operation.oldSetOptions: flags(data, .ptraceOptions)
        case Operation.getSiginfo: siginfo(data, evenOnError: false)
        case Operation.setSiginfo: siginfo(data)
        case Operation.getRegisters, Operation.setRegisters: registerSet(data)
        case Operation.getMask: signalMask(data, size: call[2], evenOnError: false)
        case Operation.setMask: signalMask(data, size: call[2])
        case Operation.peekSiginfo:
            if failed {
                out.address(data)
            } else {
                array(data, count: Int(clamping: result), stride: 128) { siginfo($0) }
            }
        case Operation.getCall: callInfo(data, size: min(call[2], UInt64(clamping: result)), evenOnError: false)
        case Operation.setCall: callInfo(data, size: call[2], evenOnError: true)
        default: out.address(data)
        }
    }

    /// `{off=0, flags=0, nr=4}`
    private func peekArguments(_ address: UInt64) {
        object(address, 16) { b in
            structure {
                field("off")
                out.unsigned(b.u64(0))
                field("flags")
                flags(UInt64(b.u32(8)), .ptracePeekFlags)
                field("nr")
                int(b.i32(12))
            }
        }
    }

    /// `{iov_base={r15=0x1, …}, iov_len=216}`
    private func registerSet(_ address: UInt64) {
        let isInput = call[0] == Operation.setRegisters
        object(address, 16, evenOnError: true) { b in
            let base = b.u64(0)
            let size = b.u64(8)
            let shown = isInput ? kept : size
            structure {
                field("iov_base")
                switch call[2] & 0xffff_ffff {
                case 1: registers(base, .general, size: shown, evenOnError: isInput)
                case 2: registers(base, .floatingPoint, size: shown, evenOnError: isInput)
                default: out.address(base)
                }
                field("iov_len")
                if kept != size {
                    out.unsigned(kept)
                    out.changed()
                }
                out.unsigned(size)
            }
        }
    }

    /// `{filter_off=0, flags=SECCOMP_FILTER_FLAG_LOG}`: the offset is asked, flags are told.
    private func seccompMetadata() -> Syscall.Progress {
        argument("data")
        guard call[2] >= 8, follows(call[3]), let b = read(call[3], 8) else {
            out.address(call[3])
            return .complete
        }
        out.beginStructure()
        field("filter_off")
        out.unsigned(b.u64(0))
        return .sameAtExit
    }

    private func seccompMetadataResult() {
        if result >= 16, let b = read(call[3], 16) {
            out.verbatim(", ")
            out.verbatim("flags=")
            flags(b.u64(8), .seccompFilterFlags)
            if result > 16 { out.verbatim(", ...") }
        }
        out.endStructure()
    }

    /// `struct ptrace_syscall_info`, as far as `size` goes.
    private func callInfo(_ address: UInt64, size: UInt64, evenOnError: Bool) {
        guard size > 0, follows(address, evenOnError: evenOnError), let b = read(address, Int(min(size, 88))) else {
            out.address(address)
            return
        }
        func has(_ end: Int) -> Bool { b.count >= end }
        structure {
            field("op")
            enumerated(UInt64(b.u8(0)), .ptraceStops)
            if has(2), b.u8(1) != 0 {
                field("reserved")
                out.hex(UInt64(b.u8(1)))
            }
            if has(3), b.u8(2) != 0 || b.u8(3) != 0 {
                field("flags")
                out.hex(UInt64(b.u8(2)) | UInt64(b.u8(3)) << 8)
            }
            guard has(8) else { return }
            field("arch")
            enumerated(b.u32(4), .auditArchitectures)
            guard has(16) else { return }
            field("instruction_pointer")
            out.hex(b.u64(8))
            guard has(24) else { return }
            field("stack_pointer")
            out.hex(b.u64(16))
            guard has(32) else { return }
            switch b.u8(0) {
            case 1:
                field("entry")
                structure { callArguments(b) }
            case 2:
                field("exit")
                structure { callResult(b) }
            case 3:
                field("seccomp")
                structure {
                    callArguments(b)
                    guard has(84) else { return }
                    field("ret_data")
                    out.unsigned(UInt64(b.u32(80)))
                }
            default: break
            }
        }
    }

    private func callArguments(_ b: Bytes) {
        field("nr")
        systemCall(Int64(bitPattern: b.u64(24)), architecture: b.u32(4))
        guard b.count >= 40 else { return }
        field("args")
        out.beginArray()
        for i in 0..<6 where b.count >= 40 + i * 8 {
            out.element()
            out.hex(b.u64(32 + i * 8))
        }
        out.endArray()
    }

    private func callResult(_ b: Bytes) {
        field("rval")
        let v = b.i64(24)
        if b.count >= 33, b.u8(32) != 0, v < 0, let name = ConstantTable.errors.name(of: v.magnitude) {
            if out.beginSymbolic(UInt64(bitPattern: v), radix: .decimal) {
                out.symbol("-")
                out.verbatim(name)
                out.endSymbolic()
            }
        } else {
            out.signed(v)
        }
        guard b.count >= 33 else { return }
        field("is_error")
        out.unsigned(UInt64(b.u8(32)))
    }

    /// An offset in `struct user`: `8*ORIG_RAX`, `offsetof(struct user, u_debugreg)+8`.
    private func userOffset(_ v: UInt64) {
        scratch.truncate(to: 0)
        if v == 912 {
            scratch.append("sizeof(struct user)")
        } else if v < 912 {
            let table = v < 216 ? ConstantTable.userOffsets : .userFields
            if let e = table.entries.last(where: { $0.value <= v }) {
                if v >= 216 { scratch.append("offsetof(struct user, ") }
                scratch.append(e.name)
                if v >= 216 { scratch.append(")") }
                if v > e.value {
                    scratch.append("+")
                    scratch.decimal(v - e.value)
                }
            }
        }
        guard scratch.count > 0, options.constants != .raw else {
            out.address(v)
            return
        }
        if options.constants == .verbose {
            out.address(v)
            out.comment(scratch.bytes)
        } else {
            out.verbatim(scratch.bytes)
        }
    }
}

/// What ptrace(2) reads and writes in the tracer's memory.
enum PtraceMemory {
    private static func on(_ operations: UInt64..., read capture: Capture) -> Capture {
        .when(argument: 0, mask: .max, in: operations, capture)
    }
    private static let floatingPoint = Capture.bytes(RegisterSet.floatingPoint.size)

    /// Operations that only x86 has.
    #if arch(x86_64)
    private static let wholeSets = Capture.all([
        on(13, read: .bytes(RegisterSet.general.size)), on(15, read: floatingPoint),
        .atExit(.all([on(12, read: .bytes(RegisterSet.general.size)), on(14, read: floatingPoint)])),
    ])
    #else
    private static let wholeSets = Capture.nothing
    #endif

    static let addr = on(Operation.peekSiginfo, read: .bytes(16))

    static let data = Capture.all([
        wholeSets,
        on(Operation.setSiginfo, read: .siginfo),
        on(Operation.getRegisters, read: .bytes(16)),
        on(Operation.setRegisters, read: .all([.bytes(16), .through(0, floatingPoint)])),
        on(Operation.setMask, Operation.seccompMetadata, read: .bytes(8)),
        on(Operation.setCall, read: .memory(.argument(2), most: 88)),
        .atExit(.all([
            on(1, 2, 3, Operation.getEventMessage, Operation.getMask, read: .bytes(8)),
            on(Operation.getSiginfo, read: .siginfo),
            on(Operation.seccompMetadata, read: .bytes(16)),
            on(Operation.peekSiginfo, read: .elements(128, .result)),
            on(Operation.getCall, read: .memory(.result, most: 88)),
        ])),
        .atExit(on(Operation.getRegisters, read: .through(0, floatingPoint))),
        .afterAll(on(Operation.getRegisters, Operation.setRegisters, read: .bytes(16))),
    ])
}
