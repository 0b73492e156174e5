import RenacerCore

// What processors and the filters of sinks come to.

extension Invocation {
    /// Has captured what processors look at, and refuses what they cannot keep from being shown.
    mutating func applyProcessors(_ plan: inout CapturePlan) throws(UsageError) {
        let isRecorded = settings.sinks.first { $0.kind.name == SinkRegistration.recording.name }
        if let isRecorded, !settings.processors.isEmpty || isRecorded.filter != nil {
            throw UsageError("\(isRecorded.origin) and [[processor]] or a filter: a recording keeps memory and calls as they are; use them with 'renacer replay'")
        }
        if settings.looksAtPaths {
            plan.memory.isNeeded = true
            plan.memory.descriptors.insert(.path)
        }
        guard let replacements = try settings.makeReplacements() else { return }
        settings.text.decoding.replacements = replacements
        guard replacements.hides else { return }
        plan.memory.stringLimit += Replacements.lookahead
        if !settings.text.dumped.isEmpty {
            throw UsageError("--read and --write dump bytes as they are, which [[processor]] redact is to hide: leave out one of them")
        }
        if let sink = settings.sinks.first(where: { $0["group-by"] == "file" }) {
            throw UsageError("\(sink.origin): group-by=file shows names of files, which [[processor]] redact may have to hide: leave out one of them")
        }
    }
}

extension Settings {
    private var filters: [CallFilter] {
        sinks.compactMap { $0.filter?.filter } + processors.compactMap { if case .filter(let filter) = $0 { filter } else { nil } }
    }

    /// Calls are chosen by what they touch, or hidden by it.
    var looksAtPaths: Bool {
        !pipeline.access.paths.isEmpty || filters.contains { !$0.access.paths.isEmpty }
            || processors.contains { if case .redact(_, let paths, _) = $0 { !paths.isEmpty } else { false } }
    }

    /// Calls are chosen by how long they took.
    var looksAtTimes: Bool {
        pipeline.plan.selection.minimumDuration > 0 || filters.contains { $0.selection.minimumDuration > 0 }
            || processors.contains { if case .aggregate = $0 { true } else { false } }
    }

    /// What all `redact` processors hide; nil without any.
    func makeReplacements() throws(UsageError) -> Replacements? {
        var patterns: [String] = [], paths: [String] = [], mark = "[redacted]"
        for case .redact(let p, let q, let m) in processors {
            patterns += p
            paths += q
            mark = m ?? mark
        }
        guard processors.contains(where: { if case .rename(_, let f) = $0 { !f.isEmpty } else { $0.hides } }) else { return nil }
        do throws(TraceExpression.Failure) { return try Replacements(patterns: patterns, paths: paths, mark: mark) } catch {
            throw UsageError("[[processor]] redact: \(error)")
        }
    }

    /// The processors that decide which calls go on, behind what flags say calls must touch; nil without any.
    func processorChain(_ inspector: any TaskInspector) -> ProcessorChain? {
        var stages: [any Processor] = lookingProcessors.compactMap { request in
            switch request {
            case .filter(let filter): FilterProcessor(filter, inspector: inspector)
            case .sample(let choice, let syscalls): SampleProcessor(choice, of: syscalls)
            case .rateLimit(let limit, let interval, let syscalls): RateLimitProcessor(limit, per: interval, of: syscalls)
            case .aggregate(let limit, let syscalls): AggregateProcessor(shorterThan: limit, of: syscalls)
            case .rename, .redact: nil
            }
        }
        if stages.isEmpty { return nil }
        if !pipeline.access.isEmpty {
            var filter = CallFilter()
            filter.access = pipeline.access
            stages.insert(FilterProcessor(filter, inspector: inspector), at: 0)
        }
        return ProcessorChain(stages)
    }

    /// The settings that a sink is made from.
    func processed(for request: SinkRequest) -> Settings {
        var result = self
        if let filter = request.filter?.filter, !filter.selection.isAll { result.text.calls.isProvisional = true }
        if request.kind.name == SinkRegistration.summary.name || request.isSummary { result.text.calls.countsFolded = true }
        guard let replacements = text.decoding.replacements else { return result }
        if replacements.hides, let launch = pipeline.plan.target.launch {
            result.pipeline.plan.target.launch?.arguments = launch.arguments.map(replacements.apply)
        }
        if request.kind.isStructured { result.text.decoding.replacements = replacements.renaming(renamed.fields) }
        return result
    }

    /// A sink behind what stands before it alone.
    func filtered(_ sink: any Sink, _ request: SinkRequest, _ inspector: any TaskInspector) -> any Sink {
        let names = request.kind.isStructured ? renamed.calls : [:]
        let replacements = text.decoding.replacements.flatMap { $0.hides ? $0 : nil }
        if request.filter == nil, replacements == nil, names.isEmpty { return sink }
        return FilteredSink(sink, request.filter?.filter, replacements: replacements, names: names, inspector: inspector)
    }

    private var renamed: (calls: [String: String], fields: [String: String]) {
        var result: (calls: [String: String], fields: [String: String]) = ([:], [:])
        for case .rename(let calls, let fields) in processors {
            result.calls.merge(calls) { $1 }
            result.fields.merge(fields) { $1 }
        }
        return result
    }
}

extension SinkRegistration {
    /// Its names are for programs: text keeps strace's.
    var isStructured: Bool { place != .text }
}
