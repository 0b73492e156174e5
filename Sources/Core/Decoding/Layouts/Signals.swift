// Signal sets, siginfo_t, sigaction, sigevent and signal stacks.

extension StructLayout {
    static let signalStack = StructLayout(size: 24, [
        .init("ss_sp", 0, .address), .init("ss_flags", 8, .flags(.signalStackFlags)), .init("ss_size", 16, .ulong),
    ])
    /// The kernel's `struct sigaction`, which is not glibc's.
    static let signalAction = StructLayout(size: 32, [
        .init("sa_handler") { d, b in
            if ConstantTable.signalHandlers.name(of: b.u64(0)) != nil {
                d.enumerated(b.u64(0), .signalHandlers)
            } else {
                d.out.address(b.u64(0))
            }
        },
        .init("sa_mask") { d, b in d.signalSet(b.slice(24, 8)) },
        .init("sa_flags", 8, .flags64(.signalActionFlags)),
        .init("sa_restorer", 16, .address, when: { $0.u64(8) & 0x0400_0000 != 0 }),
    ])
    static let signalEvent = StructLayout(size: 32, [
        .init("sigev_value", when: { $0.u64(0) != 0 }) { d, b in
            d.structure {
                d.field("sival_int")
                d.int(b.i32(0))
                d.field("sival_ptr")
                d.out.address(b.u64(0))
            }
        },
        .init("sigev_signo") { d, b in
            // Only these ways to notify send the signal.
            switch b.u32(12) {
            case 0, 2, 4: d.signal(UInt64(b.u32(8)))
            default: d.uint(UInt64(b.u32(8)))
            }
        },
        .init("sigev_notify", 12, .enumerated(.signalEventNotify)),
        .init("sigev_notify_thread_id", 16, .tid, when: { $0.u32(12) == 4 }),
        .init("sigev_notify_function", 16, .address, when: { $0.u32(12) == 2 }),
        .init("sigev_notify_attributes", 24, .address, when: { $0.u32(12) == 2 }),
    ])
}

extension Capture {
    /// A `siginfo_t`, and the descriptor in one that tells of input and output.
    static let siginfo = Capture.all([
        .bytes(128), .whenField(0, is: 29, .at(24, .descriptor)), .whenField(8, is: 0xffff_fffb, .at(24, .descriptor)),
    ])
}

extension Decoder {
    /// Where a signal's frame holds the mask that rt_sigreturn(2) restores.
    #if arch(x86_64)
    static let signalFrameMask = 296
    #else
    static let signalFrameMask = 168
    #endif

    /// The mask that rt_sigreturn(2) restores, from the frame at the stack pointer.
    func signalFrame() {
        let frame = call.stackPointer
        guard frame != 0, let b = read(frame &+ UInt64(Self.signalFrameMask), 8) else {
            out.address(frame)
            return
        }
        structure {
            field("mask")
            signalSet(b)
        }
    }

    /// A process id, or a process group's negated: what kill(2) takes.
    func pidOrGroup(_ v: UInt64) {
        let id = Int32(truncatingIfNeeded: v)
        guard id < 0 else {
            pid(v, .pid)
            return
        }
        out.signed(Int64(id))
        // -1 means any process, not a group.
        if id != .min, id != -1 { pidAnnotation(-id, .pgid) }
    }

    /// What sigtimedwait(2) took, and behind the result the signal's name.
    func waitedSignal(_ address: UInt64) {
        siginfo(address, evenOnError: false)
        guard result > 0 else { return }
        out.beginNote()
        out.element()
        signal(UInt64(bitPattern: result))
        out.endNote()
    }

    /// `[HUP INT]`, or `~[KILL STOP]` where most are set: a signal set in hand.
    public func signalSet(_ b: Bytes) {
        let signals = b.count * 8
        var members = 0
        for i in 0..<b.count { members += b.u8(i).nonzeroBitCount }
        let inverted = members >= signals * 2 / 3
        scratch.truncate(to: 0)
        scratch.append(inverted ? "~[" : "[")
        var first = true
        for n in 1...max(signals, 1) where n <= signals {
            guard (b.u8((n - 1) / 8) >> UInt8((n - 1) % 8) & 1 != 0) != inverted else { continue }
            if first { first = false } else { scratch.ascii(" ") }
            let name = ConstantTable.signals.name(of: UInt64(n))
            guard let name, options.constants == .abbrev else {
                scratch.decimal(Int64(n))
                if let name, options.constants == .verbose {
                    scratch.append(" /* ")
                    scratch.append(UnsafeRawBufferPointer(rebasing: name.bytes.dropFirst(3)))
                    scratch.append(" */")
                }
                continue
            }
            scratch.append(UnsafeRawBufferPointer(rebasing: name.bytes.dropFirst(3)))
        }
        scratch.ascii("]")
        out.verbatim(scratch.bytes)
    }

    /// A signal set at an address; its address if `size` is not a `sigset_t`'s.
    func signalMask(_ address: UInt64, size: UInt64, evenOnError: Bool = true) {
        guard size == 8 else {
            out.address(address)
            return
        }
        object(address, 8, evenOnError: evenOnError) { signalSet($0) }
    }

    /// A `siginfo_t` at an address.
    func siginfo(_ address: UInt64, evenOnError: Bool = true) {
        object(address, 128, evenOnError: evenOnError) { siginfo($0) }
    }

    /// The fields of a `siginfo_t` that its signal and code give a meaning to.
    public func siginfo(_ b: Bytes) {
        let signo = b.i32(0)
        let code = b.i32(8)
        guard signo != 0 else {
            structure {}
            return
        }
        structure {
            field("si_signo")
            signal(UInt64(UInt32(bitPattern: signo)))
            field("si_code")
            signalCode(signo, UInt64(UInt32(bitPattern: code)))
            if b.u32(4) != 0 {
                field("si_errno")
                let e = UInt64(b.u32(4))
                if ConstantTable.errors.name(of: e) != nil {
                    enumerated(e, .errors, radix: .unsigned)
                } else {
                    out.unsigned(e)
                }
            }
            // More is not known of it.
            guard b.count > 12 else { return }
            switch code {
            case 0, -6: signalSender(b)
            case -2:
                field("si_timerid")
                out.hex(UInt64(b.u32(16)))
                field("si_overrun")
                int(b.i32(20))
                signalValue(b)
            case -5: signalPoll(b)
            case ..<0:
                signalSender(b)
                if b.u64(24) != 0 { signalValue(b) }
            default: signalDetails(signo, code, b)
            }
        }
    }

    /// What the kernel tells of a signal it raised itself.
    private func signalDetails(_ signo: Int32, _ code: Int32, _ b: Bytes) {
        switch signo {
        case 17:
            signalSender(b)
            field("si_status")
            if code == 1 { int(b.i32(24)) } else { signal(UInt64(b.u32(24))) }
            field("si_utime")
            clockTicks(b.u64(32))
            field("si_stime")
            clockTicks(b.u64(40))
        case 4, 5, 7, 8, 11:
            field("si_addr")
            out.address(b.u64(16))
            switch (signo, code) {
            case (7, 4), (7, 5):
                field("si_addr_lsb")
                out.hex(UInt64(b.u16(24)))
            case (11, 3):
                field("si_lower")
                out.address(b.u64(32))
                field("si_upper")
                out.address(b.u64(40))
            case (11, 4):
                field("si_pkey")
                uint(UInt64(b.u32(32)))
            default: break
            }
        case 29:
            if code >= 1 && code <= 6 { signalPoll(b) }
        case 31:
            field("si_call_addr")
            out.address(b.u64(16))
            field("si_syscall")
            systemCall(Int64(b.u32(24)), architecture: b.u32(28))
            field("si_arch")
            enumerated(b.u32(28), .auditArchitectures)
        default:
            if b.u64(16) != 0 { signalSender(b) }
            if b.u64(24) != 0 { signalValue(b) }
        }
    }

    private func signalCode(_ signo: Int32, _ code: UInt64) {
        let table: ConstantTable? = switch signo {
        case 4: .illegalInstructionCodes
        case 5: .trapCodes
        case 7: .busErrorCodes
        case 8: .floatingPointCodes
        case 11: .segmentationCodes
        case 17: .childCodes
        case 29: .pollCodes
        case 31: .badSystemCallCodes
        default: nil
        }
        if let table, table.name(of: code) != nil {
            enumerated(code, table)
        } else {
            enumerated(code, .signalCodes)
        }
    }

    private func signalSender(_ b: Bytes) {
        field("si_pid")
        pid(UInt64(b.u32(16)), .pid)
        field("si_uid")
        id(UInt64(b.u32(20)))
    }

    private func signalValue(_ b: Bytes) {
        field("si_int")
        int(b.i32(24))
        field("si_ptr")
        out.address(b.u64(24))
    }

    private func signalPoll(_ b: Bytes) {
        field("si_band")
        long(b.u64(16))
        field("si_fd")
        fd(UInt64(b.u32(24)))
    }

    /// A number of clock ticks (a hundredth of a second each) and the seconds that they are.
    func clockTicks(_ v: UInt64) {
        out.signed(Int64(bitPattern: v))
        guard v != 0, options.constants != .raw else { return }
        scratch.truncate(to: 0)
        let n = Int64(bitPattern: v)
        if n < 0 { scratch.ascii("-") }
        scratch.decimal(n.magnitude / 100)
        scratch.ascii(".")
        scratch.decimal(n.magnitude % 100, width: 2)
        scratch.append(" s")
        out.comment(scratch.bytes)
    }

    /// A system call's number with its name in the table of an `AUDIT_ARCH_…`.
    func systemCall(_ number: Int64, architecture: UInt32) {
        #if arch(x86_64)
        let own: UInt32 = 0xc000_003e, compat: UInt32 = 0x4000_0003
        #else
        let own: UInt32 = 0xc000_00b7, compat: UInt32 = 0x4000_0028
        #endif
        let n = Int(number)
        switch architecture {
        case own:
            let isX32 = n >= 0 && n & SyscallTable.x32Bit != 0
            guard let name = SyscallTable.lookup(n, isX32 ? .x32 : .native)?.name else {
                out.unsigned(UInt64(bitPattern: number))
                return
            }
            if out.beginSymbolic(UInt64(bitPattern: number), radix: .decimal) {
                out.symbol("__NR_")
                out.verbatim(name)
                out.endSymbolic()
            }
        case compat:
            out.unsigned(UInt64(bitPattern: number))
            if options.constants != .raw, let s = SyscallTable.lookup(n, .compat32) { out.comment(s.name) }
        default: out.unsigned(UInt64(bitPattern: number))
        }
    }
}
