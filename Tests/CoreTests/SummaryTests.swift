import RenacerCore
import RenacerScripted
import RenacerSummary
import Testing

/// A sink that needs events.
private final class EventSink: Sink {
    func consume(_ event: borrowing Event) throws(TraceError) {}
    func finish(_ account: Account) throws(TraceError) {}
}

/// The table of `-c`.
@Suite struct SummaryTests {
    private let memory = SegmentedMemory()

    /// A table as the kernel might have counted it.
    private func counted(_ name: Name, _ nanoseconds: UInt64...) throws -> StatisticsTable {
        let number = try #require(SyscallTable.all(.native).first { $0.syscall.name == name }).number
        var table = StatisticsTable()
        for ns in nanoseconds { table.add(.init(number, .native), wall: ns, system: 0, failed: false) }
        return table
    }

    private func summary(_ options: SummaryOptions, _ steps: [ScriptedBackend.Step]) throws -> String {
        let output = CapturedOutput()
        let backend = ScriptedBackend(steps)
        // Every delivery is late for this interval.
        let pipeline = Pipeline(backend, sinks: [SummarySink(options, output: output)], refreshInterval: 0, report: { _ in })
        try pipeline.start(CapturePlan())
        _ = try pipeline.run()
        #expect(backend.account.seen == backend.account.delivered + backend.account.counted.calls)
        return output.text
    }

    private var countsOnly: SummaryOptions {
        var options = SummaryOptions()
        options.columns = [.calls, .name]
        return options
    }

    @Test func whatTheKernelCountedIsAddedToWhatWasDelivered() throws {
        let close = try #require(SyscallTable.all(.native).first { $0.syscall.name == "close" }).number
        var call = Call(number: close, arguments: (0, 0, 0, 0, 0, 0), enterTime: 1, memory: memory)
        call.exitTime = 2
        call.outcome = .returned(0)
        let text = try summary(countsOnly, [
            .events([Event(time: 2, tid: 1, pid: 1, .syscall(call))]), .counted(try counted("close", 5, 7)), .end(nil),
        ])
        #expect(text.hasSuffix("        3 close\n--------- ----------------\n        3 total\n"))
    }

    @Test func aLiveTableIsAppendedEveryTime() throws {
        let text = try summary(countsOnly, [
            .nothing, .counted(try counted("close", 5)), .counted(try counted("close", 5, 5)), .end(nil),
        ])
        let totals = text.split(separator: "\n").filter { $0.hasSuffix(" total") }
        #expect(totals == ["        1 total", "        2 total", "        2 total", "        2 total"])
    }

    @Test func onATerminalALiveTableIsWrittenOverTheLast() throws {
        var options = countsOnly
        options.refresh = .inPlace(size: { (6, 80) })
        var table = try counted("close", 5)
        table.merge(try counted("read", 9))
        let text = try summary(options, [.counted(table), .end(nil)])
        let frames = text.split(separator: "\u{1b}[5A\u{1b}[J")
        #expect(frames.count == 3)
        // One row fits in five lines; the last table is whole.
        #expect(frames.map { $0.contains(" read\n") } == [true, true, true])
        #expect(frames.map { $0.contains(" close\n") } == [false, false, true])
    }

    @Test func callsAreCountedInTheKernelIfNobodyNeedsThem() {
        let sink = SummarySink(SummaryOptions(), output: CapturedOutput())
        let backend = ScriptedBackend([])
        func aggregation(_ sinks: [any Sink], isFiltered: Bool = false, limit: UInt64? = nil) -> Aggregation? {
            var plan = CapturePlan()
            plan.syscallLimit = limit
            return Planner.aggregation(for: sinks, of: backend, isFiltered: isFiltered, plan)
        }
        #expect(aggregation([sink]) != nil)
        #expect(aggregation([]) == nil)
        #expect(aggregation([sink], isFiltered: true) == nil)
        #expect(aggregation([sink], limit: 5) == nil)
        #expect(aggregation([sink, EventSink()]) == nil)
        var cpu = SummaryOptions()
        cpu.columns.append(.systemTime)
        #expect(aggregation([SummarySink(cpu, output: CapturedOutput())]) == nil)
        let stopping = ScriptedBackend([], capabilities: Capabilities([:]))
        #expect(Planner.aggregation(for: [sink], of: stopping, isFiltered: false, CapturePlan()) == nil)
    }

    @Test func bucketsOfLatencyArePowersOfTwo() {
        #expect([0, 1, 2, 3, 4, 1023, 1024, 1 << 39, .max].map(LatencyHistogram.bucket) == [0, 0, 1, 1, 2, 9, 10, 39, 39])
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
