import CLinux
import Glibc
import RenacerCore
import RenacerHost

extension PtraceBackend {
    /// Starts the program, seizes it before it has run, and lets it go to its exec.
    func launch(_ launch: CapturePlan.Launch) throws(TraceError) {
        var filter = seccompFilter()
        if !filter.isEmpty, plan.ptrace.seccomp == .automatic, clinux_split() != 0 { filter = [] }
        isKept = !filter.isEmpty && plan.ptrace.seccomp == .automatic
        let isAlone = filter.isEmpty && plan.target.attach.isEmpty && launch.daemonize == .no
        let task = if isAlone {
            try placement.pinning { () throws(TraceError) in try seized(launch, filter) }
        } else {
            try seized(launch, filter)
        }
        // The program was there before its tracer.
        if launch.daemonize != .no { deliver(task, clinux_monotonic_ns(), .process(.attached())) }
        _ = clinux_resume_to_syscall(task.tid, 0)
    }

    /// The program's task, seized and stopped shortly before its exec.
    private func seized(_ launch: CapturePlan.Launch, _ filter: [UInt64]) throws(TraceError) -> Task {
        let program = try ProgramLaunch(
            launch, .stops, filter: filter, noNewPrivileges: plan.ptrace.seccomp == .always)
        let pid = program.pid
        if launch.daemonize != .no { debug("new tracer pid is \(getpid())") }
        let seized = clinux_seize(pid, options)
        guard seized == 0 else {
            program.abandon()
            throw TraceError("PTRACE_SEIZE of \(pid): \(Self.message(Int32(-seized)))")
        }
        launched = pid
        let task = Task(tid: pid, pid: pid, cache: readCache)
        task.isStarting = true
        tasks.insert(task)
        program.go()
        awaitStart(pid)
        return task
    }

    /// Waits for the stop that the program's process makes of its own accord: from there on
    /// every call of it is seen.
    private func awaitStart(_ pid: Int32) {
        var status: Int32 = 0
        while clinux_wait(pid, &status, nil, 0) == pid {
            guard case .signal(let signal) = Stop(status: status), signal != SIGSTOP else { return }
            _ = clinux_resume(pid, signal)
        }
    }
}
