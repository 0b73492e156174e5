extension SyscallTable {
    static let processes: [Syscall] = [
    ]
}
