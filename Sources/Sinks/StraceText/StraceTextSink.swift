import Glibc
import RenacerCore

/// Prints a trace in strace's words.
///
/// A line is opened when a call is entered and closed when it ends. If another task's
/// event comes between, the line is cut by `<unfinished ...>` and taken up again by
/// `<... name resumed>`. Lines that may turn out to be unwanted (`-z`) wait in their
/// task until the call has ended.
public final class StraceTextSink: Sink {
    let options: TextOptions
    let outputs: any OutputSelector
    /// Every task has an output of its own.
    let isPerTask: Bool
    let inspector: any TaskInspector
    /// Knows where calls are made; nil if that is not shown.
    let places: PlaceFinder?
    let buffer = TextBuffer(capacity: 128 << 10)
    let writer: TextWriter
    let decoder: Decoder
    var tasks: [Int32: TaskLines] = [:] { didSet { last = nil } }
    /// The task of the event before: most events are about the same one.
    private var last: TaskLines?
    /// Threads that were attached to and of which nothing has come yet.
    var silentThreads = 0
    /// The task whose line is open.
    var open: TaskLines?
    /// Where the line under way starts in `buffer`; negative if its start was flushed.
    var lineStart = 0
    /// Time of the previous line, for `-r`.
    var previousTime: UInt64?
    /// `CLOCK_REALTIME` minus `CLOCK_MONOTONIC`, ns.
    let realtimeOffset: Int64
    /// The output that `buffer` is meant for.
    var current: (any TextOutput)?
    private static let flushAt = 64 << 10

    public init(
        _ options: TextOptions, outputs: any OutputSelector, inspector: any TaskInspector, places: PlaceFinder? = nil
    ) {
        self.places = places
        self.options = options
        self.outputs = outputs
        isPerTask = outputs.isPerTask
        self.inspector = inspector
        writer = TextWriter(
            buffer, escaping: options.escaping, constants: options.decoding.constants,
            argumentNames: options.argumentNames, palette: options.palette)
        decoder = Decoder(writer, options.decoding, inspector: inspector)
        realtimeOffset = options.realtimeOffset ?? RealTime.offset
        if options.shortReads { tellShortReads() }
    }

    // MARK: Events

    public func consume(_ event: borrowing Event) throws(TraceError) {
        switch event.body {
        case .syscallEntered(let call): try entered(call, event)
        case .syscall(let call): try ended(call, event)
        case .signal(let signal): try self.signal(signal, event)
        case .process(let change): try process(change, event)
        case .loss(let loss): try lost(loss, event)
        }
        if buffer.count >= Self.flushAt { try flush() }
    }

    func task(_ tid: Int32, _ pid: Int32) -> TaskLines {
        if let last, last.tid == tid { return last }
        if let known = tasks[tid] {
            last = known
            return known
        }
        let new = TaskLines(tid: tid, pid: pid)
        if silentThreads > 0 { silentThreads -= 1 }
        tasks[tid] = new
        last = new
        return new
    }

    private func entered(_ call: Call, _ event: borrowing Event) throws(TraceError) {
        let task = task(event.tid, event.pid)
        try begin(call, task, event.time)
        if isStaging { stage(task) }
    }

    /// Starts a call's line.
    private func begin(_ call: Call, _ task: TaskLines, _ time: UInt64) throws(TraceError) {
        try startLine(task, time, pointer: call.instructionPointer, number: call.number)
        name(call)
        paint(.punct, "(")
        writer.begin(afterFirst: false)
        task.progress = decoder.enter(call, tid: task.tid)
        task.isAfterFirst = writer.isAfterFirst
        task.isInCall = true
        open = task
        if let places { task.place = places.find(task.tid, task.pid, call) }
    }

    private func ended(_ call: Call, _ event: borrowing Event) throws(TraceError) {
        let task = task(event.tid, event.pid)
        let isKnown = task.isInCall || call.enterTime != 0
        if !task.isInCall, call.enterTime != 0 {
            guard options.calls.admits(call, at: event.time), call.outcome != .detached else { return }
            try begin(call, task, call.enterTime)
        } else if !task.isInCall {
            // Attached in the middle of a call: its start is not known.
            guard options.calls.admits(call, at: event.time), call.outcome != .detached else { return }
            try startLine(task, event.time, pointer: call.instructionPointer, number: call.number)
            resumedName(call)
            task.progress = Decoder.Progress()
            if let places { task.place = places.find(task.tid, task.pid, call) }
        } else if isStaging {
            try unstage(task)
        } else if let width = task.openWidth {
            task.openWidth = nil
            leaveOpenLine()
            try select(task)
            lineStart = buffer.count - width
        } else if open !== task {
            if call.outcome == .detached {
                task.isInCall = false
                return
            }
            try startLine(task, event.time, pointer: call.instructionPointer, number: call.number)
            resumedName(call)
        }
        task.isInCall = false
        open = nil
        if !options.calls.admits(call, at: event.time) {
            buffer.truncate(to: max(lineStart, 0))
            task.place.clear()
            return
        }
        writer.begin(afterFirst: task.isAfterFirst)
        switch call.outcome {
        case .returned, .failed: decoder.exit(call, tid: event.tid, from: task.progress)
        case .unfinished, .unavailable:
            if isKnown && !task.progress.isComplete { buffer.append(" <unfinished ...>") }
        case .detached: break
        }
        if call.outcome == .detached {
            buffer.append(" <detached ...>\n")
            return
        }
        paint(.punct, ")")
        buffer.ascii(" ")
        pad()
        result(call, event.tid)
        if places == nil {
            buffer.ascii("\n")
            dump(call, event.tid)
        } else {
            endWithPlace(call, task)
        }
    }

    private func signal(_ signal: Signal, _ event: borrowing Event) throws(TraceError) {
        guard options.signals.contains(signal.number) else { return }
        let task = task(event.tid, event.pid)
        try startLine(task, event.time, pointer: signal.instructionPointer)
        let number = UInt64(UInt32(bitPattern: signal.number))
        writer.begin(afterFirst: false)
        if signal.isStop {
            buffer.append("--- stopped by ")
            decoder.signal(number)
        } else {
            buffer.append("--- ")
            decoder.signal(number)
            if let info = signal.info, let base = info.baseAddress {
                buffer.ascii(" ")
                decoder.siginfo(Bytes(base: base, count: info.count))
            }
        }
        buffer.append(" ---\n")
        if let places, options.stackTrace != .none {
            stack(places.stacks.stack(of: event.tid, event.pid, at: nil, limit: options.frameLimit))
        }
    }

    private func process(_ change: ProcessEvent, _ event: borrowing Event) throws(TraceError) {
        let task = task(event.tid, event.pid)
        switch change {
        case .attached(let threads):
            silentThreads += threads - 1
            try message(task, "attached", .attach, threads: threads)
        case .detached:
            if task.isInCall, open === task { try closeOpenLine() }
            tasks[event.tid] = nil
            try message(task, "detached", .attach)
        case .strayDetached:
            tasks[event.tid] = nil
            try note("Detached unknown pid ", event.tid, "", .attach)
        case .strayExited:
            tasks[event.tid] = nil
            try note("Exit of unknown pid ", event.tid, " ignored", .exit)
        case .forked: break
        case .executed: if options.commands { readCommand(task) }
        case .superseded(let by):
            if let successor = tasks[by], open === successor || successor.openWidth != nil {
                try select(successor)
                buffer.append(" <pid changed to ")
                buffer.decimal(Int64(event.tid))
                buffer.append(" ...>\n")
                successor.openWidth = nil
                if open === successor { open = nil }
            }
            if !options.quiet.contains(.threadExecve) {
                try startLine(task, event.time)
                buffer.append("+++ superseded by execve in pid ")
                buffer.decimal(Int64(by))
                buffer.append(" +++\n")
            }
            try closeOpenLine()
            let successor = tasks.removeValue(forKey: by)
            if let successor {
                successor.tid = event.tid
                tasks[event.tid] = successor
            } else {
                task.isInCall = false
            }
        case .exited(let status):
            if !options.quiet.contains(.exit) {
                try startLine(task, event.time)
                buffer.append("+++ exited with ")
                buffer.decimal(Int64(status))
                buffer.append(" +++\n")
            }
            lastStack(task)
            try gone(event.tid)
        case .killed(let signal, let coreDumped):
            if options.signals.contains(signal) {
                try startLine(task, event.time)
                buffer.append("+++ killed by ")
                decoder.signal(UInt64(UInt32(bitPattern: signal)))
                buffer.append(coreDumped ? " (core dumped) +++\n" : " +++\n")
            }
            lastStack(task)
            try gone(event.tid)
        }
    }

    private func gone(_ tid: Int32) throws(TraceError) {
        if let t = tasks.removeValue(forKey: tid), open === t { open = nil }
        if isPerTask {
            try flush()
            current = nil
        }
        outputs.forget(tid)
    }

    public func report(_ finding: Finding) throws(TraceError) { try insert { $0.append(finding) } }

    public func present(_ analysis: CallAnalysis) throws(TraceError) { try insert { $0.append(analysis) } }

    /// Between lines; with an output for each task, on stderr.
    private func insert(_ write: (TextBuffer) -> Void) throws(TraceError) {
        try closeOpenLine()
        if isPerTask {
            let text = TextBuffer(capacity: 1024)
            write(text)
            outputs.note(text.bytes)
            return
        }
        try selectAny()
        lineStart = buffer.count
        write(buffer)
        lineStart = buffer.count
    }

    /// Takes an output for what is no task's, if there is none yet.
    private func selectAny() throws(TraceError) {
        if current == nil, !isPerTask { current = try outputs.output(for: 0) }
    }

    private func lost(_ loss: Loss, _ event: borrowing Event) throws(TraceError) {
        try closeOpenLine()
        try selectAny()
        lineStart = buffer.count
        buffer.append("--- lost ")
        buffer.decimal(loss.count)
        buffer.append(" events: ")
        buffer.append(loss.cause.rawValue)
        buffer.append(" ---\n")
    }

    // MARK: Output

    public func idle() throws(TraceError) {
        if options.live { try flush() }
    }

    /// Hands the buffer to its output.
    func flush() throws(TraceError) {
        guard buffer.count > 0 else { return }
        // What has gone out of the open line still takes columns before its result.
        lineStart = options.palette == nil ? lineStart - buffer.count : min(lineStart, 0) - buffer.columns(from: lineStart)
        let bytes = buffer.bytes
        buffer.truncate(to: 0)
        try current?.write(bytes)
    }

    /// Makes `task`'s output the one that `buffer` is meant for.
    func select(_ task: TaskLines) throws(TraceError) {
        if current != nil, !isPerTask { return }
        let output = try outputs.output(for: task.tid)
        if output !== current {
            try flush()
            current = output
        }
    }

    public func finish(_ account: Account) throws(TraceError) {
        try closeOpenLine()
        if account.totalLost > 0 {
            try selectAny()
            for (cause, count) in account.lost.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                buffer.append("--- lost ")
                buffer.decimal(count)
                buffer.append(" events in all: ")
                buffer.append(cause.rawValue)
                buffer.append(" ---\n")
            }
        }
        try flush()
        try outputs.close()
    }
}
