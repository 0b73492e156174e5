// Capabilities, seccomp, process attributes, keys, security modules, bpf and perf events.

extension SyscallTable {
    static let security: [Syscall] = [
        .init("prctl", x86_64: 157, aarch64: 167, [.creds, .changesComm],
            [.enumerated("op", .prctlOperations), .hex("arg2"), .hex("arg3"), .hex("arg4"), .hex("arg5")],
            returns: .dialect, dialect: { $0.prctlCall() }),
        .init("seccomp", x86_64: 317, aarch64: 277, [],
            [.enumerated("operation", .seccompOperations), .hex32("flags"), .address("args")],
            dialect: { $0.seccompCall() }),
    ]
}
