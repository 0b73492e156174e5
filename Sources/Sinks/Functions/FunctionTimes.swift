import RenacerCore

/// Time in calls by the program's own functions, and on a CPU if that is sampled.
struct FunctionTimes {
    struct Row {
        /// The function, or the line.
        var name: String
        /// Where it is: the file, or the function of a line; empty if that is not known.
        var place: String
        /// Time in calls that it made itself, and on a CPU, if need be by way of libraries; and in what led through it, ns.
        var own: UInt64 = 0
        var inherited: UInt64 = 0
        var calls: UInt64 = 0
        /// What of its own time it was on a CPU, rather than in calls, ns.
        var onCPU: UInt64 = 0
        var inputOutput: UInt64 = 0
        var slow: UInt64 = 0
        /// What was last counted, so that a stack which leads through a function twice counts once.
        var lastCounted: UInt64 = 0
    }

    private(set) var rows: [Row] = []
    private(set) var total: UInt64 = 0
    private(set) var callCount: UInt64 = 0
    private(set) var onCPU: UInt64 = 0
    /// Calls and samples.
    private var count: UInt64 = 0
    /// Own functions from the outermost on, with the calls at the ends.
    private(set) var tree = CallTree()
    private var index: [Key: Int] = [:]
    /// What was made of the frames of a file.
    private var known: [ObjectIdentifier: (frame: any CodeLocation, rows: [Int])] = [:]

    private struct Key: Hashable {
        var name, place: String
    }

    mutating func add(_ call: TimedCall, by grouping: FunctionTimeSink.Grouping, isSlow: Bool) {
        callCount += 1
        let row = add(call.duration, call.stack, (call.name, .kernel), grouping)
        rows[row].calls += 1
        if call.isInputOutput { rows[row].inputOutput += 1 }
        if isSlow { rows[row].slow += 1 }
    }

    mutating func add(_ sample: TimedSample, by grouping: FunctionTimeSink.Grouping) {
        onCPU += sample.weight
        let row = add(sample.weight, sample.stack, (TimedSample.name, .cpu), grouping)
        rows[row].onCPU += sample.weight
    }

    /// - Parameter end: what stands below the innermost own function.
    /// - Returns: the row whose own time it is.
    private mutating func add(
        _ time: UInt64, _ stack: CallStack, _ end: (name: String, kind: CallTree.Kind), _ grouping: FunctionTimeSink.Grouping
    ) -> Int {
        count += 1
        total += time
        // The innermost first.
        var path: [Int] = []
        for case let frame? in stack.frames { path += rows(of: frame, grouping) }
        if path.isEmpty { path = [row(Self.nobody, "")] }
        var node: Int32 = 0
        for row in path.reversed() { node = tree.node(rows[row].name, .own, below: node) }
        tree.add(time, at: tree.node(end.name, end.kind, below: node))
        rows[path[0]].own += time
        for row in path where rows[row].lastCounted != count {
            rows[row].lastCounted = count
            rows[row].inherited += time
        }
        return path[0]
    }

    /// What calls are counted under that no code of the program led to.
    private static let nobody = "(libraries alone)"

    /// Rows of the own functions at a frame, the innermost first.
    private mutating func rows(of frame: any CodeLocation, _ grouping: FunctionTimeSink.Grouping) -> [Int] {
        if let found = known[ObjectIdentifier(frame)] { return found.rows }
        var result: [Int] = []
        let lines = frame.ownLines
        if lines.isEmpty, frame.isOwn, let symbol = frame.symbol {
            result = [row(grouping == .function ? symbol : "\(symbol)+0x\(String(frame.offset, radix: 16))", frame.moduleName)]
        }
        for line in lines {
            let function = line.function ?? frame.functionText
            result.append(grouping == .function ? row(function, line.shortFile) : row("\(line.shortFile):\(line.line)", function))
        }
        known[ObjectIdentifier(frame)] = (frame, result)
        return result
    }

    private mutating func row(_ name: String, _ place: String) -> Int {
        let key = Key(name: name, place: place)
        if let found = index[key] { return found }
        rows.append(Row(name: name, place: place))
        index[key] = rows.count - 1
        return rows.count - 1
    }
}
