import Glibc
import RenacerCore

/// Measures what assertions are about while a trace passes, and judges at its end.
public final class AssertionMonitor: Detector {
    public let name = "assert"
    public let assertions: [Assertion]
    /// What came of them, once the trace has ended; empty if there was none.
    public private(set) var results: [AssertionResult] = []
    /// Answers questions about tasks.
    public var inspector: any TaskInspector {
        get { describer.inspector }
        set { describer.inspector = newValue }
    }
    /// Says where in the source calls are made; nil if nobody asked.
    public var stacks: (any StackInspector)?
    /// The most memory that a process had at once, bytes, asked while it is still there; nil if it is not.
    public var peakMemory: (Int32) -> UInt64? = { _ in nil }

    private var meters: [Meter] = []
    private var describer = CallDescriber()
    private var report: (Finding) -> Void = { _ in }
    private var inFlight: [Int32: CallUnderWay] = [:]
    private var calls: UInt64 = 0
    private var byName = CallCounter()
    private var worst: [Int32: WorstCalls] = [:]
    private var paths = ProcessPaths()
    private var allocations: Allocations?
    private var peak: (bytes: UInt64, process: Int32)?
    private var wantsPeak = false
    /// Processes whose memory is that of a program of their own.
    private var programs: Set<Int32> = []
    private var findings: [Finding] = []
    private var firstTime: UInt64 = 0, lastTime: UInt64 = 0
    private var isJudged = false
    private static let exits: Set<Name> = ["exit_group", "exit", "execve", "execveat"]

    private struct CallUnderWay {
        var start: UInt64
        var source: String
    }

    /// What one assertion counts.
    private struct Meter {
        let assertion: Assertion
        var count: UInt64 = 0
        var times = ValueHistogram()
        var worst = WorstCalls()
    }

    public init(_ assertions: [Assertion]) {
        self.assertions = assertions
        meters = assertions.filter(\.isEnabled).map { Meter(assertion: $0) }
        for m in meters {
            guard case .memory(let mode, _) = m.assertion.check else { continue }
            if mode == .allocations { allocations = Allocations() } else { wantsPeak = true }
        }
    }

    /// Whether an assertion that counts does not hold.
    public var hasFailed: Bool { results.contains { $0.status == .failed } }

    public var subscription: Subscription { Subscription(syscalls: .all, entered: .all, memory: .all) }

    public var requirements: [Requirement] {
        var result = [Requirement(.lossless, origin: "--assert", .wanted), Requirement(.order, origin: "--assert", .wanted)]
        if wantsPeak { result.append(Requirement(.exitMemory, origin: "memory_usage of tracking_mode \"rss\"")) }
        return result
    }

    /// Patterns that detectors are wanted for.
    public var patterns: [String] {
        meters.compactMap { m in if case .antiPattern(let pattern, _) = m.assertion.check { pattern } else { nil } }
    }

    // MARK: Events

    public func start(_ report: @escaping (Finding) -> Void) throws(TraceError) { self.report = report }

    public func consume(_ event: borrowing Event) throws(TraceError) {
        if firstTime == 0 { firstTime = event.time }
        lastTime = max(lastTime, event.time)
        switch event.body {
        case .syscallEntered(let call):
            paths.saw(event.pid, at: event.time)
            let source = source(event.tid, event.pid, call)
            inFlight[event.tid] = CallUnderWay(start: event.time, source: source)
            calls += 1
            if wantsPeak { askPeak(call, event.pid) }
            occurred(call, event.tid, source)
        case .syscall(let call): ended(call, event)
        case .process(let change): process(change, event)
        case .signal, .loss: break
        }
    }

    private func ended(_ call: Call, _ event: borrowing Event) {
        paths.saw(event.pid, at: call.enterTime > 0 ? min(call.enterTime, event.time) : event.time)
        let known = inFlight.removeValue(forKey: event.tid)
        var source = known?.source ?? ""
        if known == nil {
            if call.outcome == .detached { return }
            // This is the whole of the call.
            if call.outcome != .unfinished { source = self.source(event.tid, event.pid, call) }
            calls += 1
            if wantsPeak { askPeak(call, event.pid) }
            occurred(call, event.tid, source)
        }
        let start = known?.start ?? call.enterTime, end = call.exitTime > 0 ? call.exitTime : event.time
        let duration = start > 0 && end >= start ? end - start : 0
        byName.add(call.number, call.personality, wall: duration, system: 0, failed: call.failed)
        let tid = event.tid
        var text: String?
        func described() -> String {
            if let text { return text }
            let new = describer.text(call, tid, source: source)
            text = new
            return new
        }
        allocations?.add(call, pid: event.pid, text: described)
        if case .unfinished = call.outcome { return }
        func worse(_ list: inout WorstCalls) { if list.admits(duration) { list.add(duration, "\(described()) took \(Quantity.time(duration))") } }
        worse(&worst[event.pid, default: WorstCalls()])
        for i in meters.indices {
            switch meters[i].assertion.check {
            case .latency(let wanted, _, _):
                guard wanted.set.contains(call) else { continue }
                meters[i].times.add(duration)
                worse(&meters[i].worst)
            case .callCount(let wanted, _, _): if wanted.set.contains(call) { worse(&meters[i].worst) }
            default: break
            }
        }
    }

    /// A call was made, whatever comes of it.
    private func occurred(_ call: Call, _ tid: Int32, _ source: String) {
        for i in meters.indices {
            switch meters[i].assertion.check {
            case .callCount(let wanted, _, _): if wanted.set.contains(call) { meters[i].count += 1 }
            case .forbidden(let wanted, let patterns):
                if let wanted, !wanted.set.contains(call) { continue }
                if !patterns.isEmpty, !names(call, tid, patterns) { continue }
                meters[i].count += 1
                if meters[i].count <= 3 { meters[i].worst.add(0, describer.text(call, tid, source: source)) }
            default: break
            }
        }
    }

    /// Whether a call names a path that one of the patterns of the shell means.
    private func names(_ call: Call, _ tid: Int32, _ patterns: [String]) -> Bool {
        for path in describer.paths(call, tid) {
            var spellings = [path]
            if path.first != "/" {
                let directory = describer.directory(call, tid)
                if !directory.isEmpty { spellings.append(directory + "/" + (path.hasPrefix("./") ? String(path.dropFirst(2)) : path)) }
            }
            if patterns.contains(where: { pattern in spellings.contains { fnmatch(pattern, $0, 0) == 0 } }) { return true }
        }
        return false
    }

    private func source(_ tid: Int32, _ pid: Int32, _ call: Call) -> String {
        guard let place = stacks?.source(of: tid, pid, at: call) else { return "" }
        switch place {
        case .line(let line): return "\(line.shortFile):\(line.line)"
        case .symbol(let location): return location.symbol ?? ""
        }
    }

    private func askPeak(_ call: Call, _ pid: Int32) {
        guard programs.contains(pid), let name = call.name, Self.exits.contains(name), let bytes = peakMemory(pid) else { return }
        if bytes > peak?.bytes ?? 0 { peak = (bytes, pid) }
    }

    private func process(_ change: ProcessEvent, _ event: borrowing Event) {
        switch change {
        case .forked(let child, false):
            paths.saw(event.pid, at: event.time)
            paths.forked(child, from: event.pid, at: event.time)
            allocations?.forked(child, from: event.pid)
            programs.insert(child)
        case .executed:
            allocations?.executed(event.pid)
            programs.insert(event.pid)
        case .attached: programs.insert(event.pid)
        case .exited, .killed, .detached:
            inFlight[event.tid] = nil
            paths.ended(event.pid, at: event.time, worst: worst[event.pid] ?? WorstCalls())
            if event.tid == event.pid {
                worst[event.pid] = nil
                programs.remove(event.pid)
            }
        default: break
        }
    }

    /// Another detector concluded something.
    func take(_ finding: Finding) { if finding.detector != name, !findings.contains(finding) { findings.append(finding) } }

    // MARK: Judgement

    public func finish(_ account: Account) throws(TraceError) {
        guard !isJudged, firstTime > 0 else { return }
        isJudged = true
        for (pid, list) in worst { paths.ended(pid, at: lastTime, worst: list) }
        var next = meters.makeIterator()
        for assertion in assertions {
            var result = AssertionResult(assertion)
            if assertion.isEnabled, let meter = next.next() {
                judge(meter, &result)
                if account.totalLost > 0, result.status == .passed {
                    result.note = "\(account.totalLost) events were lost, so that it cannot be told; --exact loses none"
                    result.violate()
                }
            } else {
                result.status = .skipped
            }
            results.append(result)
            if result.status == .failed || result.status == .warning { report(result.finding(from: firstTime, to: lastTime)) }
        }
    }

    private func judge(_ meter: Meter, _ result: inout AssertionResult) {
        switch meter.assertion.check {
        case .criticalPath(let most):
            result.judge(paths.longest.duration, most: most)
            if paths.longest.path.count > 1 { result.evidence.append("processes: " + paths.longest.path.map { String($0) }.joined(separator: " > ")) }
            result.evidence += paths.longest.worst.entries.map(\.text)
        case .spanCount(let least, let most):
            result.judge(Double(calls), least: Double(least), most: Double(most), unit: "calls")
            result.evidence += byName.table.byName().sorted { ($1.statistics.calls, $0.name) < ($0.statistics.calls, $1.name) }.prefix(5)
                .map { "\($0.name): \($0.statistics.calls) calls" }
        case .memory(.allocations, let most):
            result.judge(Double(allocations?.total ?? 0), most: Double(most), unit: "bytes")
            result.evidence += allocations?.worst.entries.map(\.text) ?? []
        case .memory(.rss, let most):
            guard let peak else {
                result.note = "no process was asked before it ended, so that it cannot be told"
                return result.violate()
            }
            result.judge(Double(peak.bytes), most: Double(most), unit: "bytes")
            result.evidence.append("process \(peak.process)")
        case .antiPattern(let pattern, let threshold):
            let found = findings.filter { Pattern.matches($0, pattern) && !$0.isInconclusive && $0.severity != .information && $0.confidence >= threshold }
            guard let surest = found.max(by: { $0.confidence < $1.confidence }) else {
                result.note = "nothing found"
                return
            }
            result.findings = found
            result.judge((surest.confidence * 100).rounded(), most: (threshold * 100).rounded(), unit: "% confidence")
            result.violate()
        case .callCount(let wanted, let least, let most):
            result.judge(Double(meter.count), least: Double(least), most: Double(most), unit: "calls")
            result.note = wanted.text
            result.evidence += meter.worst.entries.map(\.text)
        case .latency(let wanted, let percentile, let most):
            result.note = "P\(Quantity.number(percentile)) of \(wanted.text), \(meter.times.count) calls"
            guard meter.times.count > 0 else { return }
            result.judge(meter.times.percentile(percentile), most: most)
            result.evidence += meter.worst.entries.map(\.text)
        case .forbidden(let wanted, let patterns):
            result.note = ([wanted?.text ?? ""] + patterns).filter { !$0.isEmpty }.joined(separator: ", ")
            result.judge(Double(meter.count), most: 0, unit: "calls")
            result.evidence += meter.worst.entries.map(\.text)
        }
    }
}

/// Names of what detectors find, as people spell them: `PCIeBottleneck` is `pcie-bottleneck`.
public enum Pattern {
    /// Letters and digits, in lower case.
    public static func plain(_ name: some StringProtocol) -> String { name.lowercased().filter { $0.isLetter || $0.isNumber } }

    /// `DETECTOR`, `RULE` or `DETECTOR/RULE`.
    static func matches(_ finding: Finding, _ pattern: String) -> Bool {
        let parts = pattern.split(separator: "/", maxSplits: 1).map { plain($0) }
        guard let first = parts.first else { return false }
        if parts.count == 2 { return plain(finding.detector) == first && plain(finding.rule) == parts[1] }
        return plain(finding.detector) == first || plain(finding.rule) == first
    }
}
