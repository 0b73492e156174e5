import RenacerCore

/// Turns a block's payload back into what was put into it.
///
/// The payload may be anybody's: what makes no sense ends it with `isDamaged`.
public final class EventDecoder {
    /// What stood next in a block.
    public enum Item {
        /// An event, which is the last of the batch now.
        case event
        /// An answer for the event that follows, for its end if `atExit`.
        case fact(Question, Answer, atExit: Bool)
        case end
    }

    /// A call's memory, as it stands in the block.
    struct MemoryRecord {
        var bytes: UnsafeRawBufferPointer
        /// Which parts there are.
        var form: Form
        /// It is what memory held some time after the event.
        var isLate = false

        enum Form {
            case entry, exit
            /// Both, the number of pieces at entry before them.
            case both
        }
    }

    public private(set) var isDamaged = false
    /// Bytes that the last signal's `siginfo_t` had, with the zeros at its end.
    public private(set) var signalSize = 0
    private var reader = ByteReader(UnsafeRawBufferPointer(start: nil, count: 0))
    private var time: UInt64 = 0
    private var tid: Int32 = 0
    private var pid: Int32 = 0
    private var strings: [UnsafeRawBufferPointer] = []
    private let slots = UnsafeMutablePointer<SlotState>.allocate(capacity: RecordingFormat.slots)
    private var open: [Int32: OpenCall] = [:]
    private var lastOpen: (tid: Int32, entered: OpenCall)?
    /// What is kept as the memory of calls that have not ended.
    private let nothing = NoMemory()
    private let backend: Name
    /// Memory of the calls of a batch, reused.
    private var memories: [RecordedMemory] = []
    private var usedMemories = 0
    private let turned: (Bool) -> Void

    /// - Parameter backend: what losses are said to be of.
    /// - Parameter turned: told when a call's memory is looked at as of its end, or of its entry again.
    public init(backend: Name, turned: @escaping (Bool) -> Void = { _ in }) {
        self.backend = backend
        self.turned = turned
        slots.initialize(repeating: SlotState(), count: RecordingFormat.slots)
    }

    deinit { slots.deallocate() }

    /// Starts a block.
    ///
    /// - Parameter payload: valid until the next block starts.
    public func begin(_ header: BlockHeader, _ payload: UnsafeRawBufferPointer) {
        reader = ByteReader(payload)
        isDamaged = false
        time = header.first
        tid = 0
        pid = 0
        strings.removeAll(keepingCapacity: true)
        open.removeAll(keepingCapacity: true)
        lastOpen = nil
        for i in 0..<RecordingFormat.slots { slots[i].isUsed = false }
    }

    /// Whether an answer, or nothing, comes next.
    public var isAtFact: Bool {
        guard let head = reader.peek else { return true }
        return head & 0x0f == RecordingFormat.RecordKind.fact.rawValue
    }

    /// What the events' calls have as their memory may be that of others from now on.
    public func reuseMemory() { usedMemories = 0 }

    /// Decodes what stands next.
    ///
    /// - Parameter batch: an event is put behind its events. It is made there, because to hand it on costs copies, which
    ///   were a quarter of a replay's time.
    public func next(_ batch: Batch) -> Item {
        if isDamaged || reader.isAtEnd { return .end }
        let head = reader.byte()
        guard let kind = RecordingFormat.RecordKind(rawValue: head & 0x0f) else { return damaged() }
        if kind == .fact { return fact(head) }
        if head & RecordingFormat.Flag.otherTask != 0 {
            tid = reader.int32()
            let p = Int64(tid) &+ reader.zigzag()
            guard let process = Int32(exactly: p) else { return damaged() }
            pid = process
        }
        time = reader.difference(from: time)
        guard time < Self.latest else { return damaged() }
        let body: Event.Body?
        switch kind {
        case .call: return call(head, batch) ? .event : damaged()
        case .entered: body = entered(head)
        case .ended: body = ended(head)
        case .signal: body = signal(head)
        case .process: body = process().map { .process($0) }
        case .loss: body = loss().map { .loss($0) }
        case .fact: body = nil
        }
        guard let body, !reader.failed else { return damaged() }
        batch.events.append(Event(time: time, tid: tid, pid: pid, body))
        return .event
    }

    /// Later than any clock shows; sums of durations below it do not overflow soon.
    private static let latest: UInt64 = 1 << 62

    private func damaged() -> Item {
        isDamaged = true
        return .end
    }

    // MARK: Calls

    /// The memory that follows.
    private func memory(
        _ head: UInt8, _ form: MemoryRecord.Form, _ words: CallWords, isLate: Bool = false,
        entry: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
    ) -> (memory: RecordedMemory, bytes: UnsafeRawBufferPointer) {
        if usedMemories == memories.count { memories.append(RecordedMemory(turned: turned)) }
        let memory = memories[usedMemories]
        usedMemories += 1
        var record = MemoryRecord(bytes: UnsafeRawBufferPointer(start: nil, count: 0), form: form, isLate: isLate)
        if head & RecordingFormat.Flag.memory != 0 { record.bytes = reader.counted() }
        memory.hold(record, words, entry: entry)
        return (memory, record.bytes)
    }

    /// A call that has not ended, and what its entry's record has of its memory: in the same block.
    private struct OpenCall {
        var call: Call
        var memory: UnsafeRawBufferPointer
    }

    /// Number and words; nil if they make no sense.
    private func slot() -> UnsafeMutablePointer<SlotState>? {
        let head = reader.byte()
        let slot = slots + (Int(head) & (RecordingFormat.slots - 1))
        if head & RecordingFormat.Slot.isNew != 0 {
            guard let personality = Personality(rawValue: reader.byte()) else { return nil }
            slot.pointee = SlotState(isUsed: true, number: Int(reader.zigzag()), personality: personality, words: CallWords())
        }
        guard slot.pointee.isUsed else { return nil }
        if head & RecordingFormat.Slot.hasChanges != 0 {
            let mask = reader.byte()
            for i in 0..<RecordingFormat.words where mask >> UInt8(i) & 1 == 1 {
                slot.pointee.words[i] = reader.difference(from: slot.pointee.words[i])
            }
        }
        return slot
    }

    private func entered(_ head: UInt8) -> Event.Body? {
        let enterTime = head & RecordingFormat.Flag.special != 0 ? reader.difference(from: time) : time
        guard let slot = slot() else { return nil }
        let words = slot.pointee.words
        var call = Call(
            number: slot.pointee.number, personality: slot.pointee.personality, arguments: words.arguments, enterTime: enterTime,
            memory: nothing)
        call.instructionPointer = words.instructionPointer
        call.stackPointer = words.stackPointer
        if head & RecordingFormat.Flag.extras != 0 { extras().put(&call) }
        if let lastOpen, lastOpen.tid != tid { open[lastOpen.tid] = lastOpen.entered }
        let held = memory(head, .entry, words)
        lastOpen = (tid, OpenCall(call: call, memory: held.bytes))
        call.memory = held.memory
        return .syscallEntered(call)
    }

    private func takeOpen() -> OpenCall? {
        if let known = lastOpen, known.tid == tid {
            lastOpen = nil
            if !open.isEmpty { open[tid] = nil }
            return known.entered
        }
        return open.isEmpty ? nil : open.removeValue(forKey: tid)
    }

    /// The end of a call whose entry stands before.
    private func ended(_ head: UInt8) -> Event.Body? {
        guard let entered = takeOpen() else { return nil }
        var call = entered.call
        call.exitTime = time
        call.tampering = []
        call.interruptedNumber = Call.unknownNumber
        let extras = head & RecordingFormat.Flag.extras != 0 ? extras() : Extras()
        extras.put(&call)
        guard let outcome = outcome(head) else { return nil }
        call.outcome = outcome
        call.memory = memory(head, .exit, CallWords(call), isLate: extras.isLate, entry: entered.memory).memory
        return .syscall(call)
    }

    /// A whole call, put behind the events of `batch`; false if it makes no sense.
    private func call(_ head: UInt8, _ batch: Batch) -> Bool {
        // Nothing is known of how another one ended.
        if lastOpen?.tid == tid { lastOpen = nil }
        if !open.isEmpty { open[tid] = nil }
        guard let slot = slot() else { return false }
        let extras = head & RecordingFormat.Flag.extras != 0 ? extras() : Extras()
        let enterTime = extras.hasNoEntry ? 0 : time &- UInt64(bitPattern: reader.zigzag())
        guard enterTime < Self.latest, let outcome = outcome(head) else { return false }
        let words = slot.pointee.words
        let memory = memory(head, .both, words, isLate: extras.isLate).memory
        if reader.failed { return false }
        var call = Call(
            number: slot.pointee.number, personality: slot.pointee.personality, arguments: words.arguments, enterTime: enterTime,
            memory: memory)
        call.instructionPointer = words.instructionPointer
        call.stackPointer = words.stackPointer
        call.exitTime = time
        call.outcome = outcome
        if extras.isAny { extras.put(&call) }
        batch.events.append(Event(time: time, tid: tid, pid: pid, .syscall(call)))
        return true
    }

    private func outcome(_ head: UInt8) -> Call.Outcome? {
        if head & RecordingFormat.Flag.special == 0 { return .returned(reader.zigzag()) }
        switch reader.byte() {
        case 1: return .failed(reader.int32())
        case 2: return .unfinished
        case 3: return .unavailable
        case 4: return .detached
        default: return nil
        }
    }

    /// What few calls have.
    private struct Extras {
        var isAny = false, isLate = false, hasNoEntry = false
        var exitTime: UInt64?
        var systemTime: UInt64 = 0
        var tampering: Call.Tampering = []
        var interruptedNumber = Call.unknownNumber

        func put(_ call: inout Call) {
            if let exitTime { call.exitTime = exitTime }
            if systemTime != 0 { call.systemTime = systemTime }
            call.tampering = tampering
            call.interruptedNumber = interruptedNumber
        }
    }

    private func extras() -> Extras {
        let flags = reader.byte()
        var extras = Extras(
            isAny: true, isLate: flags & RecordingFormat.Extra.late != 0, hasNoEntry: flags & RecordingFormat.Extra.unknownEntry != 0)
        if flags & RecordingFormat.Extra.exitTime != 0 { extras.exitTime = reader.difference(from: time) & (Self.latest - 1) }
        if flags & RecordingFormat.Extra.systemTime != 0 { extras.systemTime = reader.varint() & (Self.latest - 1) }
        if flags & RecordingFormat.Extra.tampering != 0 { extras.tampering = .init(rawValue: reader.byte()) }
        if flags & RecordingFormat.Extra.interrupted != 0 { extras.interruptedNumber = Int(reader.zigzag()) }
        return extras
    }

    // MARK: What is no call

    private func signal(_ head: UInt8) -> Event.Body {
        var signal = Signal(number: reader.int32(), isStop: head & RecordingFormat.Flag.special != 0)
        if head & RecordingFormat.Flag.extras != 0 { signal.instructionPointer = reader.varint() }
        // Its zeros at the end were left out: whoever reads events puts them back.
        if head & RecordingFormat.Flag.memory != 0 {
            signalSize = Int(min(reader.varint(), 128))
            signal.info = UnsafeRawBufferPointer(rebasing: reader.counted().prefix(signalSize))
        }
        return .signal(signal)
    }

    private func process() -> ProcessEvent? {
        guard let kind = ProcessKind(rawValue: reader.byte()) else { return nil }
        return switch kind {
        case .attached: .attached(threads: Int(reader.int32()))
        case .detached: .detached
        case .strayDetached: .strayDetached
        case .strayExited: .strayExited
        case .forked: .forked(child: reader.int32(), isThread: false)
        case .cloned: .forked(child: reader.int32(), isThread: true)
        case .executed: .executed
        case .superseded: .superseded(by: reader.int32())
        case .exited: .exited(status: reader.int32())
        case .killed: .killed(signal: reader.int32(), coreDumped: false)
        case .dumped: .killed(signal: reader.int32(), coreDumped: true)
        }
    }

    private func loss() -> Loss? {
        guard let cause = Loss.Cause(code: reader.byte()) else { return nil }
        let count = min(reader.varint(), RecordingEnd.most)
        let from = reader.difference(from: time)
        return Loss(backend: backend, cause: cause, count: count, from: from, to: reader.difference(from: time))
    }

    // MARK: Answers

    private func fact(_ head: UInt8) -> Item {
        guard let kind = Question.Kind(rawValue: reader.byte()) else { return damaged() }
        let tid = reader.int32()
        let number = reader.zigzag()
        let form = reader.byte()
        guard let status = Answer.Status(rawValue: form & Answer.statusMask) else { return damaged() }
        var answer = Answer(status)
        if form & Answer.hasNumber != 0 { answer.number = reader.zigzag() }
        if form & Answer.hasText != 0 {
            let index = reader.varint()
            if index == 0 {
                strings.append(reader.counted())
                answer.text = strings.last.map { Array($0) } ?? []
            } else {
                guard index <= UInt64(strings.count) else { return damaged() }
                answer.text = Array(strings[Int(index) - 1])
            }
        }
        if reader.failed { return damaged() }
        return .fact(Question(kind, tid, number), answer, atExit: head & RecordingFormat.Flag.special != 0)
    }
}
