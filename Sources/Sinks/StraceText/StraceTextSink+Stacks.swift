import RenacerCore

// `-k`, `-kk` and `--source`: where in the program a call was made.

extension StraceTextSink {
    /// Ends the line of a call that has its result, with what comes after it.
    func endWithPlace(_ call: Call, _ task: TaskLines) {
        if task.place.isEmpty, call.outcome != .unfinished, let places { task.place = places.find(task.tid, task.pid, call) }
        if options.source == .short, let place = task.place.source { short(place) }
        buffer.ascii("\n")
        if options.source == .long, let place = task.place.source { long(place) }
        dump(call, task.tid)
        // Of a call that has not returned it is shown when its task is gone.
        guard call.outcome != .unfinished else { return }
        if let frames = task.place.stack { stack(frames) }
        task.place.clear()
    }

    /// The stack of the call that a task died in.
    func lastStack(_ task: TaskLines) {
        if let frames = task.place.stack { stack(frames) }
        task.place.clear()
    }

    // MARK: Stacks

    /// ` > FILE(FUNCTION+0xOFFSET) [0xADDRESS] SOURCE:LINE`, a line for each frame.
    func stack(_ stack: CallStack) {
        for frame in stack.frames {
            guard let frame else {
                buffer.append(" > no matching address range\n")
                continue
            }
            let lines = options.stackTrace == .sources ? frame.lines : []
            if options.inlinedFrames { for line in lines.dropLast() { inlined(line, frame) } }
            buffer.append(" > ")
            module(frame)
            buffer.ascii("(")
            if let symbol = frame.symbol {
                escaped(symbol)
                buffer.ascii("+")
                buffer.hex(frame.offset, prefixZero: true)
            }
            buffer.append(") [")
            buffer.hex(frame.address, prefixZero: true)
            buffer.ascii("]")
            if let line = options.inlinedFrames ? lines.last : lines.first { self.line(line) }
            buffer.ascii("\n")
        }
        if stack.isCut { buffer.append(" > too many stack frames\n") }
    }

    private func inlined(_ line: SourceLine, _ frame: any CodeLocation) {
        buffer.append(" > ")
        module(frame)
        buffer.ascii("(")
        escaped(line.function ?? "?")
        buffer.append(" inlined) [")
        buffer.hex(frame.address, prefixZero: true)
        buffer.ascii("]")
        self.line(line)
        buffer.ascii("\n")
    }

    private func module(_ frame: any CodeLocation) { escaped(frame.module) }

    private func line(_ line: SourceLine) {
        buffer.ascii(" ")
        escaped(line.file)
        buffer.ascii(":")
        buffer.decimal(Int64(line.line))
    }

    // MARK: Source lines

    /// ` [src/main.rs:245]`; ` [program(function+0x1d)]` without debugging information.
    private func short(_ place: CodePlace) {
        buffer.append(" [")
        switch place {
        case .line(let line):
            escaped(line.shortFile)
            buffer.ascii(":")
            buffer.decimal(Int64(line.line))
        case .symbol(let location): symbol(location)
        }
        buffer.ascii("]")
    }

    /// `    at src/main.rs:245  # read_model()`.
    private func long(_ place: CodePlace) {
        buffer.append("    at ")
        switch place {
        case .line(let line):
            escaped(line.shortFile)
            buffer.ascii(":")
            buffer.decimal(Int64(line.line))
            if let function = line.function {
                buffer.append("  # ")
                escaped(function)
                if !function.utf8.contains(0x28) { buffer.append("()") }
            }
        case .symbol(let location): symbol(location)
        }
        buffer.ascii("\n")
    }

    private func symbol(_ location: any CodeLocation) {
        escaped(location.moduleName)
        buffer.ascii("(")
        if let name = location.symbol {
            escaped(name)
            buffer.ascii("+")
        }
        buffer.hex(location.symbol == nil ? location.address : location.offset, prefixZero: true)
        buffer.ascii(")")
    }

    /// Text from files that somebody else made: a terminal should not obey it.
    private func escaped(_ text: String) {
        for byte in text.utf8 {
            if byte >= 0x20, byte != 0x7f {
                buffer.byte(byte)
            } else {
                buffer.ascii("\\")
                buffer.octalDigits(UInt64(byte), width: 3)
            }
        }
    }
}
