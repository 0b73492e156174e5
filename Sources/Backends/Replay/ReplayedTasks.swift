import RenacerCore

/// Which tasks of a recording are shown, and what they are in.
struct ReplayedTasks {
    /// `-f`: without it only tasks are shown that nobody traced gave birth to.
    var followsChildren = false
    private var children: Set<Int32> = []
    /// The calls that tasks are in, and tasks that are in none.
    private var inCall: [Int32: (pid: Int32, call: Call?)] = [:]
    private var time: UInt64 = 0
    /// Needed only if tasks may have to be let go of.
    var keepsCalls = false

    /// Takes note of an event.
    ///
    /// - Returns: whether its task is shown.
    mutating func follow(_ event: borrowing Event) -> Bool {
        time = event.time
        let tid = event.tid
        if case .process(let change) = event.body {
            switch change {
            case .forked(let child, _): if !followsChildren { children.insert(child) }
            case .superseded(let by):
                // The task that goes on is the one that executed.
                if !followsChildren {
                    if children.remove(by) != nil { children.insert(event.tid) } else { children.remove(event.tid) }
                }
            case .exited, .killed, .detached:
                inCall[event.tid] = nil
                return followsChildren || children.remove(tid) == nil
            default: break
            }
        }
        guard followsChildren || !children.contains(tid) else { return false }
        guard keepsCalls else { return true }
        switch event.body {
        case .syscallEntered(let call): inCall[event.tid] = (event.pid, call)
        default: inCall[event.tid] = (event.pid, nil)
        }
        return true
    }

    /// The ends of all tasks, as far as the trace goes.
    mutating func letGo(into batch: Batch, _ memory: NoMemory) {
        for (tid, (pid, call)) in inCall.sorted(by: { $0.key < $1.key }) {
            if var call {
                call.outcome = .detached
                call.exitTime = time
                call.memory = memory
                batch.events.append(Event(time: time, tid: tid, pid: pid, .syscall(call)))
            }
            batch.events.append(Event(time: time, tid: tid, pid: pid, .process(.detached)))
        }
        inCall = [:]
    }
}
