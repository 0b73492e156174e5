import CLinux
import CPerf
import Glibc
import RenacerCore
import RenacerHost

/// Traces with perf events on the kernel's tracepoints: the traced tasks never stop, and nothing is loaded into the
/// kernel. perf_event_open(2).
///
/// Both ends of each call are records of their own, in the ring of the CPU it ran on; here the rings become one
/// stream in order of time, and records become events. The tracee's memory does not come with them.
public final class PerfEventBackend: Backend {
    public let name: Name = "perf_event"
    public var inspector: any TaskInspector { records }
    public internal(set) var account = Account()

    let records = PerfInspector()
    var plan = CapturePlan()
    var session: OpaquePointer?
    let batch = Batch()
    var tasks: [Int32: PerfTask] = [:]
    /// The task of the record before: the next is often of the same.
    var last: PerfTask?
    var processes: [Int32: PerfProcess] = [:]
    /// Processes and threads of which nothing is told: readers of the trace, children that want no tracer.
    var excluded: Set<Int32> = []
    let noMemory = NoMemory()
    /// Memory as it is when events are consumed; nil unless that is asked for.
    var lateMemory: LateMemory?
    let stacks = StackPool()
    /// The first words of signals' siginfo, as long as their batch.
    let infos = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 * PerfEventBackend.batchSize, alignment: 16)
    var infoCount = 0

    /// The task whose entry was the last thing that happened; it is told of if its end is not the next.
    var entering: PerfTask?
    /// Tasks that were attached to in a call, until that is told.
    var met: [PerfTask] = []
    /// Records that came while tasks were attached to, and how many of them have been dealt with.
    var early: [cperf_record] = []
    private var earlyTaken = 0
    /// When the last record was.
    var lastTime: UInt64 = 0
    /// Something was lost since the tasks were last compared with what is alive.
    var hasLost = false
    /// Its parent is told that a process has exited, of which nothing is known that ended it.
    var hasExitedUnseen = false
    /// The user knows that some program's calls are missing.
    var hasToldSecure = false
    /// Who traces: the process that was started, or with `-D` one behind it. Asked for once there is the program.
    lazy var ownPid = getpid()
    /// A record that was taken, but could not be dealt with yet.
    var held: cperf_record?
    /// Since when `held` waits for what comes after it; 0 if it does not.
    var heldSince: UInt64 = 0
    /// Times up to which records are handed out.
    private var horizon: UInt64 = 0

    var launched: Int32 = 0
    var pidfd: Int32 = -1
    var isReaped = false
    var launchedEnd: TraceeEnd?
    private var isAsked: Ending?
    private var hasBegun = false
    private var isStopped = false
    private var owesIdle = false
    private var lastIdle: UInt64 = 0
    private var isSettled = false

    private enum Ending: Equatable { case signal(Int32), limit, duration }

    /// Events of one batch.
    static let batchSize = 512
    /// ns that a record may take from its time stamp to its place in the ring, as on a CPU whose virtual
    /// machine is interrupted. Within that window records of several CPUs are put in order.
    private static let window: UInt64 = 1_000_000
    /// The same where memory is read late: the sooner, the likelier it still is what the call saw.
    private static let shortWindow: UInt64 = 20_000
    /// Milliseconds after which a terminal should show what has happened.
    private static let patience: Int32 = 20

    public init() {}

    deinit { infos.deallocate() }

    // MARK: Life

    public func prepare(_ plan: CapturePlan) throws(TraceError) {
        self.plan = plan
        guard TaskIdentity.isInFirstPidNamespace else { throw TraceError("perf_event: \(Self.foreignNamespace); use --backend ptrace") }
        if plan.memory.isLive {
            lateMemory = LateMemory()
            records.asksHost = true
        }
        var p = cperf_plan()
        let wanted = plan.bpf.ringSize ?? (plan.stacks ? Self.stackRing : Self.defaultRing)
        p.ring_size = wanted
        p.inherits = plan.followForks ? 1 : 0
        p.pointers = plan.instructionPointer || plan.stacks ? 1 : 0
        p.stack = plan.stacks ? UInt32(CapturedStack.size) : 0
        p.late_arguments = plan.target.attach.isEmpty ? 0 : 1
        p.renames = plan.commands ? 1 : 0
        p.prompt = plan.memory.isLive ? 1 : 0
        var status: Int32 = 0
        var error = [CChar](repeating: 0, count: 512)
        let filter = NumberFilter(plan.syscalls).expression
        session = filter.withCString { text in
            p.filter = filter.isEmpty ? nil : text
            return cperf_open(&p, &status, &error, error.count)
        }
        guard let session else { throw Self.refusal(status, Self.text(error)) }
        let got = cperf_ring_size(session)
        if got < wanted {
            Self.say("perf_event: the kernel refuses rings of \(wanted >> 10) KiB per CPU: they are \(got >> 10) KiB; raise kernel.perf_event_mlock_kb or ulimit -l")
        }
        excluded = Set(plan.target.excluded)
    }

    /// Bytes of each CPU's ring.
    private static let defaultRing = 8 << 20
    /// The same where stacks are recorded: all CPUs' together have 64 MiB, but no more than a sixteenth of the memory.
    private static var stackRing: Int {
        let memory = Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE)))
        let share = min(64 << 20, memory / 16) / max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1)
        var size = defaultRing
        while size * 2 <= share { size *= 2 }
        return size
    }

    public func start() throws(TraceError) {
        guard let session else { return }
        exclude()
        let started = cperf_start(session)
        guard started == 0 else { throw Self.refusal(started, "") }
        try traceEverybody(session)
        if let launch = plan.target.launch { try start(launch, session) }
        let level = plan.ptrace.interruptible ?? 2
        clinux_catch_signals(level >= 3 ? 1 : 0, level >= 4 ? 1 : 0)
        try attachAll(session)
    }

    public func nextBatch(deadline: UInt64?) throws(TraceError) -> Delivery {
        guard let session else { return .end(nil) }
        if hasBegun {
            recycle()
        } else {
            hasBegun = true
            // What was attached to.
            if !batch.events.isEmpty { return handOver() }
        }
        while true {
            stopIfAsked(session)
            if clinux_take_interruption() != 0 { requested = clinux_monotonic_ns() }
            if isAsked != .limit { take(session) }
            if !batch.events.isEmpty { return handOver() }
            if isSettled { return .end(launchedEnd) }
            let isLast = isStopped || hasEnded(session)
            if isLast, heldSince == 0, horizon == .max || isAsked == .limit {
                settle(session)
                isSettled = true
                continue
            }
            // What is still on its way when the last task has ended arrives with its own end.
            if isLast { cperf_stop(session) }
            horizon = isLast ? .max : clinux_monotonic_ns() - (lateMemory == nil ? Self.window : Self.shortWindow)
            cperf_gather(session, horizon)
            if hasMore(session) { continue }
            if isLast, heldSince == 0 { continue }
            if requested != 0, horizon >= requested {
                requested = 0
                clinux_pass_request()
                return .nothing
            }
            if owesIdle, isIdle(session) {
                owesIdle = false
                lastIdle = clinux_monotonic_ns()
                return .nothing
            }
            try wait(session, deadline)
            if let deadline, clinux_monotonic_ns() >= deadline { return .nothing }
        }
    }

    /// When sinks were asked for what there is (SIGUSR2); 0 once they have it.
    private var requested: UInt64 = 0

    public func endAtLimit() { if isAsked == nil { isAsked = .limit } }
    public func endAtDuration() { if isAsked == nil { isAsked = .duration } }

    private func handOver() -> Delivery {
        owesIdle = true
        return .events(batch)
    }

    /// Frees what the last batch borrowed.
    private func recycle() {
        batch.events.removeAll(keepingCapacity: true)
        infoCount = 0
        stacks.recycle()
    }

    /// Turns records into events until the batch is full or none is left.
    private func take(_ session: OpaquePointer) {
        // Beyond a limit nothing more is to be seen: it may be reached with any event.
        let most = plan.syscallLimit == nil ? Self.batchSize - 16 : 1
        var record = cperf_record()
        while batch.events.count < most {
            if let waiting = held {
                record = waiting
            } else if earlyTaken < early.count {
                record = early[earlyTaken]
                earlyTaken += 1
            } else if cperf_next(session, &record) == 0 {
                return
            }
            lastTime = record.time
            if plan.commands, !batch.events.isEmpty, changesCommands(record) {
                // A command's name holds for what follows; what went before is consumed first.
                stacks.hold(&record)
                held = record
                return
            }
            guard handle(record, session) else {
                held = record
                return
            }
            held = nil
            heldSince = 0
        }
    }

    /// Whether there is something to take up to the horizon.
    private func hasMore(_ session: OpaquePointer) -> Bool {
        if held != nil, heldSince == 0 { return true }
        take(session)
        return !batch.events.isEmpty
    }

    /// Whether it is time to show what was delivered: nothing more is there, or what comes never ends.
    private func isIdle(_ session: OpaquePointer) -> Bool {
        cperf_pending(session) == 0 || clinux_monotonic_ns() - lastIdle > UInt64(Self.patience) * 1_000_000
    }

    private func wait(_ session: OpaquePointer, _ deadline: UInt64?) throws(TraceError) {
        // What is within the window, or waits for what comes next, is not waited for any longer than that takes.
        let isClose = cperf_pending(session) != 0 || held != nil
        if !isClose, hasLost { forgetTheDead() }
        // Who has been in a call for a while is in it for longer.
        if let since = entering?.call.enterTime ?? met.last?.call.enterTime, since + UInt64(Self.patience) * 1_000_000 < horizon { tellWhoIsInACall() }
        if !batch.events.isEmpty { return }
        // Events below the watermark wake nobody.
        var timeout = isClose ? lateMemory == nil ? 1 : 0 : Self.patience
        if let deadline {
            let now = clinux_monotonic_ns()
            let left = deadline > now ? Int32(clamping: (deadline - now) / 1_000_000 + 1) : 0
            timeout = min(timeout, left)
        }
        let n = cperf_wait(session, timeout)
        if n < 0, n != -EINTR { throw TraceError("perf_event: poll: \(Self.message(n))") }
    }

    /// Whether nothing is traced any more.
    private func hasEnded(_ session: OpaquePointer) -> Bool {
        if meetsTasks {
            // There are always others: the program's end is the trace's, or somebody has to say so.
            guard pidfd >= 0 else { return false }
            reap(waits: false)
            guard isReaped || plan.target.launchesDaemonized && tasks[launched] == nil else { return false }
            isStopped = true
            return true
        }
        return cperf_live(session) == 0 || plan.detachOnExecve && tasks.isEmpty
    }

    /// Takes note of how the launched program ended, if it has.
    func reap(waits: Bool) {
        guard let launch = plan.target.launch, launch.daemonize == .no, !isReaped else { return }
        var status: Int32 = 0
        var r: Int32
        repeat { r = clinux_wait(launched, &status, nil, waits ? 0 : 1) } while r == -EINTR && clinux_caught_signal() == 0
        guard r == launched else { return }
        isReaped = true
        launchedStatus = status
        let signal = status & 0x7f
        launchedEnd = signal == 0 ? .exited(status >> 8 & 0xff) : .killed(signal)
    }

    /// As wait(2) told it, once reaped.
    var launchedStatus: Int32 = 0
    /// How a process ended whose end is being told of, if that is known better than from its records.
    var finalStatus: Int32?

    /// Lets go of all tasks if somebody wants that.
    private func stopIfAsked(_ session: OpaquePointer) {
        if isAsked == nil {
            let signal = clinux_caught_signal()
            if signal != 0 { isAsked = .signal(signal) }
        }
        guard let isAsked, !isStopped else { return }
        isStopped = true
        cperf_stop(session)
        switch isAsked {
        case .limit:
            Self.say("System call limit has been reached, detaching tracees")
            launchedEnd = nil
            entering = nil
            held = nil
            heldSince = 0
        case .duration: launchedEnd = nil
        case .signal(let signal): launchedEnd = .killed(signal)
        }
    }

    /// Tells what is left to tell when nothing more will come.
    private func settle(_ session: OpaquePointer) {
        if isAsked != .limit {
            tellWhoIsInACall()
            balance(session)
        }
        if isStopped { letGoOfAll() } else { endHeld() }
        if !isStopped, !meetsTasks { reap(waits: plan.target.launch != nil) }
    }

    public func stop() {
        guard let session else { return }
        self.session = nil
        if pidfd >= 0 { close(pidfd) }
        cperf_close(session)
        clinux_release_signals()
    }

    // MARK: Words

    static func message(_ error: Int32) -> String { String(cString: strerror(abs(error))) }

    static func text(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// One line on stderr.
    static func say(_ text: String) {
        let line = "\(String(cString: clinux_invocation())): \(text)\n"
        _ = line.utf8.withContiguousStorageIfAvailable { write(2, $0.baseAddress, $0.count) }
    }

    static func refusal(_ status: Int32, _ text: String) -> TraceError {
        TraceError("perf_event: \(reason(status, text)); or use --backend ptrace")
    }

    /// Why the kernel or the machine refused, and what to do about it.
    static func reason(_ status: Int32, _ text: String) -> String {
        if !text.isEmpty { return text }
        switch -status {
        case EACCES, EPERM:
            let file = clinux_executed_file().map { String(cString: $0) } ?? "renacer"
            return "the kernel does not allow it (kernel.perf_event_paranoid): run it with sudo, or once 'setcap cap_perfmon+ep \(file)'"
        case ENOENT, ENOSYS: return "this kernel has no perf events"
        default: return "perf_event_open: \(message(status))"
        }
    }
}
