import RenacerCore

/// What came of an assertion.
public struct AssertionResult: Sendable {
    public enum Status: String, Sendable {
        case passed, failed
        /// Violated, and that is no failure.
        case warning
        case skipped
    }

    public var assertion: Assertion
    public var status = Status.passed
    /// What was measured and the limit, in `unit`; nil where there is no number.
    public var actual: Double?
    public var budget: Double?
    public var unit = ""
    /// `at most`, unless it is a lower limit.
    public var isLowerLimit = false
    /// Why nothing can be told, or what the limit is about.
    public var note = ""
    /// The worst calls, the most frequent ones: a line each.
    public var evidence: [String] = []
    /// What detectors found.
    public var findings: [Finding] = []

    public init(_ assertion: Assertion) { self.assertion = assertion }

    /// By how much the limit is exceeded, %; nil if there is no such number.
    public var difference: Double? {
        guard let actual, let budget, budget > 0 else { return nil }
        return (actual - budget) / budget * 100
    }

    /// Compares what was measured with a limit.
    mutating func judge(_ actual: Double, least: Double? = nil, most: Double, unit: String) {
        self.actual = actual
        self.unit = unit
        if let least, actual < least {
            budget = least
            isLowerLimit = true
            violate()
        } else {
            budget = most
            if actual > most { violate() }
        }
    }

    /// Times in ns, told in microseconds where the budget is below a millisecond.
    mutating func judge(_ time: UInt64, most: UInt64) {
        let isShort = most > 0 && most < 1_000_000
        judge(Double(time) / (isShort ? 1e3 : 1e6), most: Double(most) / (isShort ? 1e3 : 1e6), unit: isShort ? "us" : "ms")
    }

    mutating func violate() { status = assertion.failsOnViolation ? .failed : .warning }

    /// It as a finding, for every sink.
    func finding(from: UInt64, to: UInt64) -> Finding {
        var finding = Finding(
            detector: "assert", rule: assertion.name, severity: status == .failed ? .high : .medium, confidence: 1, from: from, to: to,
            title: "Assertion '\(assertion.name)' \(status == .failed ? "FAILED" : "VIOLATED")")
        if let actual { finding.evidence.append(.init("Actual", .number(actual), unit: unit)) }
        if let budget { finding.evidence.append(.init("Budget", .number(budget), unit: unit)) }
        for (i, line) in evidence.enumerated() { finding.evidence.append(.init("Evidence \(i + 1)", .text(line))) }
        for f in findings { finding.evidence.append(.init("Found", .text("\(f.title) (\(f.detector)/\(f.rule))"))) }
        if finding.evidence.isEmpty { finding.evidence.append(.init("Note", .text(note))) }
        finding.reason = note
        return finding
    }
}
