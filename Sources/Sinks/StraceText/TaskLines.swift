import RenacerCore

/// What the sink remembers of a task between events.
final class TaskLines {
    var tid: Int32
    let pid: Int32
    var progress = Decoder.Progress()
    var isInCall = false
    var isAfterFirst = false
    /// The last call's number, which `-n` shows on lines that are not calls.
    var lastNumber = 0
    /// Its line is open in an output of its own, and this long so far.
    var openWidth: Int?
    /// The line so far, while its outcome decides whether it is printed.
    var staged: [UInt8] = []

    /// Where in the program the call was made, if that is shown.
    var place = CallPlace()
    /// Its `comm` as last read, for when it is gone.
    var command: [UInt8] = []

    init(tid: Int32, pid: Int32) {
        self.tid = tid
        self.pid = pid
    }
}
