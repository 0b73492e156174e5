import CLinux
import Glibc
import RenacerCore

// The layout of a line: prefix, name, column, result.

extension StraceTextSink {
    /// Lines wait for their outcome.
    var isStaging: Bool { !options.calls.isAll }

    /// Ends another task's open line and prints this one's prefix.
    func startLine(_ task: TaskLines, _ time: UInt64, pointer: UInt64 = 0, number: Int? = nil) throws(TraceError) {
        if isPerTask, open !== task { leaveOpenLine() }
        if isPerTask, task.openWidth != nil {
            task.openWidth = nil
            try select(task)
            if !isStaging { buffer.append(" <unfinished ...>\n") }
        } else {
            try closeOpenLine()
        }
        try select(task)
        lineStart = buffer.count
        prefix(task)
        timestamps(time)
        if options.syscallNumbers {
            if let number { task.lastNumber = number }
            buffer.ascii("[")
            let start = buffer.count
            buffer.decimal(Int64(task.lastNumber))
            let digits = buffer.count - start
            buffer.truncate(to: start)
            buffer.spaces(4 - digits)
            buffer.decimal(Int64(task.lastNumber))
            buffer.append("] ")
        }
        if options.instructionPointer {
            buffer.ascii("[")
            if pointer == 0 { buffer.append("????????????????") } else { buffer.hexDigits(pointer, width: 16) }
            buffer.append("] ")
        }
    }

    /// Lets the line under way go on later, in an output of its own.
    func leaveOpenLine() {
        open?.openWidth = buffer.count - lineStart
        open = nil
    }

    /// Cuts the line under way, if it is somebody's.
    func closeOpenLine() throws(TraceError) {
        guard open != nil else { return }
        open = nil
        if !isStaging { buffer.append(" <unfinished ...>\n") }
    }

    private func prefix(_ task: TaskLines) {
        switch options.taskPrefix {
        case .never: return
        case .numberAlways:
            let start = buffer.count
            buffer.decimal(Int64(task.tid))
            command(task)
            buffer.spaces(5 - (buffer.count - start))
            buffer.ascii(" ")
        case .whenSeveral where tasks.count + silentThreads < 2: return
        case .whenSeveral, .bracketAlways:
            buffer.append("[pid ")
            let start = buffer.count
            buffer.decimal(Int64(task.tid))
            let digits = buffer.count - start
            buffer.truncate(to: start)
            buffer.spaces(5 - digits)
            buffer.decimal(Int64(task.tid))
            command(task)
            buffer.append("] ")
        }
    }

    private func command(_ task: TaskLines) {
        guard options.commands else { return }
        readCommand(task)
        guard !task.command.isEmpty else { return }
        buffer.ascii("<")
        task.command.withUnsafeBytes { buffer.append($0) }
        buffer.ascii(">")
    }

    /// Keeps the last `comm` of a task that is gone.
    func readCommand(_ task: TaskLines) {
        let text = TextBuffer(capacity: 64)
        if inspector.command(of: task.tid, into: text) { task.command = Array(text.bytes) }
    }

    private func timestamps(_ time: UInt64) {
        if let t = options.absolute {
            let real = Int64(bitPattern: time) &+ realtimeOffset
            let ns = UInt64(max(real, 0))
            if t.unix {
                buffer.decimal(ns / 1_000_000_000)
            } else {
                var seconds = time_t(ns / 1_000_000_000)
                var parts = tm()
                localtime_r(&seconds, &parts)
                buffer.decimal(UInt64(parts.tm_hour), width: 2)
                buffer.ascii(":")
                buffer.decimal(UInt64(parts.tm_min), width: 2)
                buffer.ascii(":")
                buffer.decimal(UInt64(parts.tm_sec), width: 2)
            }
            fraction(ns % 1_000_000_000, t.precision)
            buffer.ascii(" ")
        }
        if let precision = options.relative {
            let delta = time &- (previousTime ?? time)
            previousTime = time
            if options.absolute != nil { buffer.append("(+") }
            let start = buffer.count
            buffer.decimal(delta / 1_000_000_000)
            let digits = buffer.count - start
            buffer.truncate(to: start)
            buffer.spaces(6 - digits)
            buffer.decimal(delta / 1_000_000_000)
            fraction(delta % 1_000_000_000, precision)
            buffer.append(options.absolute != nil ? ") " : " ")
        }
    }

    private func fraction(_ ns: UInt64, _ precision: TextOptions.Precision) {
        switch precision {
        case .seconds: return
        case .milliseconds: dot(ns / 1_000_000, 3)
        case .microseconds: dot(ns / 1_000, 6)
        case .nanoseconds: dot(ns, 9)
        }
    }

    private func dot(_ v: UInt64, _ width: Int) {
        buffer.ascii(".")
        buffer.decimal(v, width: width)
    }

    /// The call's name as it was entered.
    func name(_ call: Call) {
        options.palette?.begin(.syscall, in: buffer)
        defer { options.palette?.end(.syscall, in: buffer) }
        if let name = call.name {
            buffer.append(name)
        } else if call.number == Call.unknownNumber {
            buffer.append("???")
        } else {
            buffer.append("syscall_")
            buffer.hex(UInt64(UInt32(truncatingIfNeeded: call.number)), prefixZero: true)
        }
    }

    func resumedName(_ call: Call) {
        buffer.append("<... ")
        name(call)
        buffer.append(" resumed>")
    }

    /// Spaces up to the column in which results start.
    func pad() {
        let width = options.palette == nil ? buffer.count - lineStart : buffer.columns(from: lineStart) - min(lineStart, 0)
        buffer.spaces(options.column - width)
    }

    func paint(_ role: ColorPalette.Role, _ text: StaticString) {
        options.palette?.begin(role, in: buffer)
        buffer.append(text)
        options.palette?.end(role, in: buffer)
    }

    // MARK: Staging

    /// Takes the line out of the buffer until its outcome is known.
    func stage(_ task: TaskLines) {
        let start = max(lineStart, 0)
        task.staged.removeAll(keepingCapacity: true)
        task.staged.append(contentsOf: buffer.bytes[start...])
        buffer.truncate(to: start)
        open = nil
    }

    /// Puts a staged line back.
    func unstage(_ task: TaskLines) throws(TraceError) {
        try select(task)
        lineStart = buffer.count
        task.staged.withUnsafeBytes { buffer.append($0) }
    }

    // MARK: Result

    func result(_ call: Call, _ tid: Int32) {
        paint(.punct, "=")
        buffer.ascii(" ")
        switch call.outcome {
        case .unfinished: buffer.ascii("?")
        case .detached: break
        case .unavailable: buffer.append("? <unavailable>")
        case .returned(let value):
            options.palette?.begin(.retval, in: buffer)
            returned(value, call)
            options.palette?.end(.retval, in: buffer)
        case .failed(let number):
            failed(number, isNarrow: call.returns == .narrow && !call.tampering.contains(.injected))
        }
        if writer.hasNote {
            buffer.append(" (")
            buffer.append(writer.noteText)
            buffer.ascii(")")
        }
        if call.tampering.contains(.arguments) {
            buffer.append(call.tampering.contains(.injected) ? " (INJECTED: args, retval)" : " (INJECTED: args)")
        } else if call.tampering.contains(.injected) {
            buffer.append(" (INJECTED)")
        }
        if call.tampering.contains(.delayed) { buffer.append(" (DELAYED)") }
        if options.marksLateMemory, call.memory.isLate { buffer.append(" (LATE)") }
        if let precision = options.callTime {
            buffer.append(" <")
            guard call.exitTime >= call.enterTime, call.enterTime > 0, call.outcome != .unfinished else {
                buffer.append("unavailable>")
                return
            }
            let ns = call.exitTime - call.enterTime
            buffer.decimal(ns / 1_000_000_000)
            fraction(ns % 1_000_000_000, precision)
            buffer.ascii(">")
        }
    }

    private func returned(_ value: Int64, _ call: Call) {
        let raw = UInt64(bitPattern: value)
        guard !options.decoding.raw.contains(call) else {
            buffer.hex(raw)
            return
        }
        writer.begin(resultOf: call)
        var style = call.returns ?? .decimal
        if style == .dialect { style = decoder.resultStyle }
        switch style {
        case .decimal, .dialect:
            if call.classes?.contains(.neverFails) == true { buffer.decimal(raw) } else { buffer.decimal(value) }
        case .hex: buffer.hex(raw, prefixZero: false)
        case .octal:
            buffer.ascii("0")
            buffer.octalDigits(raw, width: 2)
        // Not every such result is a descriptor's number.
        case .fd: if value <= Int64(Int32.max) { decoder.fd(raw) } else { buffer.decimal(value) }
        case .tid: decoder.pid(raw, .tid)
        case .pid: decoder.pid(raw, .pid)
        case .pgid: decoder.pid(raw, .pgid)
        case .sid: decoder.pid(raw, .sid)
        case .narrow: buffer.decimal(raw)
        }
    }

    private func failed(_ number: Int32, isNarrow: Bool) {
        options.palette?.begin(.error, in: buffer)
        defer { options.palette?.end(.error, in: buffer) }
        let name = ConstantTable.errors.name(of: UInt64(UInt32(bitPattern: number)))
        if let meaning = ConstantTable.restartMeaning(number), let name {
            buffer.append("? ")
            buffer.append(name)
            buffer.append(" (")
            buffer.append(meaning)
            buffer.ascii(")")
            return
        }
        if isNarrow { buffer.decimal(UInt64(UInt32(bitPattern: 0 &- number))) } else { buffer.append("-1") }
        buffer.ascii(" ")
        guard let name else {
            buffer.append("(errno ")
            buffer.decimal(Int64(number))
            buffer.ascii(")")
            return
        }
        buffer.append(name)
        buffer.append(" (")
        if let text = clinux_error_text(number) {
            buffer.append(UnsafeRawBufferPointer(start: text, count: strlen(text)))
        }
        buffer.ascii(")")
    }
}
