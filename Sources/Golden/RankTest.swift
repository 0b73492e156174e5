/// Whether values of one sample tend to be larger than those of another.
///
/// The test of Mann and Whitney, one-sided: it asks for no distribution, and outliers count no more than their rank.
struct RankTest {
    /// How likely values that do not tend to be larger look like these, or more so.
    let p: Double
    /// The share of all pairs in which the second sample's value is the larger one: 0.5 if nothing differs, 1 if all are.
    let superiority: Double

    /// - Parameters: at least one value each.
    init(_ first: [Double], isExceededBy second: [Double]) {
        let wins = Shift.wins(first, second)
        let n = first.count, m = second.count
        superiority = wins / Double(max(n * m, 1))
        // Of half a pair nothing is made.
        p = Self.tail(n, m, from: Int(wins))
    }

    /// The least that comes out of samples of these sizes.
    static func leastP(_ n: Int, _ m: Int) -> Double { tail(n, m, from: n * m) }

    /// Pairs that the second sample has to win for a p of that size; nil if all would not do.
    static func winsNeeded(_ n: Int, _ m: Int, p: Double) -> Int? {
        guard leastP(n, m) <= p else { return nil }
        // Half of the pairs are won by chance: the answer is above.
        var low = n * m / 2, high = n * m
        while low < high {
            let middle = (low + high) / 2
            if tail(n, m, from: middle) <= p { high = middle } else { low = middle + 1 }
        }
        return high
    }

    /// By how many the pairs won differ from time to time where nothing differs.
    static func deviation(_ n: Int, _ m: Int) -> Double { (Double(n * m) * Double(n + m + 1) / 12).squareRoot() }

    /// The share of all arrangements in which the second sample's values win `from` pairs or more.
    private static func tail(_ n: Int, _ m: Int, from wins: Int) -> Double {
        guard n > 0, m > 0 else { return 1 }
        // Of more the normal distribution is as good, and counting takes seconds.
        if n * m > 400 { return normal(n, m, wins) }
        // Arrangements of i and j values by pairs won: the largest is one of the second, which wins i pairs, or of the first.
        var before = [[Double]](repeating: [1], count: m + 1)
        for i in 1...n {
            var now: [[Double]] = [[1]]
            for j in 1...m {
                var counts = [Double](repeating: 0, count: i * j + 1)
                for (u, c) in now[j - 1].enumerated() { counts[u + i] += c * Double(j) / Double(i + j) }
                for (u, c) in before[j].enumerated() { counts[u] += c * Double(i) / Double(i + j) }
                now.append(counts)
            }
            before = now
        }
        return min(1, before[m].dropFirst(wins).reduce(0, +))
    }

    private static func normal(_ n: Int, _ m: Int, _ wins: Int) -> Double {
        return upperTail((Double(wins) - 0.5 - Double(n * m) / 2) / deviation(n, m))
    }

    /// The standard normal distribution above z (Abramowitz and Stegun 26.2.17, off by less than 1e-7).
    private static func upperTail(_ z: Double) -> Double {
        if z < 0 { return 1 - upperTail(-z) }
        let t = 1 / (1 + 0.2316419 * z)
        let polynomial = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
        return exponential(-z * z / 2) / (2 * Double.pi).squareRoot() * polynomial
    }

    /// e to the power of x, for x below 0.
    private static func exponential(_ x: Double) -> Double {
        if x < -700 { return 0 }
        // e^x = (e^(x/1024))^1024
        let y = x / 1024
        var power = 1 + y * (1 + y / 2 * (1 + y / 3 * (1 + y / 4)))
        for _ in 0..<10 { power *= power }
        return power
    }

    /// P values as they are when so many questions are asked at once (S. Holm, 1979).
    static func adjusted(_ p: [Double]) -> [Double] {
        var result = p, greatest = 0.0
        for (rank, i) in p.indices.sorted(by: { p[$0] < p[$1] }).enumerated() {
            greatest = max(greatest, min(1, p[i] * Double(p.count - rank)))
            result[i] = greatest
        }
        return result
    }
}
