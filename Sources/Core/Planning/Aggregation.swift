/// How the kernel is to count calls (`CapturePlan.selection`), for sinks that need no single events.
///
/// What was counted comes as `Account.counted`. A backend may still deliver single calls, which
/// are then not counted.
public struct Aggregation: Sendable, Equatable {
    /// Taken off the duration of every call, ns.
    public var overhead: UInt64 = 0
    /// Calls in flight when their task ends count too.
    public var unfinished = true
    /// And those in flight when their task is let go of.
    public var detached = true

    public init() {}
}

extension Planner {
    /// What `backend` is to count in the kernel; nil if events must be delivered.
    ///
    /// - Parameter isFiltered: single calls are looked at on their way to the sinks.
    public static func aggregation(
        for sinks: [any Sink], of backend: any Backend, isFiltered: Bool, _ plan: CapturePlan
    ) -> Aggregation? {
        guard let wanted = sinks.first?.aggregation, sinks.allSatisfy({ $0.aggregation == wanted }) else { return nil }
        guard !isFiltered, plan.syscallLimit == nil, plan.tampering.isEmpty else { return nil }
        return backend.capabilities[.kernelAggregation].fidelity == .exact ? wanted : nil
    }
}
