/// Makes whole calls out of events, for sinks that show a call once it has ended.
///
/// Entry and exit are paired by task; arguments are described to `writer` when they are known: those of entry at
/// entry, the others at exit. A call that is unfinished when its task or the trace ends is delivered all the same,
/// and so is one whose entry was not seen because the task was attached to in the middle of it. Calls that the
/// selection does not admit are not. One task at a time allocates nothing in steady state.
public final class CallAssembler {
    /// Holds the arguments of the call that was delivered last, until the next event.
    public let writer: any ArgumentWriter
    private let options: DecodingOptions
    private let calls: CallSelection
    private let inspector: any TaskInspector
    private let places: PlaceFinder?
    private let decoder: Decoder
    private let showsResults: Bool
    private var tasks: [Int32: AssembledTask] = [:] { didSet { last = nil } }
    /// The task of the event before: most events are about the same one.
    private var last: AssembledTask?
    /// The task whose call is in `writer`, as known at entry.
    private var open: AssembledTask?
    /// The task that is gone by this event: a call that was delivered refers to it.
    private var departed: AssembledTask?
    private var lastTime: UInt64 = 0
    private let scratch = TextBuffer(capacity: 64)

    /// - Parameter calls: which calls are delivered.
    /// - Parameter places: finds out where they were made; nil if nobody wants to know.
    public init(
        _ writer: any ArgumentWriter, _ options: DecodingOptions, calls: CallSelection = CallSelection(),
        inspector: any TaskInspector, places: PlaceFinder? = nil
    ) {
        self.places = places
        self.writer = writer
        self.options = options
        self.calls = calls
        self.inspector = inspector
        decoder = Decoder(writer, options, inspector: inspector)
        showsResults = !options.descriptors.isEmpty || options.commands || options.pidNamespaces
    }

    /// Takes the next event, whatever it is.
    ///
    /// - Returns: the call that ended by it; its arguments are in `writer`.
    public func consume(_ event: borrowing Event) -> AssembledCall? {
        lastTime = event.time
        departed = nil
        switch event.body {
        case .syscallEntered(let call):
            enter(call, task(event.tid, event.pid), event.time)
            return nil
        case .syscall(let call): return end(call, task(event.tid, event.pid), event.time)
        case .process(let change): return process(change, event)
        case .signal, .loss: return nil
        }
    }

    /// Calls that are under way at the end of the trace, in order of their start.
    ///
    /// - Returns: the next; nil if there is none left.
    public func nextUnfinished() -> AssembledCall? {
        let task = tasks.values.filter(\.isInCall).min { ($0.start, $0.tid) < ($1.start, $1.tid) }
        return task.flatMap { abandon($0, at: lastTime) }
    }

    /// What is known of a task; its name was read when it was met or changed it.
    public func task(_ tid: Int32, _ pid: Int32) -> AssembledTask {
        if let last, last.tid == tid { return last }
        if let departed, departed.tid == tid { return departed }
        let task: AssembledTask
        if let known = tasks[tid] {
            task = known
        } else {
            task = AssembledTask(tid: tid, pid: pid)
            tasks[tid] = task
            readCommand(task)
        }
        last = task
        return task
    }

    // MARK: Calls

    private func enter(_ call: Call, _ task: AssembledTask, _ time: UInt64) {
        suspendOpen()
        describeEntry(call, task, time)
        task.isInCall = true
        task.entered = call
        task.entered.memory = Decoder.nothing
        open = task
    }

    /// Another task's call is in the writer: it waits there no longer.
    private func suspendOpen() {
        guard let task = open else { return }
        task.suspended = writer.suspend()
        open = nil
    }

    private func describeEntry(_ call: Call, _ task: AssembledTask, _ time: UInt64) {
        writer.begin()
        task.progress = decoder.enter(call, tid: task.tid)
        task.start = time
        task.suspended = nil
        if let places { task.place = places.find(task.tid, task.pid, call) }
    }

    private func end(_ call: Call, _ task: AssembledTask, _ time: UInt64) -> AssembledCall? {
        let knowsEntry = task.isInCall || call.enterTime != 0
        if !calls.admits(call, at: time) || call.outcome == .detached && !knowsEntry {
            drop(task)
            return nil
        }
        if open === task {
            open = nil
        } else {
            suspendOpen()
            if let state = task.suspended {
                writer.resume(state)
                task.suspended = nil
            } else if knowsEntry {
                describeEntry(call, task, call.enterTime)
            } else {
                writer.begin()
                if let places { task.place = places.find(task.tid, task.pid, call) }
            }
        }
        // The program's first exec began where there was no program yet.
        if let places, task.place.isEmpty, call.outcome.hasResult { task.place = places.find(task.tid, task.pid, call) }
        let start = call.enterTime != 0 ? call.enterTime : task.isInCall ? task.start : 0
        let progress = knowsEntry ? task.progress : Decoder.Progress()
        task.isInCall = false
        switch call.outcome {
        case .returned, .failed: decoder.exit(call, tid: task.tid, from: progress)
        case .unfinished, .unavailable, .detached: break
        }
        writer.end()
        if showsResults { describeResult(call) }
        if case .returned = call.outcome, call[0] == Self.setName, call.originalName == "prctl" { readCommand(task) }
        return AssembledCall(
            call: call, task: task, start: start, end: call.exitTime == 0 ? time : call.exitTime, knowsEntry: knowsEntry,
            isComplete: progress.isComplete || call.outcome.hasResult)
    }

    /// `PR_SET_NAME`
    private static let setName: UInt64 = 15

    /// The style of the result as its row or dialect has it.
    private func describeResult(_ call: Call) {
        guard case .returned(let value) = call.outcome, var style = call.returns else { return }
        if style == .dialect { style = decoder.resultStyle }
        let raw = UInt64(bitPattern: value)
        let kind: PidKind
        switch style {
        case .fd:
            guard value <= Int64(Int32.max) else { return }
            writer.beginResult()
            decoder.fd(raw)
            writer.endResult()
            return
        case .tid: kind = .tid
        case .pid: kind = .pid
        case .pgid: kind = .pgid
        case .sid: kind = .sid
        case .decimal, .hex, .octal, .narrow, .dialect: return
        }
        writer.beginResult()
        decoder.pid(raw, kind)
        writer.endResult()
    }

    /// Forgets the call under way.
    private func drop(_ task: AssembledTask) {
        if open === task { open = nil }
        task.suspended = nil
        task.isInCall = false
    }

    /// Ends a call of which nobody will hear any more.
    private func abandon(_ task: AssembledTask, at time: UInt64) -> AssembledCall? {
        guard task.isInCall else { return nil }
        var call = task.entered
        call.enterTime = task.start
        call.outcome = .unfinished
        return end(call, task, time)
    }

    // MARK: Tasks

    private func process(_ change: ProcessEvent, _ event: borrowing Event) -> AssembledCall? {
        switch change {
        case .exited, .killed, .detached, .strayDetached, .strayExited:
            guard let task = tasks[event.tid] else { return nil }
            let call = abandon(task, at: event.time)
            drop(task)
            tasks[event.tid] = nil
            departed = task
            return call
        case .executed, .attached: readCommand(task(event.tid, event.pid))
        case .superseded(let by):
            guard let successor = tasks.removeValue(forKey: by) else { return nil }
            let former = tasks.removeValue(forKey: event.tid)
            successor.tid = event.tid
            tasks[event.tid] = successor
            // The leader is gone; what it was in never ends.
            if let former, former.isInCall {
                departed = former
                return abandon(former, at: event.time)
            }
        case .forked: break
        }
        return nil
    }

    private func readCommand(_ task: AssembledTask) {
        scratch.truncate(to: 0)
        if inspector.command(of: task.tid, into: scratch) { task.command = Array(scratch.bytes) }
    }
}

/// A task as an assembler knows it.
public final class AssembledTask {
    /// Thread and process id, in the tracer's pid namespace.
    public fileprivate(set) var tid: Int32
    public let pid: Int32
    /// Its `comm` as last read; empty if it is not known.
    public fileprivate(set) var command: [UInt8] = []
    fileprivate var isInCall = false
    fileprivate var start: UInt64 = 0
    fileprivate var progress = Decoder.Progress()
    /// The call under way, without its memory.
    fileprivate var entered = Call(number: -1, arguments: (0, 0, 0, 0, 0, 0), memory: Decoder.nothing)
    /// Its arguments, while others' are in the writer.
    fileprivate var suspended: AnyObject?
    fileprivate var place = CallPlace()

    fileprivate init(tid: Int32, pid: Int32) {
        self.tid = tid
        self.pid = pid
    }
}

/// A call from its entry to its end.
public struct AssembledCall {
    /// As it ended. Its memory is borrowed from the event.
    public let call: Call
    public unowned(unsafe) let task: AssembledTask
    /// Nanoseconds of `CLOCK_MONOTONIC`; 0 if the entry was not seen.
    public let start: UInt64
    /// When it ended or, of one that did not, when that was known.
    public let end: UInt64
    /// False: the task was attached to in the middle of it, and arguments known at entry are missing.
    public let knowsEntry: Bool
    /// False: it did not end, and arguments that only its end tells are missing.
    public let isComplete: Bool

    /// Where in the program it was made, as far as an assembler was told to find out: valid as long as the event.
    public var place: CallPlace { task.place }
    /// Whether arguments show memory as it was later than the call: valid as long as the event.
    public var isLate: Bool { call.memory.isLate }
    /// Nanoseconds from entry to end; nil if the entry was not seen or it did not end.
    public var duration: UInt64? { start > 0 && end >= start && call.outcome.hasResult ? end - start : nil }
    /// What it returned, -1 if it failed; nil if it did not end.
    public var result: Int64? {
        switch call.outcome {
        case .returned(let v): v
        case .failed: -1
        case .unfinished, .unavailable, .detached: nil
        }
    }
    /// The `errno` of one that failed, restart codes (512 and up) included.
    public var errorNumber: Int32? {
        if case .failed(let n) = call.outcome { n } else { nil }
    }

    init(call: Call, task: AssembledTask, start: UInt64, end: UInt64, knowsEntry: Bool, isComplete: Bool) {
        self.call = call
        self.task = task
        self.start = start
        self.end = end
        self.knowsEntry = knowsEntry
        self.isComplete = isComplete
    }
}

extension Call.Outcome {
    /// The call came to its end, well or not.
    var hasResult: Bool {
        switch self {
        case .returned, .failed: true
        case .unfinished, .unavailable, .detached: false
        }
    }
}
