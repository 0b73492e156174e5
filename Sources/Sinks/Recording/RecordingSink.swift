import CLinux
import Glibc
import RenacerCore
import RenacerRecording

/// Writes a trace so that it can be replayed.
///
/// What of a call's memory is worth keeping is what a decoder reads of it: one that looks at everything and writes
/// nothing runs over memory and an inspector that take note of what they are asked. This is the same for every backend.
public final class RecordingSink: Sink {
    private let options: RecordingOptions
    private let store: any BlockStore
    private let encoder: EventEncoder
    private let decoder: Decoder
    private let memory: ObservedMemory
    private let inspector: any TaskInspector
    /// nil unless stacks are kept.
    private let places: PlaceRecorder?
    /// Answers that are asked for now belong to a call's end.
    private let moment: Moment
    private var tasks: [Int32: TaskState] = [:]
    private var last: TaskState?
    private var isFinished = false
    /// Events without all of their memory.
    private var cut: UInt64 = 0
    /// Events in blocks that a slow reader left no room for.
    public private(set) var refused: UInt64 = 0
    /// The last of them, until a block that tells of them is taken: the one that is being filled begins with it.
    private var untold: Loss?
    private let scratch = TextBuffer(capacity: 64)

    private final class Moment { var isAtExit = false }

    private final class TaskState {
        let tid: Int32
        var progress = Decoder.Progress()
        var isInCall = false
        /// Where its call was made was known when that began.
        var hasPlace = false
        /// Its command has been asked for.
        var isKnown = false
        init(tid: Int32) { self.tid = tid }
    }

    /// - Parameter output: where the recording is written.
    /// - Parameter stacks: finds out where calls are made; nil if that is not kept.
    /// - Parameter snapshot: opens the file that a ring is written to for the nth time before the end.
    public init(
        _ options: RecordingOptions, output: any TextOutput, inspector: any TaskInspector, stacks: (any StackInspector)? = nil,
        snapshot: @escaping (Int) throws(TraceError) -> any TextOutput
    ) {
        self.options = options
        encoder = EventEncoder(blockSize: options.ring.map { RingStore.blockSize($0) } ?? RecordingFormat.usualBlock)
        places = stacks.map { [encoder] in PlaceRecorder($0, limit: options.frameLimit, encoder) }
        let header = Self.header(options, hasStacks: stacks != nil).encoded()
        store = if let size = options.ring { RingStore(header, size: size, output, snapshot: snapshot) } else { StreamingStore(header, output) }
        memory = ObservedMemory(encoder.tape)
        let moment = Moment()
        self.moment = moment
        let observed = ObservedInspector(inspector) { [encoder] in encoder.note($0, $1, atExit: moment.isAtExit) }
        self.inspector = observed
        var everything = options.decoding
        everything.abbreviated = .none
        everything.dereferenced = .all
        everything.raw = .none
        everything.constants = .verbose
        decoder = Decoder(SilentWriter(), everything, inspector: observed)
    }

    private static func header(_ options: RecordingOptions, hasStacks: Bool) -> RecordingHeader {
        var header = RecordingHeader()
        var names = utsname()
        uname(&names)
        header.node = withUnsafeBytes(of: &names.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        header.kernel = withUnsafeBytes(of: &names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        header.realtimeOffset = options.realtimeOffset
        header.backend = options.backend
        header.arguments = options.arguments
        header.stringLimit = options.decoding.stringLimit
        header.descriptors = options.decoding.descriptors
        header.calls = options.calls
        header.signals = options.signals
        header.data = options.data
        func has(_ part: RecordingHeader.Contents, _ isThere: Bool) { if isThere { header.contents.insert(part) } }
        has(.children, options.followsChildren)
        has(.commands, options.decoding.commands)
        has(.pidNamespaces, options.decoding.pidNamespaces)
        has(.enteredNamespaces, options.decoding.enteredNamespaces)
        has(.virtualCPUs, options.decoding.virtualCPUs)
        has(.systemTime, options.systemTime)
        has(.instructionPointers, options.instructionPointers)
        has(.ring, options.ring != nil)
        has(.stacks, hasStacks)
        return header
    }

    public var requirements: [Requirement] {
        [Requirement(.memory, origin: "recording"), Requirement(.enteredEvents, origin: "recording")]
    }

    // MARK: Life

    public func start() throws(TraceError) {
        try store.start()
        if options.ring != nil { clinux_catch_request() }
    }

    public func idle() throws(TraceError) {
        if options.ring != nil { try writeIfAsked() }
        // What has been recorded a while ago should survive renacer's own end.
        guard !encoder.isEmpty, store.isLasting, clinux_monotonic_ns() &- encoder.start > Self.patience else { return }
        try writeBlock()
    }

    /// Nanoseconds that an event waits for its block to fill, if the program makes no more of them.
    private static let patience: UInt64 = 1_000_000_000

    public func finish(_ account: Account) throws(TraceError) {
        guard !isFinished else { return }
        isFinished = true
        try writeBlock(isLast: true)
        try store.finish(end(account))
    }

    private func end(_ account: Account) -> RecordingEnd {
        var end = RecordingEnd()
        end.account = account
        if cut > 0 { end.account.lost[.captureTooLarge, default: 0] += cut }
        if refused > 0 { end.account.lost[.sinkTooSlow, default: 0] += refused }
        return end
    }

    private func writeBlock(isLast: Bool = false) throws(TraceError) {
        var failure: TraceError?
        var lost: BlockHeader?
        encoder.takeBlock { header, payload in
            do throws(TraceError) {
                if try !store.add(header, payload, isLast: isLast) { lost = header } else { untold = nil }
            } catch { failure = error }
        }
        if let failure { throw failure }
        if let lost { lose(lost) }
    }

    /// The next block tells of a lost one.
    private func lose(_ block: BlockHeader) {
        let before = untold
        let count = UInt64(block.count) - (before == nil ? 0 : 1)
        refused += count
        let loss = Loss(
            backend: "recording", cause: .sinkTooSlow, count: count + (before?.count ?? 0), from: before?.from ?? block.first, to: block.last)
        untold = loss
        _ = encoder.append(Event(time: block.last, tid: 0, pid: 0, .loss(loss)))
    }

    /// Writes what the ring holds if SIGUSR2 came.
    private func writeIfAsked() throws(TraceError) {
        guard clinux_take_request() != 0 else { return }
        try writeBlock()
        try store.snapshot(end(Account()))
    }

    // MARK: Events

    public func consume(_ event: borrowing Event) throws(TraceError) {
        if case .signal(let signal) = event.body, !options.signals.contains(signal.number) { return }
        if isNewCommand(event) { askCommand(event.tid) }
        switch event.body {
        case .syscallEntered(let call): entered(call, event)
        case .syscall(let call): ended(call, event)
        case .signal(let signal): describe(signal, event)
        case .process(let change): follow(change, event)
        case .loss: break
        }
        if !encoder.append(event) { try lostMemory(event) }
        if encoder.isFull { try writeBlock() }
    }

    /// Says that an event's memory was too much.
    private func lostMemory(_ event: borrowing Event) throws(TraceError) {
        cut += 1
        let loss = Loss(backend: "recording", cause: .captureTooLarge, count: 1, from: event.time, to: event.time)
        _ = encoder.append(Event(time: event.time, tid: event.tid, pid: event.pid, .loss(loss)))
    }

    /// Whether structured sinks read the task's command now: when they meet it, and when it has another program.
    private func isNewCommand(_ event: borrowing Event) -> Bool {
        if options.decoding.commands { return true }
        if case .loss = event.body { return false }
        let task = task(event.tid)
        defer { task.isKnown = true }
        if case .process(let change) = event.body {
            switch change {
            case .executed, .attached: return true
            default: break
            }
        }
        return !task.isKnown
    }

    private func askCommand(_ tid: Int32) {
        scratch.truncate(to: 0)
        _ = inspector.command(of: tid, into: scratch)
    }

    private func task(_ tid: Int32) -> TaskState {
        if let last, last.tid == tid { return last }
        let task = tasks[tid] ?? TaskState(tid: tid)
        tasks[tid] = task
        last = task
        return task
    }

    private func entered(_ call: Call, _ event: borrowing Event) {
        let task = task(event.tid)
        task.isInCall = true
        task.progress = enter(call, event.tid)
        if let places { task.hasPlace = places.note(event.tid, event.pid, at: call) }
    }

    private func enter(_ call: Call, _ tid: Int32) -> Decoder.Progress {
        var observed = call
        memory.actual = call.memory
        observed.memory = memory
        return decoder.enter(observed, tid: tid)
    }

    private func ended(_ call: Call, _ event: borrowing Event) {
        let task = task(event.tid)
        let isWhole = !task.isInCall && call.enterTime != 0
        if isWhole {
            task.progress = enter(call, event.tid)
            encoder.keepEntryMemory(call)
        } else if !task.isInCall {
            task.progress = Decoder.Progress()
        }
        if let places {
            if !task.isInCall { task.hasPlace = places.note(event.tid, event.pid, at: call) }
            // A program's first exec began where there was no program.
            if !task.hasPlace, call.outcome != .unfinished { places.note(event.tid, event.pid, at: call) }
        }
        task.isInCall = false
        switch call.outcome {
        case .unfinished, .unavailable, .detached: return
        case .returned, .failed: break
        }
        moment.isAtExit = isWhole
        defer { moment.isAtExit = false }
        var observed = call
        memory.actual = call.memory
        observed.memory = memory
        decoder.exit(observed, tid: event.tid, from: task.progress)
        if !options.data.isEmpty { keepData(observed) }
        result(call)
    }

    /// Reads the data that a call moved, so that they are kept.
    private func keepData(_ call: Call) {
        options.data.forEach(call) { part in
            guard case .bytes(let address, let count) = part else { return }
            withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 1) { chunk in
                var offset: UInt64 = 0
                while offset < count {
                    let wanted = UnsafeMutableRawBufferPointer(rebasing: chunk[..<Int(min(65536, count - offset))])
                    guard call.memory.read(address &+ offset, into: wanted) == wanted.count else { return }
                    offset += UInt64(wanted.count)
                }
            }
        }
    }

    /// What a result is explained by.
    private func result(_ call: Call) {
        guard case .returned(let value) = call.outcome else { return }
        let raw = UInt64(bitPattern: value)
        switch call.returns == .dialect ? decoder.resultStyle : call.returns {
        case .fd: if value <= Int64(Int32.max) { decoder.fd(raw) }
        case .tid: decoder.pid(raw, .tid)
        case .pid: decoder.pid(raw, .pid)
        case .pgid: decoder.pid(raw, .pgid)
        case .sid: decoder.pid(raw, .sid)
        default: break
        }
    }

    private func describe(_ signal: Signal, _ event: borrowing Event) {
        places?.note(event.tid, event.pid, at: nil)
        guard let info = signal.info, let base = info.baseAddress else { return }
        decoder.siginfo(Bytes(base: base, count: info.count))
    }

    private func follow(_ change: ProcessEvent, _ event: borrowing Event) {
        switch change {
        case .exited, .killed, .detached, .strayExited, .strayDetached:
            tasks[event.tid] = nil
            last = nil
        case .superseded(let by):
            let former = tasks.removeValue(forKey: by)
            let task = TaskState(tid: event.tid)
            if let former {
                task.progress = former.progress
                task.isInCall = former.isInCall
            }
            tasks[event.tid] = task
            last = nil
        case .attached, .forked, .executed: break
        }
    }
}
