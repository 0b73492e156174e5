import CLinux
import Glibc
import RenacerCore
import RenacerGolden
import RenacerReplay

/// Runs a program again and again, each time in the same surroundings, and takes down what it does.
struct GoldenRunner {
    private let program: String
    private let settings: Settings
    private let texts: TextTable
    private let options: [String]

    /// - Parameter options: of the trace, as words of a command line.
    init(_ program: String, _ options: [String], _ command: [String], _ texts: TextTable) throws(UsageError) {
        self.program = program
        self.texts = texts
        self.options = options
        settings = try Self.settings(program, options, command)
    }

    /// What is to be seen of a program, or of a recording.
    static func settings(_ program: String, _ options: [String], _ command: [String], _ recording: ReplayBackend? = nil) throws(UsageError) -> Settings {
        var invocation = Invocation(program: program, asStrace: false)
        invocation.purpose = .golden
        invocation.settings.recording = recording
        // What descriptors refer to tells more than their numbers.
        invocation.settings.text.decoding.descriptors = .path
        invocation.settings.pipeline.plan.isExact = recording == nil
        // A tracer with a filter would go on in a process of its own.
        invocation.settings.pipeline.plan.ptrace.seccomp = .never
        _ = try OptionParser(asStrace: false, own: Golden.options).parse([program] + options) { (given) throws(UsageError) in
            try Golden.admit(given)
            try invocation.apply(given)
        }
        return try invocation.settings(for: command)
    }

    /// What `runs` runs have in common.
    func trace(_ runs: Int) throws(UsageError) -> GoldenTrace {
        var all: [TracedRun] = [], backend = ""
        for _ in 0..<runs { backend = try run(into: &all) }
        return trace(all, backend)
    }

    /// What runs of this program and of another one have in common, each with its own: first one, then the other, again and again.
    func trace(_ runs: Int, byTurnsWith other: GoldenRunner) throws(UsageError) -> (GoldenTrace, GoldenTrace) {
        var first: [TracedRun] = [], second: [TracedRun] = [], backend = ""
        for turn in 0..<runs {
            // Who comes first changes, so that nobody always finds what the other one left.
            if turn % 2 == 0 { backend = try run(into: &first) }
            backend = try other.run(into: &second)
            if turn % 2 == 1 { backend = try run(into: &first) }
        }
        return (trace(first, backend), other.trace(second, backend))
    }

    private func run(into all: inout [TracedRun]) throws(UsageError) -> String {
        let (run, backend) = try self.run()
        all.append(run)
        return backend
    }

    private func trace(_ all: [TracedRun], _ backend: String) -> GoldenTrace {
        var golden = GoldenTrace(of: all)
        golden.command = settings.pipeline.plan.target.launch?.arguments ?? []
        golden.options = options
        golden.backend = backend
        golden.version = Help.number
        return golden
    }

    private func run() throws(UsageError) -> (TracedRun, backend: String) {
        let surroundings = try Surroundings()
        defer { surroundings.leave() }
        var rest = try BackendChoice(settings).candidates[...]
        while let backend = rest.popFirst() {
            let stacks = try Run(program: program, asStrace: false, settings: settings).stackInspector(backend)
            let collector = GoldenCollector(
                settings.text.decoding, texts: texts, directory: Self.directory, temporary: getenv("TMPDIR").map { [String(cString: $0)] } ?? [],
                inspector: backend.inspector, stacks: stacks)
            let pipeline = Pipeline(backend, sinks: [collector]) { _ in }
            do throws(TraceError) {
                do throws(TraceError) { try pipeline.prepare(settings.pipeline.plan) } catch {
                    // No task was touched: another backend may do.
                    backend.stop()
                    if rest.isEmpty { throw error }
                    continue
                }
                try pipeline.start(settings.pipeline.plan)
                let end = try pipeline.run()
                let account = backend.account
                guard account.totalLost == 0, account.imbalance == 0 else {
                    throw TraceError("\(account.totalLost) of \(account.seen) events were lost: nothing can be said of such a run; --ring-size has more room")
                }
                return (collector.run(ending: Self.text(end)), String(describing: backend.name))
            } catch {
                pipeline.finish()
                throw UsageError(error.description + surroundings.lastWords)
            }
        }
        throw UsageError("no backend works here; see 'renacer doctor'")
    }

    static func text(_ end: TraceeEnd?) -> String {
        switch end {
        case .exited(let status): "exit \(status)"
        case .killed(let signal): "killed by \(ConstantTable.signals.name(of: UInt64(UInt32(bitPattern: signal)))?.description ?? "signal \(signal)")"
        case nil: "let go"
        }
    }

    private static var directory: String {
        guard let path = getcwd(nil, 0) else { return "" }
        defer { free(path) }
        return String(cString: path)
    }
}

/// Standard input, output and error of a run: the same each time, since programs act otherwise on a terminal.
private struct Surroundings {
    private let saved: [Int32]
    private let errors: Int32

    init() throws(UsageError) {
        errors = clinux_memory_file("stderr")
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard errors >= 0, null >= 0 else { throw UsageError("/dev/null: \(String(cString: strerror(errno)))") }
        // Closed ones stay closed afterwards.
        saved = (0...2).map { fcntl(Int32($0), F_DUPFD_CLOEXEC, 10) }
        dup2(null, 0)
        dup2(null, 1)
        dup2(errors, 2)
        if null > 2 { close(null) }
    }

    /// The end of what the program wrote to standard error, in lines of their own.
    var lastWords: String {
        var bytes = [UInt8](repeating: 0, count: 2048)
        let size = lseek(errors, 0, SEEK_END)
        let n = pread(errors, &bytes, bytes.count, max(0, size - off_t(bytes.count)))
        guard n > 0 else { return "" }
        return "\n" + String(decoding: bytes[..<n], as: UTF8.self).split(separator: "\n").suffix(8).joined(separator: "\n")
    }

    func leave() {
        for (i, fd) in saved.enumerated() {
            if fd >= 0 {
                dup2(fd, Int32(i))
                close(fd)
            } else {
                close(Int32(i))
            }
        }
        close(errors)
    }
}
