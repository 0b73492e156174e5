import CLinux
import Glibc
import RenacerCore

/// Traces with ptrace(2): exact, live memory, one stop at each end of a call.
///
/// A stop costs three requests: wait4, PTRACE_GET_SYSCALL_INFO and the resumption.
public final class PtraceBackend: Backend {
    public let name: Name = "ptrace"
    public let inspector: any TaskInspector
    public internal(set) var account = Account()
    var tamperFilter: (any EventFilter)?
    /// Wants to know what is mapped; nil if nobody does.
    var mappingObserver: (any MappingObserver)?

    var plan = CapturePlan()
    let watch = WatchList()
    let tasks = TaskTable()
    let readCache = ReadCache()
    let batch = Batch()
    /// Tasks in a stop that go on once the batch has been consumed.
    /// The table owns them: an event should cost no reference counts.
    var stopped: [Unmanaged<Task>] = []
    /// Tasks that stay in a stop for an injected delay.
    var delayed: [Task] = []
    /// Tasks that are gone while events of theirs, which borrow their memory, are still in the batch.
    var departed: [Task] = []
    /// System time of the process whose stop is being handled, ns.
    var systemTime: UInt64 = 0
    /// The options every task is seized with.
    var options: UInt = 0

    /// The launched program's process id, 0 if none.
    var launched: Int32 = 0
    /// It has got beyond its exec.
    var hasExecuted = false
    var launchedEnd: TraceeEnd?
    /// The launched tasks stop through a seccomp filter, not at every call.
    var isFiltered = false
    /// Mappings may change without a stop: somebody shares them who is not traced, or may.
    var mayChangeUnseen = false
    /// The filtered tasks must not lose their tracer.
    var isKept = false
    /// Threads that are in an exec: their leader may be replaced at any time.
    var executing: [Task] = []
    /// Sinks were given events since they last had the chance to flush.
    var owesIdle = false
    /// Why tracing is to end before the tasks do; nil as long as it is not.
    var ending: Ending?
    private var hasHandedOverStart = false
    private var isStopped = false
    /// When the timer goes off next; 0: never; nil: it does and must be set anew.
    var alarm: UInt64? = 0
    var placement = Placement()

    private let usage = UnsafeMutablePointer<rusage>.allocate(capacity: 1)

    enum Ending: Equatable { case signal(Int32), limit, duration }

    /// Whether the process may be split in two, so that filtered programs survive it.
    let maySplit: Bool

    /// - Parameter inspector: answers sinks' questions about tasks.
    /// - Parameter maySplit: the process has one thread and does nothing but trace: `start`
    ///   may return in a child of it while it waits for that child's end.
    public init(inspector: any TaskInspector = NoInspector(), maySplit: Bool = false) {
        self.inspector = inspector
        self.maySplit = maySplit
    }

    deinit { usage.deallocate() }

    // MARK: Life

    public func prepare(_ plan: CapturePlan) throws(TraceError) {
        self.plan = plan
        watch.prepare(plan)
        mayChangeUnseen = plan.target.launch == nil || !plan.target.attach.isEmpty
        options = UInt(clinux_option_sysgood | clinux_option_exec)
        if plan.followForks {
            options |= UInt(clinux_option_fork | clinux_option_vfork | clinux_option_clone)
        }
        if plan.ptrace.killOnExit { options |= UInt(clinux_option_exitkill) }
        debug("PTRACE_O_EXITKILL works")
        debug("ptrace_setoptions = 0x\(String(options, radix: 16))")
    }

    public func start() throws(TraceError) {
        placement.prepare(plan.ptrace.placement)
        // The program inherits what was in place before the handlers.
        if let launch = plan.target.launch { try self.launch(launch) }
        let level = plan.ptrace.interruptible ?? 2
        clinux_catch_signals(level >= 3 ? 1 : 0, level >= 4 ? 1 : 0)
        try attachAll()
    }

    public func nextBatch(deadline: UInt64?) throws(TraceError) -> Delivery {
        if owesIdle {
            owesIdle = false
            if clinux_take_interruption() != 0 { clinux_pass_request() }
            return .nothing
        }
        if !hasHandedOverStart {
            hasHandedOverStart = true
            if !batch.events.isEmpty { return handOver() }
        }
        batch.reset()
        if !departed.isEmpty { departed.removeAll(keepingCapacity: true) }
        resumeStopped()
        while true {
            if let d = endIfAsked() { return d }
            if tasks.isEmpty { return .end(launchedEnd) }
            try wait(deadline)
            if !batch.events.isEmpty { return handOver() }
            resumeStopped()
            if clinux_take_interruption() != 0 {
                clinux_pass_request()
                return .nothing
            }
            if let deadline, clinux_monotonic_ns() >= deadline { return .nothing }
        }
    }

    public func limitTampering(to filter: any EventFilter) { tamperFilter = filter }

    public func observeMappings(_ observer: any MappingObserver) { mappingObserver = observer }
    public var tellsOfMappings: Bool { true }

    public func endAtLimit() { if ending == nil { ending = .limit } }
    public func endAtDuration() { if ending == nil { ending = .duration } }

    private func endIfAsked() -> Delivery? {
        if ending == nil {
            let signal = clinux_caught_signal()
            if signal != 0 { ending = .signal(signal) }
        }
        guard let ending, !tasks.isEmpty else { return nil }
        if ending == .limit { Self.say("System call limit has been reached, detaching tracees") }
        letGoOfAll()
        if case .signal(let signal) = ending { launchedEnd = .killed(signal) } else { launchedEnd = nil }
        return batch.events.isEmpty ? .end(launchedEnd) : handOver()
    }

    private func handOver() -> Delivery {
        owesIdle = true
        account.delivered += UInt64(batch.events.count)
        return .events(batch)
    }

    public func stop() {
        guard !isStopped else { return }
        isStopped = true
        if !tasks.isEmpty {
            letGoOfAll()
            batch.reset()
        }
        placement.end()
        clinux_release_signals()
    }

    // MARK: Waiting

    /// Waits for something to happen and handles it; a signal may interrupt that.
    ///
    /// With several tasks everything that is there is taken, since the kernel would
    /// always tell of the first busy task first.
    private func wait(_ deadline: UInt64?) throws(TraceError) {
        setAlarm(deadline)
        var status: Int32 = 0
        let tid = clinux_wait(-1, &status, plan.systemTime ? usage : nil, 0)
        if tid > 0 {
            handle(tid, Stop(status: status), usedSystemTime)
            var room = 63
            while tasks.count > 1, room > 0 {
                let more = clinux_wait(-1, &status, plan.systemTime ? usage : nil, 1)
                guard more > 0 else { break }
                handle(more, Stop(status: status), usedSystemTime)
                room -= 1
            }
        } else if tid == -EINTR {
            alarm = nil
            if placement.isPinned { placement.tick() }
            endDelays()
        } else if tid == -ECHILD {
            tasks.removeAll()
        } else {
            throw TraceError("wait4: \(Self.message(-tid))")
        }
    }

    private var usedSystemTime: UInt64 {
        guard plan.systemTime else { return 0 }
        return UInt64(usage.pointee.ru_stime.tv_sec) &* 1_000_000_000 &+ UInt64(usage.pointee.ru_stime.tv_usec) &* 1000
    }

    private func setAlarm(_ deadline: UInt64?) {
        var due = deadline ?? 0
        func consider(_ t: UInt64) { if t != 0, due == 0 || t < due { due = t } }
        for t in delayed { consider(t.delayedUntil) }
        consider(placement.nextTick)
        if alarm != due {
            alarm = due
            clinux_set_alarm(due)
        }
    }

    // MARK: Resuming

    /// Lets every task whose stop has been dealt with go on.
    func resumeStopped() {
        for i in stopped.indices {
            // The table keeps the task; a plain look at it would be counted.
            stopped[i]._withUnsafeGuaranteedRef { task in
                if task.delayedUntil != 0 { delayed.append(task) } else { resume(task) }
            }
        }
        // 1 ns for the one task that is usually here, 6 with `removeAll`.
        while stopped.popLast() != nil {}
    }

    /// Takes a task off the list of those that go on.
    func unstop(_ task: Task) {
        let address = Unmanaged.passUnretained(task).toOpaque()
        stopped.removeAll { $0.toOpaque() == address }
    }

    func endDelays() {
        guard !delayed.isEmpty else { return }
        let now = clinux_monotonic_ns()
        delayed.removeAll { task in
            guard task.delayedUntil <= now else { return false }
            task.delayedUntil = 0
            resume(task)
            return true
        }
    }

    func resume(_ task: Task) {
        guard task.isStopped else { return }
        task.isStopped = false
        if task.startsLate {
            // Symbols of a file that is met for the first time take milliseconds.
            task.startsLate = false
            task.call.enterTime = clinux_monotonic_ns()
        }
        let signal = task.nextSignal
        task.nextSignal = 0
        switch task.next {
        case .listen:
            task.isListening = true
            _ = clinux_listen(task.tid)
        case .run where isFiltered && !task.isInCall && !task.isStarting: _ = clinux_resume(task.tid, signal)
        case .run: _ = clinux_resume_to_syscall(task.tid, signal)
        }
    }

    // MARK: Words

    static var invocation: String { String(cString: clinux_invocation()) }
    static func message(_ error: Int32) -> String { String(cString: strerror(error)) }

    /// One line on stderr.
    static func say(_ text: String) {
        let line = "\(invocation): \(text)\n"
        _ = line.utf8.withContiguousStorageIfAvailable { write(2, $0.baseAddress, $0.count) }
    }

    func debug(_ text: @autoclosure () -> String) { if plan.ptrace.debug { Self.say(text()) } }
}
