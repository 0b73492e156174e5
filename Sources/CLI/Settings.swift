import Glibc
import RenacerAssertions
import RenacerCore
import RenacerOTLP
import RenacerReplay
import RenacerStraceText
import RenacerSummary

/// A command line understood: what to trace, how to show it, and what to say first.
struct Settings {
    var pipeline = PipelineConfiguration()
    var text = TextOptions()
    /// Where events come from, if not from tasks.
    var recording: ReplayBackend?
    /// What of places sinks show: `-k`, `--source`.
    var places = PlaceFinder.Options()
    /// What shows the trace.
    var sinks: [SinkRequest] = []
    /// strace's lines are among the sinks.
    var showsTrace: Bool { sinks.contains { $0.kind.name == "strace" } }
    /// `[[processor]]` of a configuration file, in their order.
    var processors: [ProcessorRequest] = []
    /// The run's own span and what that is part of, for the sinks that send it and the program that inherits it.
    var trace: (own: TraceContext, parent: TraceContext?)?
    /// What the sinks need of a backend.
    var needs: SinkRegistration.Needs { sinks.reduce([]) { $0.union($1.needs) } }
    /// `-c`, `-C`, `--sink summary`: the table.
    var summary: SummaryOptions?
    /// `--profile`: what tasks do on a CPU is sampled.
    var profiles = false
    /// `--kernel-stack`: samples tell where in the kernel tasks were.
    var profilesKernel = false
    /// `--live`: the table every second too.
    var isLive = false
    /// Every flag means what it means in strace.
    var asStrace = false
    /// `-q`: nothing is said that the trace does not depend on.
    var isQuiet = false
    /// Lines for stderr before anything starts.
    var notices: [String] = []
    var color: ColorChoice = .automatic
    var tips: Tips?
    var plugins = PluginChoice()
    var assertions = AssertionChoice()
    /// What measures them, once the trace begins.
    var monitor: AssertionMonitor?
    var analysis = AnalysisChoice()
    /// All that look at the trace, once they are made.
    var detectors: [any Detector] {
        if plugins.loaded.isEmpty, analysis.detectors.isEmpty, monitor == nil { return [] }
        return plugins.loaded as [any Detector] + analysis.detectors + (monitor.map { [$0] } ?? [])
    }

    enum ColorChoice: String { case automatic = "auto", always, never }

    /// The colours of lines that go to `output`; nil for none.
    func palette(for output: TraceOutput) -> ColorPalette? {
        let isWanted = switch color {
        case .always: true
        case .never: false
        case .automatic: output.isTerminal && Self.terminalHasColors()
        }
        return isWanted ? ColorPalette(getenv("STRACE_COLORS").map { String(cString: $0) } ?? "") : nil
    }

    private static func terminalHasColors() -> Bool {
        if let p = getenv("NO_COLOR"), p.pointee != 0 { return false }
        guard let term = getenv("TERM").map({ String(cString: $0) }) else { return false }
        return !term.isEmpty && term != "dumb"
    }
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
