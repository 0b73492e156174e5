import RenacerCore

/// What an option needs of a backend. Options that say the same in other words share one.
struct Need: Sendable {
    let feature: Feature
    /// As the user knows it, with the value if it is that which needs the feature: `--placement=pin`.
    let origin: String
    /// Whether a command line, all in all, asks for it: a later option may have taken it back.
    let isAsked: @Sendable (Settings) -> Bool

    init(_ feature: Feature, _ origin: String, _ isAsked: @escaping @Sendable (Settings) -> Bool) {
        self.feature = feature
        self.origin = origin
        self.isAsked = isAsked
    }

    static let attach = Need(.attach, "--attach") { !$0.pipeline.plan.target.attach.isEmpty }
    static let all = Need(.systemWide, "--all") { $0.pipeline.plan.target.scope == .all }
    static let cgroup = Need(.systemWide, "--cgroup") { if case .cgroup = $0.pipeline.plan.target.scope { true } else { false } }
    static let detachOnExecve = Need(.detachOnExecve, "--detach-on=execve") { $0.pipeline.plan.detachOnExecve }
    static let killOnExit = Need(.killOnExit, "--kill-on-exit") { $0.pipeline.plan.ptrace.killOnExit }
    static let exact = Need(.backpressure, "--exact") { $0.pipeline.plan.isExact }
    static let ringSize = Need(.ringSize, "--ring-size") { $0.pipeline.plan.bpf.ringSize != nil }
    static let liveMemory = Need(.liveMemory, "--memory=live") { $0.pipeline.plan.memory.isLive }
    static let seccompFilter = Need(.seccompFilter, "--seccomp-bpf") { $0.pipeline.plan.ptrace.seccomp == .always }
    static let pinning = Need(.placement, "--placement=pin") { $0.pipeline.plan.ptrace.placement == .pin }
    static let tracePaths = Need(.descriptorPaths, "--trace-path") { $0.looksAtPaths && !$0.pipeline.plan.memory.isLive }
    static let callTimes = Need(.callTimes, "--min-duration") { $0.looksAtTimes }
    static let descriptorPaths = Need(.descriptorPaths, "--decode-fds") {
        $0.needs.contains(.decoding) && !$0.text.decoding.descriptors.isEmpty && !$0.pipeline.plan.memory.isLive
    }
    static let groupedFiles = Need(.descriptorPaths, "--group-by=file") { $0.needs.contains(.files) }
    static let commands = Need(.commands, "--decode-pids=comm") { $0.needs.contains(.decoding) && ($0.text.decoding.commands || $0.text.commands) }
    static let namespaces = Need(.namespaces, "--decode-pids=pidns") { $0.needs.contains(.decoding) && $0.text.decoding.pidNamespaces }
    static let enteredNamespaces = Need(.enteredNamespaces, "-e namespace=new") { $0.needs.contains(.decoding) && $0.text.decoding.enteredNamespaces }
    static let virtualCPUs = Need(.virtualCPUs, "-e kvm=vcpu") { $0.needs.contains(.decoding) && $0.text.decoding.virtualCPUs }
    static let instructionPointer = Need(.instructionPointer, "--instruction-pointer") { $0.needs.contains(.decoding) && $0.text.instructionPointer && $0.pipeline.plan.instructionPointer }
    static let systemTime = Need(.systemTime, "--summary-cpu") { $0.pipeline.plan.systemTime }
    static let injection = Need(.injection, "--inject") { !$0.pipeline.plan.tampering.isEmpty }
    static let strings = Need(.memory, "--string-limit") { $0.needs.contains(.decoding) && $0.text.decoding.stringLimit != DecodingOptions().stringLimit }
    static let structures = Need(.memory, "--no-abbrev") { $0.needs.contains(.decoding) && $0.text.decoding.abbreviated == .none }
    static let dereferencing = Need(.memory, "--verbose") {
        let calls = $0.text.decoding.dereferenced
        return $0.needs.contains(.decoding) && calls != DecodingOptions().dereferenced && calls != .none
    }
    static let escapes = Need(.memory, "--strings-in-hex") { $0.needs.contains(.decoding) && $0.text.escaping != .octal }
    static let readData = Need(.wholeBuffers, "--read") { $0.needs.contains(.decoding) && !$0.text.dumped.reads.isEmpty }
    static let writtenData = Need(.wholeBuffers, "--write") { $0.needs.contains(.decoding) && !$0.text.dumped.writes.isEmpty }
    static let stacks = Need(.stacks, "--stack-trace") { $0.pipeline.plan.stacks && $0.text.stackTrace != .none }
    static let functionTime = Need(.stacks, "--function-time") { $0.pipeline.plan.stacks && $0.sinks.contains { $0.kind.name == SinkRegistration.functions.name } }
    static let flamegraph = Need(.stacks, "--flamegraph") { $0.pipeline.plan.stacks && $0.sinks.contains { $0.kind.name == SinkRegistration.flamegraph.name } }
    static let profile = Need(.stacks, "--profile") { $0.profiles }
    static let source = Need(.stacks, "--source") { $0.pipeline.plan.stacks && $0.text.source != .none }
}

extension Settings {
    /// What the options given need of a backend, and what the sinks want of it.
    var requirements: [Requirement] {
        var result: [Requirement] = []
        func add(_ r: Requirement) { if !result.contains(r) { result.append(r) } }
        for option in Option.all {
            for need in option.needs where need.isAsked(self) { add(Requirement(need.feature, origin: need.origin, or: alternative(to: need.feature))) }
        }
        detectors.flatMap(\.requirements).forEach(add)
        for sink in sinks { Self.wants(of: sink).forEach(add) }
        // Calls that are looked at one by one are not counted in the kernel.
        let plan = pipeline.plan
        if !pipeline.access.isEmpty || !lookingProcessors.isEmpty || plan.syscallLimit != nil || !detectors.isEmpty || !plan.tampering.isEmpty {
            add(Requirement(.lossless, origin: "the trace", .wanted))
        }
        if asStrace { add(Requirement(.interruptions, origin: "strace", .wanted)) }
        return result
    }

    /// What is read late stands in for what a backend cannot read in time, if that was allowed.
    private func alternative(to feature: Feature) -> Feature? {
        guard pipeline.plan.memory.isLive else { return nil }
        return [.memory, .wholeBuffers, .descriptorPaths].contains(feature) ? .liveMemory : nil
    }

    /// What a sink's output is made from. Without some of it there is still an output, which is why no backend is refused.
    private static func wants(of sink: SinkRequest) -> [Requirement] {
        func want(_ feature: Feature, or alternative: Feature? = nil) -> Requirement {
            Requirement(feature, origin: sink.origin, .wanted, or: alternative)
        }
        let needs = sink.needs
        if needs == .events { return [want(.lossless)] }
        // It only counts.
        if needs.isEmpty { return [want(.lossless, or: .kernelAggregation)] }
        var result = [want(.lossless), want(.order), want(.interruptions)]
        if needs.contains(.decoding) { result.append(want(.memory)) }
        if needs.contains(.entries) { result.append(want(.enteredEvents)) }
        if needs.contains(.signals) { result.append(want(.signals)) }
        if needs.contains(.commands) { result.append(want(.commands)) }
        return result
    }
}
