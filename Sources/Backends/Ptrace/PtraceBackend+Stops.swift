import CLinux
import Glibc
import RenacerCore

// What each kind of stop means, and the events that come of it.

extension PtraceBackend {
    func handle(_ tid: Int32, _ stop: Stop, _ time: UInt64) {
        systemTime = time
        guard let task = tasks[tid] ?? newcomer(tid, stop) else { return }
        task.memory.invalidate()
        let seesAll = tasks.count == 1 && !isFiltered && !mayChangeUnseen
        if readCache.readable.isKept != seesAll { readCache.readable.isKept = seesAll }
        if stop.isEnd {
            ended(task, stop)
            return
        }
        // A second stop without a resumption between: the task that had this id was
        // replaced while it was stopped.
        if task.isStopped { unstop(task) }
        task.isStopped = true
        task.isListening = false
        task.next = .run
        task.nextSignal = 0
        stopped.append(.passUnretained(task))
        switch stop {
        case .syscall, .seccomp: atCall(task)
        case .signal(let signal): atSignal(task, signal)
        case .group(let signal): atGroupStop(task, signal)
        case .forked, .cloned: atFork(task, stop)
        case .executed: atExec(task)
        case .trap where task.isFreshlyAttached:
            task.isFreshlyAttached = false
            task.interruptedNumber = ProcPath.currentCall(task.tid) ?? Call.unknownNumber
        default: break
        }
    }

    @inline(__always)
    func deliver(_ task: Task, _ time: UInt64, _ body: Event.Body) {
        batch.events.append(Event(time: time, tid: task.tid, pid: task.pid, body))
    }

    // MARK: Calls

    private func atCall(_ task: Task) {
        var info = clinux_syscall_info()
        guard clinux_syscall_info(task.tid, &info) > 0 else {
            // Killed in its stop.
            if !task.isInCall, !task.isStarting { enterUnknown(task) }
            return
        }
        // With a filter, the entry stop may already have told of a call that it lets stop.
        if info.op == 2 {
            if executing.isEmpty { leave(task, info) } else { leave(successor(of: task), info) }
        } else if info.op != 0, !task.isInCall { enter(task, info) }
    }

    private func enter(_ task: Task, _ info: clinux_syscall_info) {
        let (number, personality) = Self.identify(info)
        task.isInCall = true
        task.isCallDelivered = false
        task.number = number
        if task.isStarting {
            guard number == Int(clinux_sys_execve) else { return }
            task.isStarting = false
        }
        let mark = watch.mark(number, personality)
        if mark.contains(.placement) { placement.release() }
        if mark.contains(.remapping) {
            task.isRemapping = true
            readCache.readable.forget()
            if mappingObserver != nil { task.remapping = Remapping(number, personality, info) }
        }
        // A child that nobody follows may share the memory.
        if mark.contains(.placement), !plan.followForks { mayChangeUnseen = true }
        if mark.contains(.exec), task.isThread { executing.append(task) }
        if !mark.contains(.placement) { placement.count(task, tasks) }
        guard mark.contains(.deliver) else { return }
        let now = clinux_monotonic_ns()
        task.isCallDelivered = true
        task.call.begin(
            number, personality, (info.arg0, info.arg1, info.arg2, info.arg3, info.arg4, info.arg5), enterTime: now)
        task.call.instructionPointer = info.instruction_pointer
        // Until its exec it is renacer's own stack.
        task.call.stackPointer = task.tid == launched && !hasExecuted ? 0 : info.stack_pointer
        task.call.interruptedNumber = task.interruptedNumber
        if plan.systemTime { task.systemTimeAtEntry = systemTime }
        if mark.contains(.tamper) { tamperAtEntry(task, now) }
        if plan.entered, plan.enteredCalls.contains(task.call) { deliver(task, now, .syscallEntered(task.call)) }
        task.startsLate = plan.stacks && task.injection == nil
        if mark.contains(.final), task.injection == nil {
            placement.ending(task)
            unfinished(task, now)
        }
    }

    private func enterUnknown(_ task: Task) {
        task.isInCall = true
        task.isCallDelivered = true
        task.call.begin(Call.unknownNumber, .native, (0, 0, 0, 0, 0, 0), enterTime: 0)
    }

    private func leave(_ task: Task, _ info: clinux_syscall_info) {
        guard task.isInCall else { return }
        task.isInCall = false
        if task.isRemapping {
            task.isRemapping = false
            readCache.readable.forget()
        }
        let value = Int64(bitPattern: info.value)
        if let change = task.remapping { tell(task, change, info.value) }
        // Calls that widen 32 bits without their sign fail with what looks like a number.
        let isNarrow = value >> 12 == 0xf_ffff && task.call.syscall?.returns == .narrow
        let failed = info.arg0 & 0xff != 0 || isNarrow
        if task.tid == launched, !hasExecuted { leftBeforeExec(task, failed: failed) }
        if value == -Int64(Call.restartBlock), task.number != Int(clinux_sys_restart_syscall) {
            task.interruptedNumber = task.number
        }
        if !executing.isEmpty { executing.removeAll { $0 === task } }
        guard task.isCallDelivered else { return }
        task.isCallDelivered = false
        let now = clinux_monotonic_ns()
        task.call.exitTime = now
        task.call.outcome = failed ? .failed(Int32(truncatingIfNeeded: 0 &- value)) : .returned(value)
        task.call.instructionPointer = info.instruction_pointer
        task.call.stackPointer = task.tid == launched && !hasExecuted ? 0 : info.stack_pointer
        if plan.systemTime { task.call.systemTime = systemTime &- task.systemTimeAtEntry }
        if task.injection != nil { tamperAtExit(task, now) }
        deliver(task, now, .syscall(task.call))
    }

    /// Ends the call a task is in, if there is one, without a result.
    func unfinished(_ task: Task, _ now: UInt64, _ outcome: Call.Outcome = .unfinished) {
        guard task.isInCall, task.isCallDelivered else { return }
        task.isCallDelivered = false
        task.call.exitTime = now
        task.call.outcome = outcome
        deliver(task, now, .syscall(task.call))
    }

    private static func identify(_ info: clinux_syscall_info) -> (Int, Personality) {
        // Numbers are ints in the kernel: what lies above is the program's whim.
        let number = Int(Int32(truncatingIfNeeded: info.value))
        switch info.arch {
        case 0x4000_0003, 0x4000_0028: return (number, .compat32)
        default: break
        }
        #if arch(x86_64)
        if number >= 0, number & SyscallTable.x32Bit != 0 { return (number, .x32) }
        #endif
        return (number, .native)
    }

    // MARK: Signals

    private func atSignal(_ task: Task, _ signal: Int32) {
        task.nextSignal = signal
        guard !task.isStarting else { return }
        var info: UnsafeRawBufferPointer?
        let buffer = task.signalInfoBuffer()
        if clinux_signal_info(task.tid, buffer.baseAddress) == 0 { info = UnsafeRawBufferPointer(buffer) }
        var event = Signal(number: signal, info: info)
        if plan.instructionPointer {
            var registers = clinux_syscall_info()
            if clinux_syscall_info(task.tid, &registers) > 0 { event.instructionPointer = registers.instruction_pointer }
        }
        deliver(task, clinux_monotonic_ns(), .signal(event))
    }

    private func atGroupStop(_ task: Task, _ signal: Int32) {
        task.next = .listen
        deliver(task, clinux_monotonic_ns(), .signal(Signal(number: signal, isStop: true)))
    }

    // MARK: Ends

    private func ended(_ task: Task, _ stop: Stop) {
        let now = clinux_monotonic_ns()
        unfinished(task, now)
        var body = ProcessEvent.exited(status: 0)
        var end = TraceeEnd.exited(0)
        switch stop {
        case .exited(let status):
            body = .exited(status: status)
            end = .exited(status)
        case .killed(let signal, let coreDumped):
            body = .killed(signal: signal, coreDumped: coreDumped)
            end = .killed(signal)
        default: break
        }
        if task.tid == launched { launchedEnd = end }
        deliver(task, now, .process(body))
        forget(task)
    }

    func forget(_ task: Task) {
        departed.append(task)
        tasks.remove(task)
        task.memory.close()
        if !task.isThread { mappingObserver?.forget(task.pid) }
        task.isStopped = false
        if !executing.isEmpty { executing.removeAll { $0 === task } }
        if !delayed.isEmpty { delayed.removeAll { $0 === task } }
        placement.forget(task)
        unstop(task)
    }
}
