/// How long a program and what it started took: from its exec to the end of the process that ends last.
struct ProcessPaths {
    private struct Process {
        var parent: Int32?
        /// When the program at the root of it began, ns.
        var start: UInt64
    }
    private var processes: [Int32: Process] = [:]
    /// The longest path so far: processes from the root on, ns, and the calls of the last one that took longest.
    private(set) var longest: (path: [Int32], duration: UInt64, worst: WorstCalls) = ([], 0, WorstCalls())

    /// An event of a process.
    mutating func saw(_ pid: Int32, at time: UInt64) {
        if processes[pid] == nil { processes[pid] = Process(parent: nil, start: time) }
    }

    mutating func forked(_ child: Int32, from pid: Int32, at time: UInt64) {
        processes[child] = Process(parent: pid, start: processes[pid]?.start ?? time)
    }

    /// A process is over, or the trace is.
    mutating func ended(_ pid: Int32, at time: UInt64, worst: WorstCalls) {
        guard let process = processes[pid], time >= process.start, longest.path.isEmpty || time - process.start >= longest.duration else { return }
        var path = [pid], next = process.parent
        // Ids may have been used again: a circle is cut.
        while let parent = next, path.count < 64, !path.contains(parent) {
            path.append(parent)
            next = processes[parent]?.parent
        }
        longest = (path.reversed(), time - process.start, worst)
    }
}
