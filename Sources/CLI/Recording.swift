import Glibc
import RenacerCore
import RenacerRecorder
import RenacerRecording
import RenacerReplay
import RenacerOutput

/// What a command line is for.
enum Purpose: Equatable {
    case trace
    /// `renacer record`: the trace goes to a file for later.
    case record
    /// `renacer replay`: it comes from one.
    case replay
    /// `renacer golden`: what the program does is kept or compared.
    case golden

    /// Refuses options that would change nothing.
    func admit(_ given: GivenOption) throws(UsageError) {
        switch self {
        case .trace:
            if given.option.id == .ring { throw UsageError("--ring is for 'renacer record'; elsewhere say --sink recording:FILE,ring=SIZE") }
        case .record:
            if Self.chooses(given.option.id) {
                throw UsageError("record: \(given.spelling): a recording keeps every call; choose with it when you replay: renacer replay FILE \(given.spelling) ...")
            }
            if Self.shows(given.option.id) {
                throw UsageError("record: \(given.spelling) only changes what is shown; use it when you replay: renacer replay FILE \(given.spelling) ...")
            }
        case .golden: try Golden.admit(given)
        case .replay:
            if let reason = Self.refusalInReplay(of: given.option) { throw UsageError("replay: \(given.spelling): \(reason)") }
        }
    }

    /// Whether an option says which of the calls that were traced are shown.
    private static func chooses(_ id: OptionID) -> Bool {
        switch id {
        case .successfulOnly, .failedOnly, .minimumDuration, .qualifier(.status): true
        default: false
        }
    }

    /// Whether an option says how a trace looks.
    private static func shows(_ id: OptionID) -> Bool {
        switch id {
        case .sink, .sinkFormat, .append, .separately, .relative, .absoluteShort, .absoluteLong, .callTimes, .noAbbreviation, .hexShort,
            .hexLong, .constants, .column, .color, .syscallNumber, .argumentNames, .alwaysShowPid, .summaryOnly, .summary, .overhead,
            .sortBy, .columns, .wallClock, .live, .anomalyDetection, .anomalyThreshold, .anomalyWindow, .baseline, .hpuAnalysis, .functionTime, .flamegraph, .profile, .kernelStack, .qualifier(.abbrev), .qualifier(.verbose),
            .qualifier(.raw):
            true
        default: false
        }
    }

    /// Why an option means nothing where a recording is replayed; nil if it does.
    static func refusalInReplay(of option: Option) -> String? {
        if option.id == .profile || option.id == .kernelStack { return "what tasks did on a CPU is not recorded; use it with a trace that is shown at once" }
        return acts(option.id) ? "a recording is replayed, no task is there; use it with 'renacer record'" : nil
    }

    /// Whether an option says something of tasks that are traced.
    private static func acts(_ id: OptionID) -> Bool {
        switch id {
        case .attach, .all, .cgroup, .duration, .environment, .user, .argv0, .daemonize, .detachOn, .interruptible, .killOnExit, .backend, .exact,
            .ringSize, .memory, .seccomp, .noSeccomp, .placement, .ring, .qualifier(.inject), .qualifier(.fault):
            true
        default: false
        }
    }
}

extension Invocation {
    /// What `renacer record` stands for: `--format recording -o FILE`.
    mutating func prepareRecording() {
        guard purpose == .record else { return }
        format = .recording
        if output == nil { output = Self.usualRecording }
    }

    static let usualRecording = "trace.rnt"

    /// Asks for all that a recording is to keep, if there will be one.
    mutating func widenForRecording(_ plan: inout CapturePlan) throws(UsageError) {
        guard let i = settings.sinks.firstIndex(where: { $0.kind.name == SinkRegistration.recording.name }) else { return }
        if !plan.selection.isAll {
            throw UsageError("\(settings.sinks[i].origin) and -z, -Z, -e status or --min-duration: a recording keeps every call; choose with 'renacer replay'")
        }
        if let ring, purpose == .record {
            guard let n = size(ring), n >= 4096 else {
                throw UsageError("invalid --ring argument: '\(ring)': a size from 4K on such as 64M is wanted", help: true)
            }
            try settings.sinks[i].set("ring=\(ring)")
        }
        if stringLimitGiven, settings.sinks[i]["strings"] == nil {
            try settings.sinks[i].set("strings=\(settings.text.decoding.stringLimit)")
        }
        let limit = settings.sinks[i].number("strings").map { Int(clamping: $0) } ?? RecordingOptions.usualStringLimit
        plan.memory.stringLimit = max(plan.memory.stringLimit, limit)
        plan.memory.verbose = .all
    }
}

extension SinkRegistration {
    static let recording = SinkRegistration(
        name: "recording", help: "a file for 'renacer replay'", place: .standardOutput,
        needs: { _ in [.decoding, .signals, .entries, .commands, .places] },
        options: [
            SinkOption("ring", .size(4096...1 << 40), "keep only the newest SIZE bytes; write them at the end, and to FILE.N at SIGUSR2"),
            SinkOption("strings", .number(0...1 << 20), "bytes of a string that are kept (1024)"),
            .queue,
        ]
    ) { (context) throws(UsageError) in
        let settings = context.settings, plan = settings.pipeline.plan
        if context.output?.isTerminal == true {
            throw UsageError("\(context.request.origin): a recording is not for a terminal; say where: --sink recording:FILE, or renacer record -o FILE")
        }
        var options = RecordingOptions()
        options.decoding = settings.text.decoding
        options.decoding.commands = settings.text.commands || settings.text.decoding.commands
        options.decoding.stringLimit = plan.memory.stringLimit
        options.decoding.descriptors = plan.memory.descriptors
        options.signals = settings.text.signals
        options.calls = plan.syscalls
        options.data = settings.text.dumped
        options.instructionPointers = plan.instructionPointer
        options.systemTime = plan.systemTime
        options.followsChildren = plan.followForks || plan.target.scope != .named
        options.frameLimit = settings.places.frameLimit
        options.arguments = Renacer.arguments
        options.backend = String(describing: context.backend)
        options.realtimeOffset = settings.text.realtimeOffset ?? RealTime.offset
        options.ring = context.request.number("ring").map { Int(clamping: $0) }
        var path: String?
        if case .file(let name)? = context.request.output?.destination { path = name }
        if options.ring != nil, path == nil { throw UsageError("\(context.request.origin): a ring is written to files; say which") }
        let sink = RecordingSink(options, output: try context.shared(), inspector: context.inspector, stacks: plan.stacks ? context.stacks : nil) { (n) throws(TraceError) in
            let name = "\(path ?? "").\(n)"
            do throws(UsageError) {
                return FileOutput(descriptor: try TraceOutput.open(name, appends: false), name: name, closes: true)
            } catch { throw TraceError(error.message) }
        }
        context.output?.countLost { sink.refused }
        return sink
    }
}

extension Invocation {
    /// Opens what `renacer replay` is to show.
    ///
    /// - Parameter words: the command line without options.
    mutating func openRecording(_ words: [String]) throws(UsageError) {
        if words.count > 1 { throw UsageError("replay: '\(words[1])': one recording is replayed, and no program is started") }
        let path = words.first ?? Self.usualRecording
        let recording: ReplayBackend
        do throws(TraceError) { recording = try ReplayBackend(path) } catch { throw UsageError(error.description) }
        settings.recording = recording
    }

    /// What there is to say about a recording before it is shown.
    func describe(_ recording: ReplayBackend) -> [String] {
        var lines: [String] = []
        if let dropped = recording.end?.dropped, dropped > 0 {
            lines.append("the recording was kept in a ring: \(dropped) older events are not in it")
        }
        let header = recording.header
        if let missing = missing(header) { lines.append(missing) }
        if !header.calls.isAll, !settings.detectors.isEmpty {
            lines.append("the recording has no calls but those that it was asked for: of others detectors and assertions tell nothing")
        }
        guard settings.pipeline.plan.ptrace.debug else { return lines }
        lines.append("recorded by \(header.arguments.joined(separator: " "))")
        lines.append("recorded on \(header.node), Linux \(header.kernel), by the \(header.backend) backend, strings up to \(header.stringLimit) bytes")
        if let end = recording.end { lines.append("\(end.count) events in \(end.blocks.count) block\(end.blocks.count == 1 ? "" : "s")") }
        return lines
    }

    /// What of the calls and signals that are asked for by name was left out when the recording was made: one line, nil if nothing.
    private func missing(_ header: RecordingHeader) -> String? {
        let wanted = settings.pipeline.plan.syscalls
        var names: [String] = []
        if !wanted.isAll, !header.calls.isAll { names += header.calls.missing(wanted).names(.native).map { String(describing: $0) } }
        if settings.text.signals != .all, settings.needs.contains(.signals) {
            let left = settings.text.signals.mask & ~header.signals.mask
            names += (1...64).filter { left >> UInt64($0 - 1) & 1 == 1 }.map { "signal \($0)" }
        }
        guard !names.isEmpty else { return nil }
        let shown = names.prefix(6).joined(separator: ", "), rest = names.count - 6
        return "not in the recording, which was made without them: \(shown)\(rest > 0 ? " and \(rest) more" : "")"
    }

    /// Refuses to write over what is read.
    func checkOutputs(_ recording: ReplayBackend) throws(UsageError) {
        for sink in settings.sinks {
            guard case .file(let path)? = sink.output?.destination, recording.reads(path) else { continue }
            throw UsageError("\(path): this is the recording that is replayed; write to another file")
        }
    }
}
