import RenacerCore
import RenacerOutput

/// Writes a trace as comma-separated values: a row for each event, or for each call's statistics.
///
/// Columns are those of `Docs/sinks.md`; what a row has no value for is empty, numbers are plain.
public final class CSVSink: Sink {
    private let options: CSVOptions
    private let output: RecordOutput
    private let text: TextBuffer
    private let writer: JSONWriter
    private let assembler: CallAssembler
    private let signalWriter = JSONWriter()
    private let signalDecoder: Decoder
    private let scratch = TextBuffer(capacity: 256)
    private var counter = CallCounter()
    private var clock: TraceClock
    private var hasBegun = false
    private var isFinished = false

    public init(_ options: CSVOptions, output: RecordOutput, inspector: any TaskInspector) {
        self.options = options
        self.output = output
        writer = JSONWriter(constants: options.decoding.constants)
        clock = options.clock
        text = output.text
        assembler = CallAssembler(writer, options.decoding, calls: options.calls, inspector: inspector, places: options.places)
        signalDecoder = Decoder(signalWriter, options.decoding, inspector: inspector)
    }

    /// The kernel may count for statistics alone.
    public var aggregation: Aggregation? { options.summaryOnly ? Aggregation() : nil }

    // MARK: Events

    public func consume(_ event: borrowing Event) throws(TraceError) {
        if !hasBegun { begin(at: event.time) }
        if let call = assembler.consume(event) { try add(call) }
        if options.summaryOnly { return }
        switch event.body {
        case .syscallEntered, .syscall: return
        case .signal(let signal):
            guard options.signals.contains(signal.number) else { return }
            row("signal")
            self.signal(signal.number)
            if let base = signal.info?.baseAddress, let count = signal.info?.count {
                signalWriter.begin()
                signalDecoder.siginfo(Bytes(base: base, count: count))
                signalWriter.end()
                text.csv(array: signalWriter.arguments)
            }
            rest(status: signal.isStop ? "stopped" : "", at: event.time, assembler.task(event.tid, event.pid))
        case .process(let change): process(change, event.time, assembler.task(event.tid, event.pid))
        case .loss(let loss): lost(loss)
        }
        try end(at: event.time)
    }

    /// A call's row.
    private func add(_ c: AssembledCall) throws(TraceError) {
        counter.add(
            c.call.number, c.call.personality, wall: c.end >= c.start && c.start > 0 ? c.end - c.start : 0,
            system: c.call.systemTime, failed: c.call.failed)
        if options.summaryOnly { return }
        text.append("syscall,")
        text.append(nameOf: c.call)
        text.ascii(",")
        text.csv(array: writer.arguments)
        text.ascii(",")
        if let result = c.result {
            if c.call.classes?.contains(.neverFails) == true { text.decimal(UInt64(bitPattern: result)) } else { text.decimal(result) }
        }
        text.ascii(",")
        if let number = c.errorNumber {
            text.decimal(Int64(number))
            text.ascii(",")
            if let name = ConstantTable.errors.name(of: UInt64(UInt32(bitPattern: number))) { text.append(name) }
        } else {
            text.ascii(",")
        }
        text.ascii(",")
        switch c.call.outcome {
        case .returned, .failed: break
        case .unfinished: text.append("unfinished")
        case .unavailable: text.append("unavailable")
        case .detached: text.append("detached")
        }
        if c.isLate { text.append(c.result == nil ? " memory_late" : "memory_late") }
        text.ascii(",")
        if let ns = c.duration { text.decimal(ns) }
        text.ascii(",")
        if c.start > 0 { text.decimal(clock.elapsed(c.start)) }
        text.ascii(",")
        text.decimal(clock.elapsed(c.end))
        task(c.task)
        text.ascii(",")
        text.decimal(Int64(c.call.number == Call.unknownNumber ? -1 : c.call.number))
        text.ascii(",")
        if writer.note.count > 0 { text.csv(array: writer.note) }
        if options.raw {
            for i in 0..<6 {
                text.ascii(",")
                guard i < c.call.syscall?.arguments.count ?? 6 else { continue }
                text.append("0x")
                text.hexDigits(c.call[i])
            }
        }
        if let places = options.places { place(c.place, places.options) }
        text.endRow()
        try end(at: c.end)
    }

    private func place(_ place: CallPlace, _ shown: PlaceFinder.Options) {
        if shown.source {
            text.ascii(",")
            if let source = place.source { text.csv(source.text) }
            text.ascii(",")
            if let function = place.source?.function { text.csv(function) }
        }
        if shown.stack {
            text.ascii(",")
            if let stack = place.stack { text.csv(stack.functions(inlined: shown.lines).joined(separator: ";")) }
        }
    }

    /// The columns of places, of a row that has none.
    private func noPlace() {
        guard let shown = options.places?.options else { return }
        if shown.source { text.append(",,") }
        if shown.stack { text.ascii(",") }
    }

    private func row(_ type: StaticString) {
        text.append(type)
        text.ascii(",")
    }

    private func signal(_ number: Int32) {
        signalWriter.begin()
        signalDecoder.signal(UInt64(UInt32(bitPattern: number)))
        signalWriter.end()
        // A JSON string or number without its quotes.
        for b in signalWriter.arguments where b != 0x22 { text.byte(b) }
        text.ascii(",")
    }

    private func process(_ change: ProcessEvent, _ time: UInt64, _ task: AssembledTask) {
        row("process")
        var result: Int64?
        var status: StaticString = ""
        switch change {
        case .attached: text.append("attached,")
        case .detached: text.append("detached,")
        case .strayDetached: text.append("stray_detached,")
        case .strayExited: text.append("stray_exited,")
        case .forked(let child, let isThread):
            text.append("forked,")
            result = Int64(child)
            status = isThread ? "thread" : "process"
        case .executed: text.append("executed,")
        case .superseded(let by):
            text.append("superseded,")
            result = Int64(by)
        case .exited(let code):
            text.append("exited,")
            result = Int64(code)
        case .killed(let number, let coreDumped):
            text.append("killed,")
            result = Int64(number)
            status = coreDumped ? "core dumped" : ""
        }
        rest(result: result, status: status, at: time, task)
    }

    /// The columns behind the arguments of what is no call.
    private func rest(result: Int64? = nil, status: StaticString = "", at time: UInt64, _ task: AssembledTask?) {
        text.ascii(",")
        if let result { text.decimal(result) }
        text.append(",,,")
        text.append(status)
        text.append(",,,")
        text.decimal(clock.elapsed(time))
        if let task { self.task(task) } else { text.append(",,,") }
        text.append(",,")
        if options.raw { text.append(",,,,,,") }
        noPlace()
        text.endRow()
    }

    private func task(_ task: AssembledTask) {
        text.ascii(",")
        text.decimal(Int64(task.pid))
        text.ascii(",")
        text.decimal(Int64(task.tid))
        text.ascii(",")
        scratch.truncate(to: 0)
        task.command.withUnsafeBytes { scratch.append(readable: $0) }
        text.csv(scratch.bytes)
    }

    private func lost(_ loss: Loss) {
        row("loss")
        text.csv(loss.cause.rawValue)
        text.ascii(",")
        rest(result: Int64(clamping: loss.count), at: loss.to, nil)
    }

    public func report(_ finding: Finding) throws(TraceError) {
        if options.summaryOnly { return }
        if !hasBegun { begin(at: finding.from) }
        row("finding")
        text.csv("\(finding.detector).\(finding.rule)")
        text.ascii(",")
        text.csv(finding.title)
        text.append(",,,,")
        text.append(finding.severity.rawValue)
        text.ascii(",")
        text.decimal(finding.to >= finding.from ? finding.to - finding.from : 0)
        text.ascii(",")
        text.decimal(clock.elapsed(finding.from))
        text.ascii(",")
        text.decimal(clock.elapsed(finding.to))
        text.append(",,,,,")
        if options.raw { text.append(",,,,,,") }
        noPlace()
        text.endRow()
        try end(at: finding.to)
    }

    private func end(at time: UInt64) throws(TraceError) {
        try output.end(at: time)
        if let loss = output.takeLoss() {
            lost(loss)
            try output.end(at: loss.to)
        }
    }

    public func idle() throws(TraceError) { try output.idle() }

    // MARK: Beginning and end

    private func begin(at time: UInt64) {
        hasBegun = true
        clock = clock.begun(at: time)
        text.append(options.summaryOnly
            ? "syscall,calls,errors,total_ns,min_ns,max_ns,mean_ns,percent"
            : "type,name,args,result,errno,errno_name,status,duration_ns,start_ns,end_ns,pid,tid,comm,nr,note")
        if options.raw, !options.summaryOnly { text.append(",arg0,arg1,arg2,arg3,arg4,arg5") }
        if let shown = options.places?.options, !options.summaryOnly {
            if shown.source { text.append(",source,function") }
            if shown.stack { text.append(",stack") }
        }
        text.endRow()
    }

    public func finish(_ account: Account) throws(TraceError) {
        guard !isFinished else { return }
        isFinished = true
        if !hasBegun {
            guard account.seen > 0 else { return }
            begin(at: clock.start)
        }
        while let call = assembler.nextUnfinished() { try add(call) }
        if options.summaryOnly {
            var table = counter.table
            table.merge(account.counted)
            statistics(table.byName())
        } else {
            try output.flush()
            if let loss = output.takeLoss() { lost(loss) }
        }
        try output.finish()
    }

    private func statistics(_ rows: [(name: String, statistics: CallStatistics)]) {
        let total = rows.reduce(0) { $0 + Double($1.statistics.wall.total) }
        for (name, s) in rows {
            text.csv(name)
            for n in [s.calls, s.errors, s.wall.total, s.wall.minimum, s.wall.maximum, s.wall.total / max(s.calls, 1)] {
                text.ascii(",")
                text.decimal(n)
            }
            // In hundredths, as the table of -c rounds.
            let share = total > 0 ? UInt64((Double(s.wall.total) * 10_000 / total).rounded()) : 0
            text.ascii(",")
            text.decimal(share / 100)
            text.ascii(".")
            text.decimal(share % 100, width: 2)
            text.endRow()
        }
    }
}
