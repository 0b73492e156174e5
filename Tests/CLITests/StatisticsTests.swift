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

    @Test func whatHasNoTableIsRefused() throws {
        #expect(try Renacer.run(["--stats-extended", "true"]).errors.contains("--stats-extended must be given with"))
        #expect(try Renacer.run(["-c", "--group-by=file", "true"]).errors.contains("--group-by must be given with --stats-extended"))
        #expect(try Renacer.run(["-c", "--stats-extended", "--group-by=x", "true"]).errors.contains("invalid --group-by argument: 'x'"))
    }
}
