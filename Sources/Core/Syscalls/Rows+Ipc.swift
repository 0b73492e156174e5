extension SyscallTable {
    static let ipc: [Syscall] = [
    ]
}
