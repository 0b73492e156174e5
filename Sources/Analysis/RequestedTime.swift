import RenacerCore

/// The time that a call was asked to take: nanosleep(2), poll(2), futex(2) and their kin.
enum RequestedTime: Equatable {
    /// It was asked for no time: all that it takes is its own.
    case none
    /// It was to end at the latest after so many nanoseconds.
    case atMost(UInt64)
    /// It waits for as long as it takes, or nobody knows what it was asked for.
    case unlimited
}

/// Where a call keeps the time that it is asked for.
enum TimeArgument: UInt8 {
    /// Nowhere: it does not wait by request.
    case none
    /// It waits for somebody, however long: pause(2), or the rest of a call that was interrupted.
    case unlimited
    /// Milliseconds in argument 2 or 3, a negative number for no end.
    case milliseconds2, milliseconds3
    /// A pointer to a `struct timespec` in this argument; NULL for no end.
    case timespec0, timespec2, timespec3, timespec4
    /// A pointer to a `struct timeval`.
    case timeval4
    case clockNanosleep, futex, futexWait, futexWaitv
    /// A `struct timespec` of the wall clock.
    case realtime4

    /// Of the call of this name.
    init(_ name: Name) {
        switch String(describing: name) {
        case "nanosleep": self = .timespec0
        case "clock_nanosleep": self = .clockNanosleep
        case "poll": self = .milliseconds2
        case "ppoll", "rt_sigtimedwait": self = .timespec2
        case "select": self = .timeval4
        case "pselect6", "recvmmsg", "io_getevents", "io_pgetevents": self = .timespec4
        case "epoll_wait", "epoll_pwait": self = .milliseconds3
        case "epoll_pwait2", "semtimedop": self = .timespec3
        case "mq_timedsend", "mq_timedreceive": self = .realtime4
        case "futex": self = .futex
        case "futex_wait": self = .futexWait
        case "futex_waitv": self = .futexWaitv
        case "pause", "rt_sigsuspend", "restart_syscall": self = .unlimited
        default: self = .none
        }
    }

    /// Whether it is in memory, which is best read at entry: the kernel writes to some what is left of the time, and a
    /// recording has it there.
    var isInMemory: Bool {
        switch self {
        case .none, .unlimited, .milliseconds2, .milliseconds3: false
        case .timespec0, .timespec2, .timespec3, .timespec4, .timeval4, .clockNanosleep, .futex, .futexWait, .futexWaitv, .realtime4: true
        }
    }
}

extension TimeArgument {
    /// Those of `calls` whose time is in memory.
    static func inMemory(among calls: SyscallSet) -> SyscallSet {
        var result = SyscallSet.none
        for personality in [Personality.native, .x32] {
            for (number, call) in SyscallTable.all(personality) where calls.contains(number, personality) && TimeArgument(call.name).isInMemory {
                result.insert(number, personality)
            }
        }
        return result
    }
}

/// Reads what calls were asked for, out of their registers and the tracee's memory.
struct RequestedTimeReader {
    /// `CLOCK_REALTIME` minus `CLOCK_MONOTONIC`, ns, for ends that are given in the time of day.
    var realtimeOffset: Int64 = 0

    private static let monotonic: UInt64 = 1, realtime: UInt64 = 0
    /// `TIMER_ABSTIME`
    private static let absolute: UInt64 = 1
    /// `FUTEX_CLOCK_REALTIME`
    private static let futexRealtime: UInt64 = 256

    /// - Parameter start: when the call began, ns of `CLOCK_MONOTONIC`.
    func time(_ argument: TimeArgument, of call: Call, start: UInt64) -> RequestedTime {
        switch argument {
        case .none: .none
        case .unlimited: .unlimited
        case .milliseconds2: Self.milliseconds(call[2])
        case .milliseconds3: Self.milliseconds(call[3])
        case .timespec0: relative(call[0], call)
        case .timespec2: relative(call[2], call)
        case .timespec3: relative(call[3], call)
        case .timespec4: relative(call[4], call)
        case .timeval4: relative(call[4], call, unit: 1000)
        case .clockNanosleep:
            call[1] & Self.absolute == 0 ? relative(call[2], call) : until(call[2], call, clock: call[0], start)
        case .futex: futex(call, start)
        // uaddr, val, mask, flags, timeout, clockid
        case .futexWait: until(call[4], call, clock: call[5], start)
        // waiters, nr, flags, timeout, clockid
        case .futexWaitv: until(call[3], call, clock: call[4], start)
        case .realtime4: until(call[4], call, clock: Self.realtime, start)
        }
    }

    /// Whether a futex operation waits, and what for: with a time relative to now, or until a moment.
    static func futexWaits(_ operation: UInt64) -> Bool {
        switch operation & 127 {
        // WAIT, LOCK_PI, WAIT_BITSET, WAIT_REQUEUE_PI, LOCK_PI2
        case 0, 6, 9, 11, 13: true
        default: false
        }
    }

    private func futex(_ call: Call, _ start: UInt64) -> RequestedTime {
        let operation = call[1]
        guard Self.futexWaits(operation) else { return .none }
        // Without an end it waits for a lock, which is nobody's wish.
        if call[3] == 0 { return .none }
        if operation & 127 == 0 { return relative(call[3], call) }
        let isRealtime = operation & Self.futexRealtime != 0 || operation & 127 == 6
        return until(call[3], call, clock: isRealtime ? Self.realtime : Self.monotonic, start)
    }

    private static func milliseconds(_ value: UInt64) -> RequestedTime {
        let n = Int32(truncatingIfNeeded: value)
        return n < 0 ? .unlimited : .atMost(UInt64(n) * 1_000_000)
    }

    /// A `struct timespec` or, with parts of `unit` nanoseconds, `struct timeval`.
    private func load(_ address: UInt64, _ call: Call, unit: Int64 = 1) -> Int64? {
        call.memory.turn(toExit: false)
        return withUnsafeTemporaryAllocation(byteCount: 16, alignment: 8) { buffer in
            guard call.memory.read(address, into: buffer) == 16 else { return nil }
            let seconds = buffer.loadUnaligned(fromByteOffset: 0, as: Int64.self)
            let parts = buffer.loadUnaligned(fromByteOffset: 8, as: Int64.self)
            let (whole, over) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
            let (part, tooMany) = parts.multipliedReportingOverflow(by: unit)
            let (sum, beyond) = whole.addingReportingOverflow(part)
            return over || tooMany || beyond ? Int64.max : sum
        }
    }

    private func relative(_ address: UInt64, _ call: Call, unit: Int64 = 1) -> RequestedTime {
        guard address != 0, let ns = load(address, call, unit: unit) else { return .unlimited }
        return .atMost(UInt64(max(ns, 0)))
    }

    private func until(_ address: UInt64, _ call: Call, clock: UInt64, _ start: UInt64) -> RequestedTime {
        guard address != 0, let end = load(address, call) else { return .unlimited }
        let begin = Int64(clamping: start)
        switch clock {
        case Self.monotonic: return .atMost(UInt64(max(end.subtractingReportingOverflow(begin).partialValue, 0)))
        case Self.realtime:
            let (now, over) = begin.addingReportingOverflow(realtimeOffset)
            return over ? .unlimited : .atMost(UInt64(max(end.subtractingReportingOverflow(now).partialValue, 0)))
        // What other clocks say is not known here.
        default: return .unlimited
        }
    }
}
