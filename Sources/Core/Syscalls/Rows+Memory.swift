extension SyscallTable {
    static let memory: [Syscall] = [
    ]
}
