/// Compares what is asked for with what a backend can do, before anything starts.
public enum Planner {
    /// - Parameter others: backends that might do what this one cannot.
    /// - Returns: the line that refuses the first requirement that `backend` cannot meet.
    public static func refusal(of backend: any Backend, _ requirements: [Requirement], others: [any Backend]) -> TraceError? {
        for r in requirements {
            let capability = backend.capabilities[r.feature]
            guard capability.fidelity == .unavailable else { continue }
            let able = others.filter { $0.capabilities[r.feature].fidelity != .unavailable }
            guard let first = able.first else { return TraceError("\(r.origin): \(capability.reason)") }
            let names = able.map { String(describing: $0.name) }.joined(separator: " or ")
            return TraceError("\(r.origin) needs \(names): \(capability.reason) (use --backend \(first.name))")
        }
        return nil
    }
}
