import RenacerCore

/// Turns a block's payload back into what was put into it.
///
/// The payload may be anybody's: what makes no sense ends it with `isDamaged`.
public final class EventDecoder {
    /// What stands next in a block.
    public enum Item {
        /// - Parameter memory: the event's memory, encoded, for `RecordedMemory`.
        case event(Event, memory: MemoryRecord)
        /// An answer for the event that follows, for its end if `atExit`.
        case fact(Question, Answer, atExit: Bool)
        case end
    }

    /// A call's memory, as it stands in the block.
    public struct MemoryRecord {
        public var bytes: UnsafeRawBufferPointer
        /// Which parts there are.
        public var form: Form
        /// It is what memory held some time after the event.
        public var isLate = false

        public enum Form: Sendable {
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
    private var open: [Int32: Call] = [:]
    private var lastOpen: (tid: Int32, call: Call)?
    /// What calls are given as their memory until the reader of events gives them their own.
    private let nothing = NoMemory()
    private let backend: Name

    /// - Parameter backend: what losses are said to be of.
    public init(backend: Name) {
        self.backend = backend
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

    public func next() -> Item {
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
        var memory = MemoryRecord(bytes: UnsafeRawBufferPointer(start: nil, count: 0), form: .entry)
        let body: Event.Body?
        switch kind {
        case .entered: body = entered(head, &memory)
        case .ended, .call: body = ended(head, isWhole: kind == .call, &memory)
        case .signal: body = signal(head)
        case .process: body = process().map { .process($0) }
        case .loss: body = loss().map { .loss($0) }
        case .fact: body = nil
        }
        guard let body, !reader.failed else { return damaged() }
        return .event(Event(time: time, tid: tid, pid: pid, body), memory: memory)
    }

    /// Later than any clock shows; sums of durations below it do not overflow soon.
    private static let latest: UInt64 = 1 << 62

    private func damaged() -> Item {
        isDamaged = true
        return .end
    }

    // MARK: Calls

    private func takeMemory(_ head: UInt8, _ form: MemoryRecord.Form, _ memory: inout MemoryRecord) {
        memory.form = form
        if head & RecordingFormat.Flag.memory != 0 { memory.bytes = reader.counted() }
    }

    /// Number and words.
    private func call() -> Call? {
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
        var call = Call(
            number: slot.pointee.number, personality: slot.pointee.personality, arguments: slot.pointee.words.arguments, memory: nothing)
        call.instructionPointer = slot.pointee.words.instructionPointer
        call.stackPointer = slot.pointee.words.stackPointer
        return call
    }

    private func entered(_ head: UInt8, _ memory: inout MemoryRecord) -> Event.Body? {
        let enterTime = head & RecordingFormat.Flag.special != 0 ? reader.difference(from: time) : time
        guard var call = call() else { return nil }
        call.enterTime = enterTime
        if head & RecordingFormat.Flag.extras != 0 { readExtras(&call) }
        takeMemory(head, .entry, &memory)
        if let lastOpen, lastOpen.tid != tid { open[lastOpen.tid] = lastOpen.call }
        lastOpen = (tid, call)
        return .syscallEntered(call)
    }

    private func takeOpen() -> Call? {
        if let known = lastOpen, known.tid == tid {
            lastOpen = nil
            if !open.isEmpty { open[tid] = nil }
            return known.call
        }
        return open.isEmpty ? nil : open.removeValue(forKey: tid)
    }

    private func ended(_ head: UInt8, isWhole: Bool, _ memory: inout MemoryRecord) -> Event.Body? {
        let entry = takeOpen()
        guard var call = isWhole ? call() : entry else { return nil }
        call.exitTime = time
        call.tampering = []
        call.interruptedNumber = Call.unknownNumber
        let extras = head & RecordingFormat.Flag.extras != 0 ? readExtras(&call) : 0
        if isWhole {
            call.enterTime = extras & RecordingFormat.Extra.unknownEntry != 0 ? 0 : time &- UInt64(bitPattern: reader.zigzag())
            guard call.enterTime < Self.latest else { return nil }
        }
        if head & RecordingFormat.Flag.special == 0 {
            call.outcome = .returned(reader.zigzag())
        } else {
            switch reader.byte() {
            case 1: call.outcome = .failed(reader.int32())
            case 2: call.outcome = .unfinished
            case 3: call.outcome = .unavailable
            case 4: call.outcome = .detached
            default: return nil
            }
        }
        takeMemory(head, isWhole ? .both : .exit, &memory)
        memory.isLate = extras & RecordingFormat.Extra.late != 0
        return .syscall(call)
    }

    @discardableResult
    private func readExtras(_ call: inout Call) -> UInt8 {
        let extras = reader.byte()
        if extras & RecordingFormat.Extra.exitTime != 0 { call.exitTime = reader.difference(from: time) & (Self.latest - 1) }
        if extras & RecordingFormat.Extra.systemTime != 0 { call.systemTime = reader.varint() & (Self.latest - 1) }
        if extras & RecordingFormat.Extra.tampering != 0 { call.tampering = .init(rawValue: reader.byte()) }
        if extras & RecordingFormat.Extra.interrupted != 0 { call.interruptedNumber = Int(reader.zigzag()) }
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
