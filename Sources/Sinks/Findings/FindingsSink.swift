import RenacerCore

/// Shows what detectors found, and nothing else.
public final class FindingsSink: Sink {
    private let output: any TextOutput
    private let text = TextBuffer(capacity: 4096)
    /// What looked, for the line that says that nothing was found.
    private let detectors: [String]
    private var found = 0
    /// Whether there is a program to look at: not before the one to be started is executed.
    private var hasProgram: Bool
    private var isFinished = false

    /// - Parameters:
    ///   - detectors: names of what looks at the trace.
    ///   - isLaunching: whether the trace begins with a program that is started, which may fail.
    public init(detectors: [String], isLaunching: Bool, output: any TextOutput) {
        hasProgram = !isLaunching
        self.detectors = detectors
        self.output = output
    }

    public func consume(_ event: borrowing Event) throws(TraceError) {
        if case .process(.executed) = event.body { hasProgram = true }
    }

    public func report(_ finding: Finding) throws(TraceError) {
        found += 1
        text.append(finding)
        try flush()
    }

    public func present(_ analysis: CallAnalysis) throws(TraceError) {
        found += 1
        text.append(analysis)
        try flush()
    }

    private func flush() throws(TraceError) {
        defer { text.truncate(to: 0) }
        try output.write(text.bytes)
    }

    public func finish(_ account: Account) throws(TraceError) {
        guard !isFinished else { return }
        isFinished = true
        // What could not be started has been told; what was lost may have been its start.
        if found == 0, hasProgram || account.totalLost > 0 {
            text.append("Nothing found (")
            text.append(detectors.isEmpty ? "no detector ran" : detectors.joined(separator: ", "))
            text.append("; ")
            text.decimal(account.delivered)
            text.append(" events")
            if account.totalLost > 0 {
                text.append(", ")
                text.decimal(account.totalLost)
                text.append(" lost")
            }
            text.append(")\n")
        }
        try flush()
        try output.close()
    }
}
