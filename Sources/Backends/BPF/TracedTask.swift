import RenacerCore

/// What the backend remembers of a traced thread between records.
final class TracedTask {
    let tid: Int32
    let pid: Int32
    /// Entry time of the call that sinks know it to be in; 0 if none.
    var shownEntry: UInt64 = 0
    /// The call it was last shown to be in, should it be let go of.
    var shownCall: Call?
    /// Segments that went ahead of their call's record.
    var ahead: [UInt8] = []
    var aheadCount: UInt32 = 0
    /// The id under which it called exec, if it is another now.
    var formerID: Int32?
    /// The leader's end, known as such only when no other thread is left.
    var heldEnd: (time: UInt64, status: UInt32)?

    init(tid: Int32, pid: Int32) {
        self.tid = tid
        self.pid = pid
    }
}

/// Something of a record that is to be delivered, and when.
struct Occurrence {
    var time: UInt64
    /// The record; its bytes are borrowed from the ring.
    var record: UnsafeRawPointer
    var what: What

    enum What: UInt8 {
        /// The call's entry, or its end.
        case entry, end
        /// All of a record that is no call's.
        case whole
    }
}
