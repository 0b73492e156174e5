/// The classes that `-e trace=%class` selects; a call may be in several.
public struct SyscallClasses: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Takes or returns a file descriptor.
    public static let desc = SyscallClasses(rawValue: 1 << 0)
    /// Takes a file name.
    public static let file = SyscallClasses(rawValue: 1 << 1)
    public static let memory = SyscallClasses(rawValue: 1 << 2)
    public static let process = SyscallClasses(rawValue: 1 << 3)
    public static let signal = SyscallClasses(rawValue: 1 << 4)
    public static let ipc = SyscallClasses(rawValue: 1 << 5)
    public static let network = SyscallClasses(rawValue: 1 << 6)
    /// Reads or changes user and group ids and capabilities.
    public static let creds = SyscallClasses(rawValue: 1 << 7)
    public static let clock = SyscallClasses(rawValue: 1 << 8)
    /// Always succeeds and has no arguments.
    public static let pure = SyscallClasses(rawValue: 1 << 9)
    public static let stat = SyscallClasses(rawValue: 1 << 10)
    public static let lstat = SyscallClasses(rawValue: 1 << 11)
    public static let fstat = SyscallClasses(rawValue: 1 << 12)
    /// `%%stat`: stat, lstat, fstat, statx and kin.
    public static let statLike = SyscallClasses(rawValue: 1 << 13)
    public static let statfs = SyscallClasses(rawValue: 1 << 14)
    public static let fstatfs = SyscallClasses(rawValue: 1 << 15)
    /// `%%statfs`: statfs, fstatfs, statvfs and kin.
    public static let statfsLike = SyscallClasses(rawValue: 1 << 16)
    /// Never fails: a negative result is a value (`getuid`, `umask`).
    public static let neverFails = SyscallClasses(rawValue: 1 << 17)
    /// Changes the task's mappings: invalidates caches of them.
    public static let changesMappings = SyscallClasses(rawValue: 1 << 18)
    /// Data and positioning calls on descriptors: with `file`, the bare class name `file`.
    public static let data = SyscallClasses(rawValue: 1 << 19)
    /// May change the task's `comm`.
    public static let changesComm = SyscallClasses(rawValue: 1 << 20)

    /// The names `-e trace=%NAME` knows.
    public static let named: [(name: String, value: SyscallClasses)] = [
        ("desc", .desc), ("file", .file), ("memory", .memory), ("process", .process), ("signal", .signal),
        ("ipc", .ipc), ("network", .network), ("net", .network), ("creds", .creds), ("clock", .clock),
        ("pure", .pure), ("stat", .stat), ("lstat", .lstat), ("fstat", .fstat), ("%stat", .statLike),
        ("statfs", .statfs), ("fstatfs", .fstatfs), ("%statfs", .statfsLike),
    ]
}
