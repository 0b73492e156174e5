import CLinux
import Glibc
import RenacerCore

// Taking hold of running tasks, and letting go of them as if nothing had been.

extension PtraceBackend {
    func attachAll() throws(TraceError) {
        var failures: [String] = []
        for pid in plan.target.attach where tasks[pid] == nil {
            if pid == getpid() { throw TraceError("I'm sorry, I can't let you do that, Dave.") }
            let error = attach(pid)
            guard error != 0 else { continue }
            failures.append("attach: ptrace(PTRACE_SEIZE, \(pid)): \(Self.message(error))")
            if error == EPERM, let tracer = ProcPath.status(pid, "TracerPid:"), tracer != 0 {
                failures.append("Process \(pid) is already being traced by pid \(tracer)")
            }
        }
        if tasks.isEmpty, let last = failures.popLast() {
            failures.forEach(Self.say)
            throw TraceError(last)
        }
        failures.forEach(Self.say)
    }

    /// Seizes and interrupts a process, with all its threads if children are followed:
    /// 0 or an `errno`.
    private func attach(_ pid: Int32) -> Int32 {
        let group = ProcPath.status(pid, "Tgid:").map { Int32(truncatingIfNeeded: $0) } ?? pid
        let result = clinux_seize(pid, options)
        guard result == 0 else { return Int32(-result) }
        adopt(pid, group)
        var threads = 1
        // A thread that is not seized yet may make others while the list is read.
        while plan.followForks {
            let before = threads
            for tid in ProcPath.threads(of: group) where tasks[tid] == nil && clinux_seize(tid, options) == 0 {
                adopt(tid, group)
                threads += 1
            }
            if threads == before { break }
        }
        if let task = tasks[pid] { deliver(task, clinux_monotonic_ns(), .process(.attached(threads: threads))) }
        return 0
    }

    private func adopt(_ tid: Int32, _ pid: Int32) {
        let task = Task(tid: tid, pid: pid, cache: readCache)
        task.isFreshlyAttached = true
        tasks.insert(task)
        _ = clinux_interrupt(tid)
    }

    // MARK: Letting go

    /// Detaches from a task in a ptrace-stop.
    func letGo(_ task: Task) {
        let now = clinux_monotonic_ns()
        unfinished(task, now, .detached)
        placement.forget(task)
        _ = clinux_detach(task.tid, task.nextSignal)
        deliver(task, now, .process(.detached))
        forget(task)
    }

    /// Detaches from every task. Each must stop for it; one that is stopped stays so.
    func letGoOfAll() {
        placement.release()
        if options & UInt(clinux_option_exitkill) != 0 {
            // They die when renacer ends, which is what was asked for.
            tasks.removeAll()
            return
        }
        if isKept {
            keepAll()
            return
        }
        for task in tasks.all {
            if task.isStopped {
                letGo(task)
            } else if isZombie(task) {
                // A leader whose threads live on: it stops no more.
                forget(task)
            } else {
                _ = clinux_interrupt(task.tid)
            }
        }
        // A task in an uninterruptible wait cannot stop; the kernel lets go of it when
        // renacer ends.
        let patience = clinux_monotonic_ns() + 2_000_000_000
        clinux_set_alarm(patience)
        defer { clinux_set_alarm(0) }
        while !tasks.isEmpty {
            var status: Int32 = 0
            let tid = clinux_wait(-1, &status, nil, 0)
            if tid == -EINTR {
                clinux_set_alarm(patience)
                if clinux_monotonic_ns() < patience { continue }
                break
            }
            guard tid > 0 else { break }
            letGo(tid, Stop(status: status))
        }
    }

    /// Ends the trace of tasks whose calls would fail without a tracer. This process goes
    /// on, unseen, to answer their stops.
    private func keepAll() {
        clinux_keep()
        let now = clinux_monotonic_ns()
        for task in tasks.all {
            unfinished(task, now, .detached)
            deliver(task, now, .process(.detached))
            if task.isStopped {
                _ = task.next == .listen ? clinux_listen(task.tid) : clinux_resume(task.tid, task.nextSignal)
            }
            forget(task)
        }
    }

    private func letGo(_ tid: Int32, _ stop: Stop) {
        guard let task = tasks[tid] else {
            if !stop.isEnd { _ = clinux_detach(tid, 0) }
            return
        }
        switch stop {
        case .exited, .killed: handle(tid, stop, 0)
        case .signal(let signal):
            task.nextSignal = signal
            letGo(task)
        case .forked, .cloned:
            var child: UInt = 0
            if clinux_event_message(tid, &child) == 0, child > 0, tasks[Int32(truncatingIfNeeded: child)] == nil {
                let child = Int32(truncatingIfNeeded: child)
                tasks.insert(Task(tid: child, pid: child, cache: readCache))
            }
            letGo(task)
        case .executed:
            atExec(task)
            if let task = tasks[tid] { letGo(task) }
        default: letGo(task)
        }
    }

    private func isZombie(_ task: Task) -> Bool {
        !task.isThread && ProcPath.state(task.tid) == UInt8(ascii: "Z")
    }
}
