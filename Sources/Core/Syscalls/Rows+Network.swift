extension SyscallTable {
    static let network: [Syscall] = [
    ]
}
