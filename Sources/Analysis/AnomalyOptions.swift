/// `--anomaly-detection` and what refines it.
public struct AnomalyOptions: Sendable {
    /// How many deviations above the median a call is an anomaly.
    public var threshold = 3.0
    /// Calls of a kind that the next one is compared with.
    public var window = 100

    public init() {}

    /// Of fewer calls there is no baseline.
    public static let leastSamples = 10
    public static let windows = 10...100_000
    /// Between two findings of one kind of call, ns, unless the second is far worse than all before.
    public static let interval: UInt64 = 1_000_000_000

    /// The deviation that counts at least, ns: less is the noise of clocks and caches, whatever the window says. Timers may be
    /// late by their slack, 50 microseconds unless a program says otherwise (prctl(2), `PR_SET_TIMERSLACK`): where some waits
    /// end early, that is no anomaly of those that do not.
    static func leastDeviation(median: UInt64, _ kind: CallSeries.Kind) -> Double {
        max(leastDeviation(kind), Double(median) / 20)
    }

    private static func leastDeviation(_ kind: CallSeries.Kind) -> Double { kind == .excess ? 50_000 : 1000 }

    /// Whatever the window says, no anomaly takes less, ns.
    func shortestAnomaly(_ kind: CallSeries.Kind) -> UInt64 { UInt64(clamping: Int64(min(threshold * Self.leastDeviation(kind), 1e18))) }

    /// Low from the threshold on, medium from twice, high from four times that.
    func level(_ score: Double) -> Int { score >= threshold * 4 ? 2 : score >= threshold * 2 ? 1 : 0 }
}
