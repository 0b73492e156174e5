import RenacerCore

// Requirements flow up: what no sink is shown is not captured.

/// What filters let through, as far as a backend can be told of it beforehand.
struct Admission {
    var syscalls = SyscallSet.all
    var signals = SignalSet.all
    var selection = CallSelection()

    static let nothing: Admission = {
        var none = Admission()
        none.syscalls = .none
        none.signals = .none
        none.selection.outcomes = []
        none.selection.minimumDuration = .max
        return none
    }()

    /// What goes through another filter too.
    mutating func narrow(by filter: CallFilter) {
        syscalls.formIntersection(filter.syscalls)
        signals.formIntersection(filter.signals)
        selection.outcomes.formIntersection(filter.selection.outcomes)
        selection.minimumDuration = max(selection.minimumDuration, filter.selection.minimumDuration)
    }

    /// What goes either way.
    mutating func widen(by other: Admission) {
        syscalls.formUnion(other.syscalls)
        signals.formUnion(other.signals)
        selection.outcomes.formUnion(other.selection.outcomes)
        selection.minimumDuration = min(selection.minimumDuration, other.selection.minimumDuration)
    }
}

extension Settings {
    /// Leaves out of the plan what the filters before every sink drop. They stay: of some calls only they can tell.
    ///
    /// To be called before detectors add what they look at, which is not what goes on to sinks.
    mutating func narrowCapture() {
        guard !processors.isEmpty || sinks.contains(where: { $0.filter != nil }) else { return }
        var all = Admission()
        for request in processors {
            if request.countsWhatPasses { break }
            if case .filter(let filter) = request { all.narrow(by: filter) }
        }
        // What processors leave out depends on all that they are shown, whoever shows it in the end.
        if !processors.contains(where: \.countsWhatPasses), !sinks.isEmpty {
            var some = Admission.nothing, decoded = SyscallSet.none
            for sink in sinks where !sink.showsFindingsOnly {
                var branch = all
                if let filter = sink.filter?.filter { branch.narrow(by: filter) }
                some.widen(by: branch)
                if !sink.needs.isDisjoint(with: [.decoding, .files]) { decoded.formUnion(branch.syscalls) }
            }
            if sinks.contains(where: { !$0.showsFindingsOnly }) { all = some }
            // Whether a call touches a path is asked before it is known who shows it.
            if !looksAtPaths { pipeline.plan.memory.calls.formIntersection(decoded) }
        }
        pipeline.plan.syscalls.formIntersection(all.syscalls)
        pipeline.plan.signals.formIntersection(all.signals)
        pipeline.plan.selection.outcomes.formIntersection(all.selection.outcomes)
        pipeline.plan.selection.minimumDuration = max(pipeline.plan.selection.minimumDuration, all.selection.minimumDuration)
    }

    /// The processors that have to look at calls: those before them that choose by number are in the plan.
    var lookingProcessors: [ProcessorRequest] {
        Array(processors.filter { !$0.changesNamesOnly }.drop { if case .filter(let filter) = $0 { filter.choosesByNumber } else { false } })
    }
}

extension ProcessorRequest {
    /// What it lets through depends on how much came before.
    var countsWhatPasses: Bool {
        switch self {
        case .sample, .rateLimit, .aggregate: true
        case .filter, .rename, .redact: false
        }
    }

    /// Every event goes on.
    var changesNamesOnly: Bool {
        switch self {
        case .rename, .redact: true
        case .filter, .sample, .rateLimit, .aggregate: false
        }
    }
}

extension SinkRequest {
    /// No call is shown by it.
    var showsFindingsOnly: Bool { kind.name == SinkRegistration.findings.name || kind.name == SinkRegistration.assertions.name }
}
