import RenacerCore

/// Writes what came of assertions at the end of a trace.
public final class AssertionSink: Sink {
    public enum Format: String, Sendable, CaseIterable { case text, json, junit }

    private let monitor: AssertionMonitor
    private let format: Format
    private let output: any TextOutput
    /// Of several sinks one hands on what detectors found.
    private let collects: Bool
    private var isFinished = false

    public init(_ monitor: AssertionMonitor, _ format: Format, collects: Bool, output: any TextOutput) {
        self.monitor = monitor
        self.format = format
        self.collects = collects
        self.output = output
    }

    public func consume(_ event: borrowing Event) throws(TraceError) {}

    public func report(_ finding: Finding) throws(TraceError) { if collects { monitor.take(finding) } }

    public func finish(_ account: Account) throws(TraceError) {
        guard !isFinished else { return }
        isFinished = true
        // Of a program that could not be started there is nothing to say.
        if !monitor.results.isEmpty {
            let text = AssertionReport(monitor.results).text(format)
            try output.write(text.bytes)
        }
        try output.close()
    }
}
