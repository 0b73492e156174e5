import CLinux
import CPluginGuard
import CRenacerPlugin
import RenacerCore

/// A detector of a plugin, in this process or in one of its own.
public protocol PluggedDetector: Detector {
    /// Answers what decoding an event asks about tasks; to be set before `start`.
    var inspector: any TaskInspector { get set }
    /// Tells where calls were made from; nil: this run has no stacks. To be set before `start`.
    var stacks: (any StackInspector)? { get set }
    /// Whether tasks are there to be asked about; to be set before `start`.
    var tasksAreThere: Bool { get set }
}

/// An instance of a plugin's component, here or in a process of its own; `PluginSink` drives those of sinks.
protocol PluggedInstance: PluggedDetector {
    /// Takes what a sink writes.
    var output: ((UnsafeRawBufferPointer) -> Bool)? { get set }
    /// What stands behind a sink's name; to be set before `start`.
    var destination: String { get set }
    var fields: FieldTable { get }
    /// - Parameter services: answers what is asked about these events.
    func consume(_ views: UnsafeBufferPointer<renacer_event>, services: any EventServices) throws(TraceError)
    /// Tells a sink of a finding.
    func tell(_ finding: Finding) throws(TraceError)
}

/// A plugin's detector in a pipeline, or the instance behind a plugin's sink.
///
/// Whatever the plugin does wrong becomes one line with its name, and it is asked no more.
public final class PluginDetector: PluggedInstance {
    public let name: String
    private let component: Component
    private let host: HostTable
    private let functions: UnsafeMutablePointer<renacer_detector>
    /// What only sinks have.
    private let report: (@convention(c) (UnsafeMutableRawPointer?, UnsafePointer<renacer_finding>?) -> renacer_status)?
    var output: ((UnsafeRawBufferPointer) -> Bool)? {
        get { host.output }
        set { host.output = newValue }
    }
    var destination: String {
        get { host.destination }
        set { host.destination = newValue }
    }
    var fields: FieldTable { host.fields }
    public var inspector: any TaskInspector = NoInspector()
    public var stacks: (any StackInspector)?
    public var tasksAreThere: Bool {
        get { host.tasksAreThere }
        set { host.tasksAreThere = newValue }
    }
    private lazy var view = BatchView(component, fields: host.fields, inspector: inspector, stacks: stacks)
    private var instance: UnsafeMutableRawPointer?
    private var isFinished = false
    /// A sink that cannot be made ends renacer: there is no trace to go on.
    private var isStarted = false
    /// The longest that a batch may take, ns.
    private let patience: UInt64

    public var subscription: Subscription { component.subscription }

    public var requirements: [Requirement] { component.requirements }

    /// - Parameters:
    ///   - options: values of options that were given.
    ///   - patience: nanoseconds that it may take for a batch.
    ///   - log: writes a line for the person at the terminal.
    /// - Throws: why the options are not valid.
    public init(
        _ component: Component, options: [(String, String)], patience: UInt64,
        log: @escaping (String) -> Void
    ) throws(PluginProblem) {
        guard let table = structure(component.functions, as: renacer_detector.self, required: 8) else {
            throw PluginProblem("'\(component.name)' has no functions")
        }
        name = component.name
        let isSink = component.kind == .sink
        report = isSink ? structure(component.functions, as: renacer_sink.self, required: 8)?.report : nil
        self.component = component.narrowed(by: options)
        self.patience = patience
        functions = .allocate(capacity: 1)
        functions.initialize(to: table)
        host = HostTable(name: component.name)
        host.log = { log("\(component.name): \($0)") }
        host.rules = component.rules
        host.options = try component.values(of: options)
    }

    deinit {
        destroy()
        functions.deallocate()
    }

    public func start(_ report: @escaping (Finding) -> Void) throws(TraceError) {
        if component.kind == .detector { host.report = report }
        try check(cplugin_create(functions, host.table, &instance), "create")
        isStarted = true
    }

    public func consume(_ event: borrowing Event) throws(TraceError) {
        var one = copy event
        try withUnsafeMutablePointer(to: &one) { (p) throws(TraceError) in try consume(UnsafeMutableBufferPointer(start: p, count: 1)) }
    }

    public func consume(_ events: UnsafeMutableBufferPointer<Event>) throws(TraceError) {
        for i in events.indices {
            guard case .process(let change) = events[i].body else { continue }
            switch change {
            case .executed, .exited, .killed: host.lookups.forget(events[i].tid)
            default: break
            }
        }
        host.probes?.follow(events)
        if let views = view.fill(events) {
            defer { view.end() }
            try consume(views, services: view)
        }
        try consumeProbes()
    }

    /// Takes notice of who is traced, from what another process saw.
    func follow(_ views: UnsafeBufferPointer<renacer_event>) { host.probes?.follow(views) }

    /// Tells of functions that were called.
    private func consumeProbes(isLast: Bool = false) throws(TraceError) {
        guard let calls = host.probes?.take(isLast: isLast), !calls.isEmpty else { return }
        let wanted = component.subscriptions.reduce(0) { $0 | $1.kinds }
        var views = calls.filter { $0.kind & wanted != 0 }
        guard !views.isEmpty else { return }
        try views.withUnsafeMutableBufferPointer { (all) throws(TraceError) in try deliver(UnsafeBufferPointer(all), services: nil) }
    }

    func consume(_ views: UnsafeBufferPointer<renacer_event>, services: any EventServices) throws(TraceError) {
        try deliver(views, services: services)
    }

    private func deliver(_ views: UnsafeBufferPointer<renacer_event>, services: (any EventServices)?) throws(TraceError) {
        host.view = services
        let start = clinux_monotonic_ns()
        let status = cplugin_consume(functions, instance, views.baseAddress, views.count)
        let took = clinux_monotonic_ns() - start
        host.view = nil
        try check(status, "consume")
        if host.hasReportedTooMuch { throw failure("reported more than \(HostTable.mostFindings) findings") }
        if took > patience {
            throw failure("took \(took / 1_000_000) ms for \(views.count) events, more than the \(patience / 1_000_000) ms of --plugin-time")
        }
    }

    public func idle() throws(TraceError) {
        try consumeProbes()
        guard functions.pointee.idle != nil else { return }
        try check(cplugin_idle(functions, instance), "idle")
    }

    func tell(_ finding: Finding) throws(TraceError) {
        guard report != nil else { return }
        let given = FindingStructure(finding)
        try check(cplugin_report(report, instance, &given.structure), "report")
    }

    public func finish(_ account: Account) throws(TraceError) {
        guard !isFinished else { return }
        isFinished = true
        defer { destroy() }
        try consumeProbes(isLast: true)
        var balance = renacer_account()
        balance.size = UInt32(MemoryLayout<renacer_account>.size)
        balance.delivered = account.delivered
        balance.lost = account.totalLost
        try check(cplugin_finish(functions, instance, &balance), "finish")
        if host.refused > 0, component.kind == .detector {
            throw failure("\(host.refused) of its findings were refused: a finding has a rule that the component names, a title and evidence")
        }
    }

    private func check(_ status: renacer_status, _ function: String) throws(TraceError) {
        if status == RENACER_OK { return }
        if status == renacer_status(RENACER_INVALID), function == "create", component.kind == .detector {
            isFinished = true
            throw TraceError("\(component.flag): \(host.reason ?? "its options are not valid, and it does not say why")", isRefusal: true)
        }
        if status == CPLUGIN_THREW { throw failure("\(function) threw an exception: \(String(cString: cplugin_thrown()))") }
        throw failure("\(function) failed: \(host.reason ?? "it gives no reason (\(status))")")
    }

    private func failure(_ what: String) -> TraceError {
        isFinished = true
        return TraceError("\(component.noun) \(name): \(what)\(isStarted || component.kind != .sink ? ": it is disabled, the trace goes on" : "")")
    }

    private func destroy() {
        host.report = nil
        defer { host.output = nil }
        guard let instance else { return }
        self.instance = nil
        _ = cplugin_destroy(functions, instance)
    }
}
