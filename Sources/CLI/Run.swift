import CLinux
import Glibc
import RenacerCore
import RenacerStraceText
import RenacerSummary

/// Builds the pipeline that `settings` describe, runs it, and tells how renacer is to end.
struct Run {
    let program: String
    /// The program's own status counts even if the trace could not be written.
    let asStrace: Bool
    var settings: Settings

    init(program: String, asStrace: Bool, settings: Settings) {
        self.program = program
        self.asStrace = asStrace
        self.settings = settings
    }

    /// How renacer ends.
    enum End {
        case exit(Int32)
        case dieOf(Int32)
    }

    mutating func callAsFunction() throws(UsageError) -> End {
        // A refusal comes before a file is emptied.
        let backend = try chooseBackend()
        let output = try TraceOutput(settings.pipeline.output)
        settings.text.live = output.isLive
        if wantsColor(output) {
            settings.text.palette = ColorPalette(getenv("STRACE_COLORS").map { String(cString: $0) } ?? "")
        }

        if output.reader > 0 { settings.pipeline.plan.target.excluded = [output.reader] }
        var sinks: [any Sink] = []
        if settings.showsTrace {
            sinks.append(StraceTextSink(settings.text, outputs: output.selector, inspector: backend.inspector))
        }
        if var summary = settings.summary {
            summary.calls = settings.text.calls
            if let height = output.terminalHeight { summary.refresh = .inPlace(lines: height) }
            sinks.append(SummarySink(summary, output: output.shared))
        }
        let access = settings.pipeline.access
        let filter = access.isEmpty ? nil : AccessFilter(access, inspector: backend.inspector)
        if let filter { backend.limitTampering(to: filter) }
        let consequence = asStrace ? "" : ": the trace is not complete"
        settings.pipeline.plan.aggregation = Planner.aggregation(
            for: sinks, of: backend, isFiltered: filter != nil, settings.pipeline.plan)
        let pipeline = Pipeline(
            backend, filter: filter, sinks: sinks, refreshInterval: settings.isLive ? Self.second : nil
        ) { [program] in
            Message.print($0.description + consequence, program: program)
        }

        do throws(TraceError) {
            try pipeline.start(settings.pipeline.plan)
            let end = try pipeline.run()
            let closing = output.finish()
            if let closing { Message.print(closing.description + consequence, program: program) }
            let isWhole = tellOfLosses(backend.account)
            if (pipeline.failed || closing != nil) && !asStrace || !isWhole && settings.pipeline.plan.isExact { return .exit(1) }
            return switch end {
            case .exited(let status): .exit(status)
            case .killed(let signal): .dieOf(signal)
            case nil: .exit(0)
            }
        } catch {
            pipeline.finish()
            _ = output.finish()
            Message.print(error.description, program: program)
            return .exit(error.exitStatus)
        }
    }

    private static let second: UInt64 = 1_000_000_000

    /// Says on stderr what was lost: false if anything was.
    private func tellOfLosses(_ account: Account) -> Bool {
        if account.totalLost > 0 {
            let causes = account.lost.filter { $0.value > 0 }.sorted { $0.key.rawValue < $1.key.rawValue }
                .map { "\($0.key.rawValue): \($0.value)" }.joined(separator: ", ")
            let advice = account.lost[.ringFull] == nil || settings.pipeline.plan.isExact
                ? "" : "; --exact loses none, a larger --ring-size fewer"
            Message.print("\(account.totalLost) of \(account.seen) events were lost (\(causes))\(advice)", program: program)
        }
        if account.imbalance != 0 {
            Message.print(
                "the account of events is wrong: \(account.delivered) delivered, \(account.totalLost) lost, "
                    + "\(account.imbalance) neither", program: program)
        }
        return account.totalLost == 0 && account.imbalance == 0
    }

    /// The backend that was named, or the first that can do what is asked for.
    private func chooseBackend() throws(UsageError) -> any Backend {
        let named = settings.pipeline.backend.flatMap(BackendRegistration.named)
        let backend = (named ?? BackendRegistration.all[0]).make()
        let requirements = settings.requirements
        if requirements.isEmpty { return backend }
        if Planner.refusal(of: backend, requirements, others: []) == nil { return backend }
        let others = BackendRegistration.all.filter { $0.name != String(describing: backend.name) }.map { $0.make() }
        guard let refusal = Planner.refusal(of: backend, requirements, others: others) else { return backend }
        if named == nil, let able = others.first(where: { Planner.refusal(of: $0, requirements, others: []) == nil }) { return able }
        throw UsageError(refusal.description)
    }

    private func wantsColor(_ output: TraceOutput) -> Bool {
        switch settings.color {
        case .always: true
        case .never: false
        case .automatic: output.isTerminal && Self.terminalHasColors()
        }
    }

    private static func terminalHasColors() -> Bool {
        if let p = getenv("NO_COLOR"), p.pointee != 0 { return false }
        guard let term = getenv("TERM").map({ String(cString: $0) }) else { return false }
        return !term.isEmpty && term != "dumb"
    }
}

/// Lines for the person at the terminal, on stderr.
enum Message {
    static func print(_ text: String, program: String) { write("\(program): \(text)\n", to: 2) }

    static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let n = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if n < 0 && errno != EINTR { return }
            rest = rest.dropFirst(max(n, 0))
        }
    }
}
