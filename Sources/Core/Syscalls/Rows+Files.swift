extension SyscallTable {
    static let files: [Syscall] = [
    ]
}
