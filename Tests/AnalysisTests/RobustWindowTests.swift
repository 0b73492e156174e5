@testable import RenacerAnalysis
import Testing

@Suite struct RobustWindowTests {
    /// The lower of the two in the middle.
    private func median(_ values: [UInt64]) -> UInt64 { values.isEmpty ? 0 : values.sorted()[(values.count - 1) / 2] }

    @Test(arguments: [1, 2, 3, 10, 100, 257]) func medianAndDeviationAreThoseOfTheNewestValues(_ capacity: Int) {
        var window = RobustWindow(capacity: capacity)
        defer { window.deallocate() }
        var all: [UInt64] = [], random = Numbers(state: UInt64(capacity))
        for i in 0..<capacity * 5 + 20 {
            // Few different values, then many; now and then the greatest that there is.
            let value = i % 37 == 36 ? UInt64.max : random.below(i % 2 == 0 ? 7 : 1 << 40)
            window.add(value)
            all.append(value)
            let newest = Array(all.suffix(capacity)), middle = median(newest)
            #expect(window.values == newest)
            let (found, deviation) = (window.median, window.deviation)
            #expect(found == middle)
            #expect(deviation == median(newest.map { $0 > middle ? $0 - middle : middle - $0 }), "\(newest)")
        }
    }

    /// However many values come between two questions.
    @Test(arguments: [1, 2, 10, 100]) func valuesAreOrderedWhenSomebodyAsks(_ capacity: Int) {
        var window = RobustWindow(capacity: capacity)
        defer { window.deallocate() }
        var all: [UInt64] = [], random = Numbers(state: UInt64(capacity))
        for _ in 0..<500 {
            let isFew = random.below(2) == 0
            for _ in 0..<random.below(isFew ? 4 : UInt64(capacity) * 3 + 1) {
                all.append(random.below(1000))
                window.add(all[all.count - 1])
            }
            let newest = Array(all.suffix(capacity)), middle = median(newest)
            let (found, deviation) = (window.median, window.deviation)
            #expect(found == middle && window.values == newest)
            #expect(deviation == median(newest.map { $0 > middle ? $0 - middle : middle - $0 }))
        }
    }

    @Test func anEmptyWindowHasNone() {
        var window = RobustWindow(capacity: 4)
        defer { window.deallocate() }
        let (found, deviation) = (window.median, window.deviation)
        #expect(found == 0 && deviation == 0 && window.values.isEmpty)
    }
}
