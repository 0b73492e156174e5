import RenacerCore
import RenacerScripted
import RenacerSummary
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

    @Test func summaryCountsCallsErrorsAndTimes() throws {
        func ended(_ number: Int, _ outcome: Call.Outcome, _ ns: UInt64) -> Event {
            var c = Call(number: number, arguments: (0, 0, 0, 0, 0, 0), enterTime: 1, memory: memory)
            c.exitTime = 1 + ns
            c.outcome = outcome
            return Event(time: 1 + ns, tid: 1, pid: 1, .syscall(c))
        }
        let close = try #require(SyscallTable.all(.native).first { $0.syscall.name == "close" }).number
        let read = try #require(SyscallTable.all(.native).first { $0.syscall.name == "read" }).number
        let backend = ScriptedBackend([
            .events([
                ended(close, .returned(0), 1_000_000), ended(close, .failed(9), 2_000_000),
                ended(read, .returned(0), 7_000_000),
            ]), .end(nil),
        ])
        let output = CapturedOutput()
        let pipeline = Pipeline(backend, sinks: [SummarySink(SummaryOptions(), output: output)], report: { _ in })
        try pipeline.start(CapturePlan())
        _ = try pipeline.run()
        #expect(
            output.text == """
                % time     seconds  usecs/call     calls    errors syscall
                ------ ----------- ----------- --------- --------- ----------------
                 70.00    0.007000        7000         1           read
                 30.00    0.003000        1500         2         1 close
                ------ ----------- ----------- --------- --------- ----------------
                100.00    0.010000        3333         3         1 total

                """)
    }
}
