import RenacerCore
import RenacerScripted
import Testing

/// Counts what it is given; fails where it is told to.
private final class Probe: Sink {
    var journal: [String] = []
    var failing: String?

    private func step(_ name: String) throws(TraceError) {
        journal.append(name)
        if name == failing { throw TraceError("\(name) failed") }
    }
    func start() throws(TraceError) { try step("start") }
    func consume(_ event: borrowing Event) throws(TraceError) { try step("event \(event.sequence)") }
    func idle() throws(TraceError) { try step("idle") }
    func finish(_ account: Account) throws(TraceError) { try step("finish \(account.delivered)") }
}

@Suite struct PipelineTests {
    private let memory = SegmentedMemory()

    private func events(_ n: Int) -> ScriptedBackend.Step {
        .events((0..<n).map { Event(time: UInt64($0), tid: 1, pid: 1, .process(.executed)) })
    }

    @Test func sinksStartBeforeTheBackendAndFinishAfterIt() throws {
        let backend = ScriptedBackend([events(2), .nothing, events(1), .end(.exited(3))])
        let sink = Probe()
        let pipeline = Pipeline(backend, sinks: [sink], report: { _ in })
        try pipeline.start(CapturePlan())
        #expect(try pipeline.run() == .exited(3))
        #expect(sink.journal == ["start", "event 0", "event 1", "idle", "event 2", "finish 3"])
        #expect(backend.journal.prefix(2) == ["prepare", "start"])
        #expect(backend.journal.contains("stop"))
    }

    @Test func aFailingSinkIsReportedOnceAndTheOthersGoOn() throws {
        let backend = ScriptedBackend([events(3), .end(nil)])
        let bad = Probe()
        bad.failing = "event 1"
        let good = Probe()
        var reports: [String] = []
        let pipeline = Pipeline(backend, sinks: [bad, good], report: { reports.append($0.description) })
        try pipeline.start(CapturePlan())
        _ = try pipeline.run()
        #expect(reports == ["event 1 failed"])
        #expect(pipeline.failed)
        #expect(bad.journal == ["start", "event 0", "event 1"])
        #expect(good.journal.last == "finish 3")
    }

    @Test func finishIsSafeTwice() throws {
        let sink = Probe()
        let pipeline = Pipeline(ScriptedBackend([.end(nil)]), sinks: [sink], report: { _ in })
        try pipeline.start(CapturePlan())
        _ = try pipeline.run()
        pipeline.finish()
        #expect(sink.journal.filter { $0.hasPrefix("finish") }.count == 1)
    }

    @Test func theAccountBalances() throws {
        let loss = Loss(backend: "scripted", cause: .ringFull, count: 5, from: 0, to: 1)
        let backend = ScriptedBackend([events(4), .lost(loss), .end(nil)])
        let pipeline = Pipeline(backend, sinks: [], report: { _ in })
        try pipeline.start(CapturePlan())
        _ = try pipeline.run()
        #expect(backend.account.delivered == 4)
        #expect(backend.account.totalLost == 5)
        #expect(backend.account.seen == 9)
    }
}
