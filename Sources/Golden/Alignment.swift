/// Which elements of two sequences belong together: the longest common subsequence.
///
/// E. W. Myers, An O(ND) Difference Algorithm and Its Variations, 1986: time and memory grow with the number of differences.
struct Alignment {
    /// Places in both sequences, ascending in both.
    private(set) var pairs: [(Int, Int)] = []

    /// - Parameter limit: the most differences that are looked for.
    /// - Returns: nil if there are more.
    init?(_ a: [Int32], _ b: [Int32], limit: Int = 2000) {
        var start = 0
        while start < a.count, start < b.count, a[start] == b[start] {
            pairs.append((start, start))
            start += 1
        }
        var tail = 0
        while tail < a.count - start, tail < b.count - start, a[a.count - 1 - tail] == b[b.count - 1 - tail] { tail += 1 }
        guard let middle = Self.search(a[start..<a.count - tail], b[start..<b.count - tail], limit) else { return nil }
        pairs += middle
        for i in 0..<tail { pairs.append((a.count - tail + i, b.count - tail + i)) }
    }

    private static func search(_ a: ArraySlice<Int32>, _ b: ArraySlice<Int32>, _ limit: Int) -> [(Int, Int)]? {
        let n = a.count, m = b.count, a0 = a.startIndex, b0 = b.startIndex
        if n == 0 || m == 0 { return [] }
        let most = min(n + m, limit)
        // The furthest place in `a` on each diagonal, by number of differences.
        var furthest = [Int](repeating: 0, count: 2 * most + 3)
        var history: [[Int32]] = []
        let middle = most + 1
        for d in 0...most {
            history.append((max(0, middle - d - 1)...min(furthest.count - 1, middle + d + 1)).map { Int32(furthest[$0]) })
            for k in stride(from: -d, through: d, by: 2) {
                var x = k == -d || k != d && furthest[middle + k - 1] < furthest[middle + k + 1]
                    ? furthest[middle + k + 1] : furthest[middle + k - 1] + 1
                var y = x - k
                while x < n, y < m, y >= 0, a[a0 + x] == b[b0 + y] {
                    x += 1
                    y += 1
                }
                furthest[middle + k] = x
                if x >= n, y >= m { return walk(back: history, n, m, a0, b0) }
            }
        }
        return nil
    }

    private static func walk(back history: [[Int32]], _ n: Int, _ m: Int, _ a0: Int, _ b0: Int) -> [(Int, Int)] {
        var pairs: [(Int, Int)] = []
        var x = n, y = m
        for d in stride(from: history.count - 1, through: 0, by: -1) {
            let before = history[d], k = x - y
            // `before` holds diagonals -d-1 … d+1.
            func at(_ k: Int) -> Int { Int(before[k + d + 1]) }
            let previous = k == -d || k != d && at(k - 1) < at(k + 1) ? k + 1 : k - 1
            let fromX = d == 0 ? 0 : at(previous), fromY = d == 0 ? 0 : fromX - previous
            while x > fromX, y > fromY, x > 0, y > 0 {
                x -= 1
                y -= 1
                pairs.append((a0 + x, b0 + y))
            }
            if d == 0 { break }
            (x, y) = (fromX, fromY)
        }
        return pairs.reversed()
    }
}
