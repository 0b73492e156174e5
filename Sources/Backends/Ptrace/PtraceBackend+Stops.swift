import CLinux
import Glibc
import RenacerCore

/// How a stopped task goes on.
struct Resumption {
    enum Kind { case toSyscall, plain, listen }
    var tid: Int32
    var kind: Kind
    var signal: Int32 = 0
}

/// What a wait told about a task.
enum Stop {
    case syscall, signal(Int32), group(Int32), event(Int32), exited(Int32), killed(Int32, coreDumped: Bool)

    static let eventStop: Int32 = 128

    init(status: Int32) {
        let low = status & 0x7f
        if low == 0 {
            self = .exited(status >> 8 & 0xff)
        } else if low != 0x7f {
            self = .killed(low, coreDumped: status & 0x80 != 0)
        } else {
            let signal = status >> 8 & 0xff
            let event = status >> 16
            if event == Self.eventStop {
                self = signal == SIGTRAP ? .event(event) : .group(signal)
            } else if event != 0 {
                self = .event(event)
            } else {
                self = signal == SIGTRAP | 0x80 ? .syscall : .signal(signal)
            }
        }
    }
}

extension PtraceBackend {
    func handle(_ tid: Int32) {
        guard let task = tasks[tid] else { return }
        task.memory.invalidate()
        switch Stop(status: status) {
        case .syscall:
            atSyscall(task)
            goOn(task)
        case .signal(let signal): atSignal(task, signal)
        case .group(let signal): atGroupStop(task, signal)
        case .event(let event):
            atEvent(task, event)
            goOn(task)
        case .exited(let code): atEnd(task, .exited(code), .exited(status: code))
        case .killed(let signal, let core): atEnd(task, .killed(signal), .killed(signal: signal, coreDumped: core))
        }
    }

    @inline(__always)
    func goOn(_ task: Task, signal: Int32 = 0) {
        resumptions.append(Resumption(tid: task.tid, kind: .toSyscall, signal: signal))
    }

    @inline(__always)
    func deliver(_ task: Task, _ time: UInt64, _ body: Event.Body) {
        batch.events.append(Event(time: time, tid: task.tid, pid: task.pid, body))
    }

    // MARK: Calls

    private func atSyscall(_ task: Task) {
        var info = clinux_syscall_info()
        guard clinux_syscall_info(task.tid, &info) > 0 else { return }
        switch info.op {
        case 1: enter(task, info)
        case 2: leave(task, info)
        default: break
        }
    }

    private func enter(_ task: Task, _ info: clinux_syscall_info) {
        let (number, personality) = Self.identify(info)
        if task.isStarting {
            guard number == Int(clinux_sys_execve) else { return }
            task.isStarting = false
        }
        task.isInCall = true
        let wanted = plan.syscalls.contains(number, personality)
        task.isCallDelivered = wanted
        guard wanted else { return }
        let now = clinux_monotonic_ns()
        task.call = Call(
            number: number, personality: personality,
            arguments: (info.arg0, info.arg1, info.arg2, info.arg3, info.arg4, info.arg5), enterTime: now,
            memory: task.memory)
        task.call.instructionPointer = info.instruction_pointer
        if plan.systemTime { task.systemTimeAtEntry = systemTime }
        if plan.entered { deliver(task, now, .syscallEntered(task.call)) }
    }

    private func leave(_ task: Task, _ info: clinux_syscall_info) {
        guard task.isInCall else { return }
        task.isInCall = false
        let value = Int64(bitPattern: info.value)
        let failed = info.arg0 & 0xff != 0
        if task.tid == launched, !hasExecuted, failed { task.isStarting = true }
        guard task.isCallDelivered else { return }
        let now = clinux_monotonic_ns()
        task.call.exitTime = now
        task.call.outcome = failed ? .failed(Int32(truncatingIfNeeded: 0 &- value)) : .returned(value)
        task.call.instructionPointer = info.instruction_pointer
        if plan.systemTime { task.call.systemTime = systemTime &- task.systemTimeAtEntry }
        deliver(task, now, .syscall(task.call))
    }

    private var systemTime: UInt64 {
        UInt64(usage.pointee.ru_stime.tv_sec) &* 1_000_000_000 &+ UInt64(usage.pointee.ru_stime.tv_usec) &* 1000
    }

    private static func identify(_ info: clinux_syscall_info) -> (Int, Personality) {
        let number = Int(Int64(bitPattern: info.value))
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
        var info: UnsafeRawBufferPointer?
        if clinux_signal_info(task.tid, signalInfo.baseAddress) == 0 { info = UnsafeRawBufferPointer(signalInfo) }
        if !task.isStarting { deliver(task, clinux_monotonic_ns(), .signal(Signal(number: signal, info: info))) }
        goOn(task, signal: signal)
    }

    private func atGroupStop(_ task: Task, _ signal: Int32) {
        deliver(task, clinux_monotonic_ns(), .signal(Signal(number: signal, isStop: true)))
        resumptions.append(Resumption(tid: task.tid, kind: .listen))
    }

    private func atEvent(_ task: Task, _ event: Int32) {
        if event == 4 {
            task.memory.close()
            if task.tid == launched { hasExecuted = true }
        }
    }

    private func atEnd(_ task: Task, _ end: TraceeEnd, _ body: ProcessEvent) {
        let now = clinux_monotonic_ns()
        if task.isInCall, task.isCallDelivered {
            task.call.exitTime = now
            task.call.outcome = .unfinished
            deliver(task, now, .syscall(task.call))
        }
        if task.tid == launched { launchedEnd = end }
        deliver(task, now, .process(body))
        tasks.remove(task)
    }

    func resume(_ r: Resumption) {
        switch r.kind {
        case .toSyscall: _ = clinux_resume_to_syscall(r.tid, r.signal)
        case .plain: _ = clinux_resume(r.tid, r.signal)
        case .listen: _ = clinux_listen(r.tid)
        }
    }
}
