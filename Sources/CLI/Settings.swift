import RenacerCore
import RenacerStraceText
import RenacerSummary

/// A command line understood: what to trace, how to show it, and what to say first.
struct Settings {
    var pipeline = PipelineConfiguration()
    var text = TextOptions()
    /// `-c`: no trace, only the table.
    var showsTrace = true
    /// `-c`, `-C`: the table.
    var summary: SummaryOptions?
    /// `--live`: the table every second too.
    var isLive = false
    /// Lines for stderr before anything starts.
    var notices: [String] = []
    var color: ColorChoice = .automatic
    var tips: Tips?

    enum ColorChoice: String { case automatic = "auto", always, never }
}

extension SummaryOptions.Column {
    /// What `-U` and `-S` call it.
    var spellings: [String] {
        switch self {
        case .timePercent: ["time", "time-percent", "time_percent"]
        case .totalTime: ["time-total", "time_total", "total-time", "total_time"]
        case .minimumTime: ["min-time", "min_time", "time-min", "time_min", "shortest"]
        case .maximumTime: ["max-time", "max_time", "time-max", "time_max", "longest"]
        case .averageTime: ["avg-time", "avg_time", "time-avg", "time_avg"]
        case .systemTime: []
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

    /// Sorting the table by this column.
    var sort: SummaryOptions.Sort {
        switch self {
        case .timePercent, .totalTime, .systemTime: .time
        case .minimumTime: .minimumTime
        case .maximumTime: .maximumTime
        case .averageTime: .averageTime
        case .wallTotal: .wallTotal
        case .wallMinimum: .wallMinimum
        case .wallMaximum: .wallMaximum
        case .wallAverage: .wallAverage
        case .calls: .calls
        case .errors: .errors
        case .name: .name
        }
    }
}
