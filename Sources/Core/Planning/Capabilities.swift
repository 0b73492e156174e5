/// How well a backend can do something, and why not better.
public struct Capability: Sendable, Equatable {
    public enum Fidelity: String, Sendable, Comparable {
        case unavailable = "no"
        case bestEffort = "best effort"
        case exact
        public static func < (a: Fidelity, b: Fidelity) -> Bool { a.rank < b.rank }
        private var rank: Int { self == .exact ? 2 : self == .bestEffort ? 1 : 0 }
    }
    public var fidelity: Fidelity
    /// Why it is not exact; empty if it is.
    public var reason: String

    public static let exact = Capability(fidelity: .exact, reason: "")
    public static func bestEffort(_ reason: String) -> Capability { .init(fidelity: .bestEffort, reason: reason) }
    public static func unavailable(_ reason: String) -> Capability { .init(fidelity: .unavailable, reason: reason) }
}

/// What a backend takes, as measured; only comparisons between backends are made with it.
public struct Cost: Sendable, Equatable {
    /// From renacer's start to the program's, and at the end, ns.
    public var start: UInt64
    /// What tracing adds to a call, ns.
    public var call: UInt64

    public init(start: UInt64, call: UInt64) {
        self.start = start
        self.call = call
    }

    /// For a backend that is only used by name.
    public static let unknown = Cost(start: .max, call: 0)

    /// ns for a trace of that many calls.
    public func estimate(calls: UInt64) -> UInt64 {
        let (all, isTooMuch) = call.multipliedReportingOverflow(by: calls)
        let (sum, overflows) = start.addingReportingOverflow(all)
        return isTooMuch || overflows ? .max : sum
    }
}

/// What a backend can do where it works, feature by feature, and what it takes.
public struct Capabilities: Sendable {
    private struct Row {
        var feature: Feature
        var capability: Capability
    }

    /// A list, which a start makes quicker than a dictionary.
    private var rows: [Row]
    public var cost: Cost

    public init(_ byFeature: KeyValuePairs<Feature, Capability>, cost: Cost = .unknown) {
        rows = byFeature.map { Row(feature: $0.key, capability: $0.value) }
        self.cost = cost
    }

    public subscript(f: Feature) -> Capability {
        get { rows.first { $0.feature == f }?.capability ?? .unavailable("not offered by this backend") }
        set {
            if let i = rows.firstIndex(where: { $0.feature == f }) { rows[i].capability = newValue } else { rows.append(Row(feature: f, capability: newValue)) }
        }
    }
}

/// A need, and who states it, for the line that refuses it.
public struct Requirement: Sendable, Equatable {
    /// What follows if a backend cannot do it.
    public enum Weight: Sendable {
        /// It was asked for: what is unavailable is refused, best effort is announced.
        case needed
        /// It makes the answer better: it counts when a backend is chosen.
        case wanted
    }

    public var feature: Feature
    /// The flag or sink that needs it, as the user wrote it: `--inject`.
    public var origin: String
    public var weight: Weight
    /// A feature that does as well.
    public var alternative: Feature?

    public init(_ feature: Feature, origin: String, _ weight: Weight = .needed, or alternative: Feature? = nil) {
        self.feature = feature
        self.origin = origin
        self.weight = weight
        self.alternative = alternative
    }

    /// How well it is met.
    func met(by capabilities: Capabilities) -> Capability {
        let first = capabilities[feature]
        guard let alternative, first.fidelity < capabilities[alternative].fidelity else { return first }
        return capabilities[alternative]
    }
}
