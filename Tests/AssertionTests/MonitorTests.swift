import RenacerAssertions
import RenacerConfiguration
import RenacerCore
import RenacerScripted
import Testing

/// Times and sizes that are known.
@Suite struct MonitorTests {
    private static let write = 1, mmap = 9, brk = 12

    private struct Made {
        var number: Int
        var duration: UInt64
        var arguments: Call.Arguments = (1, 0, 0, 0, 0, 0)
        var result: Int64 = 0
        var pid: Int32 = 7
    }

    private func results(_ toml: String, _ calls: [Made], lost: UInt64 = 0) throws -> [AssertionResult] {
        let document = try TOMLDocument(file: "it.toml", bytes: Array(toml.utf8))
        let monitor = AssertionMonitor(try Assertion.all(in: document))
        let memory = NoMemory()
        var time: UInt64 = 1_000_000_000, events: [Event] = []
        for c in calls {
            var call = Call(number: c.number, arguments: c.arguments, enterTime: time, memory: memory)
            events.append(Event(time: time, tid: c.pid, pid: c.pid, .syscallEntered(call)))
            time += c.duration
            call.exitTime = time
            call.outcome = .returned(c.result)
            events.append(Event(time: time, tid: c.pid, pid: c.pid, .syscall(call)))
        }
        events.append(Event(time: time, tid: 7, pid: 7, .process(.exited(status: 0))))
        var steps: [ScriptedBackend.Step] = [.events(events)]
        if lost > 0 { steps.append(.lost(Loss(backend: "scripted", cause: .ringFull, count: lost, from: 1, to: time))) }
        let pipeline = Pipeline(ScriptedBackend(steps + [.end(.exited(0))]), detectors: [monitor], sinks: []) { Issue.record("\($0)") }
        try pipeline.start(CapturePlan())
        _ = try pipeline.run()
        return monitor.results
    }

    private func one(_ type: String, _ rest: String, _ calls: [Made], lost: UInt64 = 0) throws -> AssertionResult {
        try #require(try results("[[assertion]]\nname = \"it\"\ntype = \"\(type)\"\n\(rest)", calls, lost: lost).first)
    }

    @Test func aPathIsAsLongAsFromTheFirstEventToTheEnd() throws {
        let calls = Array(repeating: Made(number: Self.write, duration: 25_000_000), count: 5)
        let result = try one("critical_path", "max_duration_ms = 100", calls)
        #expect(result.status == .failed && result.actual == 125 && result.budget == 100 && result.difference == 25)
        #expect(AssertionReport([result]).text(.text).string.hasPrefix("❌ Assertion 'it' FAILED\n   Actual: 125 ms\n   Budget: 100 ms\n   Regression: +25%\n   write(1) took 25 ms\n"))
        #expect(try one("critical_path", "max_duration_ms = 125", calls).status == .passed)
    }

    @Test func percentilesAreThoseOfTheCalls() throws {
        let calls = (1...100).map { Made(number: Self.write, duration: UInt64($0) * 1_000_000) }
        #expect(try one("latency", "syscall = \"write\"\npercentile = 50\nmax_duration_ms = 51", calls).status == .passed)
        let result = try one("latency", "syscall = \"write\"\npercentile = 99\nmax_duration_ms = 90", calls)
        #expect(result.status == .failed && abs((result.actual ?? 0) - 99) < 0.2)
        #expect(result.evidence.first == "write(1) took 100 ms")
        // Of a call that was never made no latency is exceeded.
        #expect(try one("latency", "syscall = \"read\"\nmax_duration_us = 0", calls).status == .passed)
    }

    @Test func memoryIsWhatWasAskedForWithoutAFile() throws {
        let calls = [
            Made(number: Self.mmap, duration: 1, arguments: (0, 4096, 3, 0x22, 0, 0)),
            // A file's, and address space that nobody may touch.
            Made(number: Self.mmap, duration: 1, arguments: (0, 1 << 20, 1, 2, 3, 0)), Made(number: Self.mmap, duration: 1, arguments: (0, 1 << 30, 0, 0x22, 0, 0)),
            Made(number: Self.brk, duration: 1, arguments: (0, 0, 0, 0, 0, 0), result: 0x1000), Made(number: Self.brk, duration: 1, result: 0x3000),
            Made(number: Self.brk, duration: 1, result: 0x2000), Made(number: Self.brk, duration: 1, result: 0x2800),
        ]
        #expect(try one("memory_usage", "max_bytes = 14336", calls).actual == 4096 + 0x2000 + 0x800)
        #expect(try one("memory_usage", "max_bytes = 14335", calls).status == .failed)
    }

    @Test func whatWasLostCannotBeSaidToHold() throws {
        let calls = [Made(number: Self.write, duration: 1)]
        #expect(try one("span_count", "max_spans = 10", calls).status == .passed)
        let result = try one("span_count", "max_spans = 10", calls, lost: 3)
        #expect(result.status == .failed && result.note.hasPrefix("3 events were lost"))
        #expect(try one("span_count", "max_spans = 10\nfail_on_violation = false", calls, lost: 3).status == .warning)
    }
}

extension TextBuffer {
    fileprivate var string: String { withExtendedLifetime(self) { String(decoding: bytes, as: UTF8.self) } }
}
