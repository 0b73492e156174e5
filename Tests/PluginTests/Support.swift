import Foundation

/// The binary under test, with the plugins of this repository.
enum Renacer {
    /// `$RENACER`, or the one built beside the tests.
    static let path: String = {
        if let given = ProcessInfo.processInfo.environment["RENACER"], !given.isEmpty { return given }
        return URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("renacer").path
    }()

    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// A folder of this test run that only root, or who runs the tests, can write.
    static let folder: URL = {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("renacer-plugins-\(getpid())")
        try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        return url
    }()

    static func scratch() -> String { folder.appendingPathComponent(UUID().uuidString).path }

    /// The detectors of `Plugins`, built as `make` builds them.
    static let detectors: String = {
        let path = folder.appendingPathComponent("plugins").path
        _ = try? run(repository.appendingPathComponent("Tools/build-plugins.sh").path, [path], through: "/bin/sh")
        return path
    }()

    /// A program of `Workloads`, compiled.
    static func workload(_ name: String) throws -> String {
        let path = folder.appendingPathComponent(name).path
        lock.lock()
        defer { lock.unlock() }
        if !FileManager.default.isExecutableFile(atPath: path) {
            let source = repository.appendingPathComponent("Tests/PluginTests/Workloads/\(name).c").path
            let made = try run("/usr/bin/cc", ["-O1", "-w", "-pthread", "-o", path, source])
            guard made.status == 0 else { throw Failure("cc \(name): \(made.errors)") }
        }
        return path
    }

    /// A library of `Workloads`, compiled, with that file's name.
    static func library(_ name: String, as file: String, _ flags: [String] = []) throws -> String {
        let path = folder.appendingPathComponent(file).path
        lock.lock()
        defer { lock.unlock() }
        if !FileManager.default.fileExists(atPath: path) {
            let source = repository.appendingPathComponent("Tests/PluginTests/Workloads/\(name).c").path
            let made = try run("/usr/bin/cc", ["-O1", "-w", "-shared", "-fPIC"] + flags + ["-o", path, source])
            guard made.status == 0 else { throw Failure("cc \(name): \(made.errors)") }
        }
        return path
    }

    /// Whether functions can be probed here: root, and uprobes of many places at once, from Linux 6.6 on.
    static let canProbe: Bool = {
        var about = utsname()
        guard geteuid() == 0, uname(&about) == 0 else { return false }
        let release = withUnsafeBytes(of: &about.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let parts = release.split(separator: ".").compactMap { Int($0) }
        return parts.count >= 2 && (parts[0], parts[1]) >= (6, 6) && FileManager.default.fileExists(atPath: "/sys/bus/event_source/devices/uprobe")
    }()

    private static let lock = NSLock()

    /// A plugin of C or C++ text, or of a file in `Broken`, compiled against the public header.
    static func plugin(_ source: String, file: Bool = false, language: String = "c") throws -> String {
        let path = scratch() + ".so"
        var text = path + "." + language
        if file { text = repository.appendingPathComponent("Tests/PluginTests/Broken/\(source)").path } else {
            try Data(source.utf8).write(to: URL(fileURLWithPath: text))
        }
        let header = repository.appendingPathComponent("Sources/PluginKit/C/include").path
        let made = try run(language == "c" ? "/usr/bin/cc" : "/usr/bin/g++", ["-w", "-shared", "-fPIC", "-I", header, "-o", path, text])
        guard made.status == 0 else { throw Failure("cc: \(made.errors)") }
        return path
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    struct Outcome {
        var status: Int32
        var output: String
        var errors: String
        /// `detector/rule` of every finding, with `?` behind what is inconclusive, and how severe it is.
        var findings: [(rule: String, severity: String)] {
            var isInconclusive = false
            return errors.split(separator: "\n").compactMap { line in
                if line.hasSuffix(")"), line.contains("(confidence: ") { isInconclusive = line.hasSuffix("inconclusive)") }
                guard line.hasPrefix("   Rule: "), let rule = line.dropFirst(9).split(separator: ",").first,
                    let severity = line.split(separator: ",").dropFirst().first?.split(separator: " ").last
                else { return nil }
                return (rule + (isInconclusive ? "?" : ""), String(severity))
            }
        }
    }

    static func run(
        _ file: String, _ arguments: [String], through shell: String? = nil, environment: [String: String] = [:], folder: String? = nil
    ) throws -> Outcome {
        let p = Process()
        p.executableURL = URL(fileURLWithPath: shell ?? file)
        p.arguments = (shell == nil ? [] : [file]) + arguments
        p.standardInput = FileHandle.nullDevice
        if let folder { p.currentDirectoryURL = URL(fileURLWithPath: folder) }
        let files = [scratch(), scratch()]
        for f in files { FileManager.default.createFile(atPath: f, contents: nil) }
        defer { for f in files { try? FileManager.default.removeItem(atPath: f) } }
        p.standardOutput = FileHandle(forWritingAtPath: files[0])
        p.standardError = FileHandle(forWritingAtPath: files[1])
        p.environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "LC_ALL": "C", "HOME": NSHomeDirectory(),
        ].merging(environment) { $1 }
        try p.run()
        p.waitUntilExit()
        func text(_ f: String) -> String { String(decoding: FileManager.default.contents(atPath: f) ?? Data(), as: UTF8.self) }
        return Outcome(
            status: p.terminationReason == .exit ? p.terminationStatus : 128 + p.terminationStatus, output: text(files[0]), errors: text(files[1]))
    }

    /// Runs a detector of this repository on a command.
    static func detect(_ detector: String, backend: String, _ command: [String]) throws -> Outcome {
        try run(
            ["-qq", "--backend", backend, "-f", "--detector", detector, "--"] + command,
            environment: ["RENACER_PLUGIN_PATH": detectors])
    }

    static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
        try run(path, arguments, environment: environment)
    }

    /// Backends that can trace here: BPF programs are root's to load.
    static let backends = geteuid() == 0 ? ["ptrace", "bpf"] : ["ptrace"]

    /// How often every workload is judged: `RENACER_RUNS`, or once.
    static let runs = ProcessInfo.processInfo.environment["RENACER_RUNS"].flatMap { Int($0) } ?? 1

    /// Adds a line to the file of verdicts that `RENACER_VERDICTS` names, if it names one.
    static func note(_ verdict: String) {
        guard let path = ProcessInfo.processInfo.environment["RENACER_VERDICTS"], let file = fopen(path, "ae") else { return }
        fputs(verdict + "\n", file)
        fclose(file)
    }
}
