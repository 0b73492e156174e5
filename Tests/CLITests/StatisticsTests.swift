import Foundation
import Testing

/// `--stats-extended` and `--group-by`.
@Suite struct StatisticsTests {
    /// Rows of extended statistics by their group's heading: call, calls, errors.
    private func groups(_ text: String) throws -> [String: [String: (calls: Int, errors: Int)]] {
        let lines = text.split(separator: "\n").map(String.init)
        let header = try #require(lines.firstIndex { $0.contains("mean us") })
        var result: [String: [String: (calls: Int, errors: Int)]] = [:]
        var heading = ""
        for line in lines[(header + 1)...] {
            guard line.hasPrefix("  ") else {
                heading = line
                continue
            }
            let fields = line.split(separator: " ").map(String.init)
            let hasErrors = fields.count == 13
            result[heading, default: [:]][try #require(fields.last)] = (Int(fields[0]) ?? -1, hasErrors ? Int(fields[1]) ?? -1 : 0)
        }
        return result
    }

    @Test(arguments: ["ptrace", "bpf"]) func callsAreCountedAsInTheTable(_ backend: String) throws {
        let outcome = try Renacer.run([
            "--backend", backend, "-c", "--stats-extended", "-U", "calls,errors,name", "ls", "-l", "/usr",
        ])
        if outcome.errors.contains("needs CAP_BPF") { return }
        let rows = try #require(try groups(outcome.errors)[""])
        #expect(rows.count > 8)
        for line in outcome.lines.prefix(while: { !$0.contains("mean us") }).dropFirst(2) where !line.contains("----") {
            let fields = line.split(separator: " ").map(String.init)
            guard let name = fields.last, name != "total" else { continue }
            #expect(rows[name]?.calls == Int(fields[0]), "\(name)")
            #expect(rows[name]?.errors == (fields.count == 3 ? Int(fields[1]) : 0), "\(name)")
        }
    }

    @Test(arguments: ["ptrace", "bpf"]) func aFileGathersItsCallsWhateverNamesIt(_ backend: String) throws {
        let outcome = try Renacer.run([
            "--backend", backend, "-f", "-c", "--stats-extended", "--group-by=file", "sh", "-c", "cd /etc; head ./hostname; head /etc/hostname /none",
        ])
        if outcome.errors.contains("needs CAP_BPF") { return }
        let files = try groups(outcome.errors)
        let absolute = try #require(files["/etc/hostname"])
        #expect(absolute["openat"]?.calls == 1)
        #expect(absolute["close"]?.calls == 2)
        #expect((absolute["read"]?.calls ?? 0) >= 2)
        #expect(files["/etc/./hostname"]?["openat"]?.calls == 1)
        #expect(files["/none"]?["openat"]?.errors == 1)
    }

    @Test(arguments: ["ptrace", "bpf"]) func errorsThreadsAndProcessesAreGroups(_ backend: String) throws {
        let program = ["sh", "-c", "cat /none; :"]
        func run(_ grouping: String) throws -> [String: [String: (calls: Int, errors: Int)]]? {
            let outcome = try Renacer.run(["--backend", backend, "-f", "-c", "--stats-extended", "--group-by", grouping] + program)
            return outcome.errors.contains("needs CAP_BPF") ? nil : try groups(outcome.errors)
        }
        guard let errors = try run("errno"), let processes = try run("process"), let threads = try run("thread") else { return }
        #expect(errors["ENOENT"]?["openat"].map { $0.calls == $0.errors && $0.calls > 0 } == true)
        #expect(errors["no error"]?["openat"]?.errors == 0)
        #expect(processes.keys.filter { $0.hasPrefix("process ") }.count == 2)
        #expect(threads.keys.filter { $0.hasPrefix("thread ") }.count == 2)
        #expect(processes.keys.contains { $0.hasSuffix(" (sh)") })
    }

    /// What a terminal of that size is sent, from the program's start to its end.
    private func terminal(lines: Int, columns: Int, _ arguments: [String]) throws -> String {
        var master: Int32 = -1, slave: Int32 = -1, size = winsize(ws_row: UInt16(lines), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        try #require(openpty(&master, &slave, nil, nil, &size) == 0)
        let shown = FileHandle(fileDescriptor: master, closeOnDealloc: true), p = Process()
        p.executableURL = URL(fileURLWithPath: Renacer.path)
        p.arguments = arguments
        p.standardInput = FileHandle.nullDevice
        p.standardOutput = FileHandle.nullDevice
        p.standardError = FileHandle(fileDescriptor: slave, closeOnDealloc: true)
        try p.run()
        p.standardError = nil
        close(slave)
        var bytes: [UInt8] = [], part = [UInt8](repeating: 0, count: 4096)
        // Once nobody holds the other end there is an error.
        while true {
            let n = read(shown.fileDescriptor, &part, part.count)
            if n <= 0 { break }
            bytes += part[..<n]
        }
        p.waitUntilExit()
        return String(decoding: bytes, as: UTF8.self).replacingOccurrences(of: "\r\n", with: "\n")
    }

    @Test(arguments: [("ptrace", 80), ("bpf", 80), ("perf_event", 140), ("ptrace", 30)])
    func onATerminalTheTableStaysInItsPlace(_ backend: String, _ columns: Int) throws {
        let text = try terminal(lines: 24, columns: columns, [
            "--backend", backend, "-f", "-c", "--live", "--stats-extended", "--group-by=process", "--", "sh", "-c", "ls -l /usr/bin /etc >/dev/null; sleep 1.2",
        ])
        if text.contains("needs CAP_") { return }
        // Each table begins where the one before began: as many lines up as that had.
        let tables = text.components(separatedBy: "\u{1b}[")
        #expect(tables.count >= 3 && tables.count % 2 == 1, "\(text)")
        for i in stride(from: 1, to: tables.count, by: 2) {
            let before = i == 1 ? tables[0] : String(tables[i - 1].dropFirst())
            #expect(tables[i] == "\(before.split(separator: "\n", omittingEmptySubsequences: false).count - 1)A", "\(text)")
            #expect(tables[i + 1].hasPrefix("J"))
            let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count <= 24 && lines.allSatisfy { $0.count <= columns }, "\(before)")
            #expect(lines.contains { $0.hasPrefix("process ") } && lines.contains { $0.contains("p50") || columns < 40 })
            // Names are at the end of a line, where they are needed.
            if columns >= 80 { #expect(lines.contains { $0.contains("mean us") && $0.hasSuffix(" syscall") }) }
        }
        // The last is whole.
        #expect(tables.last?.contains("p99.9") == true)
    }

    @Test func whatHasNoTableIsRefused() throws {
        #expect(try Renacer.run(["--stats-extended", "true"]).errors.contains("--stats-extended must be given with"))
        #expect(try Renacer.run(["-c", "--group-by=file", "true"]).errors.contains("--group-by must be given with --stats-extended"))
        #expect(try Renacer.run(["-c", "--stats-extended", "--group-by=x", "true"]).errors.contains("invalid --group-by argument: 'x'"))
    }
}
