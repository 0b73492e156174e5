/// The newest values of a series, in the order in which they came and in order of size.
///
/// Median and median absolute deviation are exact. Values are put in order when somebody asks for one of the two: to add one
/// takes a store, and nobody asks about calls that are too short to be anomalies. Then each new value takes log n comparisons
/// and moves at most n words, or, where many are new, all are sorted. It owns its memory in all but name: `deallocate` is to be
/// called once, by the table that keeps it.
struct RobustWindow {
    private let sorted: UnsafeMutablePointer<UInt64>
    /// A ring of twice as many values as are kept, so that those are there which new ones drive out.
    private let arrivals: UnsafeMutablePointer<UInt64>
    let capacity: Int
    /// Values that came, and those of them that `sorted` knows of.
    private var added = 0
    private var settled = 0
    /// Where the next one goes in `arrivals`.
    private var next = 0

    /// - Parameter capacity: values that are kept, at least 1.
    init(capacity: Int) {
        self.capacity = max(capacity, 1)
        sorted = .allocate(capacity: self.capacity)
        arrivals = .allocate(capacity: self.capacity * 2)
    }

    func deallocate() {
        sorted.deallocate()
        arrivals.deallocate()
    }

    /// How many values are kept.
    @inline(__always)
    var count: Int { min(added, capacity) }

    /// The values that are kept, the oldest first.
    var values: [UInt64] { (added - count..<added).map(arrival) }

    /// Takes a value; the oldest goes if there is no room.
    @inline(__always)
    mutating func add(_ value: UInt64) {
        arrivals[next] = value
        next = next + 1 == capacity * 2 ? 0 : next + 1
        added += 1
    }

    /// The median; of an even number of values the lower of the two in the middle, 0 if there is none.
    var median: UInt64 {
        mutating get {
            settle()
            return count == 0 ? 0 : sorted[(count - 1) / 2]
        }
    }

    /// The median of the values' distances from the median, lower of two as well.
    var deviation: UInt64 {
        mutating get {
            settle()
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
    }

    /// The value that came as the `i`th, if it is one of the newest.
    private func arrival(_ i: Int) -> UInt64 { arrivals[i % (capacity * 2)] }

    /// Puts the values in order that came since the last time.
    private mutating func settle() {
        guard settled < added else { return }
        if (added - settled) * 8 > count {
            for i in 0..<count { sorted[i] = arrival(added - count + i) }
            var all = UnsafeMutableBufferPointer(start: sorted, count: count)
            all.sort()
        } else {
            for i in settled..<added { put(arrival(i), known: min(i, capacity), instead: i < capacity ? nil : arrival(i - capacity)) }
        }
        settled = added
    }

    /// Puts a value among `known` ones, in the place of one that goes.
    private func put(_ value: UInt64, known: Int, instead old: UInt64?) {
        let new = place(among: known) { $0 <= value }
        guard let old else {
            (sorted + new + 1).update(from: sorted + new, count: known - new)
            sorted[new] = value
            return
        }
        // Only what lies between the two moves.
        let gone = place(among: known) { $0 < old }
        if gone < new {
            (sorted + gone).update(from: sorted + gone + 1, count: new - 1 - gone)
            sorted[new - 1] = value
        } else {
            (sorted + new + 1).update(from: sorted + new, count: gone - new)
            sorted[new] = value
        }
    }

    /// How many of the first `count` values come before those of which `isBefore` is false.
    @inline(__always)
    private func place(among count: Int, _ isBefore: (UInt64) -> Bool) -> Int {
        var low = 0, high = count
        while low < high {
            let m = (low + high) / 2
            if isBefore(sorted[m]) { low = m + 1 } else { high = m }
        }
        return low
    }
}
