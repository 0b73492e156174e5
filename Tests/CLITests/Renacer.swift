import Foundation

/// The binary under test, by its own name and under one that ends in `strace`.
enum Renacer {
    /// `$RENACER`, or the one built beside the tests.
    static let path: String = {
        if let given = ProcessInfo.processInfo.environment["RENACER"], !given.isEmpty { return given }
        return URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("renacer").path
    }()

    /// A scratch folder of this test run.
    static let folder: URL = {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("renacer-cli-\(getpid())")
        try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try? FileManager.default.createSymbolicLink(
            atPath: url.appendingPathComponent("strace").path, withDestinationPath: path)
        return url
    }()

    static var asStrace: String { folder.appendingPathComponent("strace").path }

    /// A name in the scratch folder that no other test uses.
    static func scratch() -> String { folder.appendingPathComponent(UUID().uuidString).path }

    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    struct Outcome {
        var status: Int32
        /// The signal that ended it; 0 if it exited.
        var signal: Int32
        var output: String
        var errors: String
        var lines: [Substring] { errors.split(separator: "\n") }
    }

    static func run(_ arguments: [String], named: String = path, environment: [String: String] = [:]) throws -> Outcome {
        let p = Process()
        p.executableURL = URL(fileURLWithPath: named)
        p.arguments = arguments
        p.standardInput = FileHandle.nullDevice
        let files = [scratch(), scratch()]
        for f in files { FileManager.default.createFile(atPath: f, contents: nil) }
        defer { for f in files { try? FileManager.default.removeItem(atPath: f) } }
        p.standardOutput = FileHandle(forWritingAtPath: files[0])
        p.standardError = FileHandle(forWritingAtPath: files[1])
        p.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C"].merging(environment) { $1 }
        try p.run()
        p.waitUntilExit()
        return Outcome(
            status: p.terminationReason == .exit ? p.terminationStatus : 128 + p.terminationStatus,
            signal: p.terminationReason == .exit ? 0 : p.terminationStatus,
            output: text(files[0]), errors: text(files[1]))
    }

    /// Copies the binary. The copy was never open for writing here, or it could not be executed while a child
    /// that another test forks at that moment still has the descriptor (ETXTBSY).
    static func copy(to path: String) throws {
        guard try run([Renacer.path, path], named: "/bin/cp").status == 0 else { throw POSIXError(.EIO) }
    }

    static func text(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }
}
