/// Numbers as a person reads them.
enum Quantity {
    /// Whole numbers as such, others with two decimals.
    static func number(_ n: Double) -> String {
        guard n.isFinite, n.magnitude < 1e18 else { return "unlimited" }
        let hundredths = Int64((n * 100).rounded())
        let rest = hundredths.magnitude % 100
        let sign = hundredths < 0 ? "-" : ""
        return "\(sign)\(hundredths.magnitude / 100)" + (rest == 0 ? "" : ".\(rest < 10 ? "0" : "")\(rest)")
    }

    static func time(_ ns: UInt64) -> String {
        let units: [(UInt64, String)] = [(1_000_000_000, "s"), (1_000_000, "ms"), (1000, "us")]
        guard let (size, unit) = units.first(where: { ns >= $0.0 }) else { return "\(ns) ns" }
        return "\(number(Double(ns) / Double(size))) \(unit)"
    }
}
