import RenacerCore
import RenacerStraceText

/// A command line understood: what to trace, how to show it, and what to say first.
struct Settings {
    var pipeline = PipelineConfiguration()
    var text = TextOptions()
    /// `-c`: no trace, only the table.
    var showsTrace = true
    var summary: Summary?
    /// Lines for stderr before anything starts.
    var notices: [String] = []
    var color: ColorChoice = .automatic

    enum ColorChoice: String { case automatic = "auto", always, never }

    /// `-c`, `-C`.
    struct Summary {
        var sortBy: SummaryColumn? = .timePercent
        var columns: [SummaryColumn] = [.timePercent, .totalTime, .averageTime, .calls, .errors, .name]
        /// Wall-clock time rather than time in the kernel.
        var wallClock = true
        /// Nanoseconds to subtract from each call; nil: what measuring costs.
        var overhead: UInt64?
    }
}

/// A column of the summary and the spellings that `-U` and `-S` know.
enum SummaryColumn: CaseIterable {
    case timePercent, totalTime, minimum, maximum, averageTime, wallTotal, wallMinimum, wallMaximum, wallAverage
    case calls, errors, name

    var spellings: [String] {
        switch self {
        case .timePercent: ["time", "time-percent", "time_percent"]
        case .totalTime: ["time-total", "time_total", "total-time", "total_time"]
        case .minimum: ["min-time", "min_time", "time-min", "time_min", "shortest"]
        case .maximum: ["max-time", "max_time", "time-max", "time_max", "longest"]
        case .averageTime: ["avg-time", "avg_time", "time-avg", "time_avg"]
        case .wallTotal: ["wall-total", "wall_total", "total-wall", "total_wall"]
        case .wallMinimum: ["wall-min", "wall_min", "min-wall", "min_wall"]
        case .wallMaximum: ["wall-max", "wall_max", "max-wall", "max_wall"]
        case .wallAverage: ["wall-avg", "wall_avg", "avg-wall", "avg_wall"]
        case .calls: ["calls", "count"]
        case .errors: ["errors", "error"]
        case .name: ["name", "syscall", "syscall-name", "syscall_name"]
        }
    }

    init?(_ spelling: Substring) {
        guard let c = Self.allCases.first(where: { $0.spellings.contains(String(spelling)) }) else { return nil }
        self = c
    }
}
