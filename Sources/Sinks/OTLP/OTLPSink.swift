import CLinux
import Glibc
import RenacerCore
import RenacerProtobuf

/// Sends a trace to an OpenTelemetry collector: one trace per run, a span for the command, for each process, each
/// thread and each call; what happens at a moment is an event of its thread's span and a log record; the summary is
/// metrics.
public final class OTLPSink: Sink {
    let options: OTLPOptions
    let exporter: Exporter
    private let assembler: CallAssembler
    private let calls: CallSelection
    let places: PlaceFinder?
    let values = ProtobufValueWriter(.otlp)
    let inspector: any TaskInspector
    private let report: @Sendable (String) -> Void
    var ids = SpanIDs()
    var threads: [Int32: ThreadSpan] = [:] { didSet { last = nil } }
    private var last: ThreadSpan?
    var processes: [Int32: ProcessSpan] = [:]
    let root: OpenSpan
    /// How the command ended.
    var end: ProcessEnd?
    /// The process that is the command.
    private var mainProcess: Int32 = 0
    /// CLOCK_REALTIME minus CLOCK_MONOTONIC, ns: one figure for the whole trace, so that times are as far apart as
    /// they were measured.
    private let realtimeOffset: Int64
    private(set) var lastTime: UInt64
    private var statistics = StatisticsTable()
    private var isFinished = false
    /// Where events are encoded before they are copied to a span and a log record.
    let scratch = ProtobufWriter(capacity: 1024)

    /// - Parameter places: finds out where calls are made; nil if that is not told.
    /// - Parameter realtimeOffset: CLOCK_REALTIME minus CLOCK_MONOTONIC, ns.
    /// - Parameter report: shows a person a line.
    public init(
        _ options: OTLPOptions, decoding: DecodingOptions, calls: CallSelection, inspector: any TaskInspector, places: PlaceFinder? = nil,
        realtimeOffset: Int64, report: @escaping @Sendable (String) -> Void
    ) {
        self.options = options
        self.places = places
        self.inspector = inspector
        self.report = report
        self.calls = calls
        self.realtimeOffset = realtimeOffset
        exporter = Exporter(options, report: report)
        assembler = CallAssembler(values, decoding, calls: calls, inspector: inspector, places: places)
        lastTime = clinux_monotonic_ns()
        root = OpenSpan(options.context.span, start: lastTime)
    }

    private var needsEvents: Bool { options[.traces] != nil || options[.logs] != nil }

    public var aggregation: Aggregation? { needsEvents ? nil : Aggregation() }

    public func start() throws(TraceError) { try exporter.prepare() }

    public func consume(_ event: borrowing Event) throws(TraceError) {
        lastTime = max(lastTime, event.time)
        if needsEvents {
            // Before what ends the task: the call is still its own.
            if let call = assembler.consume(event) { took(call) }
            if calls.isProvisional, case .syscall(let call) = event.body, calls.countsOnly(call, at: event.time) {
                count(call, start: call.enterTime, end: call.exitTime == 0 ? event.time : call.exitTime)
            }
        } else if case .syscall(let call) = event.body {
            count(call, start: call.enterTime, end: call.exitTime)
        }
        switch event.body {
        case .syscallEntered, .syscall: _ = thread(event.tid, event.pid, event.time)
        case .signal(let signal): took(signal, event)
        case .process(let change): took(change, event)
        case .loss(let loss): took(loss)
        }
    }

    /// Nanoseconds since 1970.
    func realtime(_ monotonic: UInt64) -> UInt64 { UInt64(max(Int64(bitPattern: monotonic) &+ realtimeOffset, 0)) }

    // MARK: Tasks

    /// The span of a thread; of one that was not heard of before it starts at `time`.
    func thread(_ tid: Int32, _ pid: Int32, _ time: UInt64) -> ThreadSpan {
        if let last, last.tid == tid { return last }
        if let known = threads[tid] {
            last = known
            return known
        }
        let process = process(pid, time)
        let new = ThreadSpan(ids.next(), tid: tid, process: process, start: time)
        process.threads += 1
        new.command = command(tid) ?? process.command
        threads[tid] = new
        last = new
        return new
    }

    private func process(_ pid: Int32, _ time: UInt64) -> ProcessSpan {
        if let known = processes[pid] { return known }
        let new = ProcessSpan(ids.next(), pid: pid, parent: root.id, start: time)
        if processes.isEmpty, mainProcess == 0, !options.command.isEmpty { mainProcess = pid }
        readNames(new)
        processes[pid] = new
        return new
    }

    private func command(_ tid: Int32) -> [UInt8]? {
        let text = TextBuffer(capacity: 64)
        return inspector.command(of: tid, into: text) ? Array(text.bytes) : nil
    }

    private func readNames(_ process: ProcessSpan) {
        if let name = command(process.pid) { process.command = name }
        let text = TextBuffer(capacity: 256)
        if inspector.link("exe", of: process.pid, into: text) { process.executable = Array(text.bytes) }
    }

    private func took(_ change: ProcessEvent, _ event: borrowing Event) {
        switch change {
        case .attached: _ = thread(event.tid, event.pid, event.time)
        case .forked(let child, let isThread):
            let parent = thread(event.tid, event.pid, event.time)
            if isThread {
                _ = thread(child, event.pid, event.time)
            } else {
                let process = process(child, event.time)
                process.parent = parent.process.id
                process.parentPid = parent.process.pid
                if process.command.isEmpty { process.command = parent.process.command }
                _ = thread(child, child, event.time)
            }
        case .executed:
            let time = event.time
            let thread = thread(event.tid, event.pid, time)
            readNames(thread.process)
            thread.command = thread.process.command
            moment(.init(name: "exec", time: time, severity: .info), thread) { w, field in
                if !thread.process.executable.isEmpty { w.attribute(field, "process.executable.path", bytes: thread.process.executable) }
                w.attribute(field, "process.command", bytes: thread.process.command)
            }
        case .superseded(let by):
            // The leader is gone; the thread that executed has its id now.
            if let former = threads.removeValue(forKey: event.tid) { close(former, at: event.time) }
            if let successor = threads.removeValue(forKey: by) {
                successor.tid = event.tid
                threads[event.tid] = successor
            }
        case .exited(let status): ended(event, .exited(status))
        case .killed(let signal, let coreDumped): ended(event, .killed(signal, coreDumped: coreDumped))
        case .detached: ended(event, nil)
        case .strayDetached, .strayExited: break
        }
    }

    private func ended(_ event: borrowing Event, _ how: ProcessEnd?) {
        let thread = thread(event.tid, event.pid, event.time)
        threads[event.tid] = nil
        let isLeader = event.tid == event.pid
        if let how, isLeader || thread.process.end == nil { thread.process.end = how }
        close(thread, at: event.time)
    }

    private func close(_ thread: ThreadSpan, at time: UInt64) {
        unfold(thread)
        send(thread, end: time)
        let process = thread.process
        process.threads -= 1
        guard process.threads == 0 else { return }
        processes[process.pid] = nil
        if process.pid == mainProcess { end = process.end }
        send(process, end: time)
    }

    // MARK: Calls

    private func took(_ call: AssembledCall) {
        count(call.call, start: call.start, end: call.end)
        guard options[.traces] != nil else { return }
        let thread = thread(call.task.tid, call.task.pid, call.start == 0 ? call.end : call.start)
        if !call.task.command.isEmpty { thread.command = call.task.command }
        if let duration = call.duration, duration < options.minimumDuration {
            fold(call, duration, thread)
        } else {
            if !thread.folded.isEmpty { unfold(thread) }
            send(call, thread)
        }
    }

    private func count(_ call: Call, start: UInt64, end: UInt64) {
        guard options[.metrics] != nil else { return }
        statistics.add(
            .init(call.number, call.personality), wall: start > 0 && end > start ? end - start : 0, system: call.systemTime,
            failed: call.failed)
    }

    /// Nanoseconds that one span stands for at most, so that something is seen of a thread that does nothing else.
    private static let stretch: UInt64 = 1_000_000_000

    private func fold(_ call: AssembledCall, _ duration: UInt64, _ thread: ThreadSpan) {
        if let oldest = thread.folded.values.map(\.start).min(), call.end > oldest + Self.stretch { unfold(thread) }
        let key = StatisticsTable.Key(call.call.number, call.call.personality)
        thread.folded[key, default: FoldedCalls(start: call.start, end: call.end)].end = call.end
        thread.folded[key]?.statistics.add(wall: duration, system: 0, failed: call.call.failed)
    }

    private func unfold(_ thread: ThreadSpan) {
        for (key, calls) in thread.folded.sorted(by: { $0.value.start < $1.value.start }) { send(calls, key, thread) }
        thread.folded.removeAll(keepingCapacity: true)
    }

    // MARK: The end

    public func finish(_ account: Account) throws(TraceError) {
        guard !isFinished else { return }
        isFinished = true
        let now = max(lastTime, clinux_monotonic_ns())
        while needsEvents, let call = assembler.nextUnfinished() { took(call) }
        for thread in threads.values.sorted(by: { $0.start > $1.start }) { close(thread, at: now) }
        threads = [:]
        sendRoot(end: now, account)
        var all = statistics
        all.merge(account.counted)
        SummaryMetrics(options, from: realtime(root.start), to: realtime(now)).send(all, account, to: exporter)
        try conclude(exporter.finish())
    }

    /// Says in one line what was not delivered, and why; the trace is not whole then.
    private func conclude(_ tallies: [Exporter.Tally]) throws(TraceError) {
        var parts: [String] = [], reasons: [String] = []
        for (signal, tally) in zip(OTLPOptions.Signal.allCases, tallies) {
            guard tally.undelivered > 0 else {
                if !tally.message.isEmpty { report("otlp: the collector says of \(signal.noun): \(tally.message)") }
                continue
            }
            parts.append("\(tally.undelivered) of \(tally.undelivered + tally.delivered) \(signal.noun)")
            if tally.dropped > 0 { reasons.append("\(tally.dropped) \(signal.noun) came faster than they could be sent\(options.isExact ? "" : " (--exact waits)")") }
            let reason = "\(options[signal]?.url ?? ""): \(tally.message)"
            if !tally.message.isEmpty, !reasons.contains(where: { $0.hasSuffix(tally.message) }) { reasons.append(reason) }
        }
        guard !parts.isEmpty else { return }
        let line = "otlp: \(parts.joined(separator: ", ")) were not delivered: \(reasons.joined(separator: "; "))"
        if options.isExact { throw TraceError(line) }
        report(line)
    }
}
