import RenacerCore

// Objects of the format `renacer-json-v2`, which Docs/schema/renacer-json-v2.json describes: written member by
// member, without objects between. Members that say nothing are left out.

extension TextBuffer {
    /// `,"key":`
    @inline(__always)
    func member(_ key: StaticString) {
        append(",\"")
        append(key)
        append("\":")
    }

    @inline(__always)
    func member(_ key: StaticString, _ value: Int64) {
        member(key)
        decimal(value)
    }

    func member(_ key: StaticString, _ value: UInt64) {
        member(key)
        decimal(value)
    }

    func member(_ key: StaticString, _ value: String) {
        member(key)
        json(value)
    }

    func member(_ key: StaticString, _ value: Bool) {
        member(key)
        append(value ? "true" : "false")
    }

    /// A number as JSON has it: neither infinite nor none.
    func member(_ key: StaticString, _ value: Double) {
        member(key)
        append(value.isFinite ? "\(value)" : "null")
    }

    /// Process, thread and command.
    @inline(__always)
    func members(of task: AssembledTask) {
        member("pid", Int64(task.pid))
        member("tid", Int64(task.tid))
        guard !task.command.isEmpty else { return }
        member("comm")
        task.command.withUnsafeBytes { json(text: $0) }
    }
}

/// Writes single objects; what stands before and behind them is the sink's.
final class JSONRecords {
    let options: JSONOptions
    let text: TextBuffer
    let clock: TraceClock
    /// Process, thread and command as last written of a call, and of whom: most calls are of the same task as the one before.
    private let who = TextBuffer(capacity: 128)
    private var whoseIDs: (pid: Int32, tid: Int32) = (-1, -1)
    private var whoseCommand: [UInt8] = []
    /// What begins the records of native calls, by their numbers, and where in it.
    private let known = TextBuffer(capacity: 2048)
    private var heads = [(start: UInt32, count: UInt32)](repeating: (0, 0), count: 512)

    init(options: JSONOptions, text: TextBuffer, clock: TraceClock) {
        self.options = options
        self.text = text
        self.clock = clock
    }

    /// A call: `{"name":…}`, or `{"type":"syscall","name":…}` in a line of its own.
    func call(_ c: AssembledCall, _ writer: JSONWriter, isLine: Bool) {
        begin(c.call, isLine)
        text.append(writer.arguments)
        text.append("],\"result\":")
        result(c.call)
        if let number = c.errorNumber {
            text.member("errno", Int64(number))
            if let name = ConstantTable.errors.name(of: UInt64(UInt32(bitPattern: number))) {
                text.member("errno_name")
                text.json(name)
            }
        }
        if writer.resultAnnotation.count > 0 {
            text.member("result_annotation")
            text.append(writer.resultAnnotation)
        }
        if writer.note.count > 0 {
            text.append(",\"note\":[")
            text.append(writer.note)
            text.ascii("]")
        }
        status(c)
        if let ns = c.duration {
            text.append(",\"duration_us\":")
            text.decimal(ns / 1000)
            text.append(",\"duration_ns\":")
            text.decimal(ns)
        }
        if c.start > 0 { text.member("start_ns", clock.elapsed(c.start)) }
        text.member("end_ns", clock.elapsed(c.end))
        members(ofCallBy: c.task)
        text.member("nr", Int64(c.call.number == Call.unknownNumber ? -1 : c.call.number))
        if c.call.personality != .native { text.member("personality", "\(c.call.personality)") }
        if !c.call.tampering.isEmpty { tampering(c.call.tampering) }
        if options.instructionPointer, c.call.instructionPointer > 0 {
            text.append(",\"instruction_pointer\":\"0x")
            text.hexDigits(c.call.instructionPointer)
            text.ascii("\"")
        }
        if options.raw { registers(c.call) }
        if options.places != nil { place(c.place) }
        text.ascii("}")
    }

    /// What stands before the arguments: for calls that have been there it is known.
    private func begin(_ call: Call, _ isLine: Bool) {
        let number = call.number
        guard call.personality == .native, number >= 0, number < heads.count else { return begin(call, isLine, text) }
        if heads[number].count == 0 {
            let start = known.count
            begin(call, isLine, known)
            heads[number] = (UInt32(start), UInt32(known.count - start))
        }
        let head = heads[number]
        text.append(UnsafeRawBufferPointer(rebasing: known.bytes[Int(head.start)..<Int(head.start + head.count)]))
    }

    private func begin(_ call: Call, _ isLine: Bool, _ text: TextBuffer) {
        text.append(isLine ? "{\"type\":\"syscall\",\"name\":\"" : "{\"name\":\"")
        text.append(nameOf: call)
        text.append("\",\"args\":[")
    }

    private func members(ofCallBy task: AssembledTask) {
        if whoseIDs != (task.pid, task.tid) || whoseCommand != task.command {
            whoseIDs = (task.pid, task.tid)
            whoseCommand = task.command
            who.truncate(to: 0)
            who.members(of: task)
        }
        text.append(who.bytes)
    }

    @inline(__always)
    private func result(_ call: Call) {
        switch call.outcome {
        case .returned(let v):
            if call.classes?.contains(.neverFails) == true { text.decimal(UInt64(bitPattern: v)) } else { text.decimal(v) }
        case .failed: text.append("-1")
        case .unfinished, .unavailable, .detached: text.append("null")
        }
    }

    /// What is out of the ordinary about how it ended.
    private func status(_ c: AssembledCall) {
        switch c.call.outcome {
        case .returned, .failed: break
        case .unfinished: text.append(",\"status\":\"unfinished\"")
        case .unavailable: text.append(",\"status\":\"unavailable\"")
        case .detached: text.append(",\"status\":\"detached\"")
        }
        if !c.knowsEntry { text.append(",\"entry_seen\":false") }
        if !c.isComplete { text.append(",\"args_complete\":false") }
        if c.isLate { text.append(",\"memory_late\":true") }
    }

    private func tampering(_ t: Call.Tampering) {
        text.append(",\"tampering\":[")
        var isFirst = true
        for (part, name) in [(Call.Tampering.injected, "injected"), (.delayed, "delayed"), (.arguments, "arguments")] where t.contains(part) {
            if !isFirst { text.ascii(",") }
            isFirst = false
            text.json(name)
        }
        text.ascii("]")
    }

    private func registers(_ call: Call) {
        text.append(",\"raw\":[")
        for i in 0..<(call.syscall?.arguments.count ?? 6) {
            text.append(i > 0 ? ",\"0x" : "\"0x")
            text.hexDigits(call[i])
            text.ascii("\"")
        }
        text.ascii("]")
    }

    // MARK: Other events

    func signal(_ signal: Signal, _ task: AssembledTask, _ time: UInt64, _ describer: SignalDescriber) {
        text.append("{\"type\":\"signal\",\"name\":")
        text.append(describer.name(signal.number))
        text.member("number", Int64(signal.number))
        if signal.isStop { text.member("stopped", true) }
        if let info = signal.info {
            text.member("info")
            text.append(describer.info(info, task.tid))
        }
        when(time, task)
    }

    func process(_ change: ProcessEvent, _ task: AssembledTask, _ time: UInt64, _ describer: SignalDescriber) {
        text.append("{\"type\":\"process\",\"event\":")
        switch change {
        case .attached(let threads):
            text.append("\"attached\"")
            if threads > 1 { text.member("threads", Int64(threads)) }
        case .detached: text.append("\"detached\"")
        case .strayDetached: text.append("\"stray_detached\"")
        case .strayExited: text.append("\"stray_exited\"")
        case .forked(let child, let isThread):
            text.append("\"forked\"")
            text.member("child", Int64(child))
            text.member("thread", isThread)
        case .executed: text.append("\"executed\"")
        case .superseded(let by):
            text.append("\"superseded\"")
            text.member("by", Int64(by))
        case .exited(let status):
            text.append("\"exited\"")
            text.member("status", Int64(status))
        case .killed(let number, let coreDumped):
            text.append("\"killed\"")
            text.member("signal")
            text.append(describer.name(number))
            text.member("core_dumped", coreDumped)
        }
        when(time, task)
    }

    private func when(_ time: UInt64, _ task: AssembledTask) {
        text.member("time_ns", clock.elapsed(time))
        text.members(of: task)
        text.ascii("}")
    }

    func loss(_ loss: Loss) {
        text.append("{\"type\":\"loss\",\"cause\":")
        text.json(loss.cause.rawValue)
        if !loss.backend.isEmpty {
            text.member("backend")
            text.json(loss.backend)
        }
        text.member("count", loss.count)
        text.member("from_ns", clock.elapsed(loss.from))
        text.member("to_ns", clock.elapsed(loss.to))
        text.ascii("}")
    }

    func finding(_ f: Finding) {
        text.append("{\"type\":\"finding\",\"detector\":")
        text.json(f.detector)
        text.member("rule", f.rule)
        text.member("severity", f.severity.rawValue)
        text.member("confidence", f.confidence)
        if f.isInconclusive { text.member("inconclusive", true) }
        text.member("from_ns", clock.elapsed(f.from))
        text.member("to_ns", clock.elapsed(f.to))
        text.append(",\"tasks\":[")
        for (i, t) in f.tasks.enumerated() {
            if i > 0 { text.ascii(",") }
            text.decimal(Int64(t))
        }
        text.append("]")
        text.member("title", f.title)
        text.append(",\"evidence\":[")
        for (i, e) in f.evidence.enumerated() {
            text.append(i > 0 ? ",{\"name\":" : "{\"name\":")
            text.json(e.name)
            switch e.value {
            case .number(let n): text.member("value", n)
            case .text(let s): text.member("value", s)
            }
            if !e.unit.isEmpty { text.member("unit", e.unit) }
            text.ascii("}")
        }
        text.append("]")
        if !f.reason.isEmpty { text.member("reason", f.reason) }
        if !f.advice.isEmpty { text.member("advice", f.advice) }
        text.ascii("}")
    }
}

/// Describes signals apart from calls, whose arguments may be under way meanwhile.
final class SignalDescriber {
    private let writer = JSONWriter()
    private let decoder: Decoder

    init(_ options: DecodingOptions, _ inspector: any TaskInspector) {
        decoder = Decoder(writer, options, inspector: inspector)
    }

    func name(_ number: Int32) -> UnsafeRawBufferPointer {
        writer.begin()
        decoder.signal(UInt64(UInt32(bitPattern: number)))
        writer.end()
        return writer.arguments
    }

    /// `siginfo_t` as an object.
    func info(_ info: UnsafeRawBufferPointer, _ tid: Int32) -> UnsafeRawBufferPointer {
        writer.begin()
        if let base = info.baseAddress { decoder.siginfo(Bytes(base: base, count: info.count)) }
        writer.end()
        return writer.arguments
    }
}
