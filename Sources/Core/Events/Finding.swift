/// What a detector concluded from a trace, with what it measured and what to do about it.
///
/// It owns its text: unlike events, findings are few, and outlive the batch they came from.
public struct Finding: Sendable, Equatable {
    /// The detector that found it, and the rule of that detector: `idle-waiter`, `convoy`.
    public var detector: String
    public var rule: String
    public var severity: Severity
    /// How sure it is, from 0 to 1.
    public var confidence: Double
    /// Too few samples, or too much of what it needs was lost: no verdict.
    public var isInconclusive = false
    /// The window it speaks of, nanoseconds of `CLOCK_MONOTONIC`.
    public var from: UInt64
    public var to: UInt64
    /// Thread ids concerned, in the tracer's pid namespace.
    public var tasks: [Int32] = []
    /// One line: what is wrong.
    public var title: String
    /// What was measured.
    public var evidence: [Evidence] = []
    /// Why it matters; empty if the title says it.
    public var reason = ""
    /// What to do.
    public var advice = ""

    public enum Severity: String, Sendable, CaseIterable {
        case information, low, medium, high
    }

    /// A measurement.
    public struct Evidence: Sendable, Equatable {
        public enum Quantity: Sendable, Equatable {
            case number(Double)
            case text(String)
        }
        public var name: String
        public var value: Quantity
        /// `ms`, `bytes`, `%`: as shown behind the value; empty for counts and text.
        public var unit: String

        public init(_ name: String, _ value: Quantity, unit: String = "") {
            self.name = name
            self.value = value
            self.unit = unit
        }
    }

    /// Names under which a structure holds the evidence, each once: the unit stands behind the name, as in `wait (ms)`, and
    /// what another has already is numbered.
    public var evidenceKeys: [String] {
        var seen: [String: Int] = [:]
        return evidence.map { e in
            let key = e.unit.isEmpty ? e.name : "\(e.name) (\(e.unit))"
            let count = seen[key, default: 0] + 1
            seen[key] = count
            return count == 1 ? key : "\(key) #\(count)"
        }
    }

    public init(
        detector: String, rule: String, severity: Severity, confidence: Double, from: UInt64, to: UInt64, title: String
    ) {
        self.detector = detector
        self.rule = rule
        self.severity = severity
        self.confidence = confidence
        self.from = from
        self.to = to
        self.title = title
    }
}
