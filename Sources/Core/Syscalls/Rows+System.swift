extension SyscallTable {
    static let system: [Syscall] = [
    ]
}
