import Glibc

/// How far two series rise and fall together.
enum Correlation {
    /// Fewer values say nothing.
    static let leastValues = 3

    /// Pearson's coefficient, from -1 to 1, over the places where both have a value; nil if these are too few, or either
    /// does not vary there.
    static func pearson(_ a: [Double?], _ b: [Double?]) -> Double? {
        var n = 0.0, meanA = 0.0, meanB = 0.0, squaresA = 0.0, squaresB = 0.0, products = 0.0
        for i in 0..<min(a.count, b.count) {
            guard let x = a[i], let y = b[i] else { continue }
            n += 1
            let dx = x - meanA, dy = y - meanB
            meanA += dx / n
            meanB += dy / n
            squaresA += dx * (x - meanA)
            squaresB += dy * (y - meanB)
            products += dx * (y - meanB)
        }
        guard n >= Double(leastValues), squaresA > 1e-9, squaresB > 1e-9 else { return nil }
        return max(-1, min(1, products / (squaresA * squaresB).squareRoot()))
    }
}

enum Logarithm {
    /// To the base of 10.
    static func of(_ x: Double) -> Double { log10(x) }
}
