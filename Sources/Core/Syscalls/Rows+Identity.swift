extension SyscallTable {
    static let identity: [Syscall] = [
    ]
}
