import Foundation

/// The binaries that are compared, and the corpus they trace.
enum Tracers {
    /// The renacer under test: `$RENACER`, or the one built beside the tests.
    static let renacer: String = {
        if let given = ProcessInfo.processInfo.environment["RENACER"], !given.isEmpty { return given }
        return URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("renacer").path
    }()

    /// Debian's strace; nil if it is not installed.
    static let strace: String? = ["/usr/bin/strace", "/usr/local/bin/strace"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// Why programs cannot be traced with BPF here; nil if they can.
    static let refusalOfBPF = refusal(of: "bpf")
    /// The same of perf events.
    static let refusalOfPerfEvents = refusal(of: "perf_event")

    private static func refusal(of backend: String) -> String? {
        guard let outcome = try? run([renacer, "--backend", backend, "-o", "/dev/null", "/bin/true"]) else { return "renacer does not start" }
        return outcome.status == 0 ? nil : outcome.errors
    }

    /// A scratch folder of this test run, with the corpus built in it and renacer under
    /// a name ending in `strace`.
    static let folder: URL = {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("renacer-differential-\(getpid())")
        try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try? FileManager.default.createSymbolicLink(
            atPath: url.appendingPathComponent("renacer-strace").path, withDestinationPath: renacer)
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Corpus/corpus.c")
        _ = try? run(
            ["/usr/bin/env", "cc", "-O1", "-w", "-o", url.appendingPathComponent("corpus").path, source.path, "-pthread", "-lrt"])
        return url
    }()

    static var asStrace: String { folder.appendingPathComponent("renacer-strace").path }
    static var corpus: String { folder.appendingPathComponent("corpus").path }

    struct Outcome {
        var status: Int32
        var output: String
        var errors: String
    }

    /// Runs a command with no standard input.
    static func run(_ command: [String], environment: [String: String]? = nil) throws -> Outcome {
        let p = Process()
        p.executableURL = URL(fileURLWithPath: command[0])
        p.arguments = Array(command.dropFirst())
        p.standardInput = FileHandle.nullDevice
        let files = ["out", "err"].map { FileManager.default.temporaryDirectory.appendingPathComponent("renacer-\(UUID().uuidString).\($0)") }
        for f in files { FileManager.default.createFile(atPath: f.path, contents: nil) }
        defer { for f in files { try? FileManager.default.removeItem(at: f) } }
        p.standardOutput = try FileHandle(forWritingTo: files[0])
        p.standardError = try FileHandle(forWritingTo: files[1])
        // Traces differ by what the environment makes programs do: keep it small and equal.
        p.environment = environment ?? ["PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/"]
        try p.run()
        p.waitUntilExit()
        return Outcome(
            status: p.terminationReason == .exit ? p.terminationStatus : 128 + p.terminationStatus,
            output: String(decoding: try Data(contentsOf: files[0]), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self))
    }

    /// Traces a command with one file per task; the files' lines, in the order in which
    /// tasks were made, and the tracer's exit status.
    static func trace(_ tracer: String, _ options: [String], _ command: [String]) throws -> (status: Int32, tasks: [(pid: Int, lines: [String])]) {
        let scratch = folder.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        let prefix = scratch.appendingPathComponent("trace").path
        // Without address randomisation, so that programs make the same calls.
        let outcome = try run([corpus, "--clean", "/usr/bin/setarch", "-R", tracer, "-ff", "-a0", "-o", prefix] + options + command)
        var tasks: [(pid: Int, lines: [String])] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: scratch.path) {
            guard let pid = Int(name.dropFirst("trace.".count)) else { continue }
            let text = try String(decoding: Data(contentsOf: scratch.appendingPathComponent(name)), as: UTF8.self)
            tasks.append((pid, text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)))
        }
        return (outcome.status, tasks.sorted { $0.pid < $1.pid })
    }
}
