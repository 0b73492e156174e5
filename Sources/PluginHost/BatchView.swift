import CRenacerPlugin
import RenacerCore

/// A batch as a plugin sees it: `renacer_event`s, and behind each the event that it stands for.
final class BatchView: EventServices {
    private var views = UnsafeMutablePointer<renacer_event>.allocate(capacity: 64)
    private var capacity = 64
    /// Where each view's event is in the batch.
    private var places: [Int] = []
    private var events: UnsafeMutableBufferPointer<Event> = .init(start: nil, count: 0)
    /// Calls of which entries, and ends, are told.
    private let entries: SyscallSet
    private let ends: SyscallSet
    private let kinds: UInt32
    private let fields: FieldTable

    /// The decoded arguments of one event, while it is asked about.
    private let writer = TreeWriter()
    private let decoder: Decoder
    private var decoded: Int?
    private let answer = Answer()
    private let inspector: any TaskInspector
    private let stacks: (any StackInspector)?
    /// Something in memory is to be shown to nobody: there is no looking at it past the decoder.
    private let hidesMemory: Bool
    /// Arguments as JSON, once they were asked for.
    private lazy var json = JSONWriter()
    private lazy var jsonDecoder = Decoder(json, decoding, inspector: inspector)
    private let decoding: DecodingOptions
    private lazy var text = TextBuffer(capacity: 64)

    /// - Parameter decoding: nil: everything, as it is.
    init(_ component: Component, fields: FieldTable, inspector: any TaskInspector, stacks: (any StackInspector)? = nil, decoding: DecodingOptions? = nil) {
        var entries = SyscallSet.none, ends = SyscallSet.none
        var kinds: UInt32 = 0
        for s in component.subscriptions {
            if s.kinds & UInt32(RENACER_CALL_ENTERED) != 0 { entries.formUnion(s.syscalls) }
            if s.kinds & UInt32(RENACER_CALL) != 0 { ends.formUnion(s.syscalls) }
            kinds |= s.kinds
        }
        self.entries = entries
        self.ends = ends
        self.kinds = kinds
        self.fields = fields
        self.inspector = inspector
        self.stacks = stacks
        var options = decoding ?? DecodingOptions()
        if decoding == nil {
            options.stringLimit = 4096
            options.abbreviated = .none
        }
        self.decoding = options
        hidesMemory = options.replacements?.hides == true
        decoder = Decoder(writer, options, inspector: inspector)
    }

    deinit { views.deallocate() }

    /// Makes views of what the component subscribed to.
    ///
    /// - Returns: nil if there is none of it.
    func fill(_ batch: UnsafeMutableBufferPointer<Event>) -> UnsafeBufferPointer<renacer_event>? {
        events = batch
        decoded = nil
        places.removeAll(keepingCapacity: true)
        if batch.count > capacity {
            views.deallocate()
            capacity = batch.count * 2
            views = .allocate(capacity: capacity)
        }
        let views = views
        var n = 0
        for i in batch.indices where fill(&views[n], batch[i]) {
            places.append(i)
            n += 1
        }
        return n == 0 ? nil : UnsafeBufferPointer(start: views, count: n)
    }

    /// What was borrowed is gone.
    func end() { events = .init(start: nil, count: 0) }

    private func fill(_ v: inout renacer_event, _ event: borrowing Event) -> Bool {
        switch event.body {
        case .syscallEntered(let call):
            guard entries.contains(call) else { return false }
            begin(&v, event, RENACER_CALL_ENTERED)
            describe(call, &v)
        case .syscall(let call):
            guard ends.contains(call) else { return false }
            begin(&v, event, RENACER_CALL)
            describe(call, &v)
            Self.end(call.outcome, &v)
        case .signal(let signal):
            guard kinds & UInt32(RENACER_SIGNAL) != 0 else { return false }
            begin(&v, event, RENACER_SIGNAL)
            v.code = signal.number
        case .process(let change):
            guard kinds & UInt32(RENACER_TASK) != 0 else { return false }
            begin(&v, event, RENACER_TASK)
            return describe(change, &v)
        case .loss(let loss):
            guard kinds & UInt32(RENACER_LOSS) != 0 else { return false }
            begin(&v, event, RENACER_LOSS)
            v.count = loss.count
            v.from = loss.from
        }
        return true
    }

    /// How a call ended.
    static func end(_ outcome: Call.Outcome, _ v: inout renacer_event) {
        switch outcome {
        case .returned(let result): v.result = result
        case .failed(let error):
            v.outcome = UInt16(RENACER_CALL_FAILED)
            v.error = error
            v.result = -1
        case .unfinished: v.outcome = UInt16(RENACER_UNFINISHED)
        case .unavailable: v.outcome = UInt16(RENACER_UNAVAILABLE)
        case .detached: v.outcome = UInt16(RENACER_DETACHED)
        }
    }

    @inline(__always)
    private func begin<Kind: BinaryInteger>(_ v: inout renacer_event, _ event: borrowing Event, _ kind: Kind) {
        v = renacer_event()
        v.size = UInt32(MemoryLayout<renacer_event>.size)
        v.kind = UInt32(truncatingIfNeeded: kind)
        v.sequence = event.sequence
        v.time = event.time
        v.tid = event.tid
        v.pid = event.pid
    }

    private func describe(_ call: borrowing Call, _ v: inout renacer_event) { Self.describe(call, &v, id: fields.id(call)) }

    /// What an event says of a call, but for how it ended.
    static func describe(_ call: borrowing Call, _ v: inout renacer_event, id: UInt32) {
        v.call = id
        v.number = Int32(truncatingIfNeeded: call.number)
        v.personality = switch call.personality {
        case .native: 0
        case .x32: 1
        case .compat32: 2
        }
        v.arguments = call.arguments
        v.enter_time = call.enterTime
        v.exit_time = call.exitTime
        v.instruction_pointer = call.instructionPointer
        v.stack_pointer = call.stackPointer
    }

    private func describe(_ change: ProcessEvent, _ v: inout renacer_event) -> Bool {
        switch change {
        case .attached: v.code = Int32(RENACER_TASK_ATTACHED)
        case .detached: v.code = Int32(RENACER_TASK_DETACHED)
        case .forked(let child, let isThread):
            v.code = Int32(RENACER_TASK_FORKED)
            v.child = child
            v.status = isThread ? 1 : 0
        case .executed: v.code = Int32(RENACER_TASK_EXECUTED)
        case .exited(let status):
            v.code = Int32(RENACER_TASK_EXITED)
            v.status = status
        case .killed(let signal, _):
            v.code = Int32(RENACER_TASK_KILLED)
            v.status = signal
        case .superseded, .strayDetached, .strayExited: return false
        }
        return true
    }

    // MARK: Questions about an event

    /// The event that a plugin points at; nil if it points elsewhere.
    private func index(of event: UnsafePointer<renacer_event>) -> Int? {
        let distance = UnsafeRawPointer(event) - UnsafeRawPointer(views)
        let stride = MemoryLayout<renacer_event>.stride
        guard !events.isEmpty, distance >= 0, distance % stride == 0, distance / stride < places.count else { return nil }
        return places[distance / stride]
    }

    private func call(at i: Int) -> (call: Call, isEnd: Bool)? {
        switch events[i].body {
        case .syscallEntered(let call): (call, false)
        case .syscall(let call): (call, true)
        default: nil
        }
    }

    func instructionPointer(of event: UnsafePointer<renacer_event>) -> UInt64? {
        guard let i = index(of: event), let pointer = call(at: i)?.call.instructionPointer, pointer != 0 else { return nil }
        return pointer
    }

    var hasStacks: Bool { stacks != nil }

    func frames(of event: UnsafePointer<renacer_event>, limit: Int) -> [StackFrame]? {
        guard let stacks, let i = index(of: event), let (call, isEnd) = call(at: i), !(isEnd && call.leavesNoStack) else { return nil }
        call.memory.turn(toExit: false)
        let stack = stacks.stack(of: events[i].tid, events[i].pid, at: call, limit: limit)
        return stack.frames.isEmpty ? nil : StackFrame.all(of: stack)
    }

    func read(_ event: UnsafePointer<renacer_event>, _ address: UInt64, _ to: UnsafeMutableRawBufferPointer) -> Int {
        guard !hidesMemory, let i = index(of: event), let (call, isEnd) = call(at: i) else { return 0 }
        call.memory.turn(toExit: false)
        let n = call.memory.read(address, into: to)
        if n > 0 || !isEnd { return n }
        call.memory.turn(toExit: true)
        return call.memory.read(address, into: to)
    }

    func value(of event: UnsafePointer<renacer_event>, _ path: FieldTable.Path?) -> renacer_value? {
        guard let path, let i = index(of: event), let (call, isEnd) = call(at: i), fields.id(call) == path.call else { return nil }
        if call.personality == .native, !hidesMemory, let v = shortcut(path.shortcut, call) { return v }
        if decoded != i {
            decoded = i
            writer.begin()
            let progress = decoder.enter(call, tid: events[i].tid)
            if isEnd { decoder.exit(call, tid: events[i].tid, from: progress) }
            writer.end()
        }
        return path.value(among: writer.arguments).map(answer.value)
    }

    func describe(_ event: UnsafePointer<renacer_event>, _ what: EventDescription) -> [UInt8]? {
        guard let i = index(of: event) else { return nil }
        text.truncate(to: 0)
        switch (what, events[i].body) {
        case (.name, .signal(let signal)): return Self.name(ofSignal: signal.number)
        case (.command, _): return inspector.command(of: events[i].tid, into: text) ? Array(text.bytes) : nil
        case (.name, .syscallEntered(let call)), (.name, .syscall(let call)):
            text.append(nameOf: call)
            return Array(text.bytes)
        case (.error, .syscall(let call)):
            guard case .failed(let number) = call.outcome else { return nil }
            return Self.name(ofError: number)
        case (.arguments, .syscall(let call)):
            json.begin()
            let progress = jsonDecoder.enter(call, tid: events[i].tid)
            jsonDecoder.exit(call, tid: events[i].tid, from: progress)
            json.end()
            return [0x5b] + json.arguments + [0x5d]
        default: return nil
        }
    }

    static func name(ofSignal number: Int32) -> [UInt8] {
        ConstantTable.signals.name(of: UInt64(UInt32(bitPattern: number))).map { Array($0.bytes) } ?? Array("\(number)".utf8)
    }

    static func name(ofError number: Int32) -> [UInt8]? {
        ConstantTable.errors.name(of: UInt64(UInt32(bitPattern: number))).map { Array($0.bytes) }
    }

    private func shortcut(_ way: FieldTable.Shortcut, _ call: Call) -> renacer_value? {
        var v = renacer_value()
        switch way {
        case .none: return nil
        case .signed(let register):
            v.type = UInt32(RENACER_VALUE_SIGNED)
            v.integer = call[register]
        case .unsigned(let register):
            v.type = UInt32(RENACER_VALUE_UNSIGNED)
            v.integer = call[register]
        case .fileName(let register):
            guard let name = fileName(at: call[register], call) else { return nil }
            v.type = UInt32(RENACER_VALUE_BYTES)
            v.text = name
        }
        return v
    }

    /// A name as most are; nil of one that is long or cannot be read, which the decoder has answers for.
    private func fileName(at address: UInt64, _ call: Call) -> renacer_string? {
        guard address != 0 else { return nil }
        call.memory.turn(toExit: false)
        return withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { buffer in
            let n = call.memory.readString(address, into: buffer)
            guard n > 0, n <= buffer.count, let end = buffer[..<n].firstIndex(of: 0) else { return nil }
            return answer.keep(UnsafeRawBufferPointer(rebasing: buffer[..<end]))
        }
    }

}

extension Answer {
    /// A decoded value as a plugin is given it.
    func value(_ value: Value) -> renacer_value {
        var v = renacer_value()
        switch value {
        case .null: v.type = UInt32(RENACER_VALUE_ADDRESS)
        case .signed(let n):
            v.type = UInt32(RENACER_VALUE_SIGNED)
            v.integer = UInt64(bitPattern: n)
        case .unsigned(let n):
            v.type = UInt32(RENACER_VALUE_UNSIGNED)
            v.integer = n
        case .address(let n):
            v.type = UInt32(RENACER_VALUE_ADDRESS)
            v.integer = n
        case .boolean(let b):
            v.type = UInt32(RENACER_VALUE_BOOLEAN)
            v.integer = b ? 1 : 0
        case .symbol(let n, let text):
            v.type = UInt32(RENACER_VALUE_SYMBOL)
            v.integer = n
            v.text = keep(text)
        case .string(let bytes, let truncated):
            v.type = UInt32(RENACER_VALUE_BYTES)
            v.text = keep(bytes)
            v.is_truncated = truncated ? 1 : 0
        case .text(let text):
            v.type = UInt32(RENACER_VALUE_TEXT)
            v.text = keep(text)
        case .annotated(let inner, _): v = self.value(inner)
        case .changed(let values): v = self.value(values.last ?? .null)
        case .list(let all), .call(_, let all):
            v.type = UInt32(RENACER_VALUE_COMPOUND)
            v.integer = UInt64(all.count)
        case .record(let all):
            v.type = UInt32(RENACER_VALUE_COMPOUND)
            v.integer = UInt64(all.count)
        case .more: break
        }
        return v
    }
}

extension FieldTable.Path {
    /// What it leads to, if it is there.
    func value(among arguments: [Value.Field]) -> Value? {
        guard let first = steps.first, var value = arguments.first(where: { $0.name == first })?.value else { return nil }
        for step in steps.dropFirst() {
            guard let next = value.member(step) else { return nil }
            value = next
        }
        return value
    }
}

extension Value {
    /// A field of that name, or an element of that number.
    func member(_ step: String) -> Value? {
        switch self {
        case .record(let fields): fields.first { $0.name == step }?.value
        case .list(let all), .call(_, let all): Int(step).flatMap { all.indices.contains($0) ? all[$0] : nil }
        case .annotated(let inner, _): inner.member(step)
        case .changed(let values): values.last?.member(step)
        default: nil
        }
    }
}
