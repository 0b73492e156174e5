import CLinux
import CPerf
import RenacerCore

// From records to events: calls.

extension PerfEventBackend {
    /// Tells of what a record is about; false if what comes after it has to be waited for first.
    func handle(_ r: cperf_record, _ session: OpaquePointer) -> Bool {
        if !met.isEmpty, r.time > met[met.count - 1].call.enterTime { tellOfMet() }
        switch UInt32(r.kind) {
        case CPERF_ENTER.rawValue: entered(r)
        case CPERF_EXIT.rawValue: return left(r, session)
        case CPERF_NEW_TASK.rawValue: forked(r)
        case CPERF_EXEC.rawValue: executed(r)
        case CPERF_GONE.rawValue: return exited(r, session)
        case CPERF_SENT.rawValue: sent(r)
        case CPERF_TAKEN.rawValue: taken(r)
        case CPERF_RENAME.rawValue: renamed(r)
        default: lost(r)
        }
        return true
    }

    /// Delivers an event, behind what it interrupts.
    @inline(__always)
    func append(_ time: UInt64, _ tid: Int32, _ pid: Int32, _ body: Event.Body) {
        if entering != nil { tellEntry() }
        batch.events.append(Event(time: time, tid: tid, pid: pid, body))
        account.delivered += 1
    }

    /// Something came between a call's ends: its entry is told of.
    private func tellEntry() {
        guard let task = entering else { return }
        entering = nil
        tellEntry(task)
    }

    func tellEntry(_ task: PerfTask) {
        task.isTold = true
        batch.events.append(Event(time: task.call.enterTime, tid: task.tid, pid: task.pid, .syscallEntered(task.call)))
    }

    /// Nothing has happened for a while: calls that were entered go on.
    func tellWhoIsInACall() {
        tellOfMet()
        tellEntry()
    }

    private func tellOfMet() {
        for task in met where task.isInCall && task.wasMetInCall && !task.isTold && plan.entered { tellEntry(task) }
        met.removeAll()
    }

    func task(_ tid: Int32) -> PerfTask? {
        if let last, last.tid == tid { return last }
        guard let known = tasks[tid] else { return nil }
        last = known
        return known
    }

    // MARK: Entry

    @inline(__always)
    private static func personality(_ r: cperf_record) -> Personality {
        if r.is_compat != 0 { return .compat32 }
        #if arch(x86_64)
        if r.number >= Int64(SyscallTable.x32Bit) { return .x32 }
        #endif
        return .native
    }

    private func entered(_ r: cperf_record) {
        guard let task = task(r.tid) ?? meet(r) else { return }
        let personality = Self.personality(r)
        let number = Int(r.number)
        task.isNewborn = false
        if task.starting != .no {
            guard number == Int(clinux_sys_execve) else { return }
            task.starting = .executes
        }
        let ends = NumberFilter.ends(personality)
        let plain = personality == .x32 ? number & ~SyscallTable.x32Bit : number
        let isFinal = plain == ends.exit || plain == ends.group
        if isFinal {
            let status = Int32(truncatingIfNeeded: r.arguments.0 & 0xff) << 8
            if plain == ends.exit { task.ownStatus = status } else if task.process.endStatus == nil { task.process.endStatus = status }
        } else if NumberFilter.execs(personality).contains(number) {
            task.process.executing = task.tid
        }
        if task.isInCall { missEnd(of: task, before: r) }
        guard plan.syscalls.contains(number, personality) else { return }
        task.call.begin(number, personality, r.arguments, enterTime: r.time)
        task.call.memory = memory(of: task)
        if r.registers != nil { takeStack(of: task, r) }
        task.call.instructionPointer = r.instruction_pointer
        task.call.stackPointer = r.stack_pointer
        task.call.interruptedNumber = task.interruptedNumber
        task.isTold = false
        task.wasMetInCall = false
        if isFinal {
            task.call.exitTime = r.time
            append(r.time, task.tid, task.pid, .syscall(task.call))
            return
        }
        task.isInCall = true
        if entering != nil { tellEntry() }
        if plan.entered { entering = task }
    }

    /// The end of a call was lost, or its entry was met by attaching just now.
    private func missEnd(of task: PerfTask, before r: cperf_record) {
        task.isInCall = false
        if entering === task { entering = nil }
        if task.wasMetInCall, !task.isTold { return }
        task.call.outcome = .unavailable
        task.call.exitTime = r.time
        append(r.time, task.tid, task.pid, .syscall(task.call))
    }

    func memory(of task: PerfTask) -> any TraceeMemory {
        lateMemory?.of(task.tid) ?? noMemory
    }

    /// The stack that a call is made from goes with it, in front of other memory.
    private func takeStack(of task: PerfTask, _ r: cperf_record) {
        stacks.giveBack(&task.stack)
        let stack = stacks.take(r, beyond: memory(of: task))
        task.stack = stack
        task.call.memory = stack
    }

    // MARK: End

    private func left(_ r: cperf_record, _ session: OpaquePointer) -> Bool {
        guard let task = task(r.tid), task.starting != .waits else { return true }
        if task.isNewborn {
            // It returns from the call by which it was made.
            task.isNewborn = false
            return true
        }
        if mayDie(task) {
            // Whether it dies of that before it is back shows only what comes next.
            var next = cperf_record()
            if cperf_peek(session, task.pid, task.tid, &next) == 0 {
                if waitsOn() { return false }
            } else if next.kind == UInt8(CPERF_TAKEN.rawValue), next.signal == Self.kill, !tookFatal(task) {
                // What a call came to nobody learns whose task dies in it.
                return true
            } else if next.kind == UInt8(CPERF_GONE.rawValue) {
                return true
            }
        }
        if task.process.executing == task.tid { task.process.executing = 0 }
        if task.starting == .executes { task.starting = r.result < 0 ? .waits : .no }
        if !task.isInCall {
            // Attached to in the middle of a call, or a seccomp filter decided about it.
            guard r.has_arguments != 0, plan.syscalls.contains(Int(r.number), Self.personality(r)) else { return true }
            task.call.begin(Int(r.number), Self.personality(r), r.arguments, enterTime: plan.target.attach.isEmpty ? r.time : 0)
            task.call.memory = memory(of: task)
            task.call.instructionPointer = r.instruction_pointer
            task.call.stackPointer = r.stack_pointer
        } else if entering === task {
            entering = nil
        }
        finish(task, r)
        return true
    }

    private func finish(_ task: PerfTask, _ r: cperf_record) {
        task.isInCall = false
        task.isTold = false
        task.call.exitTime = r.time
        task.call.outcome = Call.Outcome(result: r.result, of: task.call)
        if task.call.outcome == .failed(Call.restartBlock), task.call.number != Int(clinux_sys_restart_syscall) {
            task.interruptedNumber = task.call.number
        }
        append(r.time, task.tid, task.pid, .syscall(task.call))
        if task.stop != 0 {
            stopped(task, task.stop, r.time)
            task.stop = 0
        }
        if !task.signalsBehind.isEmpty {
            for s in task.signalsBehind { tell(s, task, r.time) }
            task.signalsBehind.removeAll(keepingCapacity: true)
        }
    }

    /// Keeps a record until more is known; false if that has taken too long already.
    func waitsOn() -> Bool {
        let now = clinux_monotonic_ns()
        if heldSince == 0 { heldSince = now }
        return now - heldSince < Self.mostPatience
    }

    /// ns after which what should follow at once will not.
    private static let mostPatience: UInt64 = 5_000_000

    static let kill: Int32 = 9

    /// Whether something has happened that may kill the task at the end of its call.
    private func mayDie(_ task: PerfTask) -> Bool {
        let p = task.process
        return p.endStatus != nil || p.fatal != nil || p.executing != 0 && p.executing != task.tid
    }

    /// Whether it is this task that the signal was sent to by which its process ends.
    private func tookFatal(_ task: PerfTask) -> Bool {
        guard let fatal = task.process.fatal else { return false }
        let end = task.process.endStatus
        return (end == nil || end == fatal.number) && fatal.target == task.tid && fatal.number != Self.kill
    }

    // MARK: Loss

    private func lost(_ r: cperf_record) {
        lose(r.count, from: r.time, to: max(r.until, r.time))
    }

    private func lose(_ count: UInt64, from: UInt64, to: UInt64) {
        account.lost[.ringFull, default: 0] += count
        if entering != nil { tellEntry() }
        batch.events.append(Event(time: to, tid: 0, pid: 0, .loss(Loss(backend: name, cause: .ringFull, count: count, from: from, to: to))))
        hasLost = true
    }

    /// Compares what the kernel counted with what came.
    func balance(_ session: OpaquePointer) {
        let a = cperf_account(session)
        // Behind the last records of a ring no record tells of what was lost.
        if a.lost > a.told { lose(a.lost - a.told, from: lastTime, to: clinux_monotonic_ns()) }
        account.imbalance = Int64(bitPattern: a.counted &- a.taken &- a.missing)
    }
}
