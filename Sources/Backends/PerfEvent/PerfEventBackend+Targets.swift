import CLinux
import CPerf
import Glibc
import RenacerCore
import RenacerHost

// Whom to trace: the launched program, running processes, all tasks or those of a cgroup.

extension PerfEventBackend {
    /// Whether tasks that nobody named are traced.
    var meetsTasks: Bool { plan.target.scope != .named }

    // MARK: The launched program

    func start(_ launch: CapturePlan.Launch, _ session: OpaquePointer) throws(TraceError) {
        let program = try ProgramLaunch(launch, .runs)
        launched = program.pid
        // The program took this process' place, and this is another one.
        var status = launch.daemonize == .no ? 0 : cperf_map_again(session)
        if status == 0, meetsTasks {
            pidfd = cperf_pidfd(launched)
            status = pidfd < 0 ? pidfd : cperf_watch(session, pidfd)
        }
        if status == 0, plan.target.scope != .all { status = cperf_trace(session, launched) }
        guard status == 0 else {
            program.abandon()
            throw TraceError("perf_event: cannot trace process \(launched): \(Self.message(status))")
        }
        let task = add(launched, launched)
        task.starting = .waits
        if plan.commands { records.meet(launched) }
        if launch.daemonize != .no { append(clinux_monotonic_ns(), launched, launched, .process(.attached())) }
        program.go()
    }

    // MARK: Running processes

    func attachAll(_ session: OpaquePointer) throws(TraceError) {
        var failures: [String] = []
        for id in plan.target.attach {
            if id == getpid() { throw TraceError("I'm sorry, I can't let you do that, Dave.") }
            let pid = TaskIdentity.process(of: id) ?? id
            var status: Int32 = 0
            let n = attach(id, pid, session, &status)
            if n > 0 {
                if plan.commands { records.meet(id) }
                append(clinux_monotonic_ns(), id, pid, .process(.attached(threads: n)))
            } else if tasks[id] == nil {
                failures.append("attach: process \(id): \(Self.message(status == 0 ? ESRCH : status))")
            }
        }
        if tasks.isEmpty, !meetsTasks, let last = failures.popLast() {
            failures.forEach(Self.say)
            throw TraceError(last)
        }
        failures.forEach(Self.say)
    }

    /// Traces a process' threads, or just one if children are not followed: how many.
    private func attach(_ id: Int32, _ pid: Int32, _ session: OpaquePointer, _ status: inout Int32) -> Int {
        var count = 0
        // Threads that traced ones make meanwhile inherit their events: what records tell of is not attached to again.
        while true {
            let found = plan.followForks ? TaskIdentity.threads(of: pid) : [id]
            cperf_gather(session, .max)
            var record = cperf_record()
            while cperf_next(session, &record) != 0 {
                stacks.keep(&record)
                early.append(record)
            }
            let inherited = Set(early.filter { $0.kind == UInt8(CPERF_NEW_TASK.rawValue) && tasks[$0.tid] != nil }.map(\.other))
            var isNew = false
            for tid in found where tasks[tid] == nil && !inherited.contains(tid) {
                status = cperf_trace(session, tid)
                guard status == 0 else { continue }
                meetInCall(add(tid, pid))
                isNew = true
                count += 1
            }
            if !isNew || !plan.followForks { return count }
        }
    }

    /// Takes note of the call in which a task sleeps.
    private func meetInCall(_ task: PerfTask) {
        guard let call = TaskIdentity.call(of: task.tid) else { return }
        let personality: Personality = TaskIdentity.is32Bit(task.pid) ? .compat32 : .native
        guard plan.syscalls.contains(call.number, personality) else { return }
        let a = call.arguments
        task.call.begin(call.number, personality, (a[0], a[1], a[2], a[3], a[4], a[5]), enterTime: clinux_monotonic_ns())
        task.call.memory = memory(of: task)
        task.call.stackPointer = call.stackPointer
        task.call.instructionPointer = call.instructionPointer
        task.isInCall = true
        task.wasMetInCall = true
        met.append(task)
    }

    // MARK: Tasks that nobody named

    func traceEverybody(_ session: OpaquePointer) throws(TraceError) {
        var status: Int32 = 0
        switch plan.target.scope {
        case .named: return
        case .all: status = cperf_trace_all(session, -1)
        case .cgroup(let id):
            let group = cperf_cgroup(id)
            status = group < 0 ? group : cperf_trace_all(session, group)
            if group >= 0 { close(group) }
            if status == -EBADF || status == -EINVAL {
                throw TraceError("perf_event: --cgroup: this cgroup2 file system has no perf_event controller, a cgroup of version 1 has taken it; use --backend bpf")
            }
        }
        guard status == 0 else { throw TraceError("perf_event: cannot trace all tasks: \(Self.message(status))") }
    }

    /// Leaves out who reads the trace: to trace that would never end.
    func exclude() {
        var left = plan.target.excluded
        while let pid = left.popLast() {
            excluded.insert(pid)
            left += TaskIdentity.children(of: pid)
        }
    }
}
