// A call analysis as a person reads it, and as JSON.

extension TextBuffer {
    private static let shownCalls = 12
    private static let shownPairs = 8

    /// Writes a table of correlations - rates below the diagonal, latencies above it -, the strongest of all, and the
    /// clusters.
    public func append(_ analysis: CallAnalysis) {
        let a = analysis, calls = a.variables.count / 2, shown = min(calls, Self.shownCalls)
        append("Correlation of calls over \(a.windows) windows of \(Self.time(a.window)): rates below the diagonal, latencies above\n")
        if calls == 0 { append("   no calls\n") }
        let width = max(a.variables.prefix(shown).map { $0.call.utf8.count }.max() ?? 0, 4)
        if shown > 0 {
            spaces(width + 4)
            for j in 0..<shown { right("\(j + 1)", 7) }
            append("\n")
        }
        for i in 0..<shown {
            right("\(i + 1)", 3)
            append(" ")
            append(a.variables[i].call)
            spaces(width - a.variables[i].call.utf8.count)
            for j in 0..<shown {
                if i == j { right("·", 7, count: 1) } else {
                    let value = j < i ? a.correlations[i][j] : a.correlations[calls + i][calls + j]
                    right(value.map(Self.signed) ?? "-", 7)
                }
            }
            append("\n")
        }
        pairs(a)
        clusters(a)
    }

    /// Of all pairs of variables those that go together most.
    private func pairs(_ a: CallAnalysis) {
        var all: [(i: Int, j: Int, value: Double)] = []
        for i in a.correlations.indices {
            for j in 0..<i { if let v = a.correlations[i][j], v.magnitude >= 0.5 { all.append((i, j, v)) } }
        }
        all.sort { ($1.value.magnitude, $0.i, $0.j) < ($0.value.magnitude, $1.i, $1.j) }
        if all.isEmpty { return }
        append("Strongest:\n")
        for pair in all.prefix(Self.shownPairs) {
            let x = a.variables[pair.j], y = a.variables[pair.i]
            append("   \(Self.signed(pair.value))  \(x.call) \(x.quantity.rawValue), \(y.call) \(y.quantity.rawValue)\n")
        }
    }

    private func clusters(_ a: CallAnalysis) {
        guard a.clusterCount > 0 else { return }
        let quality = a.silhouette.map { ", silhouette \(Self.signed($0).dropFirst())" } ?? ""
        append("Clusters of calls: \(a.clusterCount) (k-means, seed \(a.seed)\(quality))\n")
        for k in 0..<a.clusterCount {
            let members = a.points.filter { $0.cluster == k }
            func mean(_ feature: Int) -> Double { members.reduce(0) { $0 + $1.values[feature] } / Double(max(members.count, 1)) }
            append("   \(k + 1): mean \(Self.time(UInt64(max(0, min(mean(1) * 1000, 1e18))))), ")
            append("\(UInt64(max(0, min(mean(0), 1e18)).rounded())) calls each, \(Self.percent(mean(3))) errors: ")
            append(members.map(\.call).joined(separator: ", "))
            append("\n")
        }
    }

    private func right(_ s: String, _ width: Int, count: Int? = nil) {
        spaces(max(width - (count ?? s.utf8.count), 0))
        append(s)
    }

    /// `+0.98`
    private static func signed(_ v: Double) -> String {
        let n = Int((v.magnitude * 100).rounded())
        return "\(v < 0 && n > 0 ? "-" : "+")\(n / 100).\(n % 100 < 10 ? "0" : "")\(n % 100)"
    }

    private static func percent(_ share: Double) -> String { "\(Int((max(0, min(share, 1)) * 100).rounded())) %" }

    private static func time(_ ns: UInt64) -> String {
        for (unit, size) in [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000)] as [(String, UInt64)] where ns >= size {
            let tenths = ns / (size / 10)
            return "\(tenths / 10).\(tenths % 10) \(unit)"
        }
        return "\(ns) ns"
    }

    // MARK: JSON

    /// The members of an object that holds all of it: `"from_ns":…`.
    public func jsonMembers(_ a: CallAnalysis, _ clock: TraceClock) {
        append("\"from_ns\":\(clock.elapsed(a.from)),\"to_ns\":\(clock.elapsed(a.to)),\"window_ns\":\(a.window),\"windows\":\(a.windows)")
        jsonList("variables", a.variables) {
            append("{\"call\":")
            json($0.call)
            append(",\"quantity\":\"\($0.quantity.rawValue)\"}")
        }
        jsonList("correlation", a.correlations) { row in
            append("[")
            for (i, v) in row.enumerated() {
                if i > 0 { ascii(",") }
                jsonNumber(v)
            }
            append("]")
        }
        jsonList("features", CallAnalysis.features) { json($0) }
        jsonList("calls", a.points) { p in
            append("{\"name\":")
            json(p.call)
            append(",\"cluster\":\(p.cluster),\"silhouette\":")
            jsonNumber(p.silhouette)
            append(",\"values\":[")
            for (i, v) in p.values.enumerated() {
                if i > 0 { ascii(",") }
                jsonNumber(v)
            }
            append("]}")
        }
        append(",\"clusters\":\(a.clusterCount),\"seed\":\(a.seed),\"silhouette\":")
        jsonNumber(a.silhouette)
        jsonList("silhouettes", a.silhouettes) {
            append("{\"clusters\":\($0.clusters),\"value\":")
            jsonNumber($0.value)
            append("}")
        }
    }

    private func jsonNumber(_ v: Double?) {
        guard let v, v.isFinite else { return append("null") }
        append("\(v)")
    }

    private func jsonList<C: Collection>(_ key: StaticString, _ items: C, _ body: (C.Element) -> Void) {
        append(",\"")
        append(key)
        append("\":[")
        for (i, item) in items.enumerated() {
            if i > 0 { ascii(",") }
            body(item)
        }
        append("]")
    }
}
