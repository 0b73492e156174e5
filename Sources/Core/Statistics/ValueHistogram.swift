/// Values to three significant digits: a high dynamic range histogram.
///
/// Every power of two is divided into 1024 equal parts, so that a percentile is off by less than a thousandth
/// whatever its size (G. Tene, HdrHistogram). A value that was never seen in its power of two costs no memory.
public struct ValueHistogram: Sendable {
    private static let partBits = 10
    private static let parts = 1 << partBits

    /// Counts of the parts: first those of values below 1024, then those of each power of two from there on.
    private var powers: [[UInt64]] = []
    public private(set) var count: UInt64 = 0
    public private(set) var minimum: UInt64 = 0
    public private(set) var maximum: UInt64 = 0
    // Welford's algorithm: no sum of squares that could overflow.
    public private(set) var mean = 0.0
    private var squares = 0.0

    public init() {}

    /// The standard deviation of all values that were added.
    public var standardDeviation: Double { count > 0 ? (squares / Double(count)).squareRoot() : 0 }

    public mutating func add(_ value: UInt64) {
        minimum = count == 0 ? value : min(minimum, value)
        maximum = max(maximum, value)
        count += 1
        let distance = Double(value) - mean
        mean += distance / Double(count)
        squares += distance * (Double(value) - mean)
        let (power, part) = Self.place(value)
        while powers.count <= power { powers.append([]) }
        if powers[power].isEmpty { powers[power] = Array(repeating: 0, count: Self.parts) }
        powers[power][part] += 1
    }

    /// The value that `percent` of all values do not exceed, 0 if there are none.
    public func percentile(_ percent: Double) -> UInt64 {
        guard count > 0 else { return 0 }
        let wanted = max(1, UInt64((percent / 100 * Double(count)).rounded(.up)))
        var seen: UInt64 = 0
        for (power, parts) in powers.enumerated() {
            for (part, n) in parts.enumerated() where n > 0 {
                seen += n
                if seen >= wanted { return min(max(Self.greatest(power, part), minimum), maximum) }
            }
        }
        return maximum
    }

    private static func place(_ value: UInt64) -> (power: Int, part: Int) {
        let shift = max(0, 63 - value.leadingZeroBitCount - partBits)
        let part = Int(value >> UInt64(shift))
        return part < parts ? (0, part) : (shift + 1, part - parts)
    }

    /// The greatest value that is counted there.
    private static func greatest(_ power: Int, _ part: Int) -> UInt64 {
        power == 0 ? UInt64(part) : ((UInt64(part + parts) + 1) << UInt64(power - 1)) &- 1
    }
}
