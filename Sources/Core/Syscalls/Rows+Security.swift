extension SyscallTable {
    static let security: [Syscall] = [
    ]
}
