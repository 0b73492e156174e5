import CRenacerPlugin
import RenacerCore
import RenacerOutput

/// A plugin's sink in a pipeline.
///
/// Calls come whole, with arguments that were read when they were known. What it does wrong becomes one line with its name, and
/// it is asked no more.
public final class PluginSink: Sink {
    private let instance: any PluggedInstance
    private let component: Component
    private let records: RecordOutput?
    private let inspector: any TaskInspector
    private let options: Options
    private let fields: FieldTable
    private lazy var others = BatchView(component, fields: fields, inspector: inspector, decoding: options.decoding)
    private lazy var call = CallView(fields, options, inspector, resolvesLater: instance is IsolatedDetector)
    /// Calls of which it is told when they end, and of signals, tasks and losses whether it is.
    private let ends: SyscallSet
    private let kinds: UInt32
    private var isFinished = false

    /// What of the trace it is shown, and how.
    public struct Options {
        public var decoding: DecodingOptions
        public var calls: CallSelection
        public var signals: SignalSet
        public init(decoding: DecodingOptions, calls: CallSelection, signals: SignalSet) {
            self.decoding = decoding
            self.calls = calls
            self.signals = signals
        }
    }

    /// - Parameters:
    ///   - detector: the instance of a component that is a sink: `PluginDetector` or `IsolatedDetector`.
    ///   - destination: what stands behind its name.
    ///   - records: where it writes; nil if that is its own matter.
    /// - Returns: nil if the component is no sink.
    public init?(
        _ detector: any PluggedDetector, _ component: Component, destination: String, options: Options, records: RecordOutput?,
        inspector: any TaskInspector
    ) {
        guard let instance = detector as? any PluggedInstance, component.kind == .sink else { return nil }
        self.instance = instance
        self.component = component
        self.records = records
        self.inspector = inspector
        self.options = options
        fields = instance.fields
        var ends = SyscallSet.none, kinds: UInt32 = 0
        for s in component.subscriptions {
            if s.kinds & UInt32(RENACER_CALL) != 0 { ends.formUnion(s.syscalls) }
            kinds |= s.kinds
        }
        self.ends = ends
        self.kinds = kinds
        instance.inspector = inspector
        instance.destination = destination
        if let records {
            instance.output = { bytes in
                records.text.append(bytes)
                return true
            }
        }
    }

    public func start() throws(TraceError) { try instance.start { _ in } }

    public func consume(_ event: borrowing Event) throws(TraceError) {
        if let ended = call.consume(event), ends.contains(ended.call) {
            call.fill(ended)
            try instance.consume(call.views, services: call)
        }
        var isOther = true
        switch event.body {
        case .syscall: isOther = false
        case .signal(let signal): isOther = options.signals.contains(signal.number)
        case .syscallEntered, .process, .loss: break
        }
        if isOther {
            var one = copy event
            try withUnsafeMutablePointer(to: &one) { (p) throws(TraceError) in
                guard let views = others.fill(UnsafeMutableBufferPointer(start: p, count: 1)) else { return }
                defer { others.end() }
                try instance.consume(views, services: others)
            }
        }
        try end(at: event.time)
    }

    /// What was written is one record, or more than one: it is lost as one.
    private func end(at time: UInt64) throws(TraceError) {
        guard let records else { return }
        try records.end(at: time)
        guard kinds & UInt32(RENACER_LOSS) != 0, let loss = records.takeLoss() else { return }
        var view = renacer_event()
        view.size = UInt32(MemoryLayout<renacer_event>.size)
        view.kind = UInt32(RENACER_LOSS)
        view.time = loss.to
        view.from = loss.from
        view.count = loss.count
        try withUnsafePointer(to: view) { (p) throws(TraceError) in
            try instance.consume(UnsafeBufferPointer(start: p, count: 1), services: others)
        }
    }

    public func report(_ finding: Finding) throws(TraceError) { try instance.tell(finding) }

    public func idle() throws(TraceError) {
        try instance.idle()
        try records?.idle()
    }

    public func finish(_ account: Account) throws(TraceError) {
        if isFinished { return }
        isFinished = true
        while let unfinished = call.nextUnfinished() {
            guard ends.contains(unfinished.call) else { continue }
            call.fill(unfinished)
            try instance.consume(call.views, services: call)
        }
        try instance.finish(account)
        try records?.finish()
    }
}

/// A call that ended, as the sink of a plugin sees it, and what is asked about it.
private final class CallView: EventServices {
    private let fields: FieldTable
    private let hidesMemory: Bool
    private let answer = Answer()
    private let view = UnsafeMutablePointer<renacer_event>.allocate(capacity: 1)
    private let jsonWriter = JSONWriter()
    private let json: CallAssembler
    private let treeWriter = TreeWriter()
    private let tree: CallAssembler
    private let text = TextBuffer(capacity: 64)
    private let resolvesLater: Bool
    /// Values are decoded for those who resolved a field; they do so in `create`, or never.
    private var decodesValues: Bool { resolvesLater || !fields.isEmpty }
    private var sequence: UInt64 = 0
    private var current: AssembledCall?

    /// - Parameter resolvesLater: fields are resolved in another process, and heard of when they are asked about.
    init(_ fields: FieldTable, _ options: PluginSink.Options, _ inspector: any TaskInspector, resolvesLater: Bool) {
        self.resolvesLater = resolvesLater
        self.fields = fields
        hidesMemory = options.decoding.replacements?.hides == true
        view.initialize(to: renacer_event())
        json = CallAssembler(jsonWriter, options.decoding, calls: options.calls, inspector: inspector)
        tree = CallAssembler(treeWriter, options.decoding, calls: options.calls, inspector: inspector)
    }

    deinit { view.deallocate() }

    var views: UnsafeBufferPointer<renacer_event> { UnsafeBufferPointer(start: view, count: 1) }

    /// Takes the next event: the call that ended by it.
    func consume(_ event: borrowing Event) -> AssembledCall? {
        sequence = event.sequence
        if decodesValues { _ = tree.consume(event) }
        return json.consume(event)
    }

    func nextUnfinished() -> AssembledCall? {
        if decodesValues { _ = tree.nextUnfinished() }
        return json.nextUnfinished()
    }

    func fill(_ ended: AssembledCall) {
        current = ended
        var v = renacer_event()
        v.size = UInt32(MemoryLayout<renacer_event>.size)
        v.kind = UInt32(RENACER_CALL)
        v.sequence = sequence
        v.time = ended.end
        v.tid = ended.task.tid
        v.pid = ended.task.pid
        BatchView.describe(ended.call, &v, id: fields.id(ended.call))
        BatchView.end(ended.call.outcome, &v)
        v.enter_time = ended.start
        v.exit_time = ended.end
        view.pointee = v
    }

    private func call(_ event: UnsafePointer<renacer_event>) -> AssembledCall? { event == UnsafePointer(view) ? current : nil }

    func value(of event: UnsafePointer<renacer_event>, _ path: FieldTable.Path?) -> renacer_value? {
        guard let path, let c = call(event), fields.id(c.call) == path.call else { return nil }
        return path.value(among: treeWriter.arguments).map(answer.value)
    }

    func read(_ event: UnsafePointer<renacer_event>, _ address: UInt64, _ to: UnsafeMutableRawBufferPointer) -> Int {
        guard !hidesMemory, let c = call(event) else { return 0 }
        c.call.memory.turn(toExit: false)
        let n = c.call.memory.read(address, into: to)
        if n > 0 { return n }
        c.call.memory.turn(toExit: true)
        return c.call.memory.read(address, into: to)
    }

    func instructionPointer(of event: UnsafePointer<renacer_event>) -> UInt64? {
        guard let pointer = call(event)?.call.instructionPointer, pointer != 0 else { return nil }
        return pointer
    }

    func describe(_ event: UnsafePointer<renacer_event>, _ what: EventDescription) -> [UInt8]? {
        guard let c = call(event) else { return nil }
        switch what {
        case .name:
            text.truncate(to: 0)
            text.append(nameOf: c.call)
            return Array(text.bytes)
        case .arguments: return [0x5b] + jsonWriter.arguments + [0x5d]
        case .error: return c.errorNumber.flatMap(BatchView.name(ofError:))
        case .command: return c.task.command.isEmpty ? nil : c.task.command
        }
    }
}
