import RenacerCore
import RenacerScripted
import Testing

@testable import RenacerGolden

/// Runs whose times are known.
struct ScriptedRun {
    let texts: TextTable

    /// Calls in turn, each with what it takes in ns.
    func trace(_ calls: [(number: Int, duration: UInt64)]) throws -> TracedRun {
        let memory = NoMemory()
        var time: UInt64 = 1_000_000, events: [Event] = []
        for c in calls {
            var call = Call(number: c.number, arguments: (9, 0, 0, 0, 0, 0), enterTime: time, memory: memory)
            events.append(Event(time: time, tid: 7, pid: 7, .syscallEntered(call)))
            time += c.duration
            call.exitTime = time
            call.outcome = .returned(0)
            events.append(Event(time: time, tid: 7, pid: 7, .syscall(call)))
            time += 1000
        }
        let backend = ScriptedBackend([.events(events), .end(.exited(0))])
        let collector = GoldenCollector(DecodingOptions(), texts: texts, directory: "/", temporary: [], inspector: backend.inspector, stacks: nil)
        let pipeline = Pipeline(backend, sinks: [collector]) { Issue.record("\($0)") }
        try pipeline.start(CapturePlan())
        _ = try pipeline.run()
        return collector.run(ending: "exit 0")
    }
}

/// Numbers that look like chance and are the same each time.
struct Chance {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }
    /// From 0 to 1.
    mutating func next() -> Double {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Double(state >> 11) / Double(1 << 53)
    }
}

@Suite struct ComparisonTests {
    // By number, so that a trace is what the kernel would say.
    private static let fsync = 74, read = 0, write = 1, close = 3, lseek = 8

    /// Runs of a program that reads, writes and syncs. All times vary by a tenth; now and then something takes ten times as long.
    private func runs(_ count: Int, seed: UInt64, fsync factor: Double = 1, all: Double = 1, _ texts: TextTable) throws -> GoldenTrace {
        var chance = Chance(seed)
        let script = ScriptedRun(texts: texts)
        let traces = try (0..<count).map { _ in
            // A run as a whole is faster or slower, too.
            let run = all * (0.95 + 0.1 * chance.next())
            return try script.trace((0..<24).flatMap { _ in
                [(Self.read, 80_000.0), (Self.write, 120_000), (Self.lseek, 60_000), (Self.fsync, 400_000 * factor), (Self.close, 50_000)].map { number, ns in
                    let outlier = chance.next() < 0.03 ? 10.0 : 1
                    return (number, UInt64(ns * run * outlier * (0.9 + 0.2 * chance.next())))
                }
            })
        }
        var golden = GoldenTrace(of: traces)
        golden.command = ["./program"]
        return golden
    }

    @Test func nothingIsFoundWhereNothingChanged() throws {
        let texts = TextTable()
        for seed in 1...50 as ClosedRange<UInt64> {
            let comparison = GoldenComparison(try runs(10, seed: seed, texts), try runs(5, seed: seed + 1000, texts), Tolerance(), texts)
            #expect(comparison.isSame, "seed \(seed): \(comparison.differences)")
        }
    }

    @Test func aThirdMoreTimeIsFoundAndNamed() throws {
        let texts = TextTable()
        for seed in 1...50 as ClosedRange<UInt64> {
            let comparison = GoldenComparison(try runs(10, seed: seed, texts), try runs(5, seed: seed + 1000, fsync: 1.3, texts), Tolerance(), texts)
            #expect(comparison.differences.map(\.name) == ["fsync"], "seed \(seed)")
            let slow = try #require(comparison.differences.first?.slowdown)
            #expect(abs(slow.increase - 0.3) < 0.1)
            #expect(slow.p <= TimeSamples.once && slow.superiority > 0.9)
        }
    }

    @Test func whatGotFasterIsNoRegression() throws {
        let texts = TextTable()
        #expect(GoldenComparison(try runs(10, seed: 1, texts), try runs(5, seed: 2, fsync: 0.5, texts), Tolerance(), texts).isSame)
    }

    @Test func aMachineThatIsSlowerIsNoRegressionButSaid() throws {
        let texts = TextTable()
        let comparison = GoldenComparison(try runs(10, seed: 1, texts), try runs(5, seed: 2, all: 1.6, texts), Tolerance(), texts)
        #expect(comparison.isSame, "\(comparison.differences)")
        #expect(comparison.notes.contains { $0.hasPrefix("all calls took 1.") })
        // What is slower beyond that is found all the same.
        let both = GoldenComparison(try runs(10, seed: 1, texts), try runs(5, seed: 2, fsync: 2.2, all: 1.6, texts), Tolerance(), texts)
        #expect(both.differences.map(\.name) == ["fsync"])
    }

    @Test func toleranceIsWhatWasAskedFor() throws {
        let texts = TextTable()
        var tolerance = Tolerance()
        tolerance.median = 0.5
        tolerance.tail = 0.5
        #expect(GoldenComparison(try runs(10, seed: 1, texts), try runs(5, seed: 2, fsync: 1.3, texts), tolerance, texts).isSame)
    }

    @Test func oneRunSaysNothingOfTimes() throws {
        let texts = TextTable()
        let comparison = GoldenComparison(try runs(10, seed: 1, texts), try runs(1, seed: 2, fsync: 3, texts), Tolerance(), texts)
        #expect(comparison.isSame)
        #expect(comparison.notes.contains { $0.hasPrefix("times were not tested: 10 and 1 runs are too few") })
    }

    // MARK: Runs that differ

    /// Runs of a program whose syncs wait for a disk: how long differs from run to run by `swing`, from call to call more, and never less than the work takes.
    private func syncs(_ count: Int, seed: UInt64, work: Double, swing: Double, drift: Double = 1, _ texts: TextTable) throws -> GoldenTrace {
        var chance = Chance(seed)
        let script = ScriptedRun(texts: texts)
        return GoldenTrace(of: try (0..<count).map { _ in
            let run = drift * (1 + swing * (2 * chance.next() - 1))
            return try script.trace((0..<20).map { _ in (Self.fsync, UInt64(1_000_000 * work * run * (1 + 3 * chance.next() * chance.next()))) })
        })
    }

    /// A check as the program makes it: what looks slow is looked at again.
    private func check(_ first: TimeSamples, again: TimeSamples, _ texts: TextTable) -> GoldenComparison {
        var comparison = GoldenComparison(first.before, first.after, Tolerance(), texts, times: first)
        if comparison.looksSlow { comparison.lookAgain(first, again) }
        return comparison
    }

    @Test func aDiskThatDriftsBetweenDaysIsNoRegressionButSaid() throws {
        let texts = TextTable()
        for seed in 1...10 as ClosedRange<UInt64> {
            let golden = try syncs(20, seed: seed, work: 1, swing: 0.6, texts)
            // Slower by a third than the other day, as runs differ by more from each other.
            let now = try syncs(20, seed: seed + 100, work: 1, swing: 0.6, drift: 1.3, texts), later = try syncs(20, seed: seed + 200, work: 1, swing: 0.6, drift: 1.3, texts)
            let comparison = check(TimeSamples(golden, now), again: TimeSamples(golden, later), texts)
            #expect(comparison.isSame, "seed \(seed): \(comparison.differences)")
            #expect(comparison.notes.contains { $0.hasPrefix("fsync: runs swing by ") && $0.contains("--against") }, "seed \(seed): \(comparison.notes)")
            #expect(comparison.sensitivities.first.map { $0.name == "fsync" && $0.increase > 0.4 } == true)
        }
    }

    @Test func byTurnsAThirdIsFoundOnADiskThatSwings() throws {
        let texts = TextTable()
        for seed in 1...10 as ClosedRange<UInt64> {
            func samples(_ work: Double, _ seed: UInt64) throws -> TimeSamples {
                TimeSamples(
                    try syncs(40, seed: seed, work: 1, swing: 0.2, texts), try syncs(40, seed: seed + 1000, work: work, swing: 0.2, texts), isInTurns: true)
            }
            let slow = check(try samples(1.3, seed), again: try samples(1.3, seed + 100), texts)
            #expect(slow.differences.map(\.name) == ["fsync"], "seed \(seed): \(slow.notes)")
            let same = check(try samples(1, seed + 200), again: try samples(1, seed + 300), texts)
            #expect(same.isSame, "seed \(seed): \(same.differences)")
        }
    }

    /// A machine with more to do makes many calls wait, but not all.
    @Test func callsThatWaitMoreOftenAreABusierMachine() throws {
        let texts = TextTable()
        func runs(_ seed: UInt64, busy: Bool) throws -> GoldenTrace {
            var chance = Chance(seed)
            let script = ScriptedRun(texts: texts)
            return GoldenTrace(of: try (0..<20).map { _ in
                let load = busy ? 0.6 + 0.3 * chance.next() : 0
                return try script.trace((0..<20).map { _ in (Self.fsync, UInt64(chance.next() < load ? 1_500_000 + 2_000_000 * chance.next() : 1_000_000 + 20_000 * chance.next())) })
            })
        }
        for seed in 1...10 as ClosedRange<UInt64> {
            let golden = try runs(seed, busy: false)
            let comparison = check(TimeSamples(golden, try runs(seed + 100, busy: true)), again: TimeSamples(golden, try runs(seed + 200, busy: true)), texts)
            #expect(comparison.isSame, "seed \(seed): \(comparison.differences)")
            #expect(comparison.notes.contains { $0.contains("taken for a busier machine") })
        }
    }

    /// A call that sleeps is not slower because others compute on a busy machine, and counts although they do.
    @Test func callsOfOtherSizesSayNothingOfALongOne() throws {
        let texts = TextTable()
        func runs(_ seed: UInt64, short: Double, long: Double) throws -> GoldenTrace {
            var chance = Chance(seed)
            let script = ScriptedRun(texts: texts)
            return GoldenTrace(of: try (0..<20).map { _ in
                try script.trace((0..<20).flatMap { _ in
                    [(Self.read, 5000 * short), (Self.write, 6000 * short), (Self.lseek, 4000 * short), (Self.close, 5000 * short), (Self.fsync, 1_000_000 * long)]
                        .map { ($0.0, UInt64($0.1 * (0.95 + 0.1 * chance.next()))) }
                })
            })
        }
        let slow = GoldenComparison(try runs(1, short: 1, long: 1), try runs(2, short: 1.5, long: 1.3), Tolerance(), texts)
        #expect(slow.differences.map(\.name) == ["fsync"])
    }

    @Test func aGoldenTraceWithoutFastestCallsIsReadAndCompared() throws {
        let texts = TextTable()
        let text = String(decoding: Self.bytes(try runs(10, seed: 1, texts), texts), as: UTF8.self)
        // As it was written before: a field less.
        let older = text.split(separator: "\n").map { line in
            line.hasPrefix("time\t") ? line.split(separator: "\t").dropLast().joined(separator: "\t") : String(line)
        }.joined(separator: "\n")
        let golden = try GoldenTrace(Array(older.utf8), named: "it", texts)
        #expect(!golden.timings.contains { !$0.floors.isEmpty })
        #expect(GoldenComparison(golden, try runs(5, seed: 2, fsync: 1.4, texts), Tolerance(), texts).differences.map(\.name) == ["fsync"])
    }

    // MARK: Structure

    private func trace(_ tasks: [[String: String]], _ texts: TextTable) -> GoldenTrace {
        GoldenTrace(of: tasks.map { run in
            var traced = TracedRun()
            traced.ending = "exit 0"
            traced.tasks = run.sorted { $0.key < $1.key }.map { label, calls in
                (label, calls.map { CanonicalCall(text: texts.number("\($0)()"), source: 0) })
            }
            return traced
        })
    }

    private func difference(_ before: [[String: String]], _ after: [[String: String]]) -> [String] {
        let texts = TextTable()
        _ = texts.number("")
        return GoldenComparison(trace(before, texts), trace(after, texts), Tolerance(), texts).differences
            .map { "\($0.kind.rawValue) \($0.name) \($0.count) \($0.task)" }
    }

    @Test func oneChangeIsOneDifference() {
        #expect(difference([["main": "abc"]], [["main": "abc"]]) == [])
        #expect(difference([["main": "abc"]], [["main": "abxc"]]) == ["appeared x 1 main"])
        #expect(difference([["main": "abc"]], [["main": "ac"]]) == ["vanished b 1 main"])
        #expect(difference([["main": "abcd"]], [["main": "acdb"]]) == ["moved b 1 main"])
        #expect(difference([["main": "a", "main/x": "bc"]], [["main": "a"]]) == ["vanished b 1 main/x", "vanished c 1 main/x"])
    }

    @Test func whatComesAndGoesIsNoDifference() {
        // x is there now and then, and one of the later runs has a y that the others lack.
        let before = [["main": "aaaaaabxcd"], ["main": "aaaaaabcd"], ["main": "aaaaaabcd"]]
        #expect(difference(before, [["main": "aaaaaaxbcd"], ["main": "aaaaaaxbcd"]]) == [])
        #expect(difference(before, [["main": "aaaaaabcd"], ["main": "aaaaaabcyd"], ["main": "aaaaaabcd"]]) == [])
        #expect(difference(before, [["main": "aaaaaabxcxd"]]) == ["appeared x 1 main"])
    }

    @Test func threadsThatShareWorkAreComparedAsOne() {
        let before = [["main/thread#1": "aab", "main/thread#2": "ab"], ["main/thread#1": "ab", "main/thread#2": "aab"]]
        #expect(difference(before, [["main/thread#1": "aaab", "main/thread#2": "b"]]) == [])
        #expect(difference(before, [["main/thread#1": "aaabc", "main/thread#2": "bc"]]) == ["appeared c 2 main/threads"])
        #expect(difference(before, [["main/thread#1": "aab", "main/thread#2": "b"]]) == ["vanished a 1 main/threads"])
    }

    // MARK: The file

    private static func bytes(_ golden: GoldenTrace, _ texts: TextTable) -> [UInt8] {
        let text = golden.encoded(texts)
        return withExtendedLifetime(text) { Array(text.bytes) }
    }

    @Test func aFileSaysWhatTheTraceDid() throws {
        let texts = TextTable()
        var golden = try runs(3, seed: 1, texts)
        golden.options = ["-f", "a\tb\\n\n"]
        golden.backend = "ptrace"
        golden.version = "1"
        golden.tasks += trace([["main": "aabbx", "p/thread#1": "ab", "p/thread#2": "a"], ["main": "aabb", "p/thread#1": "a", "p/thread#2": "ba"]], texts).tasks
        golden.tasks[1].calls = golden.tasks[1].calls.map { c in GoldenCall(call: c.call, seen: c.seen == 2 ? 3 : 1) }
        let bytes = Self.bytes(golden, texts)
        let read = try GoldenTrace(bytes, named: "it", texts)
        #expect(read.command == golden.command && read.options == golden.options && read.runs == 3 && read.endings == ["exit 0"])
        #expect(read.wallTimes == golden.wallTimes)
        #expect(read.tasks == golden.tasks)
        #expect(read.timings == golden.timings)
    }

    @Test func aDamagedFileIsRefusedInALine() throws {
        let texts = TextTable()
        let bytes = Self.bytes(try runs(3, seed: 1, texts), texts)
        var chance = Chance(7)
        for _ in 0..<2000 {
            var damaged = bytes
            for _ in 0..<3 { damaged[Int(chance.next() * Double(damaged.count))] = UInt8(chance.next() * 255) }
            if chance.next() < 0.3 { damaged.removeLast(Int(chance.next() * Double(damaged.count))) }
            do throws(TraceError) { _ = try GoldenTrace(damaged, named: "it", TextTable()) } catch {
                #expect(error.description.hasPrefix("it"))
                #expect(!error.description.contains("\n"))
            }
        }
    }
}
