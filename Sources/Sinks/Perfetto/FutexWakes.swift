import RenacerCore

/// Tells which waker woke a thread that waited at a futex (futex(2)).
///
/// A wake is known from its entry on, since who is woken may return before the waker does.
struct FutexWakes {
    /// A futex: its address, in a process of its own unless it is shared.
    struct Key: Hashable {
        var process: Int32
        var address: UInt64
    }

    private struct Wake {
        var flow: UInt64
        var since: UInt64
        /// Threads that it may still have woken.
        var left: UInt64
    }

    private var wakes: [Key: [Wake]] = [:]
    private var nextFlow: UInt64 = 1 << 32

    /// Wakes of one futex, and futexes, that are remembered: those of a program that wakes nobody must not add up.
    private static let limit = 64, futexLimit = 4096

    enum Role {
        case wake(Key, count: UInt64)
        case wait(Key)
    }

    /// What a call does to a futex; nil if nothing of this.
    static func role(_ call: Call, _ pid: Int32) -> Role? {
        guard call.originalName == "futex" else { return nil }
        let isPrivate = call[1] & 128 != 0
        let key = Key(process: isPrivate ? pid : 0, address: call[0])
        switch call[1] & 0x7f {
        // FUTEX_WAKE, _WAKE_OP, _WAKE_BITSET, _REQUEUE, _CMP_REQUEUE
        case 1, 5, 10, 3, 4: return .wake(key, count: UInt64(UInt32(truncatingIfNeeded: call[2])))
        // FUTEX_UNLOCK_PI
        case 7: return .wake(key, count: 1)
        // FUTEX_WAIT, _WAIT_BITSET, _LOCK_PI, _LOCK_PI2
        case 0, 9, 6, 13: return .wait(key)
        default: return nil
        }
    }

    /// A wake begins.
    ///
    /// - Returns: the number of the flow that leads from it.
    mutating func began(_ key: Key, count: UInt64, at time: UInt64) -> UInt64 {
        let flow = nextFlow
        nextFlow += 1
        if wakes.count >= Self.futexLimit, wakes[key] == nil { wakes.removeAll() }
        wakes[key, default: []].append(Wake(flow: flow, since: time, left: count))
        if let n = wakes[key]?.count, n > Self.limit { wakes[key]?.removeFirst(n - Self.limit) }
        return flow
    }

    /// A wake ended: it woke so many.
    mutating func ended(_ key: Key, flow: UInt64, woke: UInt64) {
        guard let i = wakes[key]?.firstIndex(where: { $0.flow == flow }) else { return }
        if woke == 0 { wakes[key]?.remove(at: i) } else if let left = wakes[key]?[i].left { wakes[key]?[i].left = min(left, woke) }
        if wakes[key]?.isEmpty == true { wakes[key] = nil }
    }

    /// A wait ended because somebody woke it: the flow that leads to it.
    mutating func woken(_ key: Key, at time: UInt64) -> UInt64? {
        guard let i = wakes[key]?.firstIndex(where: { $0.since <= time && $0.left > 0 }), let wake = wakes[key]?[i] else { return nil }
        wakes[key]?[i].left -= 1
        if wake.left == 1 { wakes[key]?.remove(at: i) }
        if wakes[key]?.isEmpty == true { wakes[key] = nil }
        return wake.flow
    }
}
