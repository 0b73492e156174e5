@testable import RenacerAnalysis
import RenacerCore
import Testing

@Suite struct CallAnalyzerTests {
    @Test func coefficientsAreThoseOfTheTextbook() {
        // Anscombe's first set: 0.816.
        let x: [Double?] = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
        let y: [Double?] = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]
        let r = Correlation.pearson(x, y)
        #expect(abs((r ?? 0) - 0.81642) < 1e-5)
        #expect(Correlation.pearson(x, x).map { abs($0 - 1) < 1e-12 } == true)
        #expect(Correlation.pearson(x, x.map { $0.map { -3 * $0 } }).map { abs($0 + 1) < 1e-12 } == true)
        #expect(Correlation.pearson(x, x.map { _ in 4 }) == nil)
        // Only where both have a value.
        #expect(Correlation.pearson([1, nil, 2, 9, 3], [1, 7, 2, nil, 3]).map { abs($0 - 1) < 1e-12 } == true)
        #expect(Correlation.pearson([1, nil, 2], [1, 7, 2]) == nil)
    }

    /// Three groups of points on a plane.
    private static let groups: [[Double]] = [[0, 0], [0, 1], [1, 0], [50, 50], [51, 50], [50, 51], [0, 90], [1, 90], [0, 91]]

    @Test(arguments: [1, 2, 77, .max] as [UInt64]) func groupsAreFoundWhateverTheSeed(_ seed: UInt64) {
        let (clustering, tried) = Clustering.best(Self.groups, clusters: nil, seed: seed)
        #expect(clustering.assignment == [0, 0, 0, 1, 1, 1, 2, 2, 2])
        #expect(clustering.count == 3)
        #expect(tried.map(\.clusters) == Array(2...8))
        #expect(tried.max { $0.value < $1.value }?.clusters == 3)
    }

    @Test func aSeedDecidesAll() {
        var random = Numbers(state: 9)
        let points = (0..<40).map { _ in [Double(random.below(100)), Double(random.below(100)), Double(random.below(100))] }
        #expect(Clustering.best(points, clusters: 5, seed: 3).0 == Clustering.best(points, clusters: 5, seed: 3).0)
        #expect(Clustering.best(points, clusters: 5, seed: 3).0.count == 5)
    }

    @Test func silhouettesAreRousseeuws() {
        // On a line: 0 and 1, 10 and 12. Of the first, a = 1 and b = 11; of the last, a = 2 and b = 11.5.
        let s = Clustering.silhouettes([[0], [1], [10], [12]], [0, 0, 1, 1], 2)
        #expect(zip(s, [10.0 / 11, 9.0 / 10, 7.5 / 9.5, 9.5 / 11.5]).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(Clustering.silhouettes([[0], [5], [6]], [0, 1, 1], 2).first == 0)
    }

    @Test(arguments: [0, 1, 2, 5]) func whatIsAllAlikeIsOneCluster(_ count: Int) {
        let (clustering, _) = Clustering.best(Array(repeating: [3, 4], count: count), clusters: nil, seed: 1)
        #expect(clustering.count == min(count, 1) && clustering.assignment == Array(repeating: 0, count: count))
        #expect(Clustering.best(Array(repeating: [3, 4], count: count), clusters: 4, seed: 1).0.count == min(count, 1))
    }

    /// Bursts in which lseek and read come together and write comes not; read's time follows its rate.
    private func bursts() -> MadeUpTrace {
        var trace = MadeUpTrace()
        for burst in 0..<40 {
            let pairs = 5 + burst % 7
            for _ in 0..<pairs {
                trace.add("lseek", takes: 1000)
                trace.add("read", takes: UInt64(pairs) * 10_000)
            }
            for _ in 0..<30 - pairs { trace.add("write", takes: 20_000, outcome: .failed(28)) }
            // The next begins with a window of its own.
            trace.clock = 1_000_000_000 + UInt64(burst + 1) << 22
        }
        return trace
    }

    @Test func ratesThatGoTogetherAreFound() throws {
        var options = AnalysisOptions()
        options.windows = 64
        let analysis = try #require(try bursts().run(CallAnalyzer(options, calls: .all)).analyses.first)
        #expect(analysis.window == 1 << 22 && analysis.windows == 40)
        func at(_ a: String, _ b: String, _ quantity: CallAnalysis.Variable.Quantity, _ other: CallAnalysis.Variable.Quantity) -> Double? {
            guard let i = analysis.variables.firstIndex(of: .init(call: a, quantity: quantity)),
                let j = analysis.variables.firstIndex(of: .init(call: b, quantity: other))
            else { return .nan }
            #expect(analysis.correlations[i][j] == analysis.correlations[j][i])
            return analysis.correlations[i][j]
        }
        #expect(at("read", "lseek", .rate, .rate).map { abs($0 - 1) < 1e-9 } == true)
        #expect(at("read", "write", .rate, .rate).map { abs($0 + 1) < 1e-9 } == true)
        #expect(at("read", "lseek", .latency, .rate).map { abs($0 - 1) < 1e-9 } == true)
        #expect(at("read", "lseek", .latency, .latency) == nil, "lseek's time never varies")
        let points = Dictionary(uniqueKeysWithValues: analysis.points.map { ($0.call, $0.values) })
        let reads = (0..<40).reduce(0) { $0 + 5 + $1 % 7 }
        #expect(points["read"]?[0] == Double(reads) && points["lseek"]?[0] == Double(reads))
        #expect(points["lseek"]?[1] == 1 && points["lseek"]?[2] == 0 && points["lseek"]?[4] == 1)
        #expect(points["write"]?[0] == Double(40 * 30 - reads) && points["write"]?[3] == 1)
    }

    @Test(arguments: [16, 17, 128]) func windowsGrowWithTheTraceAndLoseNothing(_ windows: Int) throws {
        var trace = MadeUpTrace()
        for i in 0..<3000 {
            trace.add("read", takes: 500)
            if i % 100 == 0 { trace.clock += 1 << UInt64(i / 100) }
        }
        var options = AnalysisOptions()
        options.windows = windows
        let analysis = try #require(try trace.run(CallAnalyzer(options, calls: .all)).analyses.first)
        #expect(analysis.windows <= windows && analysis.windows * 2 + 2 >= windows)
        #expect(analysis.points.map { $0.values[0] } == [3000])
        #expect((analysis.to - analysis.from) / analysis.window + 1 == UInt64(analysis.windows))
    }

    @Test func aTextAndAnObjectAreMadeOfIt() throws {
        let analysis = try #require(try bursts().run(CallAnalyzer(AnalysisOptions(), calls: .all)).analyses.first)
        let text = TextBuffer()
        text.append(analysis)
        let lines = String(decoding: text.bytes, as: UTF8.self).split(separator: "\n")
        #expect(lines.first?.contains("rates below the diagonal, latencies above") == true)
        #expect(lines.contains { $0.contains("+1.00  ") && $0.contains("lseek rate") })
        #expect(lines.contains { $0.hasPrefix("Clusters of calls: ") })
        let empty = TextBuffer()
        empty.append(CallAnalysis())
        #expect(String(decoding: empty.bytes, as: UTF8.self).contains("no calls"))
    }

    @Test func timesFromElsewhereDoNoHarm() throws {
        var trace = MadeUpTrace()
        trace.add("read", takes: 500)
        trace.clock = .max - 2000
        trace.add("read", takes: 500)
        trace.clock = 5
        trace.add("read", takes: 500)
        let analysis = try #require(try trace.run(CallAnalyzer(AnalysisOptions(), calls: .all)).analyses.first)
        #expect(analysis.points.map { $0.values[0] } == [3])
        #expect(try MadeUpTrace().run(CallAnalyzer(AnalysisOptions(), calls: .all)).analyses.isEmpty)
    }
}
