// Names of 32-bit tracees' system calls.

extension SyscallTable {
    static let compatNames = ConstantTable("", "read 3")
    static let x32Names = ConstantTable("", "read 0")
}
