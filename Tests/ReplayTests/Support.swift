import Foundation

/// The binary under test, and the corpus that it traces.
enum Bench {
    /// `$RENACER`, or the one built beside the tests.
    static let renacer: String = {
        if let given = ProcessInfo.processInfo.environment["RENACER"], !given.isEmpty { return given }
        return URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("renacer").path
    }()

    /// A scratch folder of this test run, with the corpus built in it.
    static let folder: URL = {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("renacer-replay-\(getpid())")
        try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Corpus/corpus.c")
        _ = try? run(
            ["/usr/bin/env", "cc", "-O1", "-w", "-o", url.appendingPathComponent("corpus").path, source.path, "-pthread", "-lrt"])
        return url
    }()

    static var corpus: String { folder.appendingPathComponent("corpus").path }
    /// Before a command: a test's threads block signals, and what they start would, too.
    static let clean = [
        "/usr/bin/python3", "-S", "-c",
        "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, ()); os.execv(sys.argv[1], sys.argv[1:])",
    ]
    /// The corpus' programs.
    static let programs: [String] = ((try? run([corpus]))?.output ?? "").split(separator: "\n").map(String.init)

    /// Backends that work here.
    static let allBackends: [String] = ["ptrace", "bpf", "perf_event"].filter { backend in
        (try? run([renacer, "--backend", backend, "-o", "/dev/null", "/bin/true"]))?.status == 0
    }

    /// Those whose events come with memory.
    static let backends = allBackends.filter { $0 != "perf_event" }

    struct Outcome {
        var status: Int32
        var output: String
        var errors: String
        var lines: [Substring] { output.split(separator: "\n") }
    }

    /// A name in the scratch folder that no other test uses.
    static func scratch() -> String { folder.appendingPathComponent(UUID().uuidString).path }

    static func run(_ command: [String], input: String? = nil) throws -> Outcome {
        let p = Process()
        p.executableURL = URL(fileURLWithPath: command[0])
        p.arguments = Array(command.dropFirst())
        p.standardInput = input.flatMap { FileHandle(forReadingAtPath: $0) } ?? FileHandle.nullDevice
        let files = ["out", "err"].map { FileManager.default.temporaryDirectory.appendingPathComponent("renacer-\(UUID().uuidString).\($0)") }
        for f in files { FileManager.default.createFile(atPath: f.path, contents: nil) }
        defer { for f in files { try? FileManager.default.removeItem(at: f) } }
        p.standardOutput = try FileHandle(forWritingTo: files[0])
        p.standardError = try FileHandle(forWritingTo: files[1])
        p.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/"]
        try p.run()
        p.waitUntilExit()
        return Outcome(
            status: p.terminationReason == .exit ? p.terminationStatus : 128 + p.terminationStatus,
            output: String(decoding: try Data(contentsOf: files[0]), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self))
    }

    static func bytes(_ path: String) -> [UInt8] { FileManager.default.contents(atPath: path).map { Array($0) } ?? [] }
    static func text(_ path: String) -> String { String(decoding: bytes(path), as: UTF8.self) }
    static func write(_ bytes: [UInt8], to path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

    /// Replays a recording: what goes to standard error, which is the trace.
    static func replay(_ file: String, _ options: [String] = []) throws -> Outcome {
        try run([renacer, "replay", file] + options)
    }
}
