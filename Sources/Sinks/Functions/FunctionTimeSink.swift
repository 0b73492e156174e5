import RenacerCore

/// Prints on whose behalf time passed in calls: the program's own functions, with what they called included, the paths
/// that cost most, and who called whom.
public final class FunctionTimeSink: Sink {
    /// What a row of the table stands for.
    public enum Grouping: String, Sendable, CaseIterable {
        case function
        /// A line of source: where in a function.
        case line
    }

    public struct Options: Sendable {
        public var grouping = Grouping.function
        /// Input and output that takes longer is slow, ns.
        public var slow: UInt64 = 1_000_000
        /// Hot paths and the call graph too.
        public var details = true

        public init() {}
    }

    private let options: Options
    private let calls: TimedCalls
    private let output: any TextOutput
    private var functions = FunctionTimes()
    private var isFinished = false

    /// - Parameter samples: what tasks do on a CPU; nil: only calls are counted.
    public init(
        _ options: Options, places: PlaceFinder, calls: CallSelection, inspector: any TaskInspector, output: any TextOutput,
        samples: (any SampleSource)? = nil, followsForks: Bool = false
    ) {
        self.options = options
        self.output = output
        self.calls = TimedCalls(places, calls, inspector, profile: samples.map { .init(samples: $0, takesAll: followsForks) })
        self.calls.subscribe { [weak self] in
            guard let self else { return }
            self.functions.add($0, by: self.options.grouping)
        }
    }

    public func idle() throws(TraceError) { calls.idle() }

    public func consume(_ event: borrowing Event) throws(TraceError) {
        if let call = calls.consume(event) { add(call) }
    }

    private func add(_ call: TimedCall) {
        functions.add(call, by: options.grouping, isSlow: call.isInputOutput && call.duration >= options.slow)
    }

    public func finish(_ account: Account) throws(TraceError) {
        guard !isFinished else { return }
        isFinished = true
        calls.idle()
        while let call = calls.nextUnfinished() { add(call) }
        calls.flush()
        let text = TextBuffer()
        FunctionReport(functions, options, lostSamples: calls.lostSamples).write(to: text, lost: account.totalLost)
        try output.write(text.bytes)
        try output.close()
    }
}
