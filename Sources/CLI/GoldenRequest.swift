import Glibc
import RenacerCore
import RenacerGolden
import RenacerOutput

/// A command line of `renacer golden`, understood.
struct GoldenRequest {
    enum Verb: String { case record, check, diff }
    enum Format: String, CaseIterable { case text, json, github }

    private let program: String
    private let verb: Verb
    private var runs: Int?
    private var tolerance = Tolerance()
    /// A program that the times are compared with, instead of those in the golden trace.
    private var against: String?
    private var format = Format.text
    private var output: String?
    /// Options of the trace, as words.
    private var options: [String] = []
    /// Files and the program.
    private var words: [String] = []

    init(_ program: String, _ verb: Verb, _ arguments: [String]) throws(UsageError) {
        self.program = program
        self.verb = verb
        words = try parse(arguments)
        // Options may stand behind the golden trace's name.
        var files: [String] = []
        while files.count < (verb == .record ? 0 : verb == .check ? 1 : 2), let file = words.first, file != "--" {
            files.append(file)
            let rest = Array(words.dropFirst())
            words = rest.first?.hasPrefix("-") == true ? try parse(rest) : rest
        }
        words = files + words
    }

    private mutating func parse(_ arguments: [String]) throws(UsageError) -> [String] {
        let parser = OptionParser(asStrace: false, own: Golden.options)
        return try parser.parse([program] + arguments) { (given) throws(UsageError) in
            try Golden.admit(given)
            try take(given)
        }
    }

    private mutating func take(_ given: GivenOption) throws(UsageError) {
        let value = given.value ?? ""
        switch given.option.id {
        case .runs:
            guard let n = decimal(value, upTo: 1000), n > 0 else { throw UsageError("invalid --runs argument: '\(value)': a number from 1 to 1000 is wanted") }
            runs = Int(n)
        case .tolerance: try tolerances(value)
        case .against:
            if verb != .check { throw UsageError("golden \(verb.rawValue): --against is for golden check, which runs two programs by turns") }
            against = value
        case .sinkFormat:
            guard let f = Format(rawValue: value) else { throw UsageError("invalid --format argument: '\(value)': text, json or github is wanted") }
            format = f
        case .output: output = value
        case .help:
            Message.write(Golden.usage, to: 1)
            exit(0)
        default:
            if verb == .diff { throw UsageError("golden diff: \(given.spelling): no program is traced") }
            options += given.words
        }
    }

    /// `calls=5%,p50=30%`
    private mutating func tolerances(_ text: String) throws(UsageError) {
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", omittingEmptySubsequences: false)
            let digits = sides.count == 2 ? sides[1].hasSuffix("%") ? sides[1].dropLast() : sides[1] : ""
            guard sides.count == 2, let percent = decimal(digits, upTo: 100_000) else {
                throw UsageError("invalid --tolerance argument: '\(part)': calls=N%, p50=N% or p95=N% is wanted")
            }
            let share = Double(percent) / 100
            switch sides[0] {
            case "calls": tolerance.calls = share
            case "p50": tolerance.median = share
            case "p95": tolerance.tail = share
            default: throw UsageError("invalid --tolerance argument: '\(part)': calls=N%, p50=N% or p95=N% is wanted")
            }
        }
    }

    // MARK: Verbs

    func record() throws(UsageError) -> Int32 {
        guard let first = words.first else { throw UsageError("golden record: a program is wanted; see 'renacer golden --help'") }
        if tolerance != Tolerance() || format != .text { throw UsageError("golden record: --tolerance and --format are for golden check") }
        let texts = TextTable()
        let golden: GoldenTrace
        var name = first
        if GoldenRecordings.isRecording(name) {
            try refuseRuns("golden record")
            golden = try GoldenRecordings(program, options, texts).trace(words)
            guard let recorded = golden.command.first else {
                throw UsageError("golden record: \(name): nothing says which program this was, so that it could be run again; 'golden check' and 'golden diff' take the recording itself")
            }
            name = recorded
        } else {
            golden = try GoldenRunner(program, options, words, texts).trace(runs ?? 10)
        }
        let path = output ?? (name.split(separator: "/").last.map(String.init) ?? "program") + ".golden"
        try write(golden.encoded(texts), to: path)
        let calls = golden.tasks.reduce(0) { $0 + $1.calls.count + $1.counts.reduce(0) { $0 + $1.most } }
        Message.print("\(path): \(calls) calls in \(golden.tasks.count) task\(golden.tasks.count == 1 ? "" : "s"), \(golden.runs) run\(golden.runs == 1 ? "" : "s")", program: program)
        if golden.endings != ["exit 0"] { Message.print("note: the program ended so: \(golden.endings.joined(separator: ", "))", program: program) }
        return Golden.Status.same
    }

    func check() throws(UsageError) -> Int32 {
        guard let path = words.first else { throw UsageError("golden check: a golden trace is wanted; see 'renacer golden --help'") }
        let texts = TextTable()
        let golden = try read(path, texts)
        let command = words.count > 1 ? Array(words.dropFirst().drop { $0 == "--" }) : golden.command
        if words.count > 1, GoldenRecordings.isRecording(words[1]) {
            try refuseRuns("golden check")
            if against != nil { throw UsageError("golden check: --against: \(words[1]) is a recording, and nothing is run") }
            let current = try GoldenRecordings(program, kept: golden.options, options, texts).trace(Array(words.dropFirst()))
            return try report(GoldenComparison(golden, current, tolerance, texts), golden, current, path)
        }
        // Of the options given twice, the later ones count.
        let backend = golden.backend.isEmpty ? [] : ["--backend=\(golden.backend)"]
        let runner = try GoldenRunner(program, golden.options + backend + options, command, texts)
        let older = try against.map { (older) throws(UsageError) in
            try GoldenRunner(program, golden.options + backend + options, [older] + command.dropFirst(), texts)
        }
        func look() throws(UsageError) -> TimeSamples {
            guard let older else { return TimeSamples(golden, try runner.trace(runs ?? 5)) }
            let (before, after) = try older.trace(runs ?? 20, byTurnsWith: runner)
            return TimeSamples(before, after, isInTurns: true)
        }
        let first = try look()
        var comparison = GoldenComparison(golden, first.after, tolerance, texts, times: first)
        if comparison.looksSlow { comparison.lookAgain(first, try look()) }
        return try report(comparison, golden, first.after, path)
    }

    func diff() throws(UsageError) -> Int32 {
        guard words.count == 2 else { throw UsageError("golden diff: two golden traces are wanted; see 'renacer golden --help'") }
        if runs != nil { throw UsageError("golden diff: --runs: no program is run") }
        let texts = TextTable()
        let areRecordings = words.map(GoldenRecordings.isRecording)
        // Of a recording that is seen which the golden trace was made to see; of two, all.
        let known = try zip(words, areRecordings).map { (path, isRecording) throws(UsageError) in isRecording ? nil : try read(path, texts) }
        func trace(_ i: Int, _ other: GoldenTrace?) throws(UsageError) -> GoldenTrace {
            if let known = known[i] { return known }
            var options = other?.options
            if options == nil {
                let first = try GoldenRecordings.hasChildren(words[0]), second = try GoldenRecordings.hasChildren(words[1])
                options = first && second ? ["-f"] : []
            }
            return try GoldenRecordings(program, kept: options ?? [], [], texts).trace([words[i]])
        }
        let golden = try trace(0, known[1]), current = try trace(1, known[0])
        return try report(GoldenComparison(golden, current, tolerance, texts), golden, current, words[0], words[1])
    }

    private func refuseRuns(_ verb: String) throws(UsageError) {
        if runs != nil { throw UsageError("\(verb): --runs: each recording is a run") }
    }

    private func report(_ comparison: GoldenComparison, _ golden: GoldenTrace, _ current: GoldenTrace, _ path: String, _ other: String? = nil) throws(UsageError) -> Int32 {
        let report = GoldenReport(comparison, golden, current, named: path, other ?? current.command.joined(separator: " "))
        let text = switch format {
        case .text: report.text()
        case .json: report.json()
        case .github: report.gitHub()
        }
        if let output {
            try write(text, to: output)
        } else {
            Message.write(String(decoding: text.bytes, as: UTF8.self), to: 1)
        }
        return comparison.isSame ? Golden.Status.same : Golden.Status.differs
    }

    // MARK: Files

    private func read(_ path: String, _ texts: TextTable) throws(UsageError) -> GoldenTrace {
        let bytes = try WholeFile.read(path, atMost: 1 << 30)
        do throws(TraceError) { return try GoldenTrace(bytes, named: path, texts) } catch { throw UsageError(error.description) }
    }

    private func write(_ text: TextBuffer, to path: String) throws(UsageError) {
        var info = stat()
        // What there was stays until there is another one.
        if stat(path, &info) != 0 || info.st_mode & S_IFMT == S_IFREG {
            do throws(ReplacedFile.Failure) { return try ReplacedFile(path: path).write(text.bytes) } catch { throw UsageError(error.reason) }
        }
        let output = FileOutput(descriptor: try TraceOutput.open(path, appends: false), name: path, closes: true)
        do throws(TraceError) {
            try output.write(text.bytes)
            try output.close()
        } catch { throw UsageError(error.description) }
    }
}
