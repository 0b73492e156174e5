import Glibc

/// What a wait status tells about a task.
enum Stop: Equatable {
    case syscall
    /// Signal-delivery-stop.
    case signal(Int32)
    /// Group-stop, by this signal.
    case group(Int32)
    /// `PTRACE_EVENT_STOP` without a group-stop: interrupted, born, or continued.
    case trap
    case forked(isVfork: Bool), cloned, executed, seccomp, other
    case exited(Int32)
    case killed(Int32, coreDumped: Bool)

    @inline(__always)
    init(status: Int32) {
        let low = status & 0x7f
        guard low == 0x7f else {
            self = low == 0 ? .exited(status >> 8 & 0xff) : .killed(low, coreDumped: status & 0x80 != 0)
            return
        }
        let signal = status >> 8 & 0xff
        switch status >> 16 & 0xff {
        case 0: self = signal == SIGTRAP | 0x80 ? .syscall : .signal(signal)
        case 1: self = .forked(isVfork: false)
        case 2: self = .forked(isVfork: true)
        case 3: self = .cloned
        case 4: self = .executed
        case 7: self = .seccomp
        case 128: self = signal == SIGTRAP ? .trap : .group(signal)
        default: self = .other
        }
    }

    /// Whether the task is gone.
    var isEnd: Bool {
        switch self {
        case .exited, .killed: true
        default: false
        }
    }
}
