import RenacerCore

/// What the table of `-c` shows and how it is sorted.
public struct SummaryOptions: Sendable {
    /// `-w`: time from entry to exit; otherwise CPU time in the kernel.
    public var wallClock = true
    /// `-U`, in the order shown.
    public var columns: [Column] = [.timePercent, .totalTime, .averageTime, .calls, .errors, .name]
    /// `-S`.
    public var sort: Sort = .time
    /// `-O`: nanoseconds taken off every call's time.
    public var overhead: UInt64 = 0
    /// Calls still in flight at the end are counted too.
    public var countsInFlight = false
    /// `-e status=`, `--min-duration`: calls that count.
    public var calls = CallSelection()
    /// `--live`: how the table is shown again before the end.
    public var refresh: Refresh = .appended

    /// `--stats-extended`, `--group-by`: the distribution of times behind the table; nil: the table alone.
    public var extended: Grouping?

    public init() {}

    /// What rows of extended statistics are divided by, besides the call.
    public enum Grouping: String, CaseIterable, Sendable {
        case syscall, process, thread, file, errno
    }

    public enum Refresh: Sendable {
        /// Behind what was written before, an empty line between them.
        case appended
        /// Over the one shown before, on a terminal of that size; a table that is too long or too wide is cut.
        case inPlace(size: @Sendable () -> (lines: Int, columns: Int))
    }

    /// One column of the table.
    public enum Column: String, Sendable, CaseIterable {
        case timePercent = "% time"
        case totalTime = "seconds"
        case minimumTime = "shortest"
        case maximumTime = "longest"
        case averageTime = "usecs/call"
        case systemTime = "system"
        case wallTotal = "wall-total"
        case wallMinimum = "wall-min"
        case wallMaximum = "wall-max"
        case wallAverage = "wall-avg"
        case calls
        case errors
        case name = "syscall"

        /// Characters it takes; the name's column grows with its longest entry.
        var width: Int {
            switch self {
            case .timePercent: 6
            case .totalTime, .averageTime, .systemTime, .wallTotal, .wallAverage: 11
            case .minimumTime, .maximumTime, .wallMinimum, .wallMaximum: 8
            case .calls, .errors: 9
            case .name: 16
            }
        }
    }

    public enum Sort: Sendable {
        case time, minimumTime, maximumTime, averageTime, calls, errors, name, none
        case wallTotal, wallMinimum, wallMaximum, wallAverage
    }
}
