import RenacerCore
import RenacerOutput

/// Writes a trace as JSON: one document, or an object in a line for every event.
///
/// Calls are written when they end. In a document the other events, which are few, wait for their place behind the
/// calls in a spool; what is in memory does not grow with the trace.
public final class JSONSink: Sink {
    private let options: JSONOptions
    private let output: RecordOutput
    private let writer: JSONWriter
    private let assembler: CallAssembler
    private let signals: SignalDescriber
    private var records: JSONRecords
    private var counter = CallCounter()
    private let events = Spool(), findings = Spool(), losses = Spool()
    /// Of the whole trace, for the end of a document.
    private var analysis: CallAnalysis?
    private var hasBegun = false
    private var hasCalls = false
    private var isFinished = false

    public init(_ options: JSONOptions, output: RecordOutput, inspector: any TaskInspector) {
        self.options = options
        self.output = output
        writer = JSONWriter(constants: options.decoding.constants)
        assembler = CallAssembler(writer, options.decoding, calls: options.calls, inspector: inspector, places: options.places)
        signals = SignalDescriber(options.decoding, inspector)
        records = JSONRecords(options: options, text: output.text, clock: options.run.clock)
    }

    private var isLines: Bool { options.layout == .lines }

    /// The kernel may count for a summary alone.
    public var aggregation: Aggregation? { options.summaryOnly ? Aggregation() : nil }

    // MARK: Events

    public func consume(_ event: borrowing Event) throws(TraceError) {
        if !hasBegun { begin(at: event.time) }
        // What happened to a task comes behind what it left unfinished.
        if let call = assembler.consume(event) { try add(call) }
        if options.summaryOnly { return }
        if options.calls.isProvisional { countFolded(event) }
        switch event.body {
        case .syscallEntered, .syscall: return
        case .signal(let signal):
            guard options.signals.contains(signal.number) else { return }
            let task = assembler.task(event.tid, event.pid), time = event.time
            try other(events, time) { $0.signal(signal, task, time, signals) }
        case .process(let change): try process(change, event)
        case .loss(let loss): try other(losses, event.time) { $0.loss(loss) }
        }
    }

    /// What is not shown by itself is part of the summary.
    private func countFolded(_ event: borrowing Event) {
        guard case .syscall(let call) = event.body, options.calls.countsOnly(call, at: event.time) else { return }
        let end = call.exitTime == 0 ? event.time : call.exitTime
        counter.add(
            call.number, call.personality, wall: call.enterTime > 0 && end >= call.enterTime ? end - call.enterTime : 0,
            system: call.systemTime, failed: call.failed)
    }

    private func process(_ change: ProcessEvent, _ event: borrowing Event) throws(TraceError) {
        let task = assembler.task(event.tid, event.pid), time = event.time
        try other(events, time) { $0.process(change, task, time, signals) }
    }

    public func report(_ finding: Finding) throws(TraceError) {
        if !hasBegun { begin(at: finding.from) }
        try other(findings, finding.to) { $0.finding(finding) }
    }

    public func present(_ analysis: CallAnalysis) throws(TraceError) {
        if !hasBegun { begin(at: analysis.from) }
        if isLines {
            output.text.append("{\"type\":\"analysis\",")
            output.text.jsonMembers(analysis, records.clock)
            output.text.append("}\n")
            try output.end(at: analysis.to)
        } else {
            self.analysis = analysis
        }
    }

    public func idle() throws(TraceError) { try output.idle() }

    /// A call's record.
    private func add(_ call: AssembledCall) throws(TraceError) {
        counter.add(
            call.call.number, call.call.personality, wall: call.end >= call.start && call.start > 0 ? call.end - call.start : 0,
            system: call.call.systemTime, failed: call.call.failed)
        if options.summaryOnly { return }
        if isLines {
            records.call(call, writer, isLine: true)
            output.text.ascii("\n")
        } else {
            output.text.append(hasCalls ? ",\n" : "\n")
            hasCalls = true
            records.call(call, writer, isLine: false)
        }
        try output.end(at: call.end)
        try tellOfLoss()
    }

    /// Another event's record: a line, or a part of an array for later.
    private func other(_ spool: Spool, _ time: UInt64, _ write: (JSONRecords) -> Void) throws(TraceError) {
        if isLines {
            write(records)
            output.text.ascii("\n")
            try output.end(at: time)
            try tellOfLoss()
        } else {
            spool.text.append(spool.isEmpty ? "\n" : ",\n")
            write(JSONRecords(options: options, text: spool.text, clock: records.clock))
            try spool.settle()
        }
    }

    /// Says what the output could not take.
    private func tellOfLoss() throws(TraceError) {
        guard let loss = output.takeLoss() else { return }
        try other(losses, loss.to) { $0.loss(loss) }
    }

    // MARK: Beginning and end

    /// Nothing is written before the first event: of a program that could not be started there is no trace.
    private func begin(at time: UInt64) {
        hasBegun = true
        let text = output.text, run = options.run, clock = run.clock.begun(at: time)
        records = JSONRecords(options: options, text: text, clock: clock)
        text.append(isLines ? "{\"type\":\"trace\",\"version\":" : "{\"version\":")
        text.json(run.version)
        text.member("format", "renacer-json-v2")
        text.append(",\"command\":[")
        for (i, word) in run.command.enumerated() {
            if i > 0 { text.ascii(",") }
            text.json(word)
        }
        text.append("]")
        if !run.attached.isEmpty {
            text.append(",\"attached\":[")
            for (i, pid) in run.attached.enumerated() {
                if i > 0 { text.ascii(",") }
                text.decimal(Int64(pid))
            }
            text.append("]")
        }
        text.member("backend", run.backend)
        text.member("start_unix_ns", clock.unix(clock.start))
        text.append(isLines ? "}\n" : ",\n\"syscalls\":[")
    }

    public func finish(_ account: Account) throws(TraceError) {
        guard !isFinished else { return }
        isFinished = true
        if !hasBegun {
            // The kernel may have counted calls without an event.
            guard account.seen > 0 else { return }
            begin(at: options.run.clock.start)
        }
        while let call = assembler.nextUnfinished() { try add(call) }
        try output.flush()
        try tellOfLoss()
        var table = counter.table
        table.merge(account.counted)
        if isLines {
            records.summary(table, account, lostHere: output.lost, isLine: true)
            output.text.ascii("\n")
        } else {
            output.text.append("\n]")
            try array("events", events)
            try array("findings", findings)
            try array("loss", losses)
            if let analysis {
                output.text.append(",\n\"analysis\":{")
                output.text.jsonMembers(analysis, records.clock)
                output.text.append("}")
            }
            output.text.append(",\n\"summary\":")
            records.summary(table, account, lostHere: output.lost, isLine: false)
            output.text.append("}\n")
        }
        try output.finish()
    }

    private func array(_ key: StaticString, _ spool: Spool) throws(TraceError) {
        output.text.append(",\n\"")
        output.text.append(key)
        output.text.append("\":[")
        let isEmpty = spool.isEmpty
        try spool.drain { (part) throws(TraceError) in
            output.text.append(part)
            try output.finishPart()
        }
        output.text.append(isEmpty ? "]" : "\n]")
    }
}
