/// A backend, the filter behind it, and the sinks: events flow down, failures are told once.
public final class Pipeline {
    private let backend: any Backend
    private let sinks: [Stage]
    private let report: (TraceError) -> Void
    private var sequence: UInt64 = 0
    /// Decides per event, after the backend's own set; nil lets everything through.
    private let filter: EventFilter?
    /// Calls still to be delivered before tracing ends; nil: any number.
    private var remaining: UInt64?
    private let counts: (Call.Outcome) -> Bool
    /// A sink failed: the trace is not whole.
    public private(set) var failed = false

    private final class Stage {
        let sink: any Sink
        var isAlive = true
        var finished = false
        init(_ sink: any Sink) { self.sink = sink }
    }

    /// - Parameter counts: whether a call that ended so counts against the plan's limit.
    /// - Parameter report: shows a person an error, once per failing sink.
    public init(
        _ backend: any Backend, filter: EventFilter? = nil, sinks: [any Sink], counts: @escaping (Call.Outcome) -> Bool = { _ in true },
        report: @escaping (TraceError) -> Void
    ) {
        self.backend = backend
        self.filter = filter
        self.sinks = sinks.map(Stage.init)
        self.report = report
        self.counts = counts
    }

    /// Starts sinks before the backend, so that no event meets a closed door.
    public func start(_ plan: CapturePlan) throws(TraceError) {
        remaining = plan.syscallLimit
        try backend.prepare(plan)
        for s in sinks { try s.sink.start() }
        try backend.start()
    }

    /// Runs to the end of the trace.
    ///
    /// - Returns: how the launched program ended; nil if none was launched or it was let go.
    public func run() throws(TraceError) -> TraceeEnd? {
        defer { finish() }
        while true {
            switch try backend.nextBatch(deadline: nil) {
            case .nothing:
                for stage in sinks where stage.isAlive {
                    do throws(TraceError) { try stage.sink.idle() } catch { fail(stage, error) }
                }
            case .end(let end):
                backend.stop()
                return end
            case .events(let batch):
                for i in batch.events.indices { deliver(&batch.events[i]) }
            }
        }
    }

    private func deliver(_ event: inout Event) {
        event.sequence = sequence
        sequence += 1
        if remaining == 0, event.isCall { return }
        if let filter, !filter.admits(&event) { return }
        if let left = remaining, case .syscall(let call) = event.body, call.outcome != .detached, counts(call.outcome) {
            remaining = left - 1
            if left == 1 { backend.endAtLimit() }
        }
        for stage in sinks where stage.isAlive {
            do throws(TraceError) { try stage.sink.consume(event) } catch { fail(stage, error) }
        }
    }

    /// Reports a sink once and feeds it no more.
    private func fail(_ stage: Stage, _ error: TraceError) {
        stage.isAlive = false
        failed = true
        report(error)
    }

    /// Stops the backend and flushes every sink; safe to call twice.
    public func finish() {
        backend.stop()
        let account = backend.account
        for stage in sinks where !stage.finished {
            stage.finished = true
            guard stage.isAlive else { continue }
            do throws(TraceError) { try stage.sink.finish(account) } catch { fail(stage, error) }
        }
    }
}

/// Decides which events the sinks see.
public protocol EventFilter: AnyObject {
    /// Whether `event` goes on; it may be completed on the way.
    func admits(_ event: inout Event) -> Bool
}
