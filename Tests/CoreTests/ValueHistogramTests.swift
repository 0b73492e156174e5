import RenacerCore
import Testing

@Suite struct ValueHistogramTests {
    /// The smallest value that `percent` of the values do not exceed.
    private func exact(_ sorted: [UInt64], _ percent: Double) -> UInt64 {
        sorted[max(1, Int((percent / 100 * Double(sorted.count)).rounded(.up))) - 1]
    }

    @Test(arguments: [1, 7, 1000, 20_000]) func percentilesAreOffByLessThanAThousandth(_ count: Int) {
        var random = SeededGenerator(seed: UInt64(count))
        var values: [UInt64] = []
        var histogram = ValueHistogram()
        for _ in 0..<count {
            // From a few nanoseconds to hours, each size as likely.
            let value = random.next() >> UInt64(20 + random.below(44))
            values.append(value)
            histogram.add(value)
        }
        values.sort()
        for percent in [0, 0.1, 1, 25, 50, 75, 90, 95, 99, 99.9, 100] {
            let wanted = exact(values, percent), found = histogram.percentile(percent)
            #expect(found >= wanted && Double(found - wanted) <= Double(wanted) / 1000, "p\(percent): \(found) for \(wanted)")
        }
        let mean = values.reduce(0.0) { $0 + Double($1) } / Double(count)
        let variance = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(count)
        #expect(abs(histogram.mean - mean) <= mean * 1e-9)
        #expect(abs(histogram.standardDeviation - variance.squareRoot()) <= variance.squareRoot() * 1e-6)
        #expect(histogram.minimum == values.first)
        #expect(histogram.maximum == values.last)
    }

    @Test func extremesAreCounted() {
        var histogram = ValueHistogram()
        #expect(histogram.percentile(50) == 0)
        histogram.add(0)
        histogram.add(.max)
        #expect(histogram.percentile(50) == 0)
        #expect(histogram.percentile(100) == .max)
    }
}
