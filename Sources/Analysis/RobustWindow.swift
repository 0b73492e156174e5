/// The newest values of a series, in the order in which they came and in order of size.
///
/// Median and median absolute deviation are exact. Adding a value to a full window of n moves at most n words and takes
/// log n comparisons, and allocates nothing. It owns its memory in all but name: `deallocate` is to be called once, by the
/// table that keeps it.
struct RobustWindow {
    private let sorted: UnsafeMutablePointer<UInt64>
    /// A ring, the oldest at `next` once it is full.
    private let arrivals: UnsafeMutablePointer<UInt64>
    let capacity: Int
    private(set) var count = 0
    private var next = 0

    /// - Parameter capacity: values that are kept, at least 1.
    init(capacity: Int) {
        self.capacity = max(capacity, 1)
        sorted = .allocate(capacity: self.capacity)
        arrivals = .allocate(capacity: self.capacity)
    }

    func deallocate() {
        sorted.deallocate()
        arrivals.deallocate()
    }

    /// The values that are kept, the oldest first.
    var values: [UInt64] {
        let start = count < capacity ? 0 : next
        return (0..<count).map { arrivals[(start + $0) % capacity] }
    }

    /// Takes a value; the oldest goes if there is no room.
    mutating func add(_ value: UInt64) {
        if count < capacity {
            let at = place(above: value)
            (sorted + at + 1).update(from: sorted + at, count: count - at)
            sorted[at] = value
            count += 1
        } else {
            let old = place(of: arrivals[next]), new = place(above: value)
            // Only what lies between the two moves.
            if old < new {
                (sorted + old).update(from: sorted + old + 1, count: new - 1 - old)
                sorted[new - 1] = value
            } else {
                (sorted + new + 1).update(from: sorted + new, count: old - new)
                sorted[new] = value
            }
        }
        arrivals[next] = value
        next = next + 1 == capacity ? 0 : next + 1
    }

    /// The median; of an even number of values the lower of the two in the middle, 0 if there is none.
    var median: UInt64 { count == 0 ? 0 : sorted[(count - 1) / 2] }

    /// The median of the values' distances from the median, lower of two as well.
    var deviation: UInt64 {
        guard count > 1 else { return 0 }
        let middle = (count - 1) / 2, median = sorted[middle]
        // Half of all values lie within the deviation: `middle + 1` neighbours, the median among them, of which the first
        // or the last is farthest. The farther left they begin, the farther is the first and the nearer the last.
        var low = 0, high = middle
        while low < high {
            let l = (low + high) / 2
            if sorted[l + middle] - median >= median - sorted[l] { high = l } else { low = l + 1 }
        }
        let here = max(median - sorted[low], sorted[low + middle] - median)
        guard low > 0 else { return here }
        return min(here, max(median - sorted[low - 1], sorted[low - 1 + middle] - median))
    }

    /// How many values are less than `value`.
    @inline(__always)
    private func place(of value: UInt64) -> Int { leading { $0 < value } }

    /// How many values are not greater than `value`.
    @inline(__always)
    private func place(above value: UInt64) -> Int { leading { $0 <= value } }

    /// How many values come first of which `isBefore` is true; it is of no value behind them.
    ///
    /// Steps are taken or not without a branch: nothing could foresee it, and a branch foreseen wrongly costs more than the
    /// rest of the search.
    @inline(__always)
    private func leading(_ isBefore: (UInt64) -> Bool) -> Int {
        guard count > 0 else { return 0 }
        var first = 0, length = count
        while length > 1 {
            let half = length / 2
            first &+= half & (isBefore(sorted[first &+ half &- 1]) ? -1 : 0)
            length &-= half
        }
        return first &+ (isBefore(sorted[first]) ? 1 : 0)
    }
}
