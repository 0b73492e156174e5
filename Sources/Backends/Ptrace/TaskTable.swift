/// Traced tasks by thread id.
///
/// Most stops come from the task that stopped last, so that one is kept at hand.
final class TaskTable {
    private var byID: [Int32: Task] = [:]
    private var last: Task?
    private var lastID: Int32 = 0

    var isEmpty: Bool { byID.isEmpty }
    var count: Int { byID.count }
    var all: [Task] { Array(byID.values) }

    @inline(__always)
    subscript(tid: Int32) -> Task? {
        if tid == lastID, let last { return last }
        guard let task = byID[tid] else { return nil }
        keep(task)
        return task
    }

    func insert(_ task: Task) {
        byID[task.tid] = task
        keep(task)
    }

    private func keep(_ task: Task) {
        last = task
        lastID = task.tid
    }

    func remove(_ task: Task) {
        if byID[task.tid] === task { byID[task.tid] = nil }
        if last === task { forgetLast() }
    }

    func removeAll() {
        byID = [:]
        forgetLast()
    }

    private func forgetLast() {
        last = nil
        lastID = 0
    }
}
