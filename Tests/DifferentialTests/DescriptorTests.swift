import Foundation
import Testing

/// What descriptors refer to, paths that calls touch and commands of tasks: the backend that captures
/// them in the kernel tells what the one that stops its tracees reads in `/proc`.
@Suite(.timeLimit(.minutes(20)), .enabled(if: Tracers.refusalOfBPF == nil, "\(Tracers.refusalOfBPF ?? "")"))
struct DescriptorTests {
    private static let program: String = {
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Corpus/descriptors.c")
        let path = Tracers.folder.appendingPathComponent("descriptors").path
        _ = try? Tracers.run(["/usr/bin/env", "cc", "-O1", "-w", "-o", path, source.path])
        return path
    }()

    /// A directory of its own for each trace, always of the same name.
    private func inFolder<T>(_ name: String, _ body: (String) throws -> T) throws -> T {
        let folder = Tracers.folder.appendingPathComponent("descriptors-in-\(name)")
        try? FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder.path)
    }

    private func compare(_ options: [String], _ command: [String]) throws {
        func side(_ backend: String) throws -> Comparison.Side {
            Comparison.Side(backend, try Tracers.trace(Tracers.asStrace, ["--backend", backend, "-e", "signal=none"] + options, command))
        }
        try Comparison.expectEqual { try (side("ptrace"), side("bpf")) }
    }

    @Test(arguments: ["files", "objects", "sockets"], ["-y", "-yy"])
    func descriptorsAreDescribedTheSame(_ what: String, _ option: String) throws {
        try inFolder(what + option) { try compare([option], [Self.program, what, $0]) }
    }

    @Test(arguments: [
        "open-read-write", "directories", "links-and-names", "descriptors", "special-files", "moving-data", "watching",
        "socket-pair", "tcp", "udp", "unix-messages", "many-messages", "waiting-for-many", "devices", "timers", "memory",
    ])
    func corpusProgramsAreDescribedTheSame(_ program: String) throws {
        try compare(["-yy", "-e", "trace=!execve"], [Tracers.corpus, program])
    }

    /// By the time a line is written the descriptor has long been closed, and its number is that of another file.
    @Test(arguments: ["-y", "-yy"])
    func everyReadNamesTheFileThatWasReadAlthoughTheNumberIsReused(_ option: String) throws {
        try inFolder("reuse" + option) { folder in
            let file = Tracers.folder.appendingPathComponent(UUID().uuidString)
            defer { try? FileManager.default.removeItem(at: file) }
            _ = try Tracers.run(
                [Tracers.asStrace, "--backend", "bpf", option, "-e", "trace=read,close", "-o", file.path, Self.program, "reuse", folder])
            let lines = try String(decoding: Data(contentsOf: file), as: UTF8.self).split(separator: "\n")
                .drop { !$0.contains(folder) }.dropFirst(2).dropLast()
            #expect(lines.count == 8000)
            for (i, line) in lines.enumerated() {
                let name = i / 2 & 1 == 0 ? "A" : "B"
                let expected = i & 1 == 0 ? "read(3<\(folder)/\(name)>, \"\(name)\", 1)" : "close(3<\(folder)/\(name)>)"
                #expect(line.hasPrefix(expected), "line \(i): \(line)")
            }
        }
    }

    @Test func pathsSelectTheSameCalls() throws {
        let command = ["/bin/sh", "-c", "(cat /etc/hostname; cd /etc; cat hostname; cat < hostname; exec 5< /etc/passwd; cat /dev/null <&5) > /dev/null"]
        try compare(["-P", "/etc/hostname"], command)
        try compare(["-y", "-P", "/etc/hostname", "-P", "/etc/passwd"], command)
    }

    @Test func commandsAreThoseOfTheMoment() throws {
        try inFolder("commands") { try compare(["-Y", "-f"], [Self.program, "commands", $0]) }
        // Before a task's id, as they change.
        #expect(try prefixes("bpf") == prefixes("ptrace"))
    }

    /// The commands before the lines of each task, in the order in which tasks came.
    private func prefixes(_ backend: String) throws -> [[String]] {
        let file = Tracers.folder.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        _ = try inFolder("commands") {
            try Tracers.run([Tracers.asStrace, "--backend", backend, "-f", "-Y", "-o", file.path, Self.program, "commands", $0])
        }
        var order: [Substring] = []
        var commands: [Substring: [String]] = [:]
        for line in try String(decoding: Data(contentsOf: file), as: UTF8.self).split(separator: "\n") {
            let tid = line.prefix { $0.isNumber }
            guard let close = line.range(of: "> ") else { continue }
            let command = String(line[tid.endIndex..<close.lowerBound])
            if commands[tid] == nil { order.append(tid) }
            if commands[tid]?.last != command { commands[tid, default: []].append(command) }
        }
        return order.map { commands[$0] ?? [] }
    }
}
