import RenacerCore

/// The backend that a command line names, or those that `auto` would take, the best first.
struct BackendChoice {
    private(set) var candidates: [any Backend]
    private let requirements: [Requirement]
    /// What `-d` says about the choice.
    let reasons: [String]

    /// Refuses what cannot be done before anything starts.
    init(_ settings: Settings) throws(UsageError) {
        requirements = settings.requirements
        if let recording = settings.recording {
            candidates = [recording]
            reasons = []
            if let refusal = Self.refusal(of: recording, requirements, []) { throw refusal }
            if let refusal = recording.refusal(of: settings.pipeline.plan) ?? recording.refusal(of: settings.text.dumped) {
                throw UsageError(refusal.description)
            }
            return
        }
        if let name = settings.pipeline.backend, let kind = BackendRegistration.named(name) {
            candidates = [kind.make()]
            var seen = Planner.Candidate(candidates[0])
            seen.examine()
            reasons = settings.pipeline.plan.ptrace.debug ? [Planner.shortcomings(of: seen, requirements)] : []
            let others = BackendRegistration.all.filter { $0.name != name }
            if let refusal = Self.refusal(of: candidates[0], requirements, others) { throw refusal }
            return
        }
        let backends = BackendRegistration.all.filter(\.isAutomatic).map { $0.make() }
        var seen = backends.map { Planner.Candidate($0) }
        let calls = Planner.expectedCalls(settings.pipeline.plan.target)
        let order = Planner.order(&seen, requirements, calls: calls)
        guard !order.isEmpty else {
            throw Self.refusal(of: backends[0], requirements, Array(BackendRegistration.all.dropFirst()))
                ?? UsageError(seen.lazy.compactMap(\.obstacle).first ?? "no backend works here; see 'renacer doctor'")
        }
        candidates = order.map { backends[$0] }
        guard settings.pipeline.plan.ptrace.debug else {
            reasons = []
            return
        }
        for i in seen.indices { seen[i].examine() }
        reasons = Planner.reasons(seen, order, requirements, calls: calls)
    }

    private static func refusal(of backend: any Backend, _ requirements: [Requirement], _ others: [BackendRegistration]) -> UsageError? {
        var candidate = Planner.Candidate(backend)
        candidate.examine()
        if Planner.refusal(of: candidate, requirements, others: []) == nil { return nil }
        let others = others.map { kind in
            var other = Planner.Candidate(kind.make())
            other.examine()
            return other
        }
        return Planner.refusal(of: candidate, requirements, others: others).map { UsageError($0.description) }
    }

    /// What `backend` does only as well as it can, a line each.
    func announcements(of backend: any Backend) -> [String] {
        if !requirements.contains(where: { $0.weight == .needed }) { return [] }
        var candidate = Planner.Candidate(backend)
        candidate.examine()
        return Planner.announcements(of: candidate, requirements)
    }
}
