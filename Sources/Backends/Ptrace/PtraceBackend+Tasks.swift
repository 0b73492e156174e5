import CLinux
import Glibc
import RenacerCore

// Tasks that come, execute and are replaced.

extension PtraceBackend {
    /// A task that stops before the event of its parent has come.
    func newcomer(_ tid: Int32, _ stop: Stop) -> Task? {
        if stop == .executed, let thread = formerSelf(tid) {
            // A thread executed whose leader is not traced, or gone.
            tasks.remove(thread)
            thread.becomeLeader()
            tasks.insert(thread)
            return thread
        }
        if stop.isEnd {
            if clinux_forget_helper(tid) == 0 { stray(tid, .strayExited) }
            return nil
        }
        guard plan.followForks else {
            // Born traced by its own wish, with CLONE_PTRACE.
            _ = clinux_detach(tid, 0)
            stray(tid, .strayDetached)
            return nil
        }
        guard let pid = ProcPath.status(tid, "Tgid:") else { return nil }
        return welcome(tid, pid: Int32(truncatingIfNeeded: pid))
    }

    private func stray(_ tid: Int32, _ what: ProcessEvent) {
        batch.events.append(Event(time: clinux_monotonic_ns(), tid: tid, pid: tid, .process(what)))
    }

    /// Takes a new child into the table.
    private func welcome(_ tid: Int32, pid: Int32) -> Task {
        let task = Task(tid: tid, pid: pid, cache: readCache)
        tasks.insert(task)
        deliver(task, clinux_monotonic_ns(), .process(.attached()))
        return task
    }

    func atFork(_ parent: Task, _ stop: Stop) {
        var message: UInt = 0
        guard clinux_event_message(parent.tid, &message) == 0 else { return }
        let child = Int32(truncatingIfNeeded: message)
        guard child > 0 else { return }
        var pid = child
        if case .cloned = stop { pid = ProcPath.status(child, "Tgid:").map { Int32(truncatingIfNeeded: $0) } ?? child }
        deliver(parent, clinux_monotonic_ns(), .process(.forked(child: child, isThread: pid != child)))
        if tasks[child] == nil { _ = welcome(child, pid: pid) }
    }

    func atExec(_ task: Task) {
        var current = task
        if let thread = formerSelf(task.tid), thread !== task { current = replace(task, by: thread) }
        current.memory.close()
        mappingObserver?.forget(current.pid)
        executing.removeAll { $0 === current }
        let isFirst = current.tid == launched && !hasExecuted
        if isFirst { hasExecuted = true }
        deliver(current, clinux_monotonic_ns(), .process(.executed))
        if plan.detachOnExecve, !isFirst { letGo(current) }
    }

    /// The task that now has id `tid`, by the id under which it called exec.
    private func formerSelf(_ tid: Int32) -> Task? {
        var message: UInt = 0
        guard clinux_event_message(tid, &message) == 0 else { return nil }
        return tasks[Int32(truncatingIfNeeded: message)]
    }

    /// A thread has executed and is its leader now.
    private func replace(_ leader: Task, by thread: Task) -> Task {
        let now = clinux_monotonic_ns()
        unfinished(leader, now)
        deliver(leader, now, .process(.superseded(by: thread.tid)))
        forget(leader)
        tasks.remove(thread)
        thread.becomeLeader()
        tasks.insert(thread)
        thread.isStopped = true
        stopped.append(.passUnretained(thread))
        return thread
    }

    /// The task behind a stop of `leader`: a thread that executed, where its exec stop was
    /// never seen. That happens when the old leader was resumed as it was replaced.
    func successor(of leader: Task) -> Task {
        guard !leader.isThread,
            let thread = executing.first(where: { $0.pid == leader.tid && $0 !== leader }),
            clinux_thread_exists(leader.tid, thread.tid) == 0
        else { return leader }
        let heir = replace(leader, by: thread)
        executing.removeAll { $0 === heir }
        heir.memory.close()
        deliver(heir, clinux_monotonic_ns(), .process(.executed))
        return heir
    }

    /// After the end of a call of a program's process that is not the program yet.
    func leftBeforeExec(_ task: Task, failed: Bool) {
        if task.number == Int(clinux_sys_seccomp), !failed {
            isFiltered = true
        } else if task.number == Int(clinux_sys_execve), failed {
            task.isStarting = true
        }
    }
}
