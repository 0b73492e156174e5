extension SyscallTable {
    static let mounts: [Syscall] = [
    ]
}
