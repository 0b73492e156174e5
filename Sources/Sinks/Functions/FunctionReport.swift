import RenacerCore

/// The table of functions, hot paths and the call graph as text.
struct FunctionReport {
    private let functions: FunctionTimes
    private let options: FunctionTimeSink.Options
    /// nil: time on a CPU was not sampled.
    private let lostSamples: UInt64?
    private let totals: [UInt64]
    private let lists: [[Int32]]
    private static let mostPaths = 10
    /// What of the whole a branch of the call graph has to take to be shown, in thousandths, and how many are.
    private static let leastShare: UInt64 = 5, mostBranches = 60

    init(_ functions: FunctionTimes, _ options: FunctionTimeSink.Options, lostSamples: UInt64?) {
        self.lostSamples = lostSamples
        self.functions = functions
        self.options = options
        totals = functions.tree.totals
        lists = functions.tree.childLists
    }

    func write(to text: TextBuffer, lost: UInt64) {
        guard functions.callCount > 0 || functions.onCPU > 0 else {
            text.append("No call was traced: there is nothing to tell of functions.\n")
            return
        }
        table(text)
        if options.details {
            hotPaths(text)
            graph(text)
        }
        if let lostSamples, lostSamples > 0 { text.append("--- lost \(lostSamples) samples in all ---\n") }
        if lost > 0 { text.append("--- lost \(lost) events in all ---\n") }
    }

    // MARK: Table

    private func table(_ text: TextBuffer) {
        let byLine = options.grouping == .line
        text.append("% time     own secs   inherited\(lostSamples == nil ? "" : "      on CPU")    calls  usecs/call      I/O     slow \(byLine ? "line (function)" : "function (file)")\n")
        let ruler = "------ ------------ -----------\(lostSamples == nil ? "" : " -----------") -------- ----------- -------- -------- ----------------\n"
        text.append(ruler)
        for row in functions.rows.sorted(by: { ($0.own, $0.inherited, $1.name) > ($1.own, $1.inherited, $0.name) }) {
            line(row.own, row.inherited, row.onCPU, row.calls, row.inputOutput, row.slow, text)
            text.append(row.place.isEmpty ? row.name : "\(row.name) (\(row.place))")
            text.append(row.slow > 0 ? "  <- slow I/O\n" : "\n")
        }
        text.append(ruler)
        line(
            functions.total, functions.total, functions.onCPU, functions.callCount, functions.rows.reduce(0) { $0 + $1.inputOutput },
            functions.rows.reduce(0) { $0 + $1.slow }, text)
        text.append("total\n")
    }

    private func line(_ own: UInt64, _ inherited: UInt64, _ onCPU: UInt64, _ calls: UInt64, _ io: UInt64, _ slow: UInt64, _ text: TextBuffer) {
        right(percent(own), 6, text)
        right(seconds(own), 13, text)
        right(seconds(inherited), 12, text)
        if lostSamples != nil { right(seconds(onCPU), 12, text) }
        right("\(calls)", 9, text)
        right("\((own - onCPU) / 1000 / max(calls, 1))", 12, text)
        right("\(io)", 9, text)
        right(slow > 0 ? "\(slow)" : "", 9, text)
        text.ascii(" ")
    }

    private func right(_ s: String, _ width: Int, _ text: TextBuffer) {
        text.spaces(width - s.utf8.count)
        text.append(s)
    }

    // MARK: Paths

    private func hotPaths(_ text: TextBuffer) {
        let nodes = functions.tree.nodes
        let hottest = nodes.indices.filter { nodes[$0].count > 0 }.sorted { (nodes[$0].own, $1) > (nodes[$1].own, $0) }.prefix(Self.mostPaths)
        text.append("\nHot paths\n")
        for i in hottest {
            right(percent(nodes[i].own), 6, text)
            right(seconds(nodes[i].own), 13, text)
            right("\(nodes[i].count)", 9, text)
            if nodes[i].kind == .cpu {
                text.append(nodes[i].count == 1 ? " sample   " : " samples  ")
            } else {
                text.append(nodes[i].count == 1 ? " call   " : " calls  ")
            }
            text.append(path(to: Int32(i)))
            text.ascii("\n")
        }
    }

    private func path(to node: Int32) -> String {
        var words: [String] = [], at = node
        while at > 0 {
            let n = functions.tree.nodes[Int(at)]
            words.append(functions.tree.names[Int(n.name)])
            at = n.parent
        }
        // Of a deep recursion the ends say enough.
        if words.count > 12 { words.replaceSubrange(6..<words.count - 5, with: ["..."]) }
        return words.reversed().joined(separator: " > ")
    }

    private func graph(_ text: TextBuffer) {
        text.append("\nCall graph\n")
        var shown = 0, hidden = 0
        var rest: [(node: Int32, indent: String, isLast: Bool)] = []
        push(0, "", &rest)
        while let (node, indent, isLast) = rest.popLast() {
            let weight = totals[Int(node)]
            guard weight * 1000 >= functions.total * Self.leastShare, shown < Self.mostBranches else {
                hidden += 1
                continue
            }
            shown += 1
            let n = functions.tree.nodes[Int(node)]
            right(percent(weight), 6, text)
            right(seconds(weight), 13, text)
            text.append("  \(indent)\(indent.isEmpty && n.parent == 0 ? "" : isLast ? "└─ " : "├─ ")")
            text.append(functions.tree.names[Int(n.name)])
            if n.kind == .kernel || n.kind == .cpu { text.append(" ×\(n.count)") }
            text.ascii("\n")
            push(node, n.parent == 0 ? " " : indent + (isLast ? "   " : "│  "), &rest)
        }
        if hidden > 0 { text.append("       (\(hidden) branches of little time are not shown)\n") }
    }

    private func push(_ node: Int32, _ indent: String, _ rest: inout [(node: Int32, indent: String, isLast: Bool)]) {
        let children = lists[Int(node)].sorted { (totals[Int($0)], $1) > (totals[Int($1)], $0) }
        // The last that is shown ends the line that leads down to it.
        let last = children.last { totals[Int($0)] * 1000 >= functions.total * Self.leastShare }
        for child in children.reversed() { rest.append((child, indent, child == last)) }
    }

    // MARK: Numbers

    private func percent(_ part: UInt64) -> String {
        let hundredths = functions.total > 0 ? UInt64((Double(part) * 10_000 / Double(functions.total)).rounded()) : 0
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }

    private func seconds(_ ns: UInt64) -> String {
        let micros = (ns + 500) / 1000, rest = "\(micros % 1_000_000)"
        return "\(micros / 1_000_000).\(String(repeating: "0", count: 6 - rest.utf8.count))\(rest)"
    }
}
