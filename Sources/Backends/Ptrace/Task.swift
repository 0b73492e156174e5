import RenacerCore

/// A traced thread, from the first sign of it to its end.
final class Task {
    /// Changes when a thread executes: it takes its leader's id.
    var tid: Int32
    /// Thread group id.
    var pid: Int32
    let memory: LiveMemory
    /// The call it is in, or was in last.
    var call: Call
    /// Between an entry and an exit stop.
    var isInCall = false
    /// The entry was, or would have been, delivered.
    var isCallDelivered = false
    /// On its way to the first exec, or to its end after that failed: renacer's own calls.
    var isStarting = false
    /// The stop after `PTRACE_SEIZE` or at a child's birth is still to come.
    var awaitsFirstStop = true
    /// In a group-stop that the tracer keeps with `PTRACE_LISTEN`.
    var isGroupStopped = false
    /// System time of its process at the last entry, in ns.
    var systemTimeAtEntry: UInt64 = 0

    init(tid: Int32, pid: Int32) {
        self.tid = tid
        self.pid = pid
        memory = LiveMemory(tid: tid)
        call = Call(number: -1, arguments: (0, 0, 0, 0, 0, 0), memory: memory)
    }
}
