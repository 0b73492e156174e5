import CLinux
import RenacerCore

/// What the backend remembers of a traced thread between records.
final class TracedTask {
    let tid: Int32
    let pid: Int32
    /// Entry time of the last call that sinks were told of.
    var lastEntry: UInt64 = 0
    /// Sinks know it to be in that call.
    var isShownInCall = false
    /// The call it was last shown to be in, should it be let go of.
    var shownCall: Call?
    /// The signal by which it stops when it is back from its call; 0 if none.
    var stop: Int32 = 0
    /// The number of the call that `restart_syscall` would go on with.
    var interruptedNumber = Call.unknownNumber
    /// Segments that went ahead of their call's record.
    var ahead: [UInt8] = []
    var aheadCount: UInt32 = 0
    /// The leader's end, known as such only when no other thread is left.
    var heldEnd: (time: UInt64, status: UInt32)?

    /// Whether there still is a thread of these ids.
    var isAlive: Bool { clinux_has_thread(pid, tid) != 0 }

    init(tid: Int32, pid: Int32) {
        self.tid = tid
        self.pid = pid
    }

    /// The process' leader from now on, having executed: what is known of thread `former`.
    init(leader pid: Int32, former: TracedTask) {
        tid = pid
        self.pid = pid
        lastEntry = former.lastEntry
        isShownInCall = former.isShownInCall
        shownCall = former.shownCall
        ahead = former.ahead
        aheadCount = former.aheadCount
    }
}

/// Something of a record that is to be delivered, and when.
struct Occurrence {
    let time: UInt64
    /// The record; its bytes are borrowed from the ring.
    let record: UnsafeRawPointer
    /// Where the record starts in the ring, a multiple of 8, and `what`.
    private let place: UInt64

    init(time: UInt64, record: UnsafeRawPointer, position: UInt64, _ what: What) {
        self.time = time
        self.record = record
        place = position | UInt64(what.rawValue)
    }

    var position: UInt64 { place & ~7 }
    var what: What { What(rawValue: UInt8(place & 7)) ?? .whole }

    enum What: UInt8 {
        /// The call's entry, or its end.
        case entry, end
        /// All of a record that is no call's.
        case whole
    }
}
