import CBPF
import CLinux
import Glibc
import RenacerCore
import RenacerHost

// Whom to trace: the launched program, running processes, all tasks or those of a cgroup.

extension BPFBackend {
    /// Whether tasks that nobody named are traced.
    var meetsTasks: Bool { plan.target.scope != .named }

    /// Writes down for the programs whom to trace.
    func configureTargets(_ p: inout cbpf_plan) {
        p.configuration.tracer = plan.target.launchesDaemonized ? 0 : UInt32(getpid())
        p.configuration.detaches_at_exec = plan.detachOnExecve ? 1 : 0
        p.adopts = plan.target.attach.isEmpty ? 0 : 1
        switch plan.target.scope {
        case .named: p.configuration.scope = 0
        case .all: p.configuration.scope = 1
        case .cgroup(let id):
            p.configuration.scope = 2
            p.configuration.cgroup = id
        }
        // Children of tasks that are met are met themselves.
        p.configuration.follows = plan.followForks && plan.target.scope != .all ? 1 : 0
    }

    /// Writes down what of calls and signals need not be sent.
    func configureFilters(_ p: inout cbpf_plan) {
        p.configuration.minimum_duration = plan.selection.minimumDuration
        p.configuration.dropped_outcomes = (plan.selection.outcomes.contains(.successful) ? 0 : 1)
            | (plan.selection.outcomes.contains(.failed) ? 0 : 2)
        p.configuration.signals = plan.signals.mask
        p.signals = plan.signals == .none ? 0 : 1
    }

    /// Why nothing was loaded, if it is for want of privileges.
    static func missingPrivilege() -> TraceError? {
        privilegeNeeded.map { TraceError("bpf: \($0), or use --backend ptrace") }
    }

    /// What this process may not, and how it could; nil if it may load programs.
    static var privilegeNeeded: String? {
        // Of what it has there, nothing counts.
        if TaskIdentity.isInUserNamespace { return "renacer runs in a user namespace, in which the kernel loads no BPF programs: run it outside" }
        guard cbpf_may_load() == 0 else { return nil }
        let file = clinux_executed_file().map { String(cString: $0) } ?? "renacer"
        return "needs CAP_BPF and CAP_PERFMON: run it with sudo, or once 'setcap cap_bpf,cap_perfmon+ep \(file)'"
    }

    // MARK: The launched program

    func start(_ launch: CapturePlan.Launch, _ programs: OpaquePointer) throws(TraceError) {
        let program = try ProgramLaunch(launch, .runs)
        launched = program.pid
        do throws(TraceError) { try holdBack(launched, programs) } catch {
            program.abandon()
            throw error
        }
        pidfd = cbpf_pidfd(launched)
        let adopted = pidfd < 0 ? pidfd : cbpf_adopt_start(programs, launched, pidfd)
        guard adopted == 0 else {
            program.abandon()
            throw TraceError("bpf: cannot trace process \(launched): \(Self.message(adopted))")
        }
        _ = cbpf_watch(programs, pidfd)
        _ = task(launched, launched)
        if plan.commands { records.meet(launched) }
        if launch.daemonize != .no { append(clinux_monotonic_ns(), launched, launched, .process(.attached())) }
        program.go()
    }

    // MARK: Running processes

    func attachAll(_ programs: OpaquePointer) throws(TraceError) {
        var failures: [String] = []
        for id in plan.target.attach {
            if id == getpid() { throw TraceError("I'm sorry, I can't let you do that, Dave.") }
            let pid = TaskIdentity.process(of: id) ?? id
            // With others of its process alive the first thread may be over.
            let isOver = TaskIdentity.isOver(id) && (!plan.followForks || id != pid || TaskIdentity.threads(of: pid).allSatisfy(TaskIdentity.isOver))
            let n = isOver ? 0 : cbpf_adopt_threads(programs, plan.followForks ? pid : id, plan.followForks ? 0 : 1)
            if n > 0 {
                _ = task(id, pid)
                if plan.commands { records.meet(id) }
                append(clinux_monotonic_ns(), id, pid, .process(.attached(threads: Int(n))))
            } else if tasks[id] == nil {
                if n == 0, !isOver, meetsTasks, TaskIdentity.process(of: id) != nil { continue }
                let reason = n < 0 ? Self.message(n) : isOver ? "it has ended, and waits for its parent"
                    : TaskIdentity.process(of: id) == nil ? Self.message(ESRCH) : "the kernel has no memory for its state"
                failures.append("attach: process \(id): \(reason)")
            }
        }
        if tasks.isEmpty, !meetsTasks, let last = failures.popLast() {
            failures.forEach(Self.say)
            throw TraceError(last)
        }
        failures.forEach(Self.say)
    }

    // MARK: Tasks that nobody named

    /// Leaves out the tracer where its id is not known yet: whom an excluded process forks is excluded, too, and the
    /// program is traced by name.
    func excludeTracerToBe(_ programs: OpaquePointer) {
        if meetsTasks, plan.target.launchesDaemonized { _ = cbpf_exclude(programs, getpid()) }
    }

    /// Leaves out who reads the trace: to trace that would never end.
    func exclude(_ programs: OpaquePointer) {
        guard meetsTasks else { return }
        // What a process forks once it is excluded is excluded by the kernel.
        var left = plan.target.excluded
        while let pid = left.popLast() {
            if cbpf_exclude(programs, pid) == 0 { left += TaskIdentity.children(of: pid) }
        }
    }
}
