/// Which of the calls that were traced are shown: by how they ended (`-e status=`) and how long
/// they took (`--min-duration`).
public struct CallSelection: Sendable, Equatable {
    public var outcomes: Outcomes = .all
    /// Shorter calls are left out, ns.
    public var minimumDuration: UInt64 = 0
    /// Processors decide when calls end: what was entered may be withdrawn.
    public var isProvisional = false
    /// Calls that processors folded count.
    public var countsFolded = false
    public init() {}

    /// Outcomes of a call, as `-e status=` names them.
    public struct Outcomes: OptionSet, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        public static let successful = Outcomes(rawValue: 1 << 0)
        public static let failed = Outcomes(rawValue: 1 << 1)
        public static let unfinished = Outcomes(rawValue: 1 << 2)
        public static let unavailable = Outcomes(rawValue: 1 << 3)
        public static let detached = Outcomes(rawValue: 1 << 4)
        public static let all: Outcomes = [.successful, .failed, .unfinished, .unavailable, .detached]

        public func admits(_ outcome: Call.Outcome) -> Bool {
            switch outcome {
            case .returned: contains(.successful)
            case .failed: contains(.failed)
            case .unfinished: contains(.unfinished)
            case .unavailable: contains(.unavailable)
            case .detached: contains(.detached)
            }
        }
    }

    /// Whether a call was folded by a processor, so that it is counted and not shown.
    public func countsOnly(_ call: borrowing Call, at time: UInt64) -> Bool {
        guard isProvisional, call.treatment == .folded else { return false }
        var counting = self
        counting.countsFolded = true
        return counting.admits(call, at: time)
    }

    /// Whether a call is admitted whatever comes of it.
    public var isAll: Bool { outcomes == .all && minimumDuration == 0 && !isProvisional }

    /// Whether a call that ended, or was left, at `time` is shown. One whose start was not seen
    /// has taken nobody knows how long, and is.
    public func admits(_ call: borrowing Call, at time: UInt64) -> Bool {
        guard outcomes.admits(call.outcome) else { return false }
        if !call.treatment.isEmpty, call.treatment != .folded || !countsFolded { return false }
        let start = call.enterTime
        if minimumDuration == 0 || start == 0 { return true }
        let end = call.exitTime == 0 ? time : call.exitTime
        return end >= start && end - start >= minimumDuration
    }
}
