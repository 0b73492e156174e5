import RenacerCore

/// What an anomaly detector knows of one kind of call.
struct CallSeries {
    /// Durations that are compared with each other: ns.
    var window: RobustWindow
    let key: StatisticsTable.Key
    let kind: Kind
    /// Calls judged, and calls that were too early to be.
    var judged: UInt64 = 0
    var unjudged: UInt64 = 0
    /// Anomalies by severity: low, medium, high.
    var anomalies: (UInt64, UInt64, UInt64) = (0, 0, 0)
    /// The worst of all.
    var worst = Anomaly()
    /// The worst of those that no finding has told of, and how many they are.
    var untold = Anomaly()
    var untoldCount: UInt64 = 0
    /// When a finding last told of this call, and the highest severity and score that one told.
    var toldAt: UInt64?
    var toldLevel = -1
    var toldScore = 0.0

    /// Durations of a kind are alike: a call that only wakes is no measure of one that waits.
    enum Kind: UInt8, CaseIterable {
        /// From entry to exit.
        case whole
        /// What it took beyond the time that it was asked to take.
        case excess
        /// A futex that is waited for without an end.
        case wait

        /// As a baseline file has it.
        var name: String {
            switch self {
            case .whole: "call"
            case .excess: "excess"
            case .wait: "wait"
            }
        }
    }

    /// Less is no anomaly, ns.
    let shortestAnomaly: UInt64

    init(_ key: StatisticsTable.Key, _ kind: Kind, _ options: AnomalyOptions) {
        self.key = key
        self.kind = kind
        window = RobustWindow(capacity: options.window)
        shortestAnomaly = options.shortestAnomaly(kind)
    }

    var anomalyCount: UInt64 { anomalies.0 + anomalies.1 + anomalies.2 }

    mutating func count(level: Int) {
        switch level {
        case 0: anomalies.0 += 1
        case 1: anomalies.1 += 1
        default: anomalies.2 += 1
        }
    }
}

/// A call that took far longer than calls of its kind do.
struct Anomaly {
    /// How many deviations it lies above the median.
    var score = 0.0
    /// What was judged, ns: its duration, or what exceeded the time asked for.
    var value: UInt64 = 0
    /// What it was asked to take, ns; 0 if nothing.
    var requested: UInt64 = 0
    /// The median of the window before it, and its deviation as it was judged by, ns.
    var median: UInt64 = 0
    var deviation = 0.0
    /// When it ended, ns of `CLOCK_MONOTONIC`, and how long it took.
    var time: UInt64 = 0
    var duration: UInt64 = 0
    var tid: Int32 = 0
    /// 0 low, 1 medium, 2 high.
    var level = 0
}

/// All series of a trace, found by number without hashing.
final class SeriesTable {
    private var series: UnsafeMutablePointer<CallSeries>
    private(set) var count = 0
    private var capacity = 64
    private let options: AnomalyOptions
    /// Index of the series of each native number and kind; -1 for none.
    private let direct: UnsafeMutablePointer<Int32>
    private var others: [OtherKey: Int] = [:]
    private static let directCount = 512

    private struct OtherKey: Hashable {
        let key: StatisticsTable.Key
        let kind: CallSeries.Kind
    }

    init(_ options: AnomalyOptions) {
        self.options = options
        series = .allocate(capacity: capacity)
        direct = .allocate(capacity: Self.directCount * CallSeries.Kind.allCases.count)
        direct.initialize(repeating: -1, count: Self.directCount * CallSeries.Kind.allCases.count)
    }

    deinit {
        for i in 0..<count { series[i].window.deallocate() }
        series.deinitialize(count: count)
        series.deallocate()
        direct.deallocate()
    }

    /// - Returns: valid until the next look-up.
    @inline(__always)
    func find(_ number: Int, _ personality: Personality, _ kind: CallSeries.Kind) -> UnsafeMutablePointer<CallSeries> {
        if personality == .native, number >= 0, number < Self.directCount {
            let at = direct[number * 3 + Int(kind.rawValue)]
            if at >= 0 { return series + Int(at) }
        }
        return findOther(number, personality, kind)
    }

    @inline(never)
    private func findOther(_ number: Int, _ personality: Personality, _ kind: CallSeries.Kind) -> UnsafeMutablePointer<CallSeries> {
        let key = StatisticsTable.Key(number, personality)
        let isDirect = personality == .native && number >= 0 && number < Self.directCount
        if !isDirect, let known = others[OtherKey(key: key, kind: kind)] { return series + known }
        if count == capacity {
            let larger = UnsafeMutablePointer<CallSeries>.allocate(capacity: capacity * 2)
            larger.moveInitialize(from: series, count: count)
            series.deallocate()
            series = larger
            capacity *= 2
        }
        (series + count).initialize(to: CallSeries(key, kind, options))
        if isDirect { direct[number * 3 + Int(kind.rawValue)] = Int32(count) } else { others[OtherKey(key: key, kind: kind)] = count }
        count += 1
        return series + count - 1
    }

    /// Those that there are, in the order in which they were met.
    var all: UnsafeMutableBufferPointer<CallSeries> { .init(start: series, count: count) }
}
