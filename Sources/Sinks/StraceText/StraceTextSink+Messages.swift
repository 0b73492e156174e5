import RenacerCore

/// What is said to the person at the terminal, on stderr whatever the output.
extension StraceTextSink {
    /// `Process N attached`, on stderr whatever the output, as strace has it.
    func message(_ task: TaskLines, _ what: Name, _ quiet: TextOptions.Quiet, threads: Int = 1) throws(TraceError) {
        guard !options.quiet.contains(quiet) else { return }
        if outputs.isStandardError { try closeOpenLine() }
        try flush()
        let text = TextBuffer(capacity: 128)
        text.append(options.program)
        text.append(": Process ")
        text.decimal(Int64(task.tid))
        if options.commands {
            readCommand(task)
            text.ascii("<")
            task.command.withUnsafeBytes { text.append($0) }
            text.ascii(">")
        }
        text.ascii(" ")
        text.append(what)
        if threads > 1 {
            text.append(" with ")
            text.decimal(Int64(threads))
            text.append(" threads")
        }
        text.ascii("\n")
        outputs.note(text.bytes)
    }

    /// A line about a process that is none of the traced.
    func note(_ before: Name, _ tid: Int32, _ after: Name, _ quiet: TextOptions.Quiet) throws(TraceError) {
        guard !options.quiet.contains(quiet) else { return }
        if outputs.isStandardError { try closeOpenLine() }
        try flush()
        let text = TextBuffer(capacity: 128)
        text.append(options.program)
        text.append(": ")
        text.append(before)
        text.decimal(Int64(tid))
        text.append(after)
        text.ascii("\n")
        outputs.note(text.bytes)
    }

    /// Has it told when the memory of a string ends before its NUL; the call shows its address.
    func tellShortReads() {
        let program = options.program, outputs = outputs
        decoder.shortRead = { address, read, wanted in
            let text = TextBuffer(capacity: 128)
            text.append(program)
            text.append(": short read (")
            text.decimal(Int64(read))
            text.append(" < ")
            text.decimal(Int64(wanted))
            text.append(") @")
            text.hex(address)
            text.append(": Bad address\n")
            outputs.note(text.bytes)
        }
    }
}
