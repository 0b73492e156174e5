import CLinux

/// A backend, the filter behind it, detectors and sinks: events flow down, findings flow from detectors to sinks,
/// failures are told once.
public final class Pipeline {
    private let backend: any Backend
    /// The first of the sinks; nil if there is none.
    private let sinks: Stage?
    private var detectors: [any Detector]
    private let report: (TraceError) -> Void
    private var isPrepared = false
    private let detectorFailed: (TraceError) -> Void
    private var sequence: UInt64 = 0
    /// Decides per event, after the backend's own set; nil lets everything through.
    private let filter: EventFilter?
    /// Calls still to be delivered before tracing ends; nil: any number.
    private var remaining: UInt64?
    /// Calls that count against that limit.
    private var selection = CallSelection()
    /// Nanoseconds between two calls of every sink's `refresh`; nil: there are none.
    private let refreshInterval: UInt64?
    /// What sinks are given of what was captured; nil: everything.
    private var shown: CapturePlan.Shown?
    /// Nanoseconds after which sinks' `idle` is called if nothing happens; nil: when the backend says so.
    private let patience: UInt64?
    /// When tracing ends, `CLOCK_MONOTONIC` ns; nil: not by time.
    private var end: UInt64?
    private var isConcluded = false
    /// A sink failed: the trace is not whole.
    public private(set) var failed = false

    /// A sink and those behind it: a walk along links that never change counts no references,
    /// one over an array counts two for each sink and event.
    private final class Stage {
        let sink: any Sink
        let next: Stage?
        var isAlive = true
        var finished = false

        init(_ sink: any Sink, next: Stage?) {
            self.sink = sink
            self.next = next
        }

        func consume(_ event: borrowing Event, _ pipeline: Pipeline) {
            if isAlive {
                do throws(TraceError) { try sink.consume(event) } catch { pipeline.fail(self, error) }
            }
            next?.consume(event, pipeline)
        }

        func report(_ finding: Finding, _ pipeline: Pipeline) {
            if isAlive {
                do throws(TraceError) { try sink.report(finding) } catch { pipeline.fail(self, error) }
            }
            next?.report(finding, pipeline)
        }

        func present(_ analysis: CallAnalysis, _ pipeline: Pipeline) {
            if isAlive {
                do throws(TraceError) { try sink.present(analysis) } catch { pipeline.fail(self, error) }
            }
            next?.present(analysis, pipeline)
        }

        func idle(_ pipeline: Pipeline) {
            if isAlive {
                do throws(TraceError) { try sink.idle() } catch { pipeline.fail(self, error) }
            }
            next?.idle(pipeline)
        }

        func refresh(_ account: Account, _ pipeline: Pipeline) {
            if isAlive {
                do throws(TraceError) { try sink.refresh(account) } catch { pipeline.fail(self, error) }
            }
            next?.refresh(account, pipeline)
        }
    }

    /// - Parameter refreshInterval: nanoseconds after which sinks `refresh`, again and again; nil: never.
    /// - Parameter patience: nanoseconds after which sinks' `idle` is called at the latest; nil: when the backend has nothing to tell.
    /// - Parameter detectorFailed: shows a person an error, once per failing detector; `report` if it is nil.
    /// - Parameter report: shows a person an error, once per failing sink.
    public init(
        _ backend: any Backend, filter: EventFilter? = nil, detectors: [any Detector] = [], sinks: [any Sink], refreshInterval: UInt64? = nil,
        patience: UInt64? = nil, detectorFailed: ((TraceError) -> Void)? = nil, report: @escaping (TraceError) -> Void
    ) {
        self.backend = backend
        self.filter = filter
        self.detectors = detectors
        self.sinks = sinks.reversed().reduce(nil) { Stage($1, next: $0) }
        self.report = report
        self.detectorFailed = detectorFailed ?? report
        self.refreshInterval = refreshInterval
        self.patience = patience
    }

    /// Prepares the backend: if that fails no task was touched and no sink started.
    public func prepare(_ plan: CapturePlan) throws(TraceError) {
        remaining = plan.syscallLimit
        selection = plan.shown?.selection ?? plan.selection
        shown = plan.shown
        try backend.prepare(plan)
        isPrepared = true
    }

    /// Starts sinks before the backend, so that no event meets a closed door.
    ///
    /// - Parameter plan: what `prepare` took; nothing needs to be prepared before.
    public func start(_ plan: CapturePlan) throws(TraceError) {
        if !isPrepared { try prepare(plan) }
        var stage = sinks
        while let s = stage {
            try s.sink.start()
            stage = s.next
        }
        var refusal: TraceError?
        tell { (d) throws(TraceError) in
            do throws(TraceError) { try d.start { [unowned self] in self.sinks?.report($0, self) } } catch {
                if !error.isRefusal { throw error }
                refusal = refusal ?? error
            }
        }
        if let refusal { throw refusal }
        try backend.start()
        end = plan.duration.map { clinux_monotonic_ns() + $0 }
    }

    /// Runs to the end of the trace.
    ///
    /// - Returns: how the launched program ended; nil if none was launched or it was let go.
    public func run() throws(TraceError) -> TraceeEnd? {
        defer { finish() }
        var deadline = refreshInterval.map { clinux_monotonic_ns() + $0 }
        while true {
            let delivery = try backend.nextBatch(deadline: earliest(earliest(deadline, end), patience.map { clinux_monotonic_ns() + $0 }))
            if let end, clinux_monotonic_ns() >= end {
                self.end = nil
                backend.endAtDuration()
            }
            if let interval = refreshInterval, let due = deadline, clinux_monotonic_ns() >= due {
                sinks?.refresh(backend.account, self)
                // Not from `due` on: what took longer than an interval is not made up for.
                deadline = clinux_monotonic_ns() + interval
            }
            switch delivery {
            case .nothing:
                if !detectors.isEmpty { tell { (d) throws(TraceError) in try d.idle() } }
                sinks?.idle(self)
            case .end(let end):
                backend.stop()
                return end
            case .events(let batch):
                batch.events.withUnsafeMutableBufferPointer { events in
                    // Of a limited number of calls detectors are told one by one, so that they see no other.
                    if !detectors.isEmpty, remaining == nil { detect(events) }
                    for i in events.indices { deliver(&events[i]) }
                }
            }
        }
    }

    private func earliest(_ a: UInt64?, _ b: UInt64?) -> UInt64? {
        guard let a, let b else { return a ?? b }
        return min(a, b)
    }

    private func deliver(_ event: inout Event) {
        event.sequence = sequence
        sequence += 1
        if remaining == 0, event.isCall { return }
        if remaining != nil, !detectors.isEmpty { withUnsafeMutablePointer(to: &event) { detect(.init(start: $0, count: 1)) } }
        if let shown, !shown.admits(event) { return }
        if let filter, !filter.admits(&event) { return }
        if let left = remaining, case .syscall(let call) = event.body, call.outcome != .detached, selection.admits(call, at: event.time) {
            remaining = left - 1
            if left == 1 { backend.endAtLimit() }
        }
        sinks?.consume(event, self)
    }

    @inline(never)
    private func detect(_ events: UnsafeMutableBufferPointer<Event>) {
        // `deliver` counts them again, to the same numbers.
        for i in events.indices { events[i].sequence = sequence + UInt64(i) - (remaining == nil ? 0 : 1) }
        tell { (d) throws(TraceError) in try d.consume(events) }
    }

    /// Calls `body` for every detector; one that fails is reported and goes.
    private func tell(_ body: (any Detector) throws(TraceError) -> Void) {
        detectors.removeAll { detector in
            do throws(TraceError) { try body(detector) } catch {
                detectorFailed(error)
                return true
            }
            return false
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
        // Before the sinks, which take what detectors conclude at the end.
        tell { (d) throws(TraceError) in try d.finish(account) }
        for detector in detectors { if let analysis = detector.analysis { sinks?.present(analysis, self) } }
        detectors = []
        if !isConcluded {
            isConcluded = true
            for finding in filter?.conclude() ?? [] { sinks?.report(finding, self) }
        }
        var rest = sinks
        while let stage = rest {
            rest = stage.next
            guard !stage.finished else { continue }
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
    /// What there is to say of what it did, at the end; called once.
    func conclude() -> [Finding]
}

extension EventFilter {
    public func conclude() -> [Finding] { [] }
}
