import CLinux
import RenacerCore

/// The memory of running tasks, read when their events are consumed (`--memory=live`): what it holds by then, and
/// nothing once the process is gone.
///
/// Each thread id has one view, which lives as long as renacer: events and calls under way borrow it, also beyond an exec
/// or the task's end, and a decoder reads one event at a time.
final class LateMemory {
    private var views: [Int32: View] = [:]

    func of(_ tid: Int32) -> View {
        if let known = views[tid] { return known }
        let new = View(tid)
        views[tid] = new
        return new
    }

    final class View: TraceeMemory {
        private let tid: Int32
        /// Something was read of the call that is looked at.
        var isLate = false

        init(_ tid: Int32) { self.tid = tid }

        func read(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
            guard let base = buffer.baseAddress, buffer.count > 0 else { return 0 }
            let n = max(clinux_read_memory(tid, address, base, buffer.count), 0)
            if n > 0 { isLate = true }
            return n
        }

        func turn(toExit: Bool) {
            if !toExit { isLate = false }
        }
    }
}
