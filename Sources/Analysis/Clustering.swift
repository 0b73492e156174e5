/// k-means with the number of clusters chosen by silhouette; what is random comes from a seed.
struct Clustering: Equatable {
    /// The cluster of each point, counted from 0 in the order in which points meet them.
    private(set) var assignment: [Int] = []
    private(set) var count = 0
    /// Silhouette of each point; empty if there is one cluster.
    private(set) var silhouettes: [Double] = []

    static let mostClusters = 8
    private static let restarts = 8
    private static let rounds = 100

    /// The best of all numbers of clusters from 2 on: one if none makes sense.
    ///
    /// - Parameters:
    ///   - points: of the same dimension each.
    ///   - clusters: that many, and no other number is tried; nil: the silhouette decides.
    /// - Returns: the clusters, and the mean silhouette of every number that was tried.
    static func best(_ points: [[Double]], clusters: Int?, seed: UInt64) -> (Clustering, [(clusters: Int, value: Double)]) {
        let scaled = standardised(points)
        var one = Clustering()
        one.assignment = Array(repeating: 0, count: points.count)
        one.count = points.isEmpty ? 0 : 1
        let distinct = Set(scaled).count, most = min(mostClusters, distinct, points.count - 1)
        let candidates = clusters.map { $0 >= 2 && $0 <= min(distinct, points.count) ? [$0] : [] } ?? (most >= 2 ? Array(2...most) : [])
        var best = one, bestValue = 0.0, tried: [(clusters: Int, value: Double)] = []
        for k in candidates {
            var random = SplitMix64(state: seed)
            let clustering = fit(scaled, k, &random)
            let value = clustering.silhouettes.reduce(0, +) / Double(max(clustering.silhouettes.count, 1))
            tried.append((k, value))
            if value > bestValue || clusters != nil { (best, bestValue) = (clustering, value) }
        }
        return (best, tried)
    }

    /// Each column with mean 0 and deviation 1, so that no feature outweighs another by its unit.
    static func standardised(_ points: [[Double]]) -> [[Double]] {
        guard let columns = points.first?.count else { return [] }
        var result = points
        for c in 0..<columns {
            let mean = points.reduce(0) { $0 + $1[c] } / Double(points.count)
            let deviation = (points.reduce(0) { $0 + ($1[c] - mean) * ($1[c] - mean) } / Double(points.count)).squareRoot()
            for i in result.indices { result[i][c] = deviation > 1e-12 ? (points[i][c] - mean) / deviation : 0 }
        }
        return result
    }

    /// The tightest of some runs of k-means from different starts.
    private static func fit(_ points: [[Double]], _ k: Int, _ random: inout SplitMix64) -> Clustering {
        var best: (assignment: [Int], inertia: Double)?
        for _ in 0..<restarts {
            let run = lloyd(points, from: starts(points, k, &random))
            if best.map({ run.inertia < $0.inertia }) ?? true { best = run }
        }
        var result = Clustering()
        var names: [Int: Int] = [:]
        result.assignment = (best?.assignment ?? []).map { c in
            let name = names[c] ?? names.count
            names[c] = name
            return name
        }
        result.count = names.count
        result.silhouettes = silhouettes(points, result.assignment, result.count)
        return result
    }

    /// k-means++: each next start is drawn by its squared distance from those there are.
    private static func starts(_ points: [[Double]], _ k: Int, _ random: inout SplitMix64) -> [[Double]] {
        var centers = [points[Int(random.next() % UInt64(points.count))]]
        while centers.count < k {
            let distances = points.map { p in centers.map { distance(p, $0) }.min() ?? 0 }
            let total = distances.reduce(0, +)
            var left = random.unit() * total, chosen = points.count - 1
            for (i, d) in distances.enumerated() where d > 0 {
                chosen = i
                left -= d
                if left <= 0 { break }
            }
            centers.append(points[chosen])
        }
        return centers
    }

    private static func lloyd(_ points: [[Double]], from starts: [[Double]]) -> (assignment: [Int], inertia: Double) {
        var centers = starts, assignment = Array(repeating: -1, count: points.count), inertia = 0.0
        for _ in 0..<rounds {
            var next = assignment
            inertia = 0
            for (i, p) in points.enumerated() {
                var nearest = (cluster: 0, distance: Double.infinity)
                for (c, center) in centers.enumerated() where distance(p, center) < nearest.distance { nearest = (c, distance(p, center)) }
                next[i] = nearest.cluster
                inertia += nearest.distance
            }
            if next == assignment { break }
            assignment = next
            for c in centers.indices {
                let members = points.indices.filter { assignment[$0] == c }
                // One that lost all its points stays where it is.
                if members.isEmpty { continue }
                for d in centers[c].indices { centers[c][d] = members.reduce(0) { $0 + points[$1][d] } / Double(members.count) }
            }
        }
        return (assignment, inertia)
    }

    /// Of each point (b - a) / max(a, b), where a is its mean distance from its own cluster and b from the nearest other
    /// (P. J. Rousseeuw, 1987); 0 of one that is alone.
    static func silhouettes(_ points: [[Double]], _ assignment: [Int], _ count: Int) -> [Double] {
        guard count > 1 else { return [] }
        return points.indices.map { i in
            var sums = Array(repeating: 0.0, count: count), sizes = Array(repeating: 0, count: count)
            for j in points.indices where j != i {
                sums[assignment[j]] += distance(points[i], points[j]).squareRoot()
                sizes[assignment[j]] += 1
            }
            let own = assignment[i]
            guard sizes[own] > 0 else { return 0 }
            let a = sums[own] / Double(sizes[own])
            let b = (0..<count).filter { $0 != own && sizes[$0] > 0 }.map { sums[$0] / Double(sizes[$0]) }.min() ?? 0
            return max(a, b) > 0 ? (b - a) / max(a, b) : 0
        }
    }

    /// Squared.
    private static func distance(_ a: [Double], _ b: [Double]) -> Double {
        var sum = 0.0
        for i in a.indices { sum += (a[i] - b[i]) * (a[i] - b[i]) }
        return sum
    }
}

/// A small generator whose numbers a seed decides (G. Steele and others, 2014).
struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// From 0 up to 1.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
