import CLinux
import Glibc
import RenacerAssertions
import RenacerCore
import RenacerProfile
import RenacerSymbols
import RenacerStraceText
import RenacerSummary

/// Builds the pipeline that `settings` describe, runs it, and tells how renacer is to end.
struct Run {
    let program: String
    /// The program's own status counts even if the trace could not be written.
    let asStrace: Bool
    var settings: Settings

    init(program: String, asStrace: Bool, settings: Settings) {
        self.program = program
        self.asStrace = asStrace
        self.settings = settings
    }

    /// How renacer ends.
    enum End {
        case exit(Int32)
        case dieOf(Int32)
    }

    mutating func callAsFunction() throws(UsageError) -> End {
        // A refusal comes before a file is emptied.
        try loadDetectors()
        let choice = try BackendChoice(settings)
        choice.reasons.forEach { Message.print($0, program: program) }
        try settings.analysis.admit(choice.candidates.first, settings.recording)
        let outputs = try openOutputs()
        var rest = choice.candidates[...]
        while let backend = rest.popFirst() {
            let sampler = settings.profiles ? CPUSampler(kernel: settings.profilesKernel) : nil
            let pipeline = try assemble(backend, outputs, sampler)
            do throws(TraceError) {
                do throws(TraceError) { try pipeline.prepare(settings.pipeline.plan) } catch {
                    // No task was touched: another backend may do.
                    guard let next = rest.first else { throw error }
                    backend.stop()
                    if settings.pipeline.plan.ptrace.debug { Message.print("not \(backend.name) but \(next.name): \(error)", program: program) }
                    continue
                }
                try settings.analysis.begin(backend, settings.recording)
                if !settings.isQuiet { choice.announcements(of: backend).forEach { Message.print($0, program: program) } }
                try sampler?.open(settings.pipeline.plan)
                return try trace(pipeline, backend, outputs, sampler)
            } catch {
                pipeline.finish()
                for output in outputs { _ = output?.finish() }
                if told.add(error) { Message.print(error.description, program: program) }
                return .exit(error.exitStatus)
            }
        }
        return .exit(1)
    }

    /// Loads what is to look at the trace, and has captured what that wants to see.
    private mutating func loadDetectors() throws(UsageError) {
        if settings.assertions.isAny {
            try settings.assertions.choose(&settings.plugins, &settings.analysis, program)
            settings.monitor = AssertionMonitor(settings.assertions.assertions)
        }
        guard settings.plugins.isAny || settings.analysis.isAny || settings.monitor != nil else { return settings.narrowCapture() }
        settings.plugins.sinks = settings.sinks.filter { $0.kind.plugin != nil }.map(\.kind.name)
        try settings.plugins.load { [program] in Message.print($0, program: program) }
        try settings.analysis.make(calls: settings.pipeline.plan.syscalls)
        settings.narrowCapture()
        if settings.sinks.allSatisfy(\.showsFindingsOnly) { settings.pipeline.plan.syscalls = .none }
        settings.pipeline.plan.target.excluded += settings.plugins.processes
        settings.pipeline.plan.add(settings.detectors.map(\.subscription))
    }

    /// Failures of outputs that were told of: one that fails when it is written to does so again when it is closed.
    private final class Told {
        private var lines: Set<String> = []
        /// - Returns: whether it is a new one.
        func add(_ error: TraceError) -> Bool { lines.insert(error.description).inserted }
    }

    private let told = Told()

    /// What follows when an output fails: strace says no more than that.
    private var consequence: String { asStrace ? "" : ": the trace is not complete" }

    private mutating func assemble(_ backend: any Backend, _ outputs: [TraceOutput?], _ sampler: CPUSampler?) throws(UsageError) -> Pipeline {
        settings.text.realtimeOffset = backend.realtimeOffset
        let stacks = try stackInspector(backend)
        if let monitor = settings.monitor {
            monitor.inspector = backend.inspector
            monitor.stacks = stacks
            if settings.recording == nil { monitor.peakMemory = ProcessMemory.peak }
        }
        let sinks = try makeSinks(outputs, backend, stacks, sampler)
        let access = settings.pipeline.access
        let touching = access.isEmpty ? nil : AccessFilter(access, inspector: backend.inspector)
        if let touching { backend.limitTampering(to: touching) }
        let filter: (any EventFilter)? = settings.processorChain(backend.inspector) ?? touching
        settings.pipeline.plan.aggregation = Planner.aggregation(
            for: sinks, of: backend, isFiltered: filter != nil || !settings.detectors.isEmpty, settings.pipeline.plan)
        for detector in settings.plugins.loaded {
            detector.inspector = backend.inspector
            detector.stacks = stacks
            detector.tasksAreThere = settings.plugins.tasksAreThere
        }
        return Pipeline(
            backend, filter: filter, detectors: settings.detectors, sinks: sinks,
            refreshInterval: settings.isLive ? Self.second : nil, patience: sampler == nil ? nil : CPUSampler.patience,
            detectorFailed: { [program] in Message.print($0.description, program: program) }
        ) { [program, consequence, told] in
            if told.add($0) { Message.print($0.description + consequence, program: program) }
        }
    }

    private func trace(_ pipeline: Pipeline, _ backend: any Backend, _ outputs: [TraceOutput?], _ sampler: CPUSampler?) throws(TraceError) -> End {
        try pipeline.start(settings.pipeline.plan)
        try sampler?.start()
        let end = try pipeline.run()
        var isKept = true
        do throws(TraceError) { try settings.analysis.keep() } catch {
            isKept = false
            Message.print(error.description, program: program)
        }
        for output in outputs { output?.beginFinish() }
        let closing = outputs.compactMap { $0?.finish() }
        for error in closing where told.add(error) { Message.print(error.description + consequence, program: program) }
        if let sampler { tellOfLosses(sampler) }
        let isAllSeen = tellOfLosses(backend), isAllTaken = tellOfSlowReaders(outputs), isWhole = isAllSeen && isAllTaken
        if (pipeline.failed || !isKept || !closing.isEmpty) && !asStrace || !isWhole && settings.pipeline.plan.isExact { return .exit(1) }
        if settings.monitor?.hasFailed == true { return .exit(1) }
        return switch end {
        case .exited(let status): .exit(status)
        case .killed(let signal): .dieOf(signal)
        case nil: .exit(0)
        }
    }

    /// What finds out where calls are made, loaded if that is shown.
    func stackInspector(_ backend: any Backend) throws(UsageError) -> (any StackInspector)? {
        guard settings.pipeline.plan.stacks else { return nil }
        if let recording = settings.recording { return recording.stacks }
        do throws(TraceError) {
            let symbolizer = try Symbolizer(backend.inspector, log: backend.tellsOfMappings ? nil : MappingLog())
            backend.observeMappings(symbolizer)
            return symbolizer
        } catch {
            let flag = settings.places.stack ? "--stack-trace" : settings.places.source ? "--source" : settings.sinks.first { $0.needs.contains(.stacks) }?.origin
                ?? settings.detectors.first { $0.subscription.stacks }.map { "--detector \($0.name)" }
            throw UsageError("\(flag ?? "--stack-trace"): \(error.description)")
        }
    }

    private static let second: UInt64 = 1_000_000_000

    /// Says on stderr what was lost: false if anything was.
    private func tellOfLosses(_ backend: any Backend) -> Bool {
        let account = backend.account
        if account.totalLost > 0 {
            let causes = account.lost.filter { $0.value > 0 }.sorted { $0.key.rawValue < $1.key.rawValue }
                .map { "\($0.key.rawValue): \($0.value)" }.joined(separator: ", ")
            let advice = account.lost[.ringFull] == nil || settings.recording != nil || settings.pipeline.plan.isExact
                ? "" : backend.capabilities[.backpressure].fidelity == .unavailable
                ? "; a larger --ring-size loses fewer" : "; --exact loses none, a larger --ring-size fewer"
            Message.print("\(account.totalLost) of \(account.seen) events were lost (\(causes))\(advice)", program: program)
        }
        if account.imbalance != 0 {
            Message.print(
                "the account of events is wrong: \(account.delivered) delivered, \(account.totalLost) lost, "
                    + "\(account.imbalance) neither", program: program)
        }
        return account.totalLost == 0 && account.imbalance == 0
    }

    /// Says on stderr what samples found no room.
    private func tellOfLosses(_ sampler: CPUSampler) {
        guard sampler.lost > 0 else { return }
        Message.print("--profile: \(sampler.lost) of \(sampler.taken + sampler.lost) CPU samples were lost: time on the CPU is that much too short", program: program)
    }

    /// Says on stderr what queues could not take: false if anything was.
    private func tellOfSlowReaders(_ outputs: [TraceOutput?]) -> Bool {
        var isWhole = true
        for (i, output) in outputs.enumerated() {
            // Sinks of one place share their output.
            guard let output, output.lost.count > 0, !outputs[..<i].contains(where: { $0 === output }) else { continue }
            isWhole = false
            Message.print(
                "\(settings.sinks[i].origin): \(output.lost.count) \(output.lost.what) were lost (\(Loss.Cause.sinkTooSlow.rawValue)); "
                    + "--exact loses none, a larger queue fewer", program: program)
        }
        return isWhole
    }

    // MARK: Sinks

    /// An output for each sink, the same for those of one destination; nil where a sink opens its own.
    private mutating func openOutputs() throws(UsageError) -> [TraceOutput?] {
        var outputs: [TraceOutput?] = []
        for (i, request) in settings.sinks.enumerated() {
            guard let wanted = request.output else {
                outputs.append(nil)
                continue
            }
            if let same = settings.sinks[..<i].firstIndex(where: { $0.output?.destination == wanted.destination }) {
                outputs.append(outputs[same])
                continue
            }
            let output = try TraceOutput(wanted, queue: queue(for: request))
            if output.reader > 0 { settings.pipeline.plan.target.excluded.append(output.reader) }
            if wanted.destination == .standardOutput, settings.pipeline.plan.target.launch != nil {
                settings.pipeline.plan.target.launch?.standardOutput = 2
                Message.print("the program's standard output goes to standard error: \(request.origin) writes to standard output", program: program)
            }
            outputs.append(output)
        }
        return outputs
    }

    /// Text alone waits for its reader, as strace does; of several sinks none holds up the others.
    private func queue(for request: SinkRequest) -> TraceOutput.Queue? {
        let isAlone = settings.sinks.allSatisfy { $0.kind.place == .text && $0.destination == nil }
        guard !isAlone else { return nil }
        var queue = TraceOutput.Queue(waits: settings.pipeline.plan.isExact)
        if let size = request.number(SinkOption.queue.name) { queue.limit = Int(clamping: size) }
        return queue
    }

    private func makeSinks(
        _ outputs: [TraceOutput?], _ backend: any Backend, _ stacks: (any StackInspector)?, _ samples: (any SampleSource)?
    ) throws(UsageError) -> [any Sink] {
        // Of a recording the clock is the recorded one: it begins with the first event.
        let clock = backend.realtimeOffset.map { TraceClock(start: 0, realtimeOffset: $0) } ?? TraceClock()
        var run = RunDescription(version: Help.number, clock: clock)
        run.command = settings.pipeline.plan.target.launch?.arguments ?? []
        run.attached = settings.pipeline.plan.target.attach
        run.backend = String(describing: backend.name)
        let replacements = settings.text.decoding.replacements
        if let replacements { run.command = run.command.map(replacements.apply) }
        var sinks: [any Sink] = []
        for (request, output) in zip(settings.sinks, outputs) {
            let sink = try request.kind.make(
                SinkContext(
                    request: request, settings: settings.processed(for: request), output: output, inspector: backend.inspector, stacks: stacks, samples: samples,
                    backend: backend.name, run: run, program: program))
            sinks.append(settings.filtered(sink, request, backend.inspector))
        }
        return sinks
    }
}

/// Lines for the person at the terminal, on stderr.
enum Message {
    static func print(_ text: String, program: String) { write("\(program): \(text)\n", to: 2) }

    static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let n = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if n < 0 && errno != EINTR {
                // What was asked for is all that there is: who reads a part of it shall know.
                guard descriptor == 1 else { return }
                print("standard output: \(String(cString: strerror(errno)))", program: String(cString: clinux_invocation()))
                exit(1)
            }
            rest = rest.dropFirst(max(n, 0))
        }
    }
}
