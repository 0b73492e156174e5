extension SyscallTable {
    static let asynchronous: [Syscall] = [
    ]
}
