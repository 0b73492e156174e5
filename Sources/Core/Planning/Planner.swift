/// Compares what is asked for with what backends can do, before anything starts.
public enum Planner {
    /// A backend, as one who has to choose sees it: declarations, and what the machine leaves of them once somebody looks.
    public struct Candidate {
        public let name: String
        public private(set) var capabilities: Capabilities
        /// Why it traces nothing on this machine, with what to do about it; nil if it works, or before `examine`.
        public private(set) var obstacle: String?
        /// What looks at the machine; nil once it has.
        private var conditions: (() -> Conditions)?

        public init(name: String, capabilities: Capabilities, conditions: @escaping () -> Conditions = { Conditions() }) {
            self.name = name
            self.capabilities = capabilities
            self.conditions = conditions
        }

        public init(_ backend: any Backend) {
            self.init(name: String(describing: backend.name), capabilities: backend.capabilities) { backend.conditions }
        }

        /// Takes into account what this machine takes away.
        public mutating func examine() {
            guard let here = conditions?() else { return }
            conditions = nil
            obstacle = here.obstacle
            for (feature, capability) in here.restrictions { capabilities[feature] = capability }
        }

        var isExamined: Bool { conditions == nil }

        /// What is left of a feature here: nothing if nothing works.
        public func support(for feature: Feature) -> Capability {
            obstacle.map { .unavailable($0) } ?? capabilities[feature]
        }

        func unavailable(_ requirements: [Requirement]) -> Requirement? {
            requirements.first { $0.weight == .needed && $0.met(by: capabilities).fidelity == .unavailable }
        }

        /// How far it stays behind what is asked for, and behind what is wanted besides: 0 if all is exact.
        func shortfall(_ requirements: [Requirement]) -> (needed: Int, wanted: Int) {
            var result = (needed: 0, wanted: 0)
            for r in requirements {
                let lack = switch r.met(by: capabilities).fidelity {
                case .exact: 0
                case .bestEffort: 1
                case .unavailable: 2
                }
                if r.weight == .needed { result.needed += lack } else { result.wanted += lack }
            }
            return result
        }
    }

    /// Calls that a trace is taken to see, since nobody knows: a program may be short, what runs already is watched.
    public static func expectedCalls(_ target: CapturePlan.Target) -> UInt64 {
        target.launch != nil && target.scope == .named ? 10_000 : 1_000_000
    }

    /// The backends that can do what is asked for: first those that do exactly that, then those that deliver exactly
    /// what is wanted besides, then the cheaper. The machine is looked at for the first, which costs time.
    ///
    /// - Returns: indices of `candidates`, the best first.
    public static func order(_ candidates: inout [Candidate], _ requirements: [Requirement], calls: UInt64) -> [Int] {
        while true {
            let ranks = candidates.map { c in
                let lack = c.shortfall(requirements)
                return (lack.needed, lack.wanted, c.capabilities.cost.estimate(calls: calls))
            }
            let able = candidates.indices.filter { candidates[$0].obstacle == nil && candidates[$0].unavailable(requirements) == nil }
            let order = able.sorted { ranks[$0] == ranks[$1] ? $0 < $1 : ranks[$0] < ranks[$1] }
            guard let first = order.first, !candidates[first].isExamined else { return order }
            candidates[first].examine()
        }
    }

    /// A line about each backend: which is taken, and why not the others.
    public static func reasons(
        _ candidates: [Candidate], _ order: [Int], _ requirements: [Requirement], calls: UInt64
    ) -> [String] {
        let rest = candidates.indices.filter { !order.contains($0) }
        return (order + rest).map { reason(candidates[$0], $0 == order.first, requirements, calls) }
    }

    private static func reason(_ c: Candidate, _ isTaken: Bool, _ requirements: [Requirement], _ calls: UInt64) -> String {
        let verb = isTaken ? "--backend auto takes \(c.name)" : "not \(c.name)"
        if let obstacle = c.obstacle { return "\(verb): \(obstacle)" }
        if let r = c.unavailable(requirements) { return "\(verb): \(r.origin): \(r.met(by: c.capabilities).reason)" }
        let estimate = c.capabilities.cost.estimate(calls: calls)
        let cost = estimate == .max ? "of unknown cost" : "about \(estimate / 1_000_000) ms for \(calls) calls"
        let lacks = lacks(of: c, requirements)
        return lacks.isEmpty ? "\(verb): everything is exact, \(cost)" : "\(verb): \(cost), not exact: \(lacks)"
    }

    private static func lacks(of c: Candidate, _ requirements: [Requirement]) -> String {
        requirements.filter { $0.met(by: c.capabilities).fidelity != .exact }
            .map { "\($0.feature.rawValue) (\($0.met(by: c.capabilities).reason))" }.joined(separator: ", ")
    }

    /// A line about a backend that was named.
    public static func shortcomings(of c: Candidate, _ requirements: [Requirement]) -> String {
        let lacks = lacks(of: c, requirements)
        return "--backend \(c.name): \(c.obstacle ?? (lacks.isEmpty ? "everything is exact" : "not exact: \(lacks)"))"
    }

    /// - Parameter others: backends that might do what this one cannot.
    /// - Returns: the line that refuses the first requirement that `backend` cannot meet.
    public static func refusal(of backend: Candidate, _ requirements: [Requirement], others: [Candidate]) -> TraceError? {
        guard let r = backend.unavailable(requirements) else { return nil }
        let reason = r.met(by: backend.capabilities).reason
        let able = others.filter { $0.unavailable([r]) == nil }
        guard let first = able.first else { return TraceError("\(r.origin): \(reason)") }
        let names = able.map(\.name).joined(separator: " or ")
        let usable = able.filter { $0.obstacle == nil }
        if usable.isEmpty, let obstacle = first.obstacle { return TraceError("\(r.origin) needs \(first.name): \(reason); \(first.name) does not work here: \(obstacle)") }
        guard let whole = usable.first(where: { $0.unavailable(requirements) == nil }) else {
            let clash = usable.lazy.compactMap { $0.unavailable(requirements)?.origin }.first ?? ""
            return TraceError("\(r.origin) needs \(names): \(reason); no backend does that together with \(clash)")
        }
        return TraceError("\(r.origin) needs \(names): \(reason) (use --backend \(whole.name))")
    }

    /// A line for each thing asked for that `backend` does only as well as it can. What the output is made from anyway
    /// is not: of that a backend's documentation tells.
    public static func announcements(of backend: Candidate, _ requirements: [Requirement]) -> [String] {
        var lines: [String] = []
        for r in requirements where r.weight == .needed && !requirements.contains(where: { $0.weight == .wanted && $0.feature == r.feature }) {
            let met = r.met(by: backend.capabilities)
            guard met.fidelity == .bestEffort else { continue }
            let line = "\(r.origin): best effort with the \(backend.name) backend: \(met.reason)"
            if !lines.contains(line) { lines.append(line) }
        }
        return lines
    }
}
