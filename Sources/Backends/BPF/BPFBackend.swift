import CBPF
import CLinux
import Glibc
import RenacerCore
import RenacerHost

/// Traces with BPF programs on the kernel's tracepoints: the traced tasks never stop.
///
/// The kernel sends one record per call, when it ends, with the memory that decoding will
/// want. Here records become events: entries are put where they belong in time, so that a
/// sink sees what it would see of a backend that stops tasks.
public final class BPFBackend: Backend {
    public let name: Name = "bpf"
    public var inspector: any TaskInspector { records }
    let records = RecordInspector()
    public internal(set) var account = Account()

    var plan = CapturePlan()
    var programs: OpaquePointer?
    let batch = Batch()
    var tasks: [Int32: TracedTask] = [:]
    /// The task of the record before: the next is often of the same.
    var last: TracedTask?
    /// Threads alive of each process, the leader included.
    var threads: [Int32: Int] = [:]

    /// What is to be delivered, in order of time: how far that has come, and what of it may be.
    var occurrences: [Occurrence] = []
    var delivered = 0
    var ready = 0
    /// Behind the records in `occurrences`.
    var position: UInt64 = 0
    /// Views of records that events of the batch borrow, reused.
    var views: [RecordMemory] = []
    var usedViews = 0
    /// Joined memory of calls whose segments went ahead.
    var joined: [UnsafeRawPointer: UnsafeMutableRawBufferPointer] = [:]

    var launched: Int32 = 0
    var pidfd: Int32 = -1
    /// Its end is known, or of no interest any more.
    var isReaped = false
    /// The launched program has ended, says its descriptor.
    private var hasHeardOfEnd = false
    var launchedEnd: TraceeEnd?
    private var isAsked: Ending?
    private var isStopped = false
    private var owesIdle = false
    /// Sinks are asked for what there is (SIGUSR2): once they have what waits.
    private var isInterrupted = false
    /// When that was seen.
    private var interruption: UInt64 = 0
    /// In-flight calls were told of since the last record.
    private var isSwept = false
    /// Records were waited for, long enough for few of them to be worth looking at.
    private var hasWaited = false
    /// Where the program waits if renacer does not keep up; nil unless the trace is to be exact.
    var freezer: OpaquePointer?
    var losses = LossLedger()
    /// Calls that were delivered without all of their memory: they count as lost.
    var cutCalls: UInt64 = 0
    /// Something was lost since the task table was last compared with what is alive.
    var hasLost = false
    var isSettled = false
    /// Until when what is owed is waited for; 0 before that.
    var balanceDeadline: UInt64 = 0
    private var hasBegun = false
    private var hasToldOfSweep = false

    private enum Ending: Equatable { case signal(Int32), limit, duration }
    let noMemory = NoMemory()

    public init() {}

    // MARK: Life

    public func prepare(_ plan: CapturePlan) throws(TraceError) {
        self.plan = plan
        let descriptors = plan.memory.descriptors
        let namespace = TaskIdentity.innerPidNamespace ?? 0
        var p = cbpf_plan()
        configureTargets(&p)
        configureFilters(&p)
        p.configuration.execve = UInt32(clinux_sys_execve)
        // To tell netlink messages, decoding has to know what a socket speaks.
        p.configuration.descriptors = descriptors.isEmpty && plan.memory.isNeeded ? UInt32(CAPTURE_PROTOCOLS) : UInt32(descriptors.rawValue)
        p.configuration.stacks = plan.stacks ? 1 : 0
        p.configuration.namespace = namespace
        p.configuration.identities = plan.identities && plan.aggregation == nil ? 1 : 0
        p.renames = plan.commands ? 1 : 0
        try prepareRing(&p)
        if let aggregation = plan.aggregation { configure(&p, aggregation) }
        let object = capture_is_plain(&p.configuration) != 0 ? CapturePrograms.plain : CapturePrograms.full
        p.object = object.baseAddress
        p.object_size = object.count
        var error = [CChar](repeating: 0, count: 512)
        guard let programs = cbpf_begin_loading(&p, &error, error.count) else { throw Self.failure(error) }
        do throws(TraceError) {
            // While the kernel checks the programs.
            let compiler = try compileCaptures(programs)
            let kernel = cbpf_kernel(programs).pointee
            guard kernel.error == 0 else { throw TraceError("bpf: \(Self.noTypes(Self.message(kernel.error))); use --backend ptrace") }
            if let missing = kernel.missing
                ?? (namespace == 0 && !plan.identities ? nil : kernel.missing_namespaces)
                ?? (descriptors.isEmpty && !compiler.looksAtDescriptors ? nil : kernel.missing_layout) {
                throw TraceError("bpf: this kernel has no \(String(cString: missing)); use --backend ptrace")
            }
            guard cbpf_finish_loading(programs, &error, error.count) == 0 else { throw Self.failure(error) }
        } catch {
            cbpf_close(programs)
            throw error
        }
        self.programs = programs
        noteRing(programs, wanted: p.ring_size)
        position = cbpf_position(programs)
    }

    /// Compiles what calls have captured, and hands it to the programs.
    private func compileCaptures(_ programs: OpaquePointer) throws(TraceError) -> CaptureCompiler {
        var compiler = CaptureCompiler(plan.memory, stackBytes: plan.stacks ? Self.stackBytes : 0)
        var calls = [capture_program](repeating: capture_program(), count: Int(CAPTURE_PLACES))
        for personality in Personality.allCases { compile(personality, &compiler, &calls) }
        let set = calls.withUnsafeBufferPointer { calls in
            compiler.operations.withUnsafeBufferPointer { operations in
                compiler.choices.withUnsafeBufferPointer { choices in
                    cbpf_set_captures(
                        programs, calls.baseAddress, operations.baseAddress, operations.count, choices.isEmpty ? nil : choices.baseAddress)
                }
            }
        }
        guard set == 0 else { throw TraceError("bpf: too many operations to capture memory by") }
        return compiler
    }

    private static func failure(_ text: [CChar]) -> TraceError { missingPrivilege() ?? TraceError("bpf: \(reason(text))") }

    /// Bytes of a stack that are captured with each call; perf(1) takes as many.
    private static let stackBytes = 8 << 10

    private func compile(_ personality: Personality, _ compiler: inout CaptureCompiler, _ calls: inout [capture_program]) {
        let first = Int(personality.rawValue) * Int(CAPTURE_CALLS)
        for number in 0..<Int(CAPTURE_CALLS) {
            // The last place is for every number that no table knows.
            let isWanted = number == Int(CAPTURE_CALLS) - 1
                ? plan.syscalls.includesUnknown : plan.syscalls.contains(number, personality)
            guard isWanted else { continue }
            var program = capture_program()
            // Of foreign calls only names and numbers are known: nothing they lead to is shown.
            if personality == .native, plan.memory.isNeeded, plan.memory.calls.contains(number, personality), let syscall = SyscallTable.lookup(number) {
                program = compiler.program(for: syscall, number, personality)
            } else if personality != .compat32, plan.stacks {
                program = compiler.stackProgram()
            }
            program.flags |= UInt8(CAPTURE_WANTED)
            if Self.isFinal(number, personality) { program.flags |= UInt8(CAPTURE_FINAL) }
            calls[first + number] = program
        }
    }

    /// The number of exit_group in this machine's 32-bit table; that of exit is 1 in all.
    #if arch(x86_64)
    private static let compatExitGroup = 252
    #else
    private static let compatExitGroup = 248
    #endif

    /// Whether a call never returns.
    private static func isFinal(_ number: Int, _ personality: Personality) -> Bool {
        personality == .compat32
            ? number == 1 || number == compatExitGroup : number == Int(clinux_sys_exit) || number == Int(clinux_sys_exit_group)
    }

    public func start() throws(TraceError) {
        guard let programs else { return }
        excludeTracerToBe(programs)
        let attached = cbpf_attach(programs)
        guard attached == 0 else { throw Self.missingPrivilege() ?? TraceError("bpf: cannot attach to the kernel's tracepoints: \(Self.message(attached))") }
        exclude(programs)
        // The program runs at once, and may mean renacer by a signal.
        let level = plan.ptrace.interruptible ?? 2
        clinux_catch_signals(level >= 3 ? 1 : 0, level >= 4 ? 1 : 0)
        if let launch = plan.target.launch { try start(launch, programs) }
        try attachAll(programs)
    }

    public func nextBatch(deadline: UInt64?) throws(TraceError) -> Delivery {
        guard let programs else { return .end(nil) }
        if owesIdle {
            owesIdle = false
            return .nothing
        }
        if !hasBegun {
            hasBegun = true
            // What was attached to.
            if !batch.events.isEmpty { return handOver() }
        }
        while true {
            recycle(programs)
            stopIfAsked(programs)
            if delivered < ready {
                deliverSome()
                if !batch.events.isEmpty { return .events(batch) }
                continue
            }
            let end = isStopped || hasEnded(programs)
            // Who takes up each record as it comes slows the program down, which writes to the same memory.
            // A request is about what has happened until now, however little.
            if isAsked != .limit, end || hasWaited || isInterrupted || !occurrences.isEmpty || cbpf_is_due(programs) != 0 {
                hasWaited = false
                gather(programs, isLast: end)
                let unmapped = cbpf_map_error(programs)
                if unmapped != 0 { throw TraceError("bpf: cannot map the ring: \(Self.message(unmapped))") }
            }
            if !occurrences.isEmpty || end && isOwed(programs) { continue }
            if end {
                settle(programs)
                if isStopped { letGoOfAll() }
                endHeld()
                return batch.events.isEmpty ? .end(launchedEnd) : handOver()
            }
            if losses.from != .max { tellOfLosses() }
            forgetTheDead()
            if !batch.events.isEmpty { return handOver() }
            if isInterrupted {
                isInterrupted = false
                clinux_pass_request()
                return .nothing
            }
            try wait(programs, deadline)
            if let deadline, clinux_monotonic_ns() >= deadline {
                takeStatistics(programs)
                return .nothing
            }
        }
    }

    public func endAtLimit() { if isAsked == nil { isAsked = .limit } }
    public func endAtDuration() { if isAsked == nil { isAsked = .duration } }

    var isAtLimit: Bool { isAsked == .limit }

    private func handOver() -> Delivery {
        owesIdle = true
        return .events(batch)
    }

    /// Frees what the last batch borrowed.
    private func recycle(_ programs: OpaquePointer) {
        batch.events.removeAll(keepingCapacity: true)
        usedViews = 0
        guard delivered == ready else { return }
        // Records that led to no event of their own are let go of, too.
        let hasDelivered = delivered > 0
        if delivered == occurrences.count { occurrences.removeAll(keepingCapacity: true) } else { occurrences.removeFirst(delivered) }
        delivered = 0
        ready = 0
        freeJoined()
        cbpf_release(programs, occurrences.reduce(position) { min($0, $1.position) })
        owesIdle = owesIdle || hasDelivered && cbpf_is_due(programs) == 0
        if isInterrupted {
            // What happened before it is told first.
            guard occurrences.first.map({ $0.time > interruption }) ?? true else { return }
            isInterrupted = false
            clinux_pass_request()
            owesIdle = true
        } else if clinux_take_interruption() != 0 {
            isInterrupted = true
            interruption = clinux_monotonic_ns()
        }
    }

    private func wait(_ programs: OpaquePointer, _ deadline: UInt64?) throws(TraceError) {
        var timeout = plan.aggregation == nil ? Self.patience : -1
        if let deadline {
            let now = clinux_monotonic_ns()
            let left = deadline > now ? Int32(clamping: (deadline - now) / 1_000_000 + 1) : 0
            timeout = timeout < 0 ? left : min(timeout, left)
        }
        if plan.target.launch?.daemonize == .no { clinux_reap_strays(launched) }
        let n = cbpf_wait(programs, timeout)
        hasWaited = true
        if n > 0 { hasHeardOfEnd = true }
        if n < 0, n != -EINTR { throw TraceError("bpf: epoll_wait: \(Self.message(n))") }
        if n == 0, plan.aggregation == nil, cbpf_pending(programs) == 0, !isSwept {
            // Nothing happens: what blocks?
            isSwept = true
            sweep(programs)
        } else if n >= 0 {
            isSwept = false
        }
    }

    /// Milliseconds after which a terminal should show what has happened.
    private static let patience: Int32 = 20

    /// Whether nothing is traced any more.
    private func hasEnded(_ programs: OpaquePointer) -> Bool {
        let live = cbpf_live(programs)
        // That the program has ended wakes who waits once, perhaps before the record of its end is taken.
        if pidfd >= 0, !isReaped, hasHeardOfEnd || live == 0 || tasks[launched] == nil { reap() }
        guard meetsTasks else { return live == 0 }
        // There are always others: the program's end is the trace's, or somebody has to say so.
        guard isReaped || plan.target.launchesDaemonized && tasks[launched] == nil else { return false }
        stop(programs)
        return true
    }

    /// Takes note of how the launched program ended, if it has.
    private func reap() {
        guard plan.target.launch?.daemonize == .no else { return }
        var status: Int32 = 0
        guard clinux_wait(launched, &status, nil, 0) == launched else { return }
        isReaped = true
        let signal = status & 0x7f
        launchedEnd = signal == 0 ? .exited(status >> 8 & 0xff) : .killed(signal)
    }

    /// Lets go of all tasks if somebody wants that.
    private func stopIfAsked(_ programs: OpaquePointer) {
        if isAsked == nil {
            let signal = clinux_caught_signal()
            if signal != 0 { isAsked = .signal(signal) }
        }
        guard let isAsked, !isStopped else { return }
        stop(programs)
        switch isAsked {
        case .limit:
            Self.say("System call limit has been reached, detaching tracees")
            launchedEnd = nil
            // What else has happened is beyond the limit.
            occurrences.removeSubrange(delivered...)
            ready = delivered
        case .duration: launchedEnd = nil
        case .signal(let signal): launchedEnd = .killed(signal)
        }
    }

    private func stop(_ programs: OpaquePointer) {
        isStopped = true
        // What tasks are in while they are let go of; where calls are counted, that is once nothing changes any more.
        if plan.aggregation == nil { sweep(programs) }
        cbpf_detach(programs)
    }

    /// Tells of the tasks that were let go of.
    private func letGoOfAll() {
        let now = clinux_monotonic_ns()
        for task in tasks.values.sorted(by: { $0.tid < $1.tid }) where task.heldEnd == nil && task.isAlive {
            letGo(of: task, at: now)
        }
        tasks.removeAll()
        last = nil
    }

    /// Asks for the calls in flight.
    func sweep(_ programs: OpaquePointer) {
        let swept = cbpf_sweep(programs)
        guard swept < 0, !hasToldOfSweep else { return }
        hasToldOfSweep = true
        Self.say("bpf: calls in flight are shown at their ends only: \(Self.message(swept))")
    }

    public func stop() {
        defer { endGuard() }
        guard let programs else { return }
        self.programs = nil
        endCounting(programs)
        if pidfd >= 0 { close(pidfd) }
        cbpf_close(programs)
        clinux_release_signals()
    }

    private func endGuard() {
        cbpf_end_freezer(freezer)
        freezer = nil
    }

    // MARK: Words

    static func message(_ error: Int32) -> String { String(cString: strerror(abs(error))) }

    static func reason(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// One line on stderr.
    static func say(_ text: String) {
        let line = "\(String(cString: clinux_invocation())): \(text)\n"
        _ = line.utf8.withContiguousStorageIfAvailable { write(2, $0.baseAddress, $0.count) }
    }
}
