/// How many calls took how long, by powers of two of a nanosecond.
public struct LatencyHistogram: Sendable, Equatable {
    /// Bucket k counts durations of 2^k ns and above, below 2^(k+1); the first those of 0 too, the
    /// last all that are longer (9 minutes and more).
    public static let bucketCount = 40
    private var counts: InlineArray<40, UInt64> = .init(repeating: 0)

    public init() {}

    /// The bucket of a duration.
    @inline(__always)
    public static func bucket(_ ns: UInt64) -> Int { min(63 - max(ns, 1).leadingZeroBitCount, bucketCount - 1) }

    public subscript(bucket: Int) -> UInt64 {
        get { counts[bucket] }
        set { counts[bucket] = newValue }
    }

    @inline(__always)
    public mutating func add(_ ns: UInt64) { counts[Self.bucket(ns)] &+= 1 }

    public mutating func merge(_ other: LatencyHistogram) {
        for i in 0..<Self.bucketCount { counts[i] &+= other.counts[i] }
    }

    public static func == (a: LatencyHistogram, b: LatencyHistogram) -> Bool {
        (0..<bucketCount).allSatisfy { a.counts[$0] == b.counts[$0] }
    }
}
