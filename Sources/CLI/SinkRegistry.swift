import RenacerCore
import RenacerFindings
import RenacerOutput
import RenacerPluginHost
import RenacerStraceText
import RenacerSummary

/// A kind of sink that can be chosen: adding one is adding a folder and a row here.
struct SinkRegistration: Sendable {
    /// As `--sink` and `--format` spell it.
    let name: String
    /// What it makes, for `renacer sinks`.
    let help: String
    /// Where it writes if nothing is said.
    let place: Place
    let needs: @Sendable (SinkRequest) -> Needs
    let options: [SinkOption]
    /// Of a plugin's: the calls that it looks at, and the process that it runs in, 0 if that is renacer's.
    var plugin: (calls: SyscallSet, process: Int32)?
    let make: @Sendable (SinkContext) throws(UsageError) -> any Sink

    /// Where a kind of sink writes unless `DEST` says otherwise.
    enum Place: Sendable, Equatable {
        /// With the text: standard error, or `-o`.
        case text
        /// Standard output, or `-o` with `--format`; the program's own goes to standard error then.
        case standardOutput
        /// It opens no output: what `DEST` stands for is its own matter.
        case own(String)
        /// The same, and the environment may say where.
        case service(String)
        /// The same, and nothing need be said: that too is its own matter.
        case any(String)

        func advice(_ name: Substring) -> String {
            switch self {
            case .text, .standardOutput: "\(name):FILE writes to a file, \(name):- to standard output, \(name):'|CMD' to a command"
            case .own(let what), .service(let what), .any(let what): "\(name):\(what) is wanted"
            }
        }
    }

    /// What a backend has to capture for it.
    struct Needs: OptionSet, Sendable {
        let rawValue: UInt8
        /// Calls decoded: the tracees' memory.
        static let decoding = Needs(rawValue: 1 << 0)
        /// Signals.
        static let signals = Needs(rawValue: 1 << 1)
        /// Names of commands.
        static let commands = Needs(rawValue: 1 << 2)
        /// It shows calls while they are under way.
        static let entries = Needs(rawValue: 1 << 3)
        /// It looks at single calls: counting them in the kernel is not enough.
        static let events = Needs(rawValue: 1 << 4)
        /// What descriptors and paths of calls lead to.
        static let files = Needs(rawValue: 1 << 5)
        /// It shows where in the program calls were made, if that is asked for.
        static let places = Needs(rawValue: 1 << 6)
        /// It is made of the stacks of calls.
        static let stacks = Needs(rawValue: 1 << 7)

        /// Of a sink that shows calls, or with `of=summary` only their statistics.
        @Sendable static func ofCalls(_ request: SinkRequest) -> Needs {
            request.isSummary ? [] : [.decoding, .signals, .commands, .entries, .places]
        }
    }

    // Rows of the sinks that every start makes stand alone: a table of all costs time.

    static let strace = SinkRegistration(
        name: "strace", help: "strace's lines", place: .text, needs: { _ in [.decoding, .signals, .entries, .places] }, options: []
    ) { (context) throws(UsageError) in
        var options = context.settings.text
        options.live = context.output?.isLive ?? false
        options.palette = context.output.flatMap(context.settings.palette)
        return StraceTextSink(options, outputs: try context.selector(), inspector: context.inspector, places: context.places)
    }

    static let summary = SinkRegistration(
        name: "summary", help: "the table of -c", place: .text,
        needs: { request in
            switch request["group-by"] {
            case "file": [.events, .entries, .files]
            case "process", "thread": [.events, .commands]
            case let other: other != nil || request.isOn("extended") ? [.events] : []
            }
        },
        options: [
            .init("extended", .flag, "the distribution of times too (--stats-extended)"),
            .init("group-by", .choice(SummaryOptions.Grouping.allCases.map(\.rawValue)), "what that is divided by, besides the call (--group-by)"),
        ]
    ) { (context) throws(UsageError) in
        var options = context.settings.summary ?? SummaryOptions()
        if context.request.isOn("extended") || context.request["group-by"] != nil {
            options.extended = context.request["group-by"].flatMap(SummaryOptions.Grouping.init) ?? .syscall
        }
        options.calls = context.settings.text.calls
        if let size = context.output?.terminalSize { options.refresh = .inPlace(size: size) }
        return SummarySink(options, output: try context.shared(), inspector: context.inspector)
    }

    static let findings = SinkRegistration(
        name: "findings", help: "what detectors found, and nothing else", place: .text, needs: { _ in [] }, options: []
    ) { (context) throws(UsageError) in
        FindingsSink(
            detectors: context.settings.detectors.map(\.name), isLaunching: context.settings.pipeline.plan.target.launch != nil,
            output: try context.shared())
    }

    /// Kinds that show what was made of the whole trace (`Sink.present`).
    static let showsAnalyses = ["strace", "summary", "findings", "json", "jsonl", "html"]

    static let all: [SinkRegistration] = [strace, summary, json, jsonl, csv, html, findings, functions, flamegraph, otlp, perfetto, recording]

    /// - Parameter more: what else there is to say.
    static func unknown(_ name: some StringProtocol, _ origin: String, _ more: [String]) -> UsageError {
        let names = all.map(\.name)
        let advice = Suggestion.nearest(String(name), names).map { "did you mean \($0)?" } ?? "there are \(names.joined(separator: ", ")) and those of plugins, which 'renacer plugins' lists"
        return UsageError((["\(origin): unknown sink '\(name)'; \(advice)"] + more).joined(separator: "; "))
    }
}

/// What a sink is made from.
struct SinkContext {
    let request: SinkRequest
    let settings: Settings
    /// Opened already; nil for a sink whose place is its own.
    let output: TraceOutput?
    let inspector: any TaskInspector
    /// Knows where in the program calls are made; nil if that was not asked for.
    let stacks: (any StackInspector)?
    /// What tasks do on a CPU; nil unless `--profile` asked for it.
    var samples: (any SampleSource)?
    /// The name of the backend that events come from.
    let backend: Name
    /// The same for all sinks of a run.
    let run: RunDescription
    /// What messages start with.
    let program: String

    /// Finds out where calls are made, as far as flags say; nil if they do not.
    var places: PlaceFinder? {
        guard let stacks, !settings.places.isEmpty else { return nil }
        return PlaceFinder(stacks, settings.places)
    }

    /// Outputs for tasks: only strace's lines can be told apart so.
    func selector() throws(UsageError) -> any OutputSelector {
        guard let output else { throw missing }
        return output.selector
    }

    /// One output for all.
    func shared() throws(UsageError) -> any TextOutput {
        guard let output else { throw missing }
        return output.shared
    }

    /// For sinks that write records.
    func records() throws(UsageError) -> RecordOutput {
        guard let output else { throw missing }
        return output.makeRecords()
    }

    private var missing: UsageError { UsageError("\(request.origin): no output") }
}

/// An option of a kind of sink: `key=value`.
struct SinkOption: Sendable {
    enum Kind: Sendable {
        /// `true` or `false`; the key alone is `true`.
        case flag
        case number(ClosedRange<UInt64>)
        /// Bytes: `16M`.
        case size(ClosedRange<UInt64>)
        /// `50us`, `10s`; ns.
        case duration
        case choice([String])
        /// Anything, named so in the help.
        case text(String)
        /// What a plugin declares.
        case plugin(ComponentOption)

        /// What is wanted in place of `value`; nil if it is right.
        func refusal(of value: String) -> String? {
            switch self {
            case .flag: value == "true" || value == "false" ? nil : "true or false is wanted"
            case .number(let r): number(value).map(r.contains) == true ? nil : "a number from \(r.lowerBound) to \(r.upperBound) is wanted"
            case .size: number(value) != nil ? nil : "a size such as 16M is wanted"
            case .duration: number(value) != nil ? nil : "a duration such as 10ms is wanted"
            case .choice(let names): names.contains(value) ? nil : "\(names.joined(separator: " or ")) is wanted"
            case .text: value.isEmpty ? "something is wanted" : nil
            case .plugin(let option): Self.refusal(of: value, option)
            }
        }

        func number(_ value: String) -> UInt64? {
            switch self {
            case .number: decimal(value, upTo: .max)
            case .size(let r): Self.size(of: value).flatMap { r.contains($0) ? $0 : nil }
            case .duration: Self.duration(of: value)
            default: nil
            }
        }

        private static func refusal(of value: String, _ option: ComponentOption) -> String? {
            do throws(PluginProblem) { _ = try option.read(value) } catch { return error.description }
            return nil
        }

        // The cases' names hide the functions'.
        private static func size(of value: String) -> UInt64? { renacer.size(value) }
        private static func duration(of value: String) -> UInt64? { renacer.duration(value) }

        /// What stands behind `=` in the help.
        var placeholder: String {
            switch self {
            case .flag: "true|false"
            case .number: "N"
            case .size: "SIZE"
            case .duration: "TIME"
            case .choice(let names): names.joined(separator: "|")
            case .text(let name): name
            case .plugin(let option): option.kind == .choice ? option.choices.joined(separator: "|") : "\(option.kind)"
            }
        }
    }

    let name: String
    let kind: Kind
    let help: String

    // Options that several kinds have.

    static let raw = SinkOption("raw", .flag, "the argument registers too")
    static let contents = SinkOption("of", .choice(["calls", "summary"]), "single calls, or only statistics of them")
    static let queue = SinkOption("queue", .size(1 << 20...1 << 40), "what waits at most for a reader that is slow (16M)")

    init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }
}
