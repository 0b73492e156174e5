import Glibc
import RenacerCore
import RenacerGolden
import RenacerRecording
import RenacerReplay

/// Recordings, each taken as a run of a program.
struct GoldenRecordings {
    private let program: String
    private let options: [String]
    private let texts: TextTable

    /// Whether a file starts as recordings do.
    static func isRecording(_ path: String) -> Bool {
        let fd = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard fd >= 0 else { return false }
        defer { close(fd) }
        var start = [UInt8](repeating: 0, count: RecordingFormat.magic.count)
        return pread(fd, &start, start.count, 0) == start.count && start == RecordingFormat.magic
    }

    /// Whether a recording was made with `-f`.
    static func hasChildren(_ path: String) throws(UsageError) -> Bool { try open(path).header.contents.contains(.children) }

    /// - Parameter kept: options that a golden trace was made with; those that are about tasks mean nothing here.
    /// - Parameter options: of this command line.
    init(_ program: String, kept: [String] = [], _ options: [String], _ texts: TextTable) throws(UsageError) {
        self.program = program
        self.texts = texts
        let parser = OptionParser(asStrace: false, own: Golden.options)
        var usable: [String] = []
        _ = try parser.parse([program] + kept) { (given) throws(UsageError) in
            if Purpose.refusalInReplay(of: given.option) == nil { usable += given.words }
        }
        _ = try parser.parse([program] + options) { (given) throws(UsageError) in
            if let reason = Purpose.refusalInReplay(of: given.option) { throw UsageError("golden: \(given.spelling): \(reason)") }
            usable += given.words
        }
        self.options = usable
    }

    /// What they have in common.
    func trace(_ paths: [String]) throws(UsageError) -> GoldenTrace {
        var runs: [TracedRun] = [], headers: [RecordingHeader] = []
        for path in paths {
            guard Self.isRecording(path) else { throw UsageError("\(path): this is no recording, as \(paths[0]) is; 'renacer record -y -o FILE -- PROGRAM' makes one") }
            let (run, header) = try self.run(path)
            if let first = headers.first, first.backend != header.backend {
                throw UsageError("\(path): recorded with \(header.backend), and \(paths[0]) with \(first.backend): their times have nothing in common")
            }
            runs.append(run)
            headers.append(header)
        }
        let commands = try headers.map { (header) throws(UsageError) in try command(header) }
        if let other = zip(paths, commands).first(where: { $0.1 != commands[0] }) {
            throw UsageError("\(other.0): a recording of '\(other.1.joined(separator: " "))', and \(paths[0]) of '\(commands[0].joined(separator: " "))'")
        }
        var golden = GoldenTrace(of: runs)
        golden.command = commands[0]
        golden.options = options
        golden.backend = headers[0].backend
        golden.version = Help.number
        return golden
    }

    private static func open(_ path: String) throws(UsageError) -> ReplayBackend {
        do throws(TraceError) { return try ReplayBackend(path) } catch { throw UsageError(error.description) }
    }

    private func run(_ path: String) throws(UsageError) -> (TracedRun, RecordingHeader) {
        let recording = try Self.open(path)
        if let dropped = recording.end?.dropped, dropped > 0 {
            throw UsageError("\(path): it was kept in a ring, and \(dropped) older events are missing: nothing can be said of such a run")
        }
        let settings = try GoldenRunner.settings(program, options, [], recording)
        do throws(UsageError) { _ = try BackendChoice(settings) } catch { throw UsageError("\(path): \(error.message)") }
        let collector = GoldenCollector(settings.text.decoding, texts: texts, directory: nil, temporary: [], inspector: recording.inspector, stacks: nil)
        let pipeline = Pipeline(recording, sinks: [collector]) { _ in }
        do throws(TraceError) {
            try pipeline.prepare(settings.pipeline.plan)
            try pipeline.start(settings.pipeline.plan)
            _ = try pipeline.run()
            let account = recording.account
            guard account.totalLost == 0, account.imbalance == 0 else {
                throw TraceError("\(path): \(account.totalLost) of \(account.seen) events were lost when it was made: nothing can be said of such a run")
            }
        } catch {
            pipeline.finish()
            throw UsageError(error.description)
        }
        return (collector.run(ending: GoldenRunner.text(collector.ending)), recording.header)
    }

    /// The program that was recorded; nothing if it ran already.
    private func command(_ header: RecordingHeader) throws(UsageError) -> [String] {
        var words = header.arguments
        if words.count > 1, Subcommand.named(words[1]) != nil { words.remove(at: 1) }
        return try OptionParser(asStrace: false).parse(words) { _ in }
    }
}

extension GivenOption {
    /// As words of a command line.
    var words: [String] { isLong ? [value.map { "\(spelling)=\($0)" } ?? spelling] : [spelling] + (value.map { [$0] } ?? []) }
}
