/// Two series of runs whose times are compared.
public struct TimeSamples {
    public var before: GoldenTrace
    public var after: GoldenTrace
    /// The two programs were run by turns: whatever the machine did, it did to both.
    public var isInTurns: Bool
    /// The chance at which something is told although nothing is slower.
    public var significance: Double

    /// Where nothing is run again.
    static let once = 0.01
    /// Where what looks slow is run again, and all runs count in the end: the first look may be generous, since it tells of nothing by itself.
    public static let firstLook = 0.1, secondLook = 0.001

    public init(_ before: GoldenTrace, _ after: GoldenTrace, isInTurns: Bool = false, significance: Double = Self.firstLook) {
        (self.before, self.after, self.isInTurns, self.significance) = (before, after, isInTurns, significance)
    }
}

extension GoldenTrace {
    /// The times of these runs and of more of them.
    func withTimes(of other: GoldenTrace) -> GoldenTrace {
        var all = self
        all.runs += other.runs
        let more = Dictionary(other.timings.map { ($0.name, $0) }) { a, _ in a }
        for i in all.timings.indices {
            guard let t = more[all.timings[i].name] else { continue }
            all.timings[i].calls += t.calls
            all.timings[i].totals += t.totals
            all.timings[i].floors += t.floors
            all.timings[i].medians += t.medians
            all.timings[i].tails += t.tails
        }
        return all
    }
}
