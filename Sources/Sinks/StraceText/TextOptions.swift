import RenacerCore

/// How the strace text sink lays out its lines.
public struct TextOptions: Sendable {
    public var decoding = DecodingOptions()
    public var escaping: StringEscaping = .octal
    /// `-a`: the column in which results start.
    public var column = 40
    /// `-N`: arguments are shown with their names.
    public var argumentNames = false
    /// `-n`: the call's number is shown.
    public var syscallNumbers = false
    /// `-i`: the instruction pointer is shown.
    public var instructionPointer = false
    /// `-k`, `-kk`: the stack of each call.
    public var stackTrace: StackTrace = .none
    /// `--stack-trace-frame-limit`.
    public var frameLimit = 256
    /// `-kk`: functions that were inlined have frames of their own, which strace does not show.
    public var inlinedFrames = false
    /// `-s`, `--source`: the line of the program's own code that led to a call.
    public var source: SourceStyle = .none
    /// `-t`, `-tt`, `-ttt`: the wall-clock time of each event.
    public var absolute: Timestamp?
    /// `CLOCK_REALTIME` minus `CLOCK_MONOTONIC` of the events, ns; nil: `RealTime.offset`.
    public var realtimeOffset: Int64?
    /// `-r`: the time since the previous event started.
    public var relative: Precision?
    /// `-T`: the time spent in the call.
    public var callTime: Precision?
    /// Prefix lines with the task's id: when there may be several tasks, or always.
    public var taskPrefix: TaskPrefix = .whenSeveral
    /// `-Y`: the prefix shows the command too.
    public var commands = false
    /// `-e quiet=`: messages that are not printed.
    public var quiet: Quiet = []
    /// `-e signal=`: signals that are printed.
    public var signals: SignalSet = .all
    /// `-e status=`, `--min-duration`: calls that are printed.
    public var calls = CallSelection()
    /// `-e read=`, `-e write=`: descriptors whose data are dumped in full.
    public var dumped = MovedData()
    /// Calls that show memory as it was later are marked (`--memory=live`).
    public var marksLateMemory = false
    /// A string that its memory ends before is told on stderr, as strace does.
    public var shortReads = false
    /// Flush whenever the tracer waits (a terminal, a pipe).
    public var live = false
    /// Colours; nil for none.
    public var palette: ColorPalette?
    /// The name that messages start with: argv[0] under a strace name, else `renacer`.
    public var program = "renacer"

    public init() {}

    public enum Precision: Int, Sendable {
        case seconds = 0
        case milliseconds = 3
        case microseconds = 6
        case nanoseconds = 9
    }

    public struct Timestamp: Sendable, Equatable {
        /// Seconds since the epoch rather than the time of day.
        public var unix: Bool
        public var precision: Precision
        public init(unix: Bool, precision: Precision) {
            self.unix = unix
            self.precision = precision
        }
    }

    public enum StackTrace: Sendable { case none, symbols, sources }

    public enum SourceStyle: Sendable {
        case none
        /// `[FILE:LINE]` behind the result.
        case short
        /// A line of its own, with the function.
        case long
    }

    public enum TaskPrefix: Sendable {
        /// `[pid N]` when several tasks are traced, written to a terminal or stderr.
        case whenSeveral
        /// `N ` when several tasks may be traced, in a file (`-f -o`).
        case numberAlways
        /// `[pid N]` always (`--always-show-pid`).
        case bracketAlways
        /// Never (`-ff`: one file per task).
        case never
    }

    /// `-e quiet=` in its parts.
    public struct Quiet: OptionSet, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        public static let attach = Quiet(rawValue: 1 << 0)
        public static let exit = Quiet(rawValue: 1 << 1)
        public static let pathResolution = Quiet(rawValue: 1 << 2)
        public static let personality = Quiet(rawValue: 1 << 3)
        public static let threadExecve = Quiet(rawValue: 1 << 4)
    }
}
