import RenacerCore

/// Turns events into blocks.
///
/// A block can be read without those before it: everything that a later record refers to stands in the same block.
public final class EventEncoder {
    /// Memory read while the event under way was decoded.
    public let tape = MemoryTape()
    let out = ByteWriter(capacity: RecordingFormat.usualBlock * 2)
    private let memory = ByteWriter()
    private let facts = ByteWriter()
    private let blockSize: Int

    private var count: UInt32 = 0
    private var first: UInt64 = 0
    private var last: UInt64 = 0
    var time: UInt64 = 0
    private var tid: Int32 = 0
    private var pid: Int32 = 0
    private var hasTask = false

    private var strings: [[UInt8]: UInt64] = [:]
    private var answers: [Question: Answer] = [:]
    private let slots = UnsafeMutablePointer<SlotState>.allocate(capacity: RecordingFormat.slots)
    /// Calls whose entries stand in this block, by thread.
    private var open: [Int32: OpenCall] = [:]
    private var lastOpen: (tid: Int32, call: OpenCall)?

    private struct OpenCall {
        var call: CallWords
        var number: Int
        var personality: Personality
        var enterTime: UInt64
    }

    public init(blockSize: Int = RecordingFormat.usualBlock) {
        self.blockSize = max(blockSize, 64)
        slots.initialize(repeating: SlotState(), count: RecordingFormat.slots)
    }

    deinit { slots.deallocate() }

    public var isEmpty: Bool { count == 0 }
    /// Whether the block is worth writing.
    public var isFull: Bool { out.count >= blockSize }
    /// Time of the first event in the block.
    public var start: UInt64 { first }

    // MARK: Answers

    /// Whether the block has told that answer, and no other since.
    public func holds(_ question: Question, _ answer: Answer) -> Bool { answers[question] == answer }

    /// Takes note of an answer that the event under way depends on.
    ///
    /// - Parameter atExit: it was given for the end of a call of which both ends are one event.
    public func note(_ question: Question, _ answer: Answer, atExit: Bool) {
        if let known = answers[question], known == answer { return }
        answers[question] = answer
        facts.byte(RecordingFormat.RecordKind.fact.rawValue | (atExit ? RecordingFormat.Flag.special : 0))
        facts.byte(question.kind.rawValue)
        facts.zigzag(Int64(question.tid))
        facts.zigzag(question.number)
        var head = answer.status.rawValue
        if answer.number != 0 { head |= Answer.hasNumber }
        if !answer.text.isEmpty { head |= Answer.hasText }
        facts.byte(head)
        if answer.number != 0 { facts.zigzag(answer.number) }
        guard !answer.text.isEmpty else { return }
        if let index = strings[answer.text] {
            facts.varint(index)
        } else {
            strings[answer.text] = UInt64(strings.count + 1)
            facts.varint(0)
            answer.text.withUnsafeBytes { facts.counted($0) }
        }
    }

    // MARK: Memory

    /// What the tape holds was read as of the entry of a call of which both ends are one event.
    public func keepEntryMemory(_ call: borrowing Call) {
        if tape.isEmpty { return }
        tape.write(to: memory, CallWords(call), isCounted: true)
        tape.clear()
    }

    private func keepMemory(_ words: CallWords, isWhole: Bool) {
        if tape.isEmpty { return }
        if isWhole, memory.count == 0 { memory.varint(0) }
        tape.write(to: memory, words)
    }

    // MARK: Events

    /// Adds an event, with the memory and the answers noted since the one before.
    ///
    /// - Returns: false if some of its memory was too much to be kept.
    public func append(_ event: borrowing Event) -> Bool {
        if count == 0 {
            first = event.time
            time = event.time
        }
        out.append(facts.bytes)
        facts.truncate(to: 0)
        switch event.body {
        case .syscallEntered(let call): entered(call, event)
        case .syscall(let call): ended(call, event)
        case .signal(let signal): self.signal(signal, event)
        case .process(let change): process(change, event)
        case .loss(let loss): lost(loss, event)
        }
        count += 1
        last = max(last, event.time)
        first = min(first, event.time)
        let isWhole = !tape.isCut
        tape.reset()
        memory.truncate(to: 0)
        return isWhole
    }

    /// Starts a record: its kind, whose it is, and when.
    private func begin(_ kind: RecordingFormat.RecordKind, _ flags: UInt8, _ event: borrowing Event) {
        out.reserve(64)
        if hasTask, event.tid == tid, event.pid == pid {
            out.byte(kind.rawValue | flags)
        } else {
            out.byte(kind.rawValue | flags | RecordingFormat.Flag.otherTask)
            out.zigzag(Int64(event.tid))
            out.zigzag(Int64(event.pid) - Int64(event.tid))
            tid = event.tid
            pid = event.pid
            hasTask = true
        }
        out.difference(event.time, from: time)
        time = event.time
    }

    private func putMemory() {
        if memory.count > 0 { out.counted(memory.bytes) }
    }

    private func entered(_ call: Call, _ event: borrowing Event) {
        let words = CallWords(call)
        keepMemory(words, isWhole: false)
        var extras: UInt8 = 0
        if call.tampering != [] { extras |= RecordingFormat.Extra.tampering }
        if call.interruptedNumber != Call.unknownNumber { extras |= RecordingFormat.Extra.interrupted }
        var flags: UInt8 = memory.count > 0 ? RecordingFormat.Flag.memory : 0
        if extras != 0 { flags |= RecordingFormat.Flag.extras }
        if call.enterTime != event.time { flags |= RecordingFormat.Flag.special }
        begin(.entered, flags, event)
        if call.enterTime != event.time { out.difference(call.enterTime, from: event.time) }
        put(call, words)
        if extras != 0 { put(extras, call, event) }
        putMemory()
        let state = OpenCall(call: words, number: call.number, personality: call.personality, enterTime: call.enterTime)
        if let lastOpen, lastOpen.tid != event.tid { open[lastOpen.tid] = lastOpen.call }
        lastOpen = (event.tid, state)
    }

    /// The entry of the call that ends, if it stands in this block.
    private func takeOpen(_ tid: Int32) -> OpenCall? {
        if let known = lastOpen, known.tid == tid {
            lastOpen = nil
            if !open.isEmpty { open[tid] = nil }
            return known.call
        }
        return open.isEmpty ? nil : open.removeValue(forKey: tid)
    }

    private func ended(_ call: Call, _ event: borrowing Event) {
        let entry = takeOpen(event.tid)
        let words = CallWords(call)
        var isShort = false
        if let entry {
            isShort = entry.number == call.number && entry.personality == call.personality && entry.enterTime == call.enterTime
                && entry.call == words
        }
        keepMemory(words, isWhole: !isShort)
        var extras: UInt8 = 0
        if call.exitTime != event.time { extras |= RecordingFormat.Extra.exitTime }
        if call.systemTime != 0 { extras |= RecordingFormat.Extra.systemTime }
        if call.tampering != [] { extras |= RecordingFormat.Extra.tampering }
        if call.interruptedNumber != Call.unknownNumber { extras |= RecordingFormat.Extra.interrupted }
        switch call.outcome {
        case .returned, .failed: if call.memory.isLate { extras |= RecordingFormat.Extra.late }
        // The task's memory may be gone with it.
        case .unfinished, .unavailable, .detached: break
        }
        if !isShort, call.enterTime == 0 { extras |= RecordingFormat.Extra.unknownEntry }
        var flags: UInt8 = memory.count > 0 ? RecordingFormat.Flag.memory : 0
        if extras != 0 { flags |= RecordingFormat.Flag.extras }
        var value: Int64 = 0
        switch call.outcome {
        case .returned(let v): value = v
        default: flags |= RecordingFormat.Flag.special
        }
        begin(isShort ? .ended : .call, flags, event)
        if !isShort { put(call, words) }
        if extras != 0 { put(extras, call, event) }
        if !isShort, call.enterTime != 0 { out.difference(event.time, from: call.enterTime) }
        switch call.outcome {
        case .returned: out.zigzag(value)
        case .failed(let number):
            out.byte(1)
            out.zigzag(Int64(number))
        case .unfinished: out.byte(2)
        case .unavailable: out.byte(3)
        case .detached: out.byte(4)
        }
        putMemory()
    }

    /// Number and words, as differences to a call like it.
    private func put(_ call: Call, _ words: CallWords) {
        let index = (call.number &* 31 &+ Int(tid) &* 7) & (RecordingFormat.slots - 1)
        let slot = slots + index
        var head = UInt8(index)
        let isNew = !slot.pointee.isUsed || slot.pointee.number != call.number || slot.pointee.personality != call.personality
        if isNew {
            head |= RecordingFormat.Slot.isNew
            slot.pointee = SlotState(isUsed: true, number: call.number, personality: call.personality, words: CallWords())
        }
        let mask = slot.pointee.words.differences(words)
        if mask != 0 { head |= RecordingFormat.Slot.hasChanges }
        out.byte(head)
        if isNew {
            out.byte(call.personality.rawValue)
            out.zigzag(Int64(call.number))
        }
        guard mask != 0 else { return }
        out.byte(mask)
        for i in 0..<RecordingFormat.words where mask >> UInt8(i) & 1 == 1 {
            out.difference(words[i], from: slot.pointee.words[i])
        }
        slot.pointee.words = words
    }

    private func put(_ extras: UInt8, _ call: Call, _ event: borrowing Event) {
        out.byte(extras)
        if extras & RecordingFormat.Extra.exitTime != 0 { out.difference(call.exitTime, from: event.time) }
        if extras & RecordingFormat.Extra.systemTime != 0 { out.varint(call.systemTime) }
        if extras & RecordingFormat.Extra.tampering != 0 { out.byte(call.tampering.rawValue) }
        if extras & RecordingFormat.Extra.interrupted != 0 { out.zigzag(Int64(call.interruptedNumber)) }
    }

    // MARK: Blocks

    /// Finishes the block and starts the next.
    ///
    /// - Parameter body: takes its header and its payload.
    public func takeBlock(_ body: (BlockHeader, UnsafeRawBufferPointer) -> Void) {
        guard count > 0 else { return }
        body(BlockHeader(isEnd: false, length: out.count, count: count, first: first, last: last), out.bytes)
        out.truncate(to: 0)
        count = 0
        last = 0
        hasTask = false
        strings.removeAll(keepingCapacity: true)
        answers.removeAll(keepingCapacity: true)
        open.removeAll(keepingCapacity: true)
        lastOpen = nil
        for i in 0..<RecordingFormat.slots { slots[i].isUsed = false }
    }
}

// MARK: What is no call

extension EventEncoder {
    fileprivate func signal(_ signal: Signal, _ event: borrowing Event) {
        var info = signal.info
        // Most of its 128 bytes are zeros.
        if let all = info { info = UnsafeRawBufferPointer(rebasing: all[..<(all.prefix(128).lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0)]) }
        var flags: UInt8 = info == nil ? 0 : RecordingFormat.Flag.memory
        if signal.isStop { flags |= RecordingFormat.Flag.special }
        if signal.instructionPointer != 0 { flags |= RecordingFormat.Flag.extras }
        begin(.signal, flags, event)
        out.zigzag(Int64(signal.number))
        if signal.instructionPointer != 0 { out.varint(signal.instructionPointer) }
        if let info {
            out.varint(UInt64(signal.info?.count ?? 0))
            out.counted(info)
        }
    }

    fileprivate func process(_ change: ProcessEvent, _ event: borrowing Event) {
        begin(.process, 0, event)
        func put(_ kind: ProcessKind, _ value: Int64? = nil) {
            out.byte(kind.rawValue)
            if let value { out.zigzag(value) }
        }
        switch change {
        case .attached(let threads): put(.attached, Int64(threads))
        case .detached: put(.detached)
        case .strayDetached: put(.strayDetached)
        case .strayExited: put(.strayExited)
        case .forked(let child, let isThread): put(isThread ? .cloned : .forked, Int64(child))
        case .executed: put(.executed)
        case .superseded(let by): put(.superseded, Int64(by))
        case .exited(let status): put(.exited, Int64(status))
        case .killed(let signal, let coreDumped): put(coreDumped ? .dumped : .killed, Int64(signal))
        }
    }

    fileprivate func lost(_ loss: Loss, _ event: borrowing Event) {
        begin(.loss, 0, event)
        out.byte(loss.cause.code)
        out.varint(loss.count)
        out.difference(loss.from, from: event.time)
        out.difference(loss.to, from: event.time)
    }
}
