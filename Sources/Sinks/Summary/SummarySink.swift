import RenacerCore

/// Counts calls and prints strace's table when the trace ends.
public final class SummarySink: Sink {
    private let options: SummaryOptions
    private let output: any TextOutput
    /// Of calls that were delivered one by one.
    private var table = StatisticsTable()
    /// Calls under way, by thread, if they are to be counted at the end.
    private var inFlight: [Int32: (key: StatisticsTable.Key, since: UInt64, pid: Int32)] = [:]
    private var lastTime: UInt64 = 0
    /// Lines on the terminal that the next table is written over.
    private var shownLines = 0
    /// Shown behind the table.
    private var findings: [Finding] = []
    private var analyses: [CallAnalysis] = []
    private var isFinished = false
    private let extended: ExtendedStatistics?

    /// - Parameter inspector: tells what extended statistics are grouped by.
    public init(_ options: SummaryOptions, output: any TextOutput, inspector: any TaskInspector = NoInspector()) {
        self.options = options
        extended = options.extended.map { ExtendedStatistics($0, inspector: inspector) }
        self.output = output
    }

    private var needsSystemTime: Bool { !options.wallClock || options.columns.contains(.systemTime) }

    public var aggregation: Aggregation? {
        if needsSystemTime || extended != nil { return nil }
        var a = Aggregation()
        a.overhead = options.overhead
        a.unfinished = options.countsInFlight && options.calls.outcomes.contains(.unfinished)
        a.detached = options.countsInFlight && options.calls.outcomes.contains(.detached)
        return a
    }

    public func consume(_ event: borrowing Event) throws(TraceError) {
        lastTime = event.time
        switch event.body {
        case .syscallEntered(let call):
            if options.countsInFlight {
                inFlight[event.tid] = (.init(call.number, call.personality), event.time, event.pid)
            }
            extended?.entered(call, tid: event.tid)
        case .syscall(let call):
            inFlight[event.tid] = nil
            guard options.calls.admits(call, at: event.time) else { return }
            switch call.outcome {
            case .returned, .failed: count(call, event.tid, event.pid)
            case .unfinished, .unavailable, .detached: if options.countsInFlight { count(call, event.tid, event.pid) }
            }
        case .process(.exited), .process(.killed), .process(.detached):
            if let (key, since, pid) = inFlight.removeValue(forKey: event.tid) { end(key, since, event.tid, pid) }
        case .process(.superseded(let by)):
            inFlight[event.tid] = inFlight.removeValue(forKey: by)
        default: break
        }
    }

    private func count(_ call: Call, _ tid: Int32, _ pid: Int32) {
        let end = call.exitTime == 0 ? lastTime : call.exitTime
        let wall = call.enterTime == 0 || end < call.enterTime ? 0 : end - call.enterTime
        let overhead = options.overhead, key = StatisticsTable.Key(call.number, call.personality)
        let own = wall > overhead ? wall - overhead : 0
        table.add(
            key, wall: own, system: call.systemTime > overhead ? call.systemTime - overhead : 0, failed: call.failed)
        extended?.add(key, call, tid: tid, pid: pid, wall: own)
    }

    /// A call that was still in flight when its task or the trace ended.
    private func end(_ key: StatisticsTable.Key, _ since: UInt64, _ tid: Int32, _ pid: Int32) {
        let wall = lastTime > since ? lastTime - since : 0
        guard options.calls.outcomes.contains(.unfinished), wall >= options.calls.minimumDuration else { return }
        table.add(key, wall: wall, system: 0, failed: false)
        extended?.add(key, nil, tid: tid, pid: pid, wall: wall)
    }

    /// The table of everything so far: what was delivered and what the kernel counted.
    private func summary(_ account: Account) -> SummaryTable? {
        var all = table
        all.merge(account.counted)
        return all.rows.isEmpty ? nil : SummaryTable(options, all)
    }

    public func refresh(_ account: Account) throws(TraceError) {
        guard let summary = summary(account) else { return }
        let text = TextBuffer()
        eraseShown(text)
        switch options.refresh {
        case .appended:
            summary.write(to: text)
            writeExtended(to: text)
            text.ascii("\n")
        case .inPlace(let size):
            // The cursor's line is one more.
            let (lines, columns) = size(), most = lines - 1, table = TextBuffer()
            shownLines = summary.write(to: table, atMost: extended == nil ? most : max(most / 2, 4))
            shownLines += writeExtended(to: table, atMost: most - shownLines, columns: columns)
            Self.append(table, to: text, columns: columns)
        }
        try output.write(text.bytes)
    }

    @discardableResult
    private func writeExtended(to text: TextBuffer, atMost lines: Int = .max, columns: Int = .max) -> Int {
        extended?.write(to: text, atMost: lines, columns: columns, name: SummaryTable.name) ?? 0
    }

    /// Lines without what a terminal would show on a second one: it would be one more than were counted.
    private static func append(_ table: TextBuffer, to text: TextBuffer, columns: Int) {
        var column = 0
        for b in table.bytes {
            if b == 0x0a { column = 0 } else { column += 1 }
            if column <= columns { text.byte(b) }
        }
    }

    /// Up to the first line of the table that is shown, and all below it away.
    private func eraseShown(_ text: TextBuffer) {
        guard shownLines > 0 else { return }
        text.append("\u{1b}[")
        text.decimal(UInt64(shownLines))
        text.append("A\u{1b}[J")
        shownLines = 0
    }

    public func report(_ finding: Finding) throws(TraceError) { findings.append(finding) }

    public func present(_ analysis: CallAnalysis) throws(TraceError) { analyses.append(analysis) }

    public func finish(_ account: Account) throws(TraceError) {
        guard !isFinished else { return }
        isFinished = true
        for (tid, call) in inFlight { end(call.key, call.since, tid, call.pid) }
        inFlight = [:]
        let text = TextBuffer()
        eraseShown(text)
        summary(account)?.write(to: text)
        writeExtended(to: text)
        for (cause, count) in account.lost.sorted(by: { $0.key.rawValue < $1.key.rawValue }) where count > 0 {
            text.append("--- lost ")
            text.decimal(count)
            text.append(" events in all: ")
            text.append(cause.rawValue)
            text.append(" ---\n")
        }
        for finding in findings { text.append(finding) }
        for analysis in analyses { text.append(analysis) }
        try output.write(text.bytes)
        try output.close()
    }
}
