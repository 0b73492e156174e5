/// Traced tasks by thread id.
///
/// Most stops come from the task that stopped last, so that one is kept at hand.
final class TaskTable {
    private var byID: [Int32: Task] = [:]
    private var last: Task?

    var isEmpty: Bool { byID.isEmpty }
    var count: Int { byID.count }
    var all: [Task] { Array(byID.values) }

    @inline(__always)
    subscript(tid: Int32) -> Task? {
        if let last, last.tid == tid { return last }
        guard let task = byID[tid] else { return nil }
        last = task
        return task
    }

    func insert(_ task: Task) {
        byID[task.tid] = task
        last = task
    }

    func remove(_ task: Task) {
        if byID[task.tid] === task { byID[task.tid] = nil }
        if last === task { last = nil }
    }

    func removeAll() {
        byID = [:]
        last = nil
    }
}
