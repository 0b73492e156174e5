/// A sink that is given some of the events, calls by other names, and findings without what nobody should see.
public final class FilteredSink: Sink {
    private let sink: any Sink
    private let chain: ProcessorChain?
    private let replacements: Replacements?
    /// New names of calls.
    private let names: [Name: Name]
    /// Rows of those that were met; they live as long as the sink, which is as long as their events.
    private var rows: [ObjectIdentifier: Syscall] = [:]

    public init(
        _ sink: any Sink, _ filter: CallFilter?, replacements: Replacements? = nil, names: [String: String] = [:], inspector: any TaskInspector
    ) {
        self.sink = sink
        chain = filter.map { ProcessorChain([FilterProcessor($0, inspector: inspector)]) }
        self.replacements = replacements
        self.names = Dictionary(uniqueKeysWithValues: names.map { (Name(copying: $0.key), Name(copying: $0.value)) })
    }

    public var aggregation: Aggregation? { chain == nil && names.isEmpty ? sink.aggregation : nil }
    public func start() throws(TraceError) { try sink.start() }

    public func consume(_ event: borrowing Event) throws(TraceError) {
        var event = copy event
        if let chain, !chain.admits(&event) { return }
        if !names.isEmpty { rename(&event) }
        try sink.consume(event)
    }

    private func rename(_ event: inout Event) {
        switch event.body {
        case .syscallEntered(var call):
            if rename(&call) { event.body = .syscallEntered(call) }
        case .syscall(var call):
            if rename(&call) { event.body = .syscall(call) }
        default: break
        }
    }

    private func rename(_ call: inout Call) -> Bool {
        guard let syscall = call.syscall, let name = names[syscall.name] else { return false }
        let row = rows[ObjectIdentifier(syscall)] ?? Syscall(syscall, named: name)
        rows[ObjectIdentifier(syscall)] = row
        call.rename(row)
        return true
    }

    public func report(_ finding: Finding) throws(TraceError) {
        try sink.report(replacements.map { finding.applying($0) } ?? finding)
    }

    public func idle() throws(TraceError) { try sink.idle() }
    public func refresh(_ account: Account) throws(TraceError) { try sink.refresh(account) }
    public func finish(_ account: Account) throws(TraceError) { try sink.finish(account) }
}
