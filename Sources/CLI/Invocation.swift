import RenacerAnalysis
import RenacerCore
import RenacerOTLP
import RenacerStraceText
import RenacerSummary

/// The command line as it is being read: what each option said so far.
///
/// `apply` takes options in order and refuses values; `settings` (in
/// `Invocation+Settings.swift`) weighs them against each other.
struct Invocation {
    /// What messages start with: `argv[0]`.
    let program: String
    /// Called by a name ending in `strace`: every flag means what it means there.
    let asStrace: Bool

    /// What the command line is for.
    var purpose = Purpose.trace

    var settings = Settings()
    var isHelp = false
    var isVersion = false
    var completions: String?
    /// `--config`
    var config: String?

    // How often short forms were given, and whether their long forms were.
    var follow = 0, followLong = false, separately = false, oldFork = 0
    var daemonize = 0, daemonizeLong = false, daemonizeLevel = 0
    var quietCount = 0, quietLong = false
    var absoluteCount = 0, absoluteLong = false
    var hexCount = 0, hexLong = false
    var descriptorsCount = 0, descriptorsLong = false
    var stackTrace = 0, stackTraceLimit = false

    var summaryOnly = false, summaryToo = false, wallClock = false, cpuSummary = false, live = false
    var statsExtended = false, groupBy: String?
    var asksForTrace = false
    var columns: [SummaryOptions.Column]?, sortBy: SummaryOptions.Sort?, overhead: UInt64?
    var statusOption = 0
    var output: String?, append = false
    var stringLimitGiven = false
    /// `--ring`, as it was given.
    var ring: String?
    /// `--sink`, in their order, and `--format`.
    var sinks: [SinkRequest] = [], format: SinkRegistration?
    /// `--otlp-timeout`, `--otlp-min-duration`, as given.
    var otlpTimeout: String?, otlpMinimumDuration: String?, traceParent: TraceContext?
    var environment: [String] = []
    var user: String?, argv0: String?
    var interruptible: Int?
    var paths: [String] = []
    var timestamp = Timestamp()

    struct Timestamp {
        enum Format { case none, time, unix }
        /// nil: not said, which is `time` once the option was given.
        var format: Format?
        var precision = TextOptions.Precision.seconds
    }

    init(program: String, asStrace: Bool) {
        self.program = program
        self.asStrace = asStrace
    }

    mutating func apply(_ given: GivenOption) throws(UsageError) {
        let value = given.value ?? ""
        let invalid = UsageError("invalid \(given.spelling) argument: '\(value)'", help: true)
        switch given.option.id {
        case .expression: try expression(value)
        case .qualifier(.quiet):
            if given.isLong { try qualify(.quiet, given.value ?? "attach,personality") } else { quietCount += 1 }
        case .qualifier(.decodeFds): try qualify(.decodeFds, given.value ?? "path")
        case .qualifier(let q): try qualify(q, value)

        case .attach: try attach(value)
        case .environment: environment.append(value)
        case .user: user = value
        case .argv0: argv0 = value
        case .daemonize: try daemonize(given, invalid)

        case .follow:
            guard given.isLong else { follow += 1; break }
            followLong = true
            if let v = given.value {
                guard v == "output-separately" else { throw invalid }
                separately = true
            }
        case .oldFork: oldFork += 1
        case .separately: separately = true
        case .detachOn:
            guard value == "execve" else { throw UsageError("Syscall '\(value)' for -b isn't supported") }
            settings.pipeline.plan.detachOnExecve = true
        case .interruptible:
            let names = ["anywhere", "waiting", "never", "never_tstp"]
            if value == "always" { interruptible = 1; break }
            guard let n = names.firstIndex(of: value).map({ $0 + 1 }) ?? decimal(value, upTo: 4).map({ Int($0) }), n > 0
            else { throw invalid }
            interruptible = n
        case .killOnExit: settings.pipeline.plan.ptrace.killOnExit = true
        case .syscallLimit:
            guard let n = decimal(value, upTo: UInt64(Int64.max)), n > 0 else { throw invalid }
            settings.pipeline.plan.syscallLimit = n
        case .seccomp: settings.pipeline.plan.ptrace.seccomp = .always
        case .noSeccomp: settings.pipeline.plan.ptrace.seccomp = .never
        case .placement:
            guard let p = PtraceOptions.Placement(rawValue: value) else { throw invalid }
            settings.pipeline.plan.ptrace.placement = p
        case .backend: try backend(value, invalid)
        case .memory:
            guard value == "none" || value == "live" else { throw invalid }
            settings.pipeline.plan.memory.isLive = value == "live"
        case .exact: settings.pipeline.plan.isExact = true
        case .ringSize:
            guard let n = size(value), n.nonzeroBitCount == 1, (4096...1 << 31).contains(n) else {
                throw UsageError("invalid --ring-size argument: '\(value)': a power of two from 4K to 2G is wanted", help: true)
            }
            settings.pipeline.plan.bpf.ringSize = Int(n)

        case .all: settings.pipeline.plan.target.scope = .all
        case .cgroup: settings.pipeline.plan.target.scope = .cgroup(try Cgroup.id(of: value))
        case .minimumDuration:
            guard let ns = duration(value) else { throw invalid }
            settings.pipeline.plan.selection.minimumDuration = ns

        case .tracePath: paths.append(value)
        case .successfulOnly: settings.pipeline.plan.selection.outcomes = .successful; statusOption += 1
        case .failedOnly: settings.pipeline.plan.selection.outcomes = .failed; statusOption += 1

        case .sink: sinks.append(try SinkRequest(parsing: value, origin: given.spelling))
        case .otlp: sinks.append(SinkRequest(.otlp, destination: value, origin: given.spelling))
        case .functionTime: sinks.append(SinkRequest(.functions, origin: given.spelling))
        case .profile: settings.profiles = true
        case .kernelStack: settings.profilesKernel = true
        case .flamegraph: sinks.append(SinkRequest(.flamegraph, destination: value, origin: given.spelling))
        case .otlpTimeout: otlpTimeout = value
        case .otlpMinimumDuration: otlpMinimumDuration = value
        case .traceParent:
            guard let context = TraceContext(parsing: value) else {
                throw UsageError("\(given.spelling): '\(value)' is not 00-TRACE-SPAN-FLAGS in hexadecimal, as TRACEPARENT has it")
            }
            traceParent = context
        case .sinkFormat: format = try SinkRegistration.known(value, given.spelling, nil) ?? .unresolved(value)
        case .output: output = value
        case .append: append = true
        case .ring: ring = value
        case .column:
            guard let n = decimal(value) else { throw invalid }
            settings.text.column = Int(n)
        case .stringLimit:
            guard given.value != nil else { settings.text.source = .short; break }
            guard let n = decimal(value, upTo: (1 << 30) - 1) else { throw invalid }
            settings.text.decoding.stringLimit = Int(n)
            stringLimitGiven = true
        case .noAbbreviation: settings.text.decoding.abbreviated = .none
        case .instructionPointer: settings.text.instructionPointer = true
        case .syscallNumber: settings.text.syscallNumbers = true
        case .argumentNames: settings.text.argumentNames = true
        case .color:
            guard let c = Settings.ColorChoice(rawValue: given.value ?? "auto") else { throw invalid }
            settings.color = c
        case .constants:
            switch value {
            case "raw": settings.text.decoding.constants = .raw
            case "abbrev": settings.text.decoding.constants = .abbrev
            case "verbose": settings.text.decoding.constants = .verbose
            default: throw invalid
            }
        case .descriptorsShort: descriptorsCount += 1
        case .commands: settings.text.decoding.commands = true; settings.text.commands = true
        case .pidNamespaces: settings.text.decoding.pidNamespaces = true
        case .alwaysShowPid: settings.text.taskPrefix = .bracketAlways
        case .absoluteShort: absoluteCount += 1
        case .absoluteLong: try timestamps(value, invalid)
        case .relative: settings.text.relative = try precision(given, invalid)
        case .callTimes: settings.text.callTime = try precision(given, invalid)
        case .hexShort: hexCount += 1
        case .hexLong: try stringsInHex(given.value ?? "all", invalid)
        case .stackTrace: try stackTraces(given, invalid)
        case .stackTraceLimit:
            guard let n = decimal(value, upTo: (1 << 30) - 1), n > 0 else { throw invalid }
            settings.text.frameLimit = Int(n)
            stackTraceLimit = true
        case .source:
            switch given.value ?? "short" {
            case "short": settings.text.source = .short
            case "long": settings.text.source = .long
            default: throw invalid
            }

        case .summaryOnly: summaryOnly = true
        case .summary: summaryToo = true
        case .wallClock: wallClock = true
        case .cpuSummary: cpuSummary = true
        case .live: live = true
        case .statsExtended: statsExtended = true
        case .groupBy:
            guard SummaryOptions.Grouping(rawValue: value) != nil else { throw invalid }
            groupBy = value
        case .overhead:
            guard let ns = duration(value) else { throw invalid }
            overhead = ns
        case .sortBy:
            if value == "none" || value == "nothing" { sortBy = SummaryOptions.Sort.none; break }
            guard let c = SummaryOptions.Column(Substring(value)) else { throw UsageError("invalid sortby: '\(value)'", help: true) }
            sortBy = c.sort
        case .columns: columns = try summaryColumns(value)

        case .anomalyDetection: settings.analysis.detectsAnomalies = true
        case .anomalyThreshold:
            guard let n = Double(value), n.isFinite, n > 0, n <= 1e6 else {
                throw UsageError("invalid --anomaly-threshold argument: '\(value)': a number above 0 such as 3 or 4.5 is wanted", help: true)
            }
            settings.analysis.threshold = n
        case .anomalyWindow:
            guard let n = decimal(value), AnomalyOptions.windows.contains(Int(n)) else {
                let range = AnomalyOptions.windows
                throw UsageError("invalid --anomaly-window argument: '\(value)': a number from \(range.lowerBound) to \(range.upperBound) is wanted", help: true)
            }
            settings.analysis.window = Int(n)
        case .baseline: settings.analysis.baseline = value
        case .hpuAnalysis: settings.analysis.correlation = try AnalysisChoice.options(given.value ?? "")

        case .assert: try settings.assertions.add(file: value, program)
        case .assertReport: try settings.assertions.add(report: value, origin: given.spelling)
        case .detector: settings.plugins.detectors.append(try DetectorChoice(value))
        case .plugin: settings.plugins.files.append(value)
        case .isolatePlugins: settings.plugins.isolated = true
        case .pluginTime:
            guard let ns = duration(value), ns > 0 else { throw invalid }
            settings.plugins.patience = ns
        case .duration:
            guard let ns = duration(value), ns > 0 else { throw invalid }
            settings.pipeline.plan.duration = ns

        case .config: config = value
        case .debug: settings.pipeline.plan.ptrace.debug = true
        case .help: isHelp = true
        case .version: isVersion = true
        case .tips: try tips(given.value, invalid)
        case .completions: completions = value
        // `renacer golden` takes them before.
        case .runs, .tolerance, .against: throw invalid
        }
    }

    // MARK: Values with a grammar of their own

    /// `PID` or a list of them.
    private mutating func attach(_ value: String) throws(UsageError) {
        for part in value.split(whereSeparator: { ", \t\n".contains($0) }) {
            guard let pid = decimal(part), pid > 0 else { throw UsageError("Invalid process id: '\(part)'") }
            settings.pipeline.plan.target.attach.append(Int32(truncatingIfNeeded: pid))
        }
    }

    private mutating func daemonize(_ given: GivenOption, _ invalid: UsageError) throws(UsageError) {
        guard given.isLong else { daemonize += 1; return }
        let level: Int
        switch (given.value ?? "grandchild").lowercased() {
        case "grandchild": level = 1
        case "pgroup", "pgrp": level = 2
        case "session": level = 3
        default: throw invalid
        }
        daemonizeLong = true
        daemonizeLevel = level
    }

    private mutating func backend(_ value: String, _ invalid: UsageError) throws(UsageError) {
        let names = BackendRegistration.all.map(\.name)
        if value == "auto" {
            settings.pipeline.backend = nil
        } else if names.contains(value) {
            settings.pipeline.backend = value
        } else if Subcommand.named(value) != nil {
            throw UsageError("--backend: '\(value)' is a command of its own, renacer \(value); use auto, \(names.dropLast().joined(separator: ", ")) or \(names.last ?? "")")
        } else {
            throw invalid
        }
    }

    private func precision(_ given: GivenOption, _ invalid: UsageError) throws(UsageError) -> TextOptions.Precision {
        guard let v = given.value else { return .microseconds }
        guard let p = TextOptions.Precision(v) else { throw invalid }
        return p
    }

    /// `[[format:]FORMAT],[[precision:]PRECISION]`, in any order; the last one counts.
    private mutating func timestamps(_ value: String, _ invalid: UsageError) throws(UsageError) {
        absoluteLong = true
        var new = timestamp
        for part in value.split(separator: ",") {
            var name = part
            var isFormat: Bool?
            if part.hasPrefix("format:") { isFormat = true; name = part.dropFirst(7) }
            if part.hasPrefix("precision:") { isFormat = false; name = part.dropFirst(10) }
            if isFormat != false, let f = Self.format(name) {
                new.format = f
            } else if isFormat != true, let p = TextOptions.Precision(name) {
                new.precision = p
            } else {
                throw invalid
            }
        }
        timestamp = new
    }

    private static func format(_ s: Substring) -> Timestamp.Format? {
        switch s {
        case "none": Timestamp.Format.none
        case "time": .time
        case "unix": .unix
        default: nil
        }
    }

    private mutating func stringsInHex(_ value: String, _ invalid: UsageError) throws(UsageError) {
        hexLong = true
        switch value {
        case "none": settings.text.escaping = .octal
        case "non-ascii-chars": settings.text.escaping = .nonASCIIHex
        case "non-ascii": settings.text.escaping = .nonASCII
        case "all": settings.text.escaping = .all
        default: throw invalid
        }
    }

    private mutating func stackTraces(_ given: GivenOption, _ invalid: UsageError) throws(UsageError) {
        guard given.isLong else { stackTrace += 1; return }
        switch given.value ?? "symbol" {
        case "symbol": stackTrace = 1
        case "source": stackTrace = 2
        default: throw invalid
        }
    }

    private func summaryColumns(_ value: String) throws(UsageError) -> [SummaryOptions.Column] {
        var result: [SummaryOptions.Column] = []
        var rest = Substring(value)
        while true {
            let comma = rest.firstIndex(of: ",")
            let name = rest[..<(comma ?? rest.endIndex)]
            guard let column = SummaryOptions.Column(name) else { throw UsageError("unknown column name: '\(name)'", help: true) }
            if result.contains(column) {
                throw UsageError(
                    "call summary column has been provided more than once: '\(name)' (-U option residual: '\(rest)')", help: true)
            }
            result.append(column)
            guard let comma else { break }
            rest = rest[rest.index(after: comma)...]
        }
        if !result.contains(.name) { result.append(.name) }
        return result
    }

    /// `[[id:]ID],[[format:]FORMAT]`, in any order; the last one counts.
    private mutating func tips(_ value: String?, _ invalid: UsageError) throws(UsageError) {
        var new = Tips()
        for part in (value ?? "").split(separator: ",") {
            var name = part
            var isID: Bool?
            if part.hasPrefix("id:") { isID = true; name = part.dropFirst(3) }
            if part.hasPrefix("format:") { isID = false; name = part.dropFirst(7) }
            if isID != false, name == "random" {
                new.id = nil
            } else if isID != false, let id = decimal(name) {
                new.id = Int(id)
            } else if isID != true, let format = Tips.Format(rawValue: String(name)) {
                new.format = format
            } else {
                throw invalid
            }
        }
        settings.tips = new
    }
}
