// Notifications of seccomp filters: seccomp_unotify(2).

extension IoctlRequest {
    static let seccomp: [IoctlRequest] = [
        .init("SECCOMP_IOCTL_NOTIF_RECV", 0xc0502100, .dialect { $0.seccompNotification() }),
        .init("SECCOMP_IOCTL_NOTIF_SEND", 0xc0182101, .read(.structure(.seccompResponse))),
        .init("SECCOMP_IOCTL_NOTIF_ID_VALID", 0x40082102, .read(.pointee(.hex))),
        .init("SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR", 0x80082102, .read(.pointee(.hex))),
        .init("SECCOMP_IOCTL_NOTIF_ADDFD", 0x40182103, .read(.structure(.seccompDescriptor))),
        .init("SECCOMP_IOCTL_NOTIF_SET_FLAGS", 0x40082104, .value(.flags64(.seccompSetFlags))),
    ]
}

extension StructLayout {
    static let seccompNotification = StructLayout(size: 80, [
        .init("id", 0, .hex), .init("pid", 8, .tid), .init("flags", 12, .hex32),
        .init("data") { d, b in d.structure(b.slice(16, 64), .seccompData) },
    ])
    private static let seccompData = StructLayout(size: 64, [
        .init("nr") { d, b in d.seccompCall(b.u32(0), architecture: b.u32(4)) },
        .init("arch", 4, .enumerated(.auditArchitectures)), .init("instruction_pointer", 8, .address),
        .init("args") { d, b in d.elements(b.slice(16, 48), .hex) },
    ])
    static let seccompResponse = StructLayout(size: 24, [
        .init("id", 0, .hex), .init("val", 8, .long), .init("error", 16, .custom { d, v in d.negatedError(v) }, width: 4),
        .init("flags", 20, .flags(.seccompNotifFlags)),
    ])
    static let seccompDescriptor = StructLayout(size: 24, [
        .init("id", 0, .hex), .init("flags", 8, .flags(.seccompAddfdFlags)), .init("srcfd", 12, .fd),
        .init("newfd", 16, .int), .init("newfd_flags", 20, .flags(.openFlags)),
    ])
}

extension Decoder {
    /// `{…} => {…}`; a program that asks for any notification passes zeros, which are not shown.
    fileprivate func seccompNotification() -> Syscall.Progress {
        let layout = StructLayout.seccompNotification
        if entering {
            guard object(call[2], layout.size, { b in
                kept = b.raw.contains { $0 != 0 } ? 1 : 0
                if kept != 0 { structure(b, layout) }
            }) else { return .complete }
            return .sameAtExit
        }
        if kept == 0 {
            structure(call[2], layout)
        } else {
            out.changed()
            structure(call[2], layout)
        }
        return .complete
    }

    /// `-ENOENT`
    fileprivate func negatedError(_ v: UInt64) {
        let n = Int32(truncatingIfNeeded: v)
        guard n < 0, let name = ConstantTable.errors.name(of: UInt64(n.magnitude)) else {
            out.signed(Int64(n))
            return
        }
        guard out.beginSymbolic(UInt64(bitPattern: Int64(n)), radix: .decimal) else { return }
        out.verbatim("-")
        out.verbatim(name)
        out.endSymbolic()
    }

    /// `__NR_gettid`: a call's number as its architecture names it.
    fileprivate func seccompCall(_ number: UInt32, architecture: UInt32) {
        #if arch(x86_64)
        let native: UInt32 = 0xc000_003e
        #else
        let native: UInt32 = 0xc000_00b7
        #endif
        guard architecture == native, let call = SyscallTable.lookup(Int(number)) else {
            out.unsigned(UInt64(number))
            return
        }
        guard out.beginSymbolic(UInt64(number), radix: .unsigned) else { return }
        out.verbatim("__NR_")
        out.verbatim(call.name)
        out.endSymbolic()
    }
}
