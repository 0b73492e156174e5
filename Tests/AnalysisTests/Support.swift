import RenacerCore
import RenacerScripted

/// Calls made up by a test, with their times, run through the real pipeline.
struct MadeUpTrace {
    let memory = SegmentedMemory()
    private(set) var events: [Event] = []
    /// ns of `CLOCK_MONOTONIC`
    var clock: UInt64 = 1_000_000_000

    private func call(_ name: String, _ arguments: [UInt64]) -> Call {
        let a = arguments + Array(repeating: 0, count: 6)
        let number = SyscallTable.all(.native).first { $0.syscall.name.description == name }?.number ?? -1
        return Call(number: number, arguments: (a[0], a[1], a[2], a[3], a[4], a[5]), memory: memory)
    }

    /// A call of so many nanoseconds; the next begins a microsecond later.
    ///
    /// - Parameter entered: its entry is an event of its own.
    mutating func add(
        _ name: String, _ arguments: UInt64..., takes ns: UInt64, outcome: Call.Outcome = .returned(0), tid: Int32 = 1, entered: Bool = false
    ) {
        var c = call(name, arguments)
        if entered { events.append(Event(time: clock, tid: tid, pid: 1, .syscallEntered(c))) }
        c.enterTime = clock
        clock += ns
        c.exitTime = clock
        c.outcome = outcome
        events.append(Event(time: clock, tid: tid, pid: 1, .syscall(c)))
        clock += 1000
    }

    /// A `struct timespec`, or `struct timeval`, in the tracee's memory.
    func place(_ address: UInt64, _ seconds: Int64, _ parts: Int64) {
        memory.add(address, withUnsafeBytes(of: (seconds, parts)) { Array($0) })
    }

    /// What a detector concludes of it.
    @discardableResult
    func run(_ detector: any Detector) throws -> Conclusions {
        let sink = Conclusions()
        let pipeline = Pipeline(ScriptedBackend(events.map { .events([$0]) }), detectors: [detector], sinks: [sink], report: { _ in })
        try pipeline.start(CapturePlan())
        _ = try pipeline.run()
        return sink
    }
}

/// A sink that keeps what detectors tell.
final class Conclusions: Sink {
    private(set) var findings: [Finding] = []
    private(set) var analyses: [CallAnalysis] = []
    private(set) var calls = 0

    func consume(_ event: borrowing Event) throws(TraceError) {
        if case .syscall = event.body { calls += 1 }
    }
    func report(_ finding: Finding) throws(TraceError) {
        // Told when it happened, not at the end.
        var finding = finding
        finding.evidence.append(.init("told before call", .number(Double(calls + 1))))
        findings.append(finding)
    }
    func present(_ analysis: CallAnalysis) throws(TraceError) { analyses.append(analysis) }
    func finish(_ account: Account) throws(TraceError) {}

    /// Findings of single calls.
    var anomalies: [Finding] { findings.filter { $0.rule == "slow-call" } }
    var report: Finding? { findings.first { $0.rule == "report" } }
}

extension Finding {
    /// A number that was measured.
    func number(_ name: String) -> Double? {
        for e in evidence where e.name == name { if case .number(let n) = e.value { return n } }
        return nil
    }
}

/// Numbers that look random and are the same in every run.
struct Numbers {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 16
    }
    mutating func below(_ n: UInt64) -> UInt64 { next() % n }
}
