/// Which system call table a tracee's call is numbered by.
public enum Personality: UInt8, Sendable, CaseIterable {
    /// The machine's own 64-bit table.
    case native
    /// 32-bit: i386 on x86_64, arm on aarch64.
    case compat32
    /// x86_64's 32-bit pointers with 64-bit registers.
    case x32

    /// The suffix that selects it in `-e trace=name@64`.
    public var suffix: String {
        switch self {
        case .native: "64"
        case .compat32: "32"
        case .x32: "x32"
        }
    }
}
