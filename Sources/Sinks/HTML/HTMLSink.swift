import RenacerCore
import RenacerOutput

/// Writes a trace as one page that shows itself: timeline, table, latencies, findings; it needs no network.
///
/// Rows are streamed in blocks of text, one line each: `tid,name,start,duration,result,errno,place,arguments`, where name,
/// errno and place are indices of lists that follow at the end, and arguments are JSON. Only those lists stay in memory.
public final class HTMLSink: Sink {
    private let run: RunDescription
    private var clock: TraceClock
    private let output: RecordOutput
    private let text: TextBuffer
    private let writer: JSONWriter
    private let assembler: CallAssembler
    private var names: [String: Int] = [:]
    private var nameOfNumber: [Int: Int] = [:]
    private var errors = [""]
    private var errorIndex: [Int32: Int] = [:]
    private var tasks: [Int32: (pid: Int32, command: [UInt8])] = [:]
    private var findings: [Finding] = []
    private let places: PlaceFinder?
    /// Where calls were made: what is shown of it in the table, and in full.
    private var placeList: [(short: String, full: String)] = []
    private var placeIndex: [String: Int] = [:]
    private var analysis: CallAnalysis?
    private var rows = 0
    private var rowsInBlock = 0
    private var hasBegun = false
    private var isFinished = false

    /// - Parameter calls: which are shown.
    /// - Parameter places: finds out where they were made; nil if that is not shown.
    public init(
        _ run: RunDescription, _ decoding: DecodingOptions, calls: CallSelection, output: RecordOutput, inspector: any TaskInspector,
        places: PlaceFinder? = nil
    ) {
        self.places = places
        self.run = run
        self.output = output
        clock = run.clock
        text = output.text
        writer = JSONWriter(constants: decoding.constants)
        assembler = CallAssembler(writer, decoding, calls: calls, inspector: inspector, places: places)
    }

    public func consume(_ event: borrowing Event) throws(TraceError) {
        if !hasBegun { begin(at: event.time) }
        if let call = assembler.consume(event) { try add(call) }
    }

    public func report(_ finding: Finding) throws(TraceError) { findings.append(finding) }

    public func present(_ analysis: CallAnalysis) throws(TraceError) { self.analysis = analysis }

    private func begin(at time: UInt64) {
        hasBegun = true
        clock = clock.begun(at: time)
        text.append(HTMLPage.head)
        appendEscaped(run.command.isEmpty ? "renacer" : run.command.joined(separator: " "))
        text.append(HTMLPage.body)
    }

    private func appendEscaped(_ s: String) {
        for b in s.utf8 {
            switch b {
            case 0x3c: text.append("&lt;")
            case 0x26: text.append("&amp;")
            default: text.byte(b)
            }
        }
    }

    private func add(_ c: AssembledCall) throws(TraceError) {
        if rowsInBlock == 0 { text.append(HTMLPage.beginRows) }
        let task = c.task
        if tasks[task.tid]?.command != task.command { tasks[task.tid] = (task.pid, task.command) }
        text.decimal(Int64(task.tid))
        text.ascii(",")
        text.decimal(UInt64(index(of: c.call)))
        text.ascii(",")
        text.decimal(clock.elapsed(c.start > 0 ? c.start : c.end))
        text.ascii(",")
        if let ns = c.duration { text.decimal(ns) }
        text.ascii(",")
        if let result = c.result { text.decimal(result) }
        text.ascii(",")
        text.decimal(UInt64(c.errorNumber.map(index(ofError:)) ?? 0))
        text.ascii(",")
        if places != nil, let index = index(of: c.place) { text.decimal(UInt64(index)) }
        text.ascii(",")
        // Nothing in it may look like markup.
        for b in writer.arguments { if b == 0x3c { text.append("\\u003c") } else { text.byte(b) } }
        if c.isLate { text.append(writer.arguments.isEmpty ? "{\"late\":true}" : ",{\"late\":true}") }
        text.ascii("\n")
        rows += 1
        rowsInBlock += 1
        // A block is whole or not there: what a slow reader could not take must not unbalance the page.
        if rowsInBlock == HTMLPage.rowsPerBlock {
            endBlock()
            try output.end(at: c.end, count: UInt64(HTMLPage.rowsPerBlock))
        }
    }

    private func endBlock() {
        guard rowsInBlock > 0 else { return }
        text.append(HTMLPage.endRows)
        rowsInBlock = 0
    }

    private func index(of call: Call) -> Int {
        if call.personality == .native, let known = nameOfNumber[call.number] { return known }
        let name = TextBuffer(capacity: 64)
        name.append(nameOf: call)
        let index = names[String(decoding: name.bytes, as: UTF8.self), default: names.count]
        names[String(decoding: name.bytes, as: UTF8.self)] = index
        if call.personality == .native { nameOfNumber[call.number] = index }
        return index
    }

    private func index(ofError number: Int32) -> Int {
        if let known = errorIndex[number] { return known }
        errors.append(ConstantTable.errors.name(of: UInt64(UInt32(bitPattern: number)))?.description ?? "errno \(number)")
        errorIndex[number] = errors.count - 1
        return errors.count - 1
    }

    /// A program calls from few places: each is kept once.
    private func index(of place: CallPlace) -> Int? {
        guard !place.isEmpty, let shown = places?.options else { return nil }
        let stack = place.stack?.lines(shown.lines) ?? []
        let source = place.source.map { p in p.function.map { "\(p.text) \($0)" } ?? p.text }
        let full = ((source.map { ["at \($0)"] } ?? []) + stack).joined(separator: "\n")
        if let known = placeIndex[full] { return known }
        placeList.append((place.source?.text ?? place.stack?.frames.first.flatMap { $0?.functionText } ?? "", full))
        placeIndex[full] = placeList.count - 1
        return placeList.count - 1
    }

    // MARK: End

    public func finish(_ account: Account) throws(TraceError) {
        guard !isFinished else { return }
        isFinished = true
        if !hasBegun {
            guard account.seen > 0 else { return }
            begin(at: clock.start)
        }
        while let call = assembler.nextUnfinished() { try add(call) }
        endBlock()
        // Within it `<` can only be part of a string.
        text.append(HTMLPage.beginFacts)
        let start = text.count
        facts(account)
        let facts = Array(text.bytes[start...])
        text.truncate(to: start)
        for b in facts { if b == 0x3c { text.append("\\u003c") } else { text.byte(b) } }
        text.append("</script>\n")
        text.append(HTMLPage.script)
        try output.finish()
    }

    private func facts(_ account: Account) {
        text.append("{\"version\":")
        text.json(run.version)
        text.append(",\"backend\":")
        text.json(run.backend)
        text.append(",\"rows\":")
        text.decimal(UInt64(rows))
        text.append(",\"start_unix_ms\":")
        text.decimal(clock.unix(clock.start) / 1_000_000)
        list("command", run.command) { text.json($0) }
        list("attached", run.attached) { text.decimal(Int64($0)) }
        list("names", names.sorted { $0.value < $1.value }) { text.json($0.key) }
        list("errors", errors) { text.json($0) }
        list("tasks", tasks.sorted { $0.key < $1.key }) { task in
            text.append("{\"tid\":")
            text.decimal(Int64(task.key))
            text.append(",\"pid\":")
            text.decimal(Int64(task.value.pid))
            text.append(",\"comm\":")
            task.value.command.withUnsafeBytes { text.json(text: $0) }
            text.append("}")
        }
        list("places", placeList) { place in
            text.append("[")
            text.json(place.short)
            text.ascii(",")
            text.json(place.full)
            text.append("]")
        }
        list("findings", findings) { finding($0) }
        if let analysis {
            text.append(",\"analysis\":{")
            text.jsonMembers(analysis, clock)
            text.append("}")
        }
        text.append(",\"lost\":{")
        var lost = account.lost.filter { $0.value > 0 }
        if output.lost > 0 { lost[.sinkTooSlow, default: 0] += output.lost }
        for (i, loss) in lost.sorted(by: { $0.key.rawValue < $1.key.rawValue }).enumerated() {
            if i > 0 { text.ascii(",") }
            text.json(loss.key.rawValue)
            text.ascii(":")
            text.decimal(loss.value)
        }
        text.append("}}")
    }

    private func list<C: Collection>(_ key: StaticString, _ items: C, _ body: (C.Element) -> Void) {
        text.append(",\"")
        text.append(key)
        text.append("\":[")
        for (i, item) in items.enumerated() {
            if i > 0 { text.ascii(",") }
            body(item)
        }
        text.append("]")
    }

    private func finding(_ f: Finding) {
        text.append("{\"detector\":")
        text.json(f.detector)
        for (key, value) in [
            ("rule", f.rule), ("severity", f.severity.rawValue), ("title", f.title), ("reason", f.reason), ("advice", f.advice),
        ] {
            text.ascii(",")
            text.json(key)
            text.ascii(":")
            text.json(value)
        }
        text.append(",\"confidence\":\(f.confidence.isFinite ? f.confidence : 0)")
        list("evidence", f.evidence) { e in
            text.append("{\"name\":")
            text.json(e.name)
            text.append(",\"value\":")
            switch e.value {
            case .number(let n): text.append(n.isFinite ? "\(n)" : "null")
            case .text(let s): text.json(s)
            }
            text.append(",\"unit\":")
            text.json(e.unit)
            text.append("}")
        }
        text.append("}")
    }
}
