import CRenacerPlugin

/// An option: `--detector NAME,key=value` or `--sink NAME,key=value`. renacer validates before anything starts.
public struct Option: Sendable {
    public enum Kind: UInt32, Sendable { case text, integer, number, boolean, duration, bytes, choice }
    public var name: String
    public var kind: Kind
    /// As a user would write it.
    public var defaultValue: String
    public var help: String
    public var minimum: Double
    public var maximum: Double
    public var choices: [String]

    public init(
        _ name: String, _ kind: Kind, default defaultValue: String, _ help: String, minimum: Double = 0, maximum: Double = 0, choices: [String] = []
    ) {
        self.name = name
        self.kind = kind
        self.defaultValue = defaultValue
        self.help = help
        self.minimum = minimum
        self.maximum = maximum
        self.choices = choices
    }
}

/// Events that a component wants.
public struct Subscription: Sendable {
    public struct Kinds: OptionSet, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        public static let callsEntered = Kinds(rawValue: 1 << 0)
        public static let calls = Kinds(rawValue: 1 << 1)
        public static let signals = Kinds(rawValue: 1 << 2)
        public static let tasks = Kinds(rawValue: 1 << 3)
        public static let losses = Kinds(rawValue: 1 << 4)
    }

    public var kinds: Kinds
    /// As after `renacer -e trace=`.
    public var calls: String
    /// What pointers lead to is wanted, too.
    public var needsMemory: Bool
    /// Where calls were made from is wanted, too: of detectors.
    public var needsStacks: Bool
    /// An option and how its value has to begin for this to count, such as `window=marker:`; empty: it always counts.
    public var given: String

    public init(_ kinds: Kinds, of calls: String = "", needsMemory: Bool = false, needsStacks: Bool = false, given: String = "") {
        self.kinds = kinds
        self.calls = calls
        self.needsMemory = needsMemory
        self.needsStacks = needsStacks
        self.given = given
    }
}

/// The balance of a trace.
public struct Account: Sendable {
    public var delivered: UInt64
    public var lost: UInt64
}

/// What a detector concluded.
public struct Finding {
    public enum Severity: UInt32, Sendable { case information, low, medium, high }
    public enum Quantity { case number(Double), text(String) }

    /// Who found it: of findings that a sink is told of.
    public var detector = ""
    public var rule: String
    public var severity: Severity
    /// From 0 to 1.
    public var confidence: Double
    public var isInconclusive = false
    /// The window it speaks of, ns of `CLOCK_MONOTONIC`.
    public var from: UInt64
    public var to: UInt64
    public var tasks: [Int32] = []
    /// One line: what is wrong.
    public var title: String
    /// What was measured; a finding without it is refused.
    public var evidence: [(name: String, value: Quantity, unit: String)] = []
    public var reason = ""
    public var advice = ""

    public init(rule: String, severity: Severity, confidence: Double, from: UInt64, to: UInt64, title: String) {
        self.rule = rule
        self.severity = severity
        self.confidence = confidence
        self.from = from
        self.to = to
        self.title = title
    }
}

/// Why a component cannot go on: one line.
public struct PluginError: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
