import RenacerCore

/// Draws the stacks that calls were made from as a flame graph: a frame is as wide as the time in calls that it led to, and
/// that which it led to on a CPU, if samples of it are there.
public final class FlameGraphSink: Sink {
    public enum Format: String, Sendable, CaseIterable {
        case svg
        /// A line for each stack, `task;function;function;call_[k] MICROSECONDS`, which other tools draw.
        case folded
    }

    private let calls: TimedCalls
    private let format: Format
    private let title: String
    private let output: any TextOutput
    private var tree = CallTree()
    private var onCPU: UInt64 = 0
    private var isFinished = false

    /// - Parameter title: stands above the picture.
    /// - Parameter samples: what tasks do on a CPU; nil: only calls are shown.
    public init(
        _ format: Format, title: String, places: PlaceFinder, calls: CallSelection, inspector: any TaskInspector, output: any TextOutput,
        samples: (any SampleSource)? = nil, followsForks: Bool = false
    ) {
        self.format = format
        self.title = title
        self.output = output
        self.calls = TimedCalls(places, calls, inspector, profile: samples.map { .init(samples: $0, takesAll: followsForks) })
        self.calls.subscribe { [weak self] in self?.add($0) }
    }

    public func idle() throws(TraceError) { calls.idle() }

    public func consume(_ event: borrowing Event) throws(TraceError) {
        if let call = calls.consume(event) { add(call) }
    }

    private func add(_ call: TimedCall) {
        let task = tree.node(call.command, .task, below: 0)
        let function = tree.node(call.stack, below: task)
        let node = tree.node(call.name, .kernel, below: function)
        tree.add(call.duration, at: node)
        for sample in call.samples { tree.add(sample.weight, at: tree.node(sample.stack, below: node)) }
    }

    private func add(_ sample: TimedSample) {
        onCPU += sample.weight
        let task = tree.node(sample.command, .task, below: 0)
        tree.add(sample.weight, at: tree.node(TimedSample.name, .cpu, below: tree.node(sample.stack, below: task)))
    }

    public func finish(_ account: Account) throws(TraceError) {
        guard !isFinished else { return }
        isFinished = true
        calls.idle()
        while let call = calls.nextUnfinished() { add(call) }
        calls.flush()
        tree.settle()
        let text = TextBuffer()
        switch format {
        case .svg: FlameGraphSVG(tree, title: title, onCPU: calls.lostSamples.map { ($0, onCPU) }, lost: account.totalLost).write(to: text)
        case .folded: folded(text)
        }
        try output.write(text.bytes)
        try output.close()
    }

    private func folded(_ text: TextBuffer) {
        let lists = tree.childLists
        var path: [String] = []
        // An explicit stack of nodes: that of a program may be deeper than this one's.
        var rest: [(node: Int32, depth: Int)] = lists[0].reversed().map { ($0, 0) }
        while let (node, depth) = rest.popLast() {
            path.removeSubrange(depth...)
            path.append(Self.word(tree.text(node)))
            let n = tree.nodes[Int(node)]
            if n.count > 0 {
                text.append(path.joined(separator: ";"))
                text.ascii(" ")
                text.decimal((n.own + 500) / 1000)
                text.ascii("\n")
            }
            for child in lists[Int(node)].reversed() { rest.append((child, depth + 1)) }
        }
    }

    /// A name that neither ends a frame nor a line.
    private static func word(_ name: String) -> String {
        String(String.UnicodeScalarView(name.unicodeScalars.map { $0 == ";" ? ":" : $0.value < 0x20 ? "?" : $0 }))
    }
}
