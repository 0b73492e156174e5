extension SyscallTable {
    static let signals: [Syscall] = [
    ]
}
