extension SyscallTable {
    static let ioctl: [Syscall.Row] = [
        .init("ioctl", x86_64: 16, aarch64: 29, [.desc],
            [.fd("fd"), .hex32("op"), .address("argp", capture: IoctlRequest.coded)], returns: .dialect,
            dialect: { $0.ioctlCall() }, variants: IoctlTable.captures)
    ]
}
