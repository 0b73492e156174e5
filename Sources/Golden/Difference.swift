/// Something that a program does otherwise than its golden trace says.
public struct Difference: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        case appeared, vanished, moved, slowed, ended
    }

    public var kind: Kind
    /// The task that it is about; empty if it is the whole program.
    public var task = ""
    /// The name of the call.
    public var name = ""
    /// Calls concerned.
    public var count = 0
    /// `src/main.c:12`; empty if it is not known.
    public var source = ""
    /// Some of the calls: what each is, and where it stands.
    public var examples: [Example] = []
    /// Of one that is slower.
    public var slowdown: Slowdown?
    /// How the program was to end, and how it did.
    public var endings: (expected: String, actual: String)?
    /// Within what is tolerated: it is told, and the check succeeds.
    public var isTolerated = false

    public struct Example: Sendable, Equatable {
        public var call: String
        /// The call before it: what it appeared behind, vanished behind, or moved behind.
        public var after: String?
        /// What it stood behind before it moved.
        public var formerly: String?
        public init(_ call: String, after: String? = nil, formerly: String? = nil) {
            self.call = call
            self.after = after
            self.formerly = formerly
        }
    }

    public struct Slowdown: Sendable, Equatable {
        /// `P5`, `P50`, `P95`.
        public var percentile: String
        /// Nanoseconds, the median of the runs.
        public var before: Double
        public var after: Double
        /// What everything else became slower by: 1 if nothing did.
        public var background: Double
        /// How much slower, less what everything else became: 0.3 is 30 %; the middle one of all pairs of runs.
        public var increase: Double
        /// The share of pairs of runs in which the later one is slower.
        public var superiority: Double
        /// How likely this comes by chance, with all that was tested taken into account.
        public var p: Double
        /// Where the most of it is.
        public var objects: [(object: String, source: String, before: UInt64, after: UInt64)] = []

        public static func == (a: Self, b: Self) -> Bool { a.percentile == b.percentile && a.before == b.before && a.after == b.after && a.p == b.p }
    }

    init(_ kind: Kind) { self.kind = kind }

    public static func == (a: Self, b: Self) -> Bool {
        a.kind == b.kind && a.task == b.task && a.name == b.name && a.count == b.count && a.source == b.source && a.examples == b.examples
            && a.slowdown == b.slowdown && a.endings?.actual == b.endings?.actual && a.isTolerated == b.isTolerated
    }
}

/// How far from a golden trace is still the same.
public struct Tolerance: Sendable, Equatable {
    /// Calls of one name that may be more, fewer or elsewhere, as a share of those in the golden trace.
    public var calls = 0.0
    /// How much slower P5 and P50 may be, and P95.
    public var median = 0.2
    public var tail = 0.5

    public init() {}
}
