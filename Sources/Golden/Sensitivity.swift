/// How much slower a call would have to be for a comparison to tell.
public struct Sensitivity: Sendable, Equatable {
    public var name: String
    /// `P5`, `P50`: of the two the one that tells more.
    public var percentile: String
    /// How far runs are from their middle one, as a share of it: 0.2 if they swing by a fifth.
    public var spread: Double
    /// What nine of ten comparisons would tell: 0.3 is 30 %.
    public var increase: Double

    /// Names that are judged, and the share of the time from which on they are.
    static let most = 3, leastShare = 0.1
    /// ns: stops and switches of a tracer are of this size.
    static let leastIncrease = 10_000.0
    /// From here on it is said.
    private static let poor = 0.3, mostIncrease = 100.0

    /// - Parameter before: ns, a value of each run; at least one, as of `after`.
    /// - Parameter p: what a test may be at most.
    /// - Parameter superiority: what it has to be at least.
    init?(_ name: String, _ percentile: String, _ before: [Double], _ after: [Double], tolerated: Double, p: Double, superiority: Double) {
        let middle = TimingComparison.median(before), now = TimingComparison.median(after)
        // Of shorter calls a tracer's stops hide more than chance does.
        guard middle >= 10 * Self.leastIncrease, now > 0, let wins = RankTest.winsNeeded(before.count, after.count, p: p) else { return nil }
        let needed = max(Double(wins) + 1.28 * RankTest.deviation(before.count, after.count), superiority * Double(before.count * after.count))
        let likely = min(needed, Double(before.count * after.count))
        let same = after.map { $0 * middle / now }
        func isTold(_ factor: Double) -> Bool { Shift.wins(before, same.map { $0 * factor }) >= likely }
        var low = 1 + tolerated, high = low
        while !isTold(high), high < Self.mostIncrease { (low, high) = (high, high * 2) }
        for _ in 0..<10 {
            let factor = (low + high) / 2
            if isTold(factor) { high = factor } else { low = factor }
        }
        (self.name, self.percentile) = (name, percentile)
        spread = Shift.spread(before)
        increase = high - 1
    }

    var isPoor: Bool { increase > Self.poor }

    func note(isInTurns: Bool) -> String {
        let swing = "\(name): runs swing by \(Self.percent(spread)) here, so that less than \(Self.percent(increase)) slower is hardly told"
        return swing + (isInTurns ? "; --runs has more" : "; --against OLDER-PROGRAM, which runs both by turns, tells more")
    }

    private static func percent(_ share: Double) -> String { share < mostIncrease ? "\(Int((share * 100).rounded())) %" : "any factor" }
}

/// By how much values of one sample are above those of another, whatever their distributions.
enum Shift {
    /// The middle one of the ratios of all pairs (Hodges and Lehmann); 1 if they are the same.
    static func ratio(_ before: [Double], _ after: [Double]) -> Double {
        TimingComparison.median(before.flatMap { b in after.map { $0 / max(b, 1) } })
    }

    /// The median distance from the median, as a share of it, times what makes it a standard deviation of normal values.
    static func spread(_ values: [Double]) -> Double {
        let middle = TimingComparison.median(values)
        return 1.4826 * TimingComparison.median(values.map { abs($0 - middle) }) / max(middle, 1)
    }

    /// Pairs in which the second sample's value is the larger one; ties count half.
    static func wins(_ before: [Double], _ after: [Double]) -> Double {
        var twice = 0
        for b in after { for a in before { twice += b > a ? 2 : b == a ? 1 : 0 } }
        return Double(twice) / 2
    }
}
