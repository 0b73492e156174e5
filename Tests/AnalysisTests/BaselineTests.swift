@testable import RenacerAnalysis
import RenacerCore
import Testing

@Suite struct BaselineTests {
    private func trained() throws -> AnomalyDetector {
        var trace = MadeUpTrace()
        for i in 0..<150 { trace.add("read", takes: UInt64(100_000 + i)) }
        for _ in 0..<12 { trace.add("poll", 0, 0, 5, takes: 5_080_000) }
        let detector = AnomalyDetector(AnomalyOptions(), calls: .all)
        try trace.run(detector)
        return detector
    }

    @Test func whatOneRunLearnedTheNextKnows() throws {
        let text = try #require(try trained().baseline(backend: "ptrace")).text
        #expect(text.hasPrefix("renacer-baseline 1\nbackend ptrace\nexcess poll 64 80000 "))
        let read = try Baseline(parsing: text)
        #expect(read.text == text)
        var trace = MadeUpTrace()
        trace.add("read", takes: 200_000)
        let fresh = AnomalyDetector(AnomalyOptions(), calls: .all), knowing = AnomalyDetector(AnomalyOptions(), calls: .all)
        knowing.take(read)
        #expect(try trace.run(fresh).anomalies.isEmpty)
        #expect(try trace.run(knowing).anomalies.first?.number("median before") == 100.099)
        // The newest of both runs are kept.
        let next = try #require(knowing.baseline(backend: "ptrace")?.series.first { $0.name == "read" })
        #expect(next.durations == (51..<150).map { UInt64(100_000 + $0) } + [200_000])
    }

    @Test func ofARunThatMeasuredNothingNothingIsKept() throws {
        let detector = AnomalyDetector(AnomalyOptions(), calls: .all)
        detector.take(try Baseline(parsing: "renacer-baseline 1\nbackend bpf\ncall read 64 5\nend 1\n"))
        #expect(detector.baseline(backend: "bpf") == nil)
    }

    @Test func aSmallerWindowTakesTheNewest() throws {
        var options = AnomalyOptions()
        options.window = 10
        let detector = AnomalyDetector(options, calls: .all)
        detector.take(try Baseline(parsing: "renacer-baseline 1\nbackend b\ncall read 64 \((1...30).map(String.init).joined(separator: " "))\nend 1\n"))
        #expect(detector.table.all.first?.window.values == (21...30).map { UInt64($0) })
    }

    @Test func callsThatAreNotThereAreLeftOut() throws {
        let detector = AnomalyDetector(AnomalyOptions(), calls: .all)
        detector.take(try Baseline(parsing: "renacer-baseline 1\nbackend b\ncall frobnicate 64 1\ncall read 32 18446744073709551615\nend 2\n"))
        #expect(detector.table.count == 1)
    }

    private static let damaged: [(String, Int, String)] = [
        ("", 1, "it is no baseline"), ("hello\n", 1, "it is no baseline"), ("\n\n", 1, "it is no baseline"),
        ("renacer-baseline 2\nbackend b\nend 0\n", 1, "its version is 2"),
        ("renacer-baseline 1\n", 2, "'backend NAME'"), ("renacer-baseline 1\nbackend\n", 2, "'backend NAME'"),
        ("renacer-baseline 1\nbackend b\n", 3, "its end is missing"),
        ("renacer-baseline 1\nbackend b\ncall read 64 5\n", 4, "its end is missing"),
        ("renacer-baseline 1\nbackend b\ncall read 64 5\nend 2\n", 4, "lines are missing"),
        ("renacer-baseline 1\nbackend b\ncall read 64 5\nend 1\ncall write 64 5\n", 4, "lines are missing"),
        ("renacer-baseline 1\nbackend b\ncall read 64 5\nend 1", 4, "middle of a line"),
        ("renacer-baseline 1\nbackend b\ncall read 64 -5\nend 1\n", 3, "'-5' is no duration"),
        ("renacer-baseline 1\nbackend b\ncall read 64 99999999999999999999\nend 1\n", 3, "is no duration"),
        ("renacer-baseline 1\nbackend b\ncall read 48 5\nend 1\n", 3, "'48' is no personality"),
        ("renacer-baseline 1\nbackend b\nsleep read 64 5\nend 1\n", 3, "'call', 'excess' or 'wait'"),
        ("renacer-baseline 1\nbackend b\ncall read\nend 1\n", 3, "'call', 'excess' or 'wait'"),
    ]

    @Test(arguments: damaged.indices) func aDamagedFileSaysWhereAndWhy(_ index: Int) throws {
        let (text, line, reason) = Self.damaged[index]
        let damage = try #require(throws: Baseline.Damage.self) { try Baseline(parsing: text) }
        #expect(damage.line == line)
        #expect(damage.reason.contains(reason), "\(damage.reason)")
    }

    @Test func noTextIsTooMuch() throws {
        let whole = try #require(try trained().baseline(backend: "ptrace")).text
        var random = Numbers(state: 5)
        for _ in 0..<2000 {
            var bytes = Array(whole.utf8.prefix(400))
            for _ in 0..<1 + random.below(4) { bytes[Int(random.below(UInt64(bytes.count)))] = UInt8(random.below(256)) }
            let detector = AnomalyDetector(AnomalyOptions(), calls: .all)
            if let baseline = try? Baseline(parsing: String(decoding: bytes, as: UTF8.self)) { detector.take(baseline) }
        }
    }
}
