/// A system call: one row of THE table, from which decoding, filtering, capture and
/// documentation are derived.
public final class Syscall: Sendable {
    /// How a successful result is shown.
    public enum Returns: Sendable {
        case decimal
        /// `0x…`, zero too: an address or a handle.
        case hex
        case octal
        /// A new file descriptor.
        case fd
        case tid, pid, pgid, sid
        /// 32 bits that the kernel widens without their sign, errors too.
        case narrow
        /// Decided by the dialect, through `Decoder.resultStyle`.
        case dialect
    }

    /// Prints every argument itself, where rows of kinds are not enough (ioctl, futex, …).
    ///
    /// Called at entry and, unless it then said `.complete`, again at exit.
    public typealias Dialect = @Sendable (Decoder) -> Progress

    /// How far a call's arguments are printed when its entry has been decoded.
    public enum Progress: Sendable {
        /// All of them.
        case complete
        /// The next argument is printed at exit.
        case nextAtExit
        /// The argument begun at entry is continued at exit.
        case sameAtExit
    }

    public let name: Name
    /// What it is called if it is shown by another name.
    let originalName: Name
    /// Numbers by architecture; nil where it has no such call.
    public let x86_64: Int?
    public let aarch64: Int?
    public let classes: SyscallClasses
    public let arguments: [Argument]
    public let returns: Returns
    public let dialect: Dialect?
    /// The memory of a call that does many things, by what it does.
    public let variants: CaptureVariants?

    init(_ row: Row) {
        variants = row.variants
        name = row.name
        originalName = row.name
        x86_64 = row.x86_64
        aarch64 = row.aarch64
        classes = row.classes
        arguments = row.arguments()
        returns = row.returns
        dialect = row.dialect
    }

    /// A 32-bit tracee's call: its name, the classes of the native call of that name,
    /// and raw arguments.
    init(compat name: Name, like same: Row?) {
        self.name = name
        originalName = name
        x86_64 = nil
        aarch64 = nil
        classes = same?.classes ?? []
        arguments = Self.rawArguments(same?.arguments().count ?? 6)
        returns = .decimal
        dialect = nil
        variants = nil
    }

    /// The same call by another name.
    init(_ other: Syscall, named name: Name) {
        self.name = name
        originalName = other.originalName
        x86_64 = other.x86_64
        aarch64 = other.aarch64
        classes = other.classes
        arguments = other.arguments
        returns = other.returns
        dialect = other.dialect
        variants = other.variants
    }

    /// `count` arguments of which nothing is known.
    public static func rawArguments(_ count: Int) -> [Argument] {
        let names: [Name] = ["arg1", "arg2", "arg3", "arg4", "arg5", "arg6"]
        return names.prefix(count).map { Argument($0, .hex) }
    }
}

extension Syscall {
    /// A row as the files beside this one write it down: a `Syscall` is made of it when the
    /// call is first looked up, and only then are its arguments evaluated.
    struct Row: Sendable {
        let name: Name
        let x86_64: Int?
        let aarch64: Int?
        let classes: SyscallClasses
        let arguments: @Sendable () -> [Argument]
        let returns: Returns
        let dialect: Dialect?
        let variants: CaptureVariants?

        init(
            _ name: Name, x86_64: Int? = nil, aarch64: Int? = nil, _ classes: SyscallClasses = [],
            _ arguments: @autoclosure @escaping @Sendable () -> [Argument] = [], returns: Returns = .decimal, dialect: Dialect? = nil,
            variants: CaptureVariants? = nil
        ) {
            self.variants = variants
            self.name = name
            self.x86_64 = x86_64
            self.aarch64 = aarch64
            self.classes = classes
            self.arguments = arguments
            self.returns = returns
            self.dialect = dialect
        }

        /// Its number on this machine's architecture.
        var number: Int? {
            #if arch(x86_64)
            x86_64
            #else
            aarch64
            #endif
        }
    }
}
