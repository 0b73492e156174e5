/// Tells which functions of a program led to a call, while the task that made it is stopped.
public protocol StackInspector: MappingObserver {
    /// The frames of a task's stack, the innermost first.
    ///
    /// - Parameter call: the call it is stopped in; nil at another stop.
    /// - Parameter limit: of the number of frames.
    /// - Returns: no frame at all if the task cannot be asked.
    func stack(of tid: Int32, _ pid: Int32, at call: Call?, limit: Int) -> CallStack
    /// The innermost place in the program's own code, rather than in a library of the system or of its language.
    func source(of tid: Int32, _ pid: Int32, at call: Call?) -> CodePlace?
}

/// Is told by a backend what makes addresses mean something else.
public protocol MappingObserver: AnyObject {
    /// A process mapped or unmapped something in a range of `count` bytes.
    func mappingsChanged(of pid: Int32, at address: UInt64, count: UInt64)
    /// A process executed another program, or is gone.
    func forget(_ pid: Int32)
}

/// Frames of a stack, the innermost first.
public struct CallStack {
    /// Where each is; nil where nothing is mapped.
    public var frames: [(any CodeLocation)?] = []
    /// Their addresses in the task's memory, as many; empty where no task is, in a replay.
    public var addresses: [UInt64] = []
    /// There are more frames than were asked for.
    public var isCut = false

    public init() {}
}

/// An address in a file that is mapped into a program.
///
/// Names and lines are looked up when they are first asked for and kept, since looking up a name takes a tenth of a
/// millisecond.
public protocol CodeLocation: AnyObject {
    /// The file's path as the kernel knows it, ` (deleted)` included, or `[vdso]`.
    var module: String { get }
    /// In the file, wherever it is mapped.
    var address: UInt64 { get }
    /// The symbol at the address, demangled.
    var symbol: String? { get }
    /// How far behind the symbol's start the address is, bytes.
    var offset: UInt64 { get }
    /// The lines there: that of the innermost inlined function first, then where that is inlined, and so on. Empty
    /// without debugging information.
    var lines: [SourceLine] { get }
    /// The file is the program's own: not the system's, nor its language's.
    var isOwnFile: Bool { get }
    /// The lines that the program's author wrote, the innermost first.
    var ownLines: [SourceLine] { get }
    /// The code is the kernel's.
    var isKernel: Bool { get }
}

extension CodeLocation {
    public var isKernel: Bool { false }
    /// It is the program's own code: by its lines, and where there are none by its file.
    public var isOwn: Bool { !ownLines.isEmpty || isOwnFile && lines.isEmpty && symbol != "_start" }
}

/// A line of a program's source.
public struct SourceLine: Sendable, Equatable {
    /// The function's name, demangled.
    public var function: String?
    /// As the compiler wrote it down.
    public var file: String
    /// The same below the directory that the compiler ran in.
    public var path: String
    /// The same without that directory.
    public var shortFile: String
    /// From 1; 0 if the compiler made the code up.
    public var line: Int

    public init(function: String?, file: String, path: String, shortFile: String, line: Int) {
        self.function = function
        self.file = file
        self.path = path
        self.shortFile = shortFile
        self.line = line
    }
}

/// Where a program is, as far as it is known.
public enum CodePlace {
    case line(SourceLine)
    /// In a file without debugging information.
    case symbol(any CodeLocation)
}
