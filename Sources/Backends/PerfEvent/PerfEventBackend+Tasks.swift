import CLinux
import CPerf
import Glibc
import RenacerCore

// From records to events: the life of tasks, and signals.

extension PerfEventBackend {
    /// `CLONE_THREAD`, `CLONE_UNTRACED`.
    private static let thread: UInt64 = 0x10000, untraced: UInt64 = 0x80_0000

    @discardableResult
    func add(_ tid: Int32, _ pid: Int32) -> PerfTask {
        let process = processes[pid] ?? PerfProcess(pid: pid)
        processes[pid] = process
        let new = PerfTask(tid: tid, process: process, memory: noMemory)
        if let former = tasks[tid] { forget(former) }
        tasks[tid] = new
        process.threads += 1
        return new
    }

    /// The end of a task was lost, and its id is another's now; or it is gone.
    private func forget(_ task: PerfTask) {
        stacks.giveBack(&task.stack)
        tasks[task.tid] = nil
        last = nil
        if entering === task { entering = nil }
        records.forget(task.tid)
        task.process.threads -= 1
        if task.process.threads <= 0 { processes[task.pid] = nil }
    }

    /// A task that nobody named makes a call.
    func meet(_ r: cperf_record) -> PerfTask? {
        guard meetsTasks, r.tid > 0, r.pid != ownPid, !excluded.contains(r.pid) else { return nil }
        let task = add(r.tid, r.pid)
        if plan.commands { records.meet(r.tid) }
        return task
    }

    /// Whether what a record is about changes how tasks are called.
    func changesCommands(_ r: cperf_record) -> Bool {
        switch UInt32(r.kind) {
        case CPERF_NEW_TASK.rawValue, CPERF_RENAME.rawValue, CPERF_GONE.rawValue: task(r.tid) != nil || tasks[r.other] != nil
        case CPERF_ENTER.rawValue: meetsTasks && task(r.tid) == nil
        default: false
        }
    }

    func forked(_ r: cperf_record) {
        let isThread = r.flags & Self.thread != 0
        if excluded.contains(r.pid), !isThread { excluded.insert(r.other) }
        guard let parent = task(r.tid), plan.followForks, plan.target.scope != .all else { return }
        if excluded.remove(r.other) != nil { last = nil }
        guard r.flags & Self.untraced == 0 else {
            // Its events are inherited all the same.
            return
        }
        if let former = tasks[r.other] { forget(former) }
        append(r.time, parent.tid, parent.pid, .process(.forked(child: r.other, isThread: isThread)))
        let child = add(r.other, isThread ? parent.pid : r.other)
        child.isNewborn = true
        rename(r.other, r)
        if !meetsTasks { append(r.time, child.tid, child.pid, .process(.attached())) }
    }

    func renamed(_ r: cperf_record) {
        if tasks[r.other] != nil { rename(r.other, r) }
    }

    private func rename(_ tid: Int32, _ r: cperf_record) {
        guard plan.commands else { return }
        withUnsafeBytes(of: r.command) { records.rename(tid, $0) }
    }

    func executed(_ r: cperf_record) {
        // Under its former id it is known until now.
        guard let task = task(r.other), task.starting != .waits else { return }
        if plan.detachOnExecve, task.starting == .no {
            letGo(of: task, at: r.time)
            excluded.insert(r.tid)
            forget(task)
            return
        }
        let process = task.process
        if r.other != r.tid {
            // The call was another thread's, by name.
            if entering === task || task.isInCall && !task.isTold && plan.entered {
                entering = nil
                task.isTold = true
                append(task.call.enterTime, r.other, task.pid, .syscallEntered(task.call))
            }
            append(r.time, r.tid, task.pid, .process(.superseded(by: r.other)))
            tasks[r.other] = nil
            task.tid = r.tid
            tasks[r.tid] = task
            last = nil
            process.threads = 1
            process.executing = r.tid
        }
        process.endStatus = nil
        process.fatal = nil
        task.executed = r.time
        append(r.time, r.tid, task.pid, .process(.executed))
        if SecureExecution.isRunning(in: task.pid) { tellSecure(process) }
    }

    /// A task that executes a set-user-id program of another user loses its events in the kernel.
    private func tellSecure(_ process: PerfProcess) {
        process.isUnseen = true
        guard !hasToldSecure else { return }
        hasToldSecure = true
        Self.say("perf_event: process \(process.pid) executed a set-user-id program: the kernel tells nothing of its calls (--backend ptrace and bpf show them)")
    }

    // MARK: End

    func exited(_ r: cperf_record, _ session: OpaquePointer) -> Bool {
        excluded.remove(r.tid)
        guard let task = task(r.tid) else { return true }
        let process = task.process
        let status = process.endStatus ?? (process.executing != 0 && process.executing != task.tid ? 0 : task.ownStatus) ?? Self.unknownEnd
        let isLast = r.is_last < 0 ? process.threads <= 1 : r.is_last != 0
        guard knowsOfCore(status, process, isLast, session) else { return false }
        // It has executed a program, and yet the call that did it never came back; or it has exited, and yet did not call exit.
        let isAway = task.isInCall && task.executed > task.call.enterTime && task.call.enterTime > 0 && process.endStatus == nil
        if isAway || hasExitedUnseen { tellSecure(process) }
        if process.isUnseen, process.pid != launched {
            // How it ended is not known either.
            letGo(of: task, at: r.time)
            forget(task)
            return true
        }
        if task.isInCall {
            task.isInCall = false
            if entering === task { entering = nil }
            task.call.outcome = .unfinished
            task.call.exitTime = r.time
            append(r.time, task.tid, task.pid, .syscall(task.call))
        }
        if let fatal = process.fatal, fatal.target == task.tid, !fatal.isTold, process.endStatus == fatal.number { tellFatal(fatal, task, r.time) }
        process.threads -= 1
        if task.tid == task.pid, process.threads > 0 {
            // wait(2) tells of a leader when no other thread is left: another may exec meanwhile.
            task.heldEnd = (r.time, status)
            return true
        }
        end(task, r.time, task.tid == task.pid ? finalStatus ?? status : status)
        if process.threads <= 0, task.tid != task.pid, let leader = tasks[task.pid], let held = leader.heldEnd {
            end(leader, r.time, finalStatus ?? process.endStatus ?? held.status)
        }
        return true
    }

    /// How a task ends that neither called exit nor took a signal: seccomp ended that thread.
    private static let unknownEnd: Int32 = 31

    /// Whether it is known if a process that ends by a signal has dumped its core: its parent is told in a moment.
    private func knowsOfCore(_ status: Int32, _ process: PerfProcess, _ isLast: Bool, _ session: OpaquePointer) -> Bool {
        finalStatus = nil
        hasExitedUnseen = false
        guard isLast else { return true }
        if process.pid == launched, plan.target.launch?.daemonize == .no {
            // It is about to end: wait(2) tells exactly how.
            reap(waits: true)
            if isReaped { finalStatus = launchedStatus }
            return true
        }
        guard status & 0x7f != 0, DefaultAction(status & 0x7f) == .dumpsCore else { return true }
        var next = cperf_record()
        if cperf_peek(session, process.pid, 0, &next) == 0 { return !waitsOn() }
        guard next.kind == UInt8(CPERF_SENT.rawValue), next.signal == Self.childSignal else { return true }
        if next.code == Self.dumped { finalStatus = status | 0x80 }
        hasExitedUnseen = next.code == Self.exited
        return true
    }

    /// SIGCHLD, CLD_EXITED, CLD_DUMPED.
    private static let childSignal: Int32 = 17, exited: Int32 = 1, dumped: Int32 = 3

    /// Forgets tasks that are gone, should records of their ends have been lost.
    func forgetTheDead() {
        hasLost = false
        for task in tasks.values where clinux_has_thread(task.pid, task.tid) == 0 { forget(task) }
    }

    /// Tells of leaders whose last thread's end was lost.
    func endHeld() {
        for leader in tasks.values.sorted(by: { $0.tid < $1.tid }) {
            if let held = leader.heldEnd { end(leader, held.time, held.status) }
        }
    }

    private func end(_ task: PerfTask, _ time: UInt64, _ status: Int32) {
        let signal = status & 0x7f
        append(time, task.tid, task.pid, .process(
            signal == 0 ? .exited(status: status >> 8 & 0xff) : .killed(signal: signal, coreDumped: status & 0x80 != 0)))
        stacks.giveBack(&task.stack)
        tasks[task.tid] = nil
        last = nil
        records.forget(task.tid)
        if task.process.threads <= 0 { processes[task.pid] = nil }
    }

    /// Tells of the tasks that were let go of.
    func letGoOfAll() {
        let now = clinux_monotonic_ns()
        for task in tasks.values.sorted(by: { $0.tid < $1.tid }) where task.heldEnd == nil && clinux_has_thread(task.pid, task.tid) != 0 {
            letGo(of: task, at: now)
        }
        for task in tasks.values { stacks.giveBack(&task.stack) }
        tasks.removeAll()
        last = nil
    }

    /// Tells of a task that is not traced any more, and of the call it is in.
    private func letGo(of task: PerfTask, at time: UInt64) {
        if task.isInCall {
            task.isInCall = false
            if entering === task { entering = nil }
            if plan.entered {
                if !task.isTold { tellEntry(task) }
                task.call.outcome = .detached
                task.call.exitTime = time
                append(time, task.tid, task.pid, .syscall(task.call))
            }
        }
        if !meetsTasks { append(time, task.tid, task.pid, .process(.detached)) }
    }

    // MARK: Signals

    /// What became of a signal that was sent: TRACE_SIGNAL_*.
    private static let wasSent: Int32 = 0, wasIgnored: Int32 = 1

    /// Signals that are ignored, or kill at once, are never taken: they are told of when they are sent.
    func sent(_ r: cperf_record) {
        guard var target = task(r.other), target.starting == .no else { return }
        let process = target.process
        if target.heldEnd != nil {
            // It was sent to the process, whose leader is gone: another thread takes it.
            guard let other = tasks.values.filter({ $0.pid == process.pid && $0.heldEnd == nil }).min(by: { $0.tid < $1.tid }) else { return }
            target = other
        }
        let signal = SentSignal(number: r.signal, error: r.error, code: r.code, target: target.tid)
        if r.fate == Self.wasSent {
            if r.signal == Self.kill || DefaultAction(r.signal) == .ends, process.fatal?.number != Self.kill { process.fatal = signal }
        } else if r.fate == Self.wasIgnored, process.endStatus == nil, r.signal != Self.kill, plan.signals.contains(r.signal) {
            if target.isInCall { target.signalsBehind.append(signal) } else { tell(signal, target, r.time) }
        }
    }

    /// Nobody may interfere with it, not even a tracer: none is told.
    private static let immutable: UInt64 = 0x80_0000

    func taken(_ r: cperf_record) {
        guard let task = task(r.tid), task.starting == .no else { return }
        let process = task.process
        if r.signal == Self.kill { return die(task, r.time) }
        if process.fatal?.number == r.signal { process.fatal = nil }
        let action = DefaultAction(r.signal)
        if r.handler == 0, action == .ends || action == .dumpsCore, process.endStatus == nil { process.endStatus = r.signal }
        guard r.flags & Self.immutable == 0, plan.signals.contains(r.signal) else { return }
        let signal = SentSignal(number: r.signal, error: r.error, code: r.code, target: task.tid)
        tell(signal, task, r.time, instructionPointer: r.instruction_pointer)
        guard r.handler == 0, action == .stops else { return }
        for t in tasks.values.filter({ $0.pid == task.pid && $0.heldEnd == nil }).sorted(by: { $0.tid < $1.tid }) {
            // A thread stops once it is back from its call.
            if t.isInCall, t !== task { t.stop = r.signal } else { stopped(t, r.signal, r.time) }
        }
    }

    /// A thread takes the SIGKILL by which all threads of a process end, whatever ends the process.
    private func die(_ task: PerfTask, _ time: UInt64) {
        let process = task.process
        guard process.executing == 0 || process.executing == task.tid || process.endStatus != nil else { return }
        if process.endStatus == nil { process.endStatus = process.fatal?.number ?? Self.kill }
        if let fatal = process.fatal, fatal.target == task.tid, !fatal.isTold { tellFatal(fatal, task, time) }
    }

    /// A signal that ended the process as it was sent.
    private func tellFatal(_ fatal: SentSignal, _ task: PerfTask, _ time: UInt64) {
        task.process.fatal?.isTold = true
        if fatal.number != Self.kill, plan.signals.contains(fatal.number) { tell(fatal, task, time) }
    }

    func tell(_ s: SentSignal, _ task: PerfTask, _ time: UInt64, instructionPointer: UInt64 = 0) {
        var signal = Signal(number: s.number)
        if infoCount < Self.batchSize, let base = infos.baseAddress {
            let place = base + infoCount * 16
            infoCount += 1
            place.storeBytes(of: s.number, as: Int32.self)
            place.storeBytes(of: s.error, toByteOffset: 4, as: Int32.self)
            place.storeBytes(of: s.code, toByteOffset: 8, as: Int32.self)
            signal.info = UnsafeRawBufferPointer(start: place, count: 12)
        }
        signal.instructionPointer = instructionPointer
        append(time, task.tid, task.pid, .signal(signal))
    }

    func stopped(_ task: PerfTask, _ number: Int32, _ time: UInt64) {
        append(time, task.tid, task.pid, .signal(Signal(number: number, isStop: true)))
    }
}
