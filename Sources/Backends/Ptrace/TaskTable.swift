/// Traced tasks by thread id.
///
/// Most stops come from the task that stopped last, so that one is kept at hand. As long as
/// there has been only one, it is nowhere else: a dictionary costs a start 40 µs.
final class TaskTable {
    private var byID: [Int32: Task] = [:]
    private var last: Task?
    private var lastID: Int32 = 0

    var isEmpty: Bool { byID.isEmpty && last == nil }
    var count: Int { byID.isEmpty && last != nil ? 1 : byID.count }
    var all: [Task] { byID.isEmpty ? last.map { [$0] } ?? [] : Array(byID.values) }

    @inline(__always)
    subscript(tid: Int32) -> Task? {
        if tid == lastID, let last { return last }
        guard let task = byID[tid] else { return nil }
        keep(task)
        return task
    }

    func insert(_ task: Task) {
        if byID.isEmpty, let first = last, first.tid != task.tid { byID[first.tid] = first }
        if !byID.isEmpty { byID[task.tid] = task }
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
