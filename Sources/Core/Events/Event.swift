/// Something that happened to a traced task, in the order in which it happened.
///
/// A small value: bodies that own bytes borrow them from the batch they came in.
public struct Event {
    /// Counts every event of a trace from 0, so that a gap is visible.
    public var sequence: UInt64 = 0
    /// Nanoseconds of `CLOCK_MONOTONIC`.
    public var time: UInt64
    /// Thread and process (thread group) id, in the tracer's pid namespace.
    public var tid: Int32
    public var pid: Int32
    public var body: Body

    public init(time: UInt64, tid: Int32, pid: Int32, _ body: Body) {
        self.time = time
        self.tid = tid
        self.pid = pid
        self.body = body
    }

    /// Whether a call was entered, or ended by itself.
    var isCall: Bool {
        switch body {
        case .syscallEntered: true
        case .syscall(let call): call.outcome != .detached
        default: false
        }
    }

    public enum Body {
        /// A system call was entered; delivered only when somebody needs it.
        case syscallEntered(Call)
        /// A system call ended. If its entry was not delivered although `enterTime` is known, nothing
        /// came between: this is the whole of the call.
        case syscall(Call)
        /// A signal was delivered to the task, or stopped it.
        case signal(Signal)
        case process(ProcessEvent)
        /// Events were not seen.
        case loss(Loss)
    }
}

/// A signal, as the tracee was about to take it.
public struct Signal {
    public var number: Int32
    /// The 128 bytes of `siginfo_t`, borrowed; nil when the kernel has none to give.
    public var info: UnsafeRawBufferPointer?
    /// The task stopped (group-stop) rather than took the signal.
    public var isStop: Bool
    /// The tracee's instruction pointer, 0 if it was not asked for.
    public var instructionPointer: UInt64 = 0

    public init(number: Int32, info: UnsafeRawBufferPointer? = nil, isStop: Bool = false) {
        self.number = number
        self.info = info
        self.isStop = isStop
    }
}

/// A change in the life of a task.
public enum ProcessEvent {
    /// The tracer took hold of it, and of its other threads if `threads` is above 1.
    case attached(threads: Int = 1)
    /// The tracer let go of the task.
    case detached
    /// It is somebody else's task that the kernel gave to the tracer, and was let go of.
    case strayDetached
    /// A child of the tracer that it never traced is gone.
    case strayExited
    /// A fork, vfork or clone gave this task a child.
    case forked(child: Int32, isThread: Bool)
    case executed
    /// A thread other than the leader executed: it took the leader's id and the thread
    /// of that id is gone.
    case superseded(by: Int32)
    case exited(status: Int32)
    case killed(signal: Int32, coreDumped: Bool)
}

/// Events that were not seen: how many, why and between which times.
public struct Loss: Sendable {
    public enum Cause: String, Sendable, CaseIterable {
        case ringFull = "ring full"
        case captureTooLarge = "capture too large"
        case nesting = "nested call"
        case taskTableFull = "task table full"
        case sinkTooSlow = "sink too slow"
        case outputFailed = "output failed"
    }

    public var backend: Name
    public var cause: Cause
    public var count: UInt64
    /// Nanoseconds of `CLOCK_MONOTONIC`.
    public var from: UInt64
    public var to: UInt64

    public init(backend: Name, cause: Cause, count: UInt64, from: UInt64, to: UInt64) {
        self.backend = backend
        self.cause = cause
        self.count = count
        self.from = from
        self.to = to
    }
}
