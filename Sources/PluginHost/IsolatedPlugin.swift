import CLinux
import CPluginGuard
import CRenacerPlugin
import Glibc
import RenacerCore

/// A plugin in a process of its own (`--isolate-plugins`): even a crash or an endless loop costs only that plugin.
///
/// renacer waits while the process consumes a batch, and answers what it asks about events. What it asks about tasks it
/// looks up itself: they are as they are for renacer at that time.
public final class IsolatedPlugin {
    public private(set) var components: [Component] = []
    /// Its process, which nobody is to trace.
    public let process: Int32
    let wire: Wire
    private let pidfd: Int32

    /// Makes the process and loads the file there. Call it while renacer has one thread.
    public init(_ path: String) throws(PluginProblem) {
        var process: Int32 = 0
        let socket = cplugin_fork_helper(&process)
        guard socket >= 0 else { throw PluginProblem("no process can be made for it: \(String(cString: strerror(-socket)))") }
        if process == 0 { PluginProcess.serve(socket, path) }
        self.process = process
        wire = Wire(socket)
        pidfd = cplugin_pidfd(process)
        let kind: Wire.Kind
        do throws(Wire.Failure) { kind = try wire.receive(within: 10_000) } catch {
            end()
            throw PluginProblem(error == .late ? "does not say what it is: its process was ended" : "crashed when it was loaded")
        }
        guard kind == .described else { throw PluginProblem(kind == .refused ? wire.text() : "answers out of turn") }
        _ = wire.text()
        _ = wire.text()
        for _ in 0..<wire.count() { components.append(wire.component()) }
    }

    deinit {
        end()
        if pidfd >= 0 { close(pidfd) }
    }

    func end() { if pidfd >= 0 { cplugin_kill(pidfd) } }
}

/// A detector of a plugin that has a process of its own, or the instance behind such a sink.
public final class IsolatedDetector: PluggedInstance {
    public let name: String
    private let plugin: IsolatedPlugin
    private let component: Component
    private let options: [(String, String)]
    private let patience: UInt64
    private let log: (String) -> Void
    let fields = FieldTable()
    var output: ((UnsafeRawBufferPointer) -> Bool)?
    var destination = ""
    public var inspector: any TaskInspector = NoInspector()
    public var stacks: (any StackInspector)?
    public var tasksAreThere = true
    private lazy var view = BatchView(component, fields: fields, inspector: inspector, stacks: stacks)
    private var report: ((Finding) -> Void)?
    private var reported = 0
    private var isFinished = false
    /// A sink that cannot be made ends renacer: there is no trace to go on.
    private var isStarted = false

    public var subscription: Subscription { component.subscription }
    public var requirements: [Requirement] { component.requirements }
    public var process: Int32 { plugin.process }

    public init(
        _ plugin: IsolatedPlugin, _ component: Component, options: [(String, String)], patience: UInt64, log: @escaping (String) -> Void
    ) throws(PluginProblem) {
        _ = try component.values(of: options)
        name = component.name
        self.plugin = plugin
        self.component = component.narrowed(by: options)
        self.options = options
        self.patience = patience
        self.log = log
    }

    public func start(_ report: @escaping (Finding) -> Void) throws(TraceError) {
        self.report = report
        plugin.wire.begin(.create)
        plugin.wire.put(name)
        plugin.wire.put(UInt64(component.kind?.rawValue ?? 0))
        plugin.wire.put(destination)
        plugin.wire.put(tasksAreThere)
        plugin.wire.put(UInt64(options.count))
        for (key, value) in options {
            plugin.wire.put(key)
            plugin.wire.put(value)
        }
        try exchange("create")
        isStarted = true
    }

    public func consume(_ event: borrowing Event) throws(TraceError) {
        var one = copy event
        try withUnsafeMutablePointer(to: &one) { (p) throws(TraceError) in try consume(UnsafeMutableBufferPointer(start: p, count: 1)) }
    }

    public func consume(_ events: UnsafeMutableBufferPointer<Event>) throws(TraceError) {
        guard let views = view.fill(events) else { return }
        defer { view.end() }
        try consume(views, services: view)
    }

    func consume(_ views: UnsafeBufferPointer<renacer_event>, services: any EventServices) throws(TraceError) {
        plugin.wire.begin(.consume)
        plugin.wire.put(UInt64(views.count))
        plugin.wire.put(UnsafeRawBufferPointer(views))
        try exchange("consume", views, services)
    }

    func tell(_ finding: Finding) throws(TraceError) {
        plugin.wire.begin(.tell)
        plugin.wire.put(finding)
        try exchange("report")
    }

    public func idle() throws(TraceError) {
        plugin.wire.begin(.idle)
        try exchange("idle")
    }

    public func finish(_ account: Account) throws(TraceError) {
        guard !isFinished else { return }
        isFinished = true
        plugin.wire.begin(.finish)
        plugin.wire.put(account.delivered)
        plugin.wire.put(account.totalLost)
        try exchange("finish")
        report = nil
    }

    /// Sends what was begun, and serves the process until it is done with that.
    private func exchange(
        _ function: String, _ views: UnsafeBufferPointer<renacer_event>? = nil, _ services: (any EventServices)? = nil
    ) throws(TraceError) {
        let wire = plugin.wire
        guard wire.send() else { throw failure("its process is gone: it crashed") }
        // What it takes between its questions; the answers are not its time.
        var left = patience
        while true {
            let kind: Wire.Kind, before = clinux_monotonic_ns()
            do throws(Wire.Failure) {
                kind = try wire.receive(within: Int32(clamping: max(left / 1_000_000, 1)))
                left -= min(left, clinux_monotonic_ns() - before)
                if left == 0 { throw .late }
            } catch {
                switch error {
                case .closed: throw failure("its process is gone: it crashed in \(function)")
                case .late: throw failure("\(function) took more than the \(patience / 1_000_000) ms of --plugin-time")
                }
            }
            switch kind {
            case .done:
                let problem = wire.text()
                if problem.isEmpty { return }
                isFinished = true
                plugin.end()
                // It names itself already.
                throw TraceError(problem, isRefusal: wire.flag())
            case .report:
                let finding = wire.finding()
                reported += 1
                if reported > HostTable.mostFindings { throw failure("reported more than \(HostTable.mostFindings) findings") }
                report?(finding)
            case .log: log(wire.text())
            case .value: answerValue(views, services)
            case .read: answerRead(views, services)
            case .describe: answerDescription(views, services)
            case .frames: answerFrames(views, services)
            // Of what was written in vain the plugin hears when it writes again.
            case .write: wire.data().withUnsafeBytes { _ = output?($0) }
            default: throw failure("its process answers out of turn")
            }
        }
    }

    private func event(_ views: UnsafeBufferPointer<renacer_event>?) -> UnsafePointer<renacer_event>? {
        let place = plugin.wire.number(), stride = UInt64(MemoryLayout<renacer_event>.stride)
        guard let views, let first = views.baseAddress, place % stride == 0, place / stride < UInt64(views.count) else { return nil }
        return first + Int(place / stride)
    }

    private func answerValue(_ views: UnsafeBufferPointer<renacer_event>?, _ services: (any EventServices)?) {
        let wire = plugin.wire, event = event(views), handle = fields.handle(wire.text())
        let value = event.flatMap { services?.value(of: $0, fields.path(handle)) }
        wire.begin(.answer)
        wire.put(value != nil)
        if let value {
            wire.put(UInt64(value.type))
            wire.put(value.integer)
            wire.put(UInt64(value.is_truncated))
            wire.put(UnsafeRawBufferPointer(start: value.text.data, count: value.text.length))
        }
        wire.send()
    }

    private func answerDescription(_ views: UnsafeBufferPointer<renacer_event>?, _ services: (any EventServices)?) {
        let wire = plugin.wire, event = event(views), what = EventDescription(rawValue: UInt32(truncatingIfNeeded: wire.number()))
        let text = event.flatMap { event in what.flatMap { services?.describe(event, $0) } }
        wire.begin(.answer)
        wire.put(text != nil)
        text?.withUnsafeBytes { wire.put($0) }
        wire.send()
    }

    private func answerFrames(_ views: UnsafeBufferPointer<renacer_event>?, _ services: (any EventServices)?) {
        let wire = plugin.wire, event = event(views), limit = Int(min(wire.number(), UInt64(StackFrame.most)))
        let frames = event.flatMap { services?.frames(of: $0, limit: limit) }
        wire.begin(.answer)
        wire.put(services?.hasStacks ?? false)
        wire.put(frames != nil)
        if let frames {
            wire.put(UInt64(frames.count))
            for frame in frames { wire.put(frame) }
        }
        wire.send()
    }

    private func answerRead(_ views: UnsafeBufferPointer<renacer_event>?, _ services: (any EventServices)?) {
        let wire = plugin.wire, event = event(views), address = wire.number(), count = Int(min(wire.number(), 1 << 20))
        let bytes = [UInt8](unsafeUninitializedCapacity: max(count, 1)) { buffer, filled in
            filled = event.flatMap { services?.read($0, address, UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count)) } ?? 0
        }
        wire.begin(.answer)
        bytes.withUnsafeBytes { wire.put($0) }
        wire.send()
    }

    private func failure(_ what: String) -> TraceError {
        isFinished = true
        plugin.end()
        return TraceError("\(component.noun) \(name): \(what)\(isStarted || component.kind != .sink ? ": it is disabled, the trace goes on" : "")")
    }
}
