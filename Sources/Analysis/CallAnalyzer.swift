import RenacerCore

/// `--hpu-analysis` and what it is told.
public struct AnalysisOptions: Sendable {
    /// What k-means draws from.
    public var seed: UInt64 = 1
    /// Clusters; nil: the silhouette decides.
    public var clusters: Int?
    /// Windows that a trace is divided into at most; half of them at least, if it is not very short.
    public var windows = 128

    public init() {}

    public static let windowCounts = 16...4096
    public static let clusterCounts = 2...64
    /// Calls of the matrix: those that took longest.
    public static let calls = 32
}

/// Counts calls and their times in windows, and concludes at the end how they go together.
///
/// How long a trace will be nobody knows: windows begin with 16 microseconds, and whenever there are too many each two
/// become one. Memory does not grow with the trace.
public final class CallAnalyzer: Detector {
    public let name = "hpu-analysis"
    public let requirements = [
        Requirement(.callTimes, origin: "--hpu-analysis", .wanted), Requirement(.lossless, origin: "--hpu-analysis", .wanted),
    ]
    public let subscription: Subscription
    public private(set) var analysis: CallAnalysis?
    private let options: AnalysisOptions
    /// Calls that are looked at; nil: all.
    private let calls: SyscallSet?
    private var rows: [Row] = []
    private var byNumber = [Int32](repeating: -1, count: 512)
    private var others: [StatisticsTable.Key: Int] = [:]
    /// A window is 2 to the power of this in ns.
    private var shift: UInt64 = 14
    private var start: UInt64 = 0
    private var used = 0
    private var last: UInt64 = 0

    private struct Row {
        let key: StatisticsTable.Key
        var calls: UInt64 = 0
        var errors: UInt64 = 0
        // Welford's algorithm.
        var mean = 0.0
        var squares = 0.0
        /// Calls and nanoseconds of each window.
        var counts: [UInt32]
        var times: [UInt64]

        var total: Double { mean * Double(calls) }
    }

    public init(_ options: AnalysisOptions, calls: SyscallSet) {
        self.options = options
        self.calls = calls == .all ? nil : calls
        subscription = Subscription(syscalls: calls)
    }

    public func start(_ report: @escaping (Finding) -> Void) throws(TraceError) {}

    public func consume(_ event: borrowing Event) throws(TraceError) {
        guard case .syscall(let call) = event.body else { return }
        switch call.outcome {
        case .returned, .failed: break
        case .unfinished, .unavailable, .detached: return
        }
        let end = call.exitTime == 0 ? event.time : call.exitTime
        // What no table names may be any number.
        guard call.enterTime > 0, end >= call.enterTime, call.name != nil else { return }
        if let calls, !calls.contains(call) { return }
        if start == 0 { start = call.enterTime }
        last = max(last, end)
        // Ends come in order but for a few of bpf's; what ended before the first call began is of its window.
        var window = (end > start ? end - start : 0) >> shift
        while window >= UInt64(options.windows) {
            halve()
            window >>= 1
        }
        used = max(used, Int(window) + 1)
        let r = row(of: call), ns = end - call.enterTime
        rows[r].calls += 1
        if call.failed { rows[r].errors += 1 }
        let distance = Double(ns) - rows[r].mean
        rows[r].mean += distance / Double(rows[r].calls)
        rows[r].squares += distance * (Double(ns) - rows[r].mean)
        rows[r].counts[Int(window)] &+= 1
        rows[r].times[Int(window)] &+= ns
    }

    private func row(of call: Call) -> Int {
        let isDirect = call.personality == .native && call.number >= 0 && call.number < byNumber.count
        if isDirect, byNumber[call.number] >= 0 { return Int(byNumber[call.number]) }
        let key = StatisticsTable.Key(call.number, call.personality)
        if !isDirect, let known = others[key] { return known }
        rows.append(
            Row(key: key, counts: Array(repeating: 0, count: options.windows), times: Array(repeating: 0, count: options.windows)))
        if isDirect { byNumber[call.number] = Int32(rows.count - 1) } else { others[key] = rows.count - 1 }
        return rows.count - 1
    }

    /// Makes one window of each two.
    private func halve() {
        shift += 1
        for r in rows.indices {
            for w in 0..<options.windows {
                let a = 2 * w, b = a + 1
                rows[r].counts[w] = (a < options.windows ? rows[r].counts[a] : 0) &+ (b < options.windows ? rows[r].counts[b] : 0)
                rows[r].times[w] = (a < options.windows ? rows[r].times[a] : 0) &+ (b < options.windows ? rows[r].times[b] : 0)
            }
        }
        used = (used + 1) / 2
    }

    public func finish(_ account: Account) throws(TraceError) {
        guard analysis == nil, account.seen > 0 || !rows.isEmpty else { return }
        analysis = concluded
    }

    // MARK: Conclusions

    private var concluded: CallAnalysis {
        var result = CallAnalysis()
        result.from = start
        result.to = last
        result.window = 1 << shift
        result.windows = used
        result.seed = options.seed
        let all = rows.sorted { ($1.total, $0.key.name, $0.key.personality.rawValue) < ($0.total, $1.key.name, $1.key.personality.rawValue) }
        correlate(all.prefix(AnalysisOptions.calls), &result)
        cluster(all, &result)
        return result
    }

    private func correlate(_ rows: ArraySlice<Row>, _ result: inout CallAnalysis) {
        var series: [[Double?]] = []
        for quantity in CallAnalysis.Variable.Quantity.allCases {
            for row in rows {
                result.variables.append(.init(call: row.key.name, quantity: quantity))
                series.append((0..<used).map { w in
                    quantity == .rate ? Double(row.counts[w]) : row.counts[w] > 0 ? Double(row.times[w]) / Double(row.counts[w]) : nil
                })
            }
        }
        result.correlations = series.indices.map { i in series.indices.map { j in Correlation.pearson(series[i], series[j]) } }
    }

    private func cluster(_ rows: [Row], _ result: inout CallAnalysis) {
        result.points = rows.map { row in
            let deviation = (row.squares / Double(max(row.calls, 1))).squareRoot()
            let active = row.counts.prefix(used).count { $0 > 0 }
            return .init(call: row.key.name, values: [
                Double(row.calls), row.mean / 1000, row.mean > 0 ? deviation / row.mean : 0,
                Double(row.errors) / Double(max(row.calls, 1)), Double(active) / Double(max(used, 1)),
            ])
        }
        // Counts and times spread over powers of ten: their logarithms are what is near or far.
        let logarithmic = result.points.map { [Logarithm.of(1 + $0.values[0]), Logarithm.of(0.001 + $0.values[1])] + $0.values[2...] }
        let (clustering, tried) = Clustering.best(logarithmic, clusters: options.clusters, seed: options.seed)
        for i in result.points.indices {
            result.points[i].cluster = clustering.assignment[i]
            result.points[i].silhouette = clustering.silhouettes.isEmpty ? nil : clustering.silhouettes[i]
        }
        result.clusterCount = clustering.count
        result.silhouettes = tried
    }
}
