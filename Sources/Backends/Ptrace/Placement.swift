import CLinux
import RenacerCore

/// Keeps tracer and tracee on one CPU while they take turns.
///
/// A stopped tracee that wakes on another CPU costs up to 2.8 times as much. A task with
/// threads or children needs its CPUs, and one that asks for its mask must see its own, so
/// only a single task is pinned, while its calls come fast, and never beyond such a call.
/// A small guard process gives the mask back should renacer be killed.
struct Placement {
    private var mode = PtraceOptions.Placement.auto
    /// The tracee that has been pinned.
    private var pinned: Task?
    private var stops: UInt64 = 0
    private var windowStart: UInt64 = 0
    private var stopsAtTick: UInt64 = 0
    /// When to see whether pinning is still worth it; 0 if nothing is pinned.
    private(set) var nextTick: UInt64 = 0
    /// Some task may make children unseen.
    var isForbidden = false

    private static let window: UInt64 = 128
    /// Faster than one call in 200 µs: waiting for the other side matters.
    private static let windowTime: UInt64 = 128 * 200_000
    private static let tickTime: UInt64 = 50_000_000

    var isPinned: Bool { pinned != nil }

    mutating func prepare(_ mode: PtraceOptions.Placement) {
        self.mode = mode
        // Launched programs inherit the tracer's CPU.
        if mode == .pin { clinux_pin_self() }
    }

    /// Pins a program from its start, since most are short and their first calls come fast:
    /// what `launch` starts inherits the tracer's CPU.
    mutating func pinning(_ launch: () throws(TraceError) -> Task) throws(TraceError) -> Task {
        guard mode == .auto, !isForbidden, clinux_pin_launch() == 0 else { return try launch() }
        do {
            let task = try launch()
            clinux_pin_launched(task.tid)
            note(task, clinux_monotonic_ns())
            return task
        } catch {
            clinux_unpin(0)
            throw error
        }
    }

    /// Notes an entry stop, and pins the task if it is time to.
    @inline(__always)
    mutating func count(_ task: Task, _ tasks: TaskTable) {
        stops &+= 1
        if stops % Self.window == 0 { consider(task, tasks) }
    }

    private mutating func consider(_ task: Task, _ tasks: TaskTable) {
        guard mode == .auto, pinned == nil, !isForbidden, tasks.count == 1 else { return }
        let now = clinux_monotonic_ns()
        let elapsed = now &- windowStart
        windowStart = now
        guard elapsed < Self.windowTime, !task.isStarting, ProcPath.status(task.tid, "Threads:") == 1 else { return }
        if clinux_pin(task.tid) == 0 { note(task, now) }
    }

    private mutating func note(_ task: Task, _ now: UInt64) {
        pinned = task
        stopsAtTick = stops
        nextTick = now + Self.tickTime
    }

    /// Lets go of a task whose calls have become rare.
    mutating func tick() {
        guard pinned != nil else { return }
        let now = clinux_monotonic_ns()
        guard now >= nextTick else { return }
        if stops &- stopsAtTick < Self.tickTime / Self.windowTime * Self.window / 2 {
            release()
        } else {
            stopsAtTick = stops
            nextTick = now + Self.tickTime
        }
    }

    /// Gives tracer and tracee their CPUs back.
    mutating func release() {
        guard let task = pinned else { return }
        clinux_unpin(task.tid)
        pinned = nil
        nextTick = 0
    }

    /// The pinned task is about to end: no mask needs to be given back to it any more, and the
    /// guard can go while it does.
    func ending(_ task: Task) { if pinned === task { clinux_pin_ending() } }

    mutating func forget(_ task: Task) { if pinned === task { release() } }

    mutating func end() {
        release()
        clinux_pin_end()
    }
}
