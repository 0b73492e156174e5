import Foundation
import Testing

/// What no sink is shown is not captured.
@Suite struct PushdownTests {
    private func file(_ text: String) throws -> String {
        let path = Renacer.scratch()
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        return path
    }

    private func document(_ path: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(Renacer.text(path).utf8)) as? [String: Any])
    }

    private func sink(_ trace: String?) -> String {
        "[[sink]]\nkind = 'jsonl'\nto = '\(Renacer.scratch())'\n" + (trace.map { "filter = { trace = '\($0)' }\n" } ?? "")
    }

    private static let narrow = "[[processor]]\ntype = 'filter'\ntrace = 'execve'\n"

    /// With -f and few calls ptrace has a seccomp filter let all others run.
    @Test func othersRunWithoutAStopIfEveryBranchDropsThem() throws {
        let sample = "[[processor]]\ntype = 'sample'\nevery = 2\n"
        let rename = "[[processor]]\ntype = 'rename'\ncalls = { read = 'lire' }\n"
        for (text, mode) in [
            (Self.narrow + sink(nil), "2"), (rename + Self.narrow + sink(nil), "2"), (Self.narrow + sample + sink(nil), "2"),
            (sink("execve") + sink("openat"), "2"),
            // Somebody is shown all.
            (sink("execve") + sink(nil), "0"),
            // What a sample is taken of.
            (sample + Self.narrow + sink("execve"), "0"),
        ] {
            let run = try Renacer.run(["--config", file(text), "--backend", "ptrace", "-f", "--", "grep", "Seccomp:", "/proc/self/status"])
            #expect(run.output == "Seccomp:\t\(mode)\n", "\(text)\(run.errors)")
        }
    }

    @Test func eachBranchIsShownWhatItsFilterSays() throws {
        let both = [Renacer.scratch(), Renacer.scratch()]
        let text = zip(both, ["execve", "openat"]).map { "[[sink]]\nkind = 'json'\nto = '\($0)'\nfilter = { trace = '\($1)' }\n" }.joined()
        for backend in ["ptrace", "bpf"] where FlagTests.working.contains(backend) {
            let run = try Renacer.run(["--config", file(text), "--backend", backend, "-f", "--", "sh", "-c", "cat /etc/hostname; :"])
            for (path, name) in zip(both, ["execve", "openat"]) {
                let calls = try #require(try document(path)["syscalls"] as? [[String: Any]])
                #expect(calls.count >= 2 && calls.allSatisfy { $0["name"] as? String == name }, "\(run.errors)")
                #expect(calls.contains { ($0["args"] as? [Any])?.contains { $0 as? String == (name == "execve" ? "/usr/bin/cat" : "/etc/hostname") } == true })
            }
        }
    }

    @Test(.enabled(if: FlagTests.working.contains("bpf"))) func aTableOfWhatAFilterLeavesIsCountedInTheKernel() throws {
        let path = Renacer.scratch()
        let run = try Renacer.run(["--config", file(Self.narrow), "--backend", "bpf", "-c", "--format", "json", "-o", path, "--", "ls"])
        let summary = try #require(try document(path)["summary"] as? [String: Any])
        #expect((summary["syscall_counts"] as? [String: Int]) == ["execve": 1], "\(run.errors)")
        #expect((summary["events"] as? [String: Any])?["counted"] as? Int == 1)
    }

    @Test func detectorsLookAtWhatWasTraced() throws {
        let path = Renacer.scratch()
        let run = try Renacer.run(["--config", file(Self.narrow), "--hpu-analysis", "--format", "json", "-o", path, "--", "ls", "-l", "/usr/bin"])
        let json = try document(path)
        #expect((json["syscalls"] as? [Any])?.count == 1, "\(run.errors)")
        #expect("\(json["analysis"] ?? "")".contains("openat"))
    }

    @Test func aFilterIsForSignalsToo() throws {
        let all = Renacer.scratch(), none = Renacer.scratch()
        let fault = ["perl", "-e", "unpack 'p', pack 'L!', 1"]
        let pipeline = try file("[[processor]]\ntype = 'filter'\nsignals = 'none'\n[[sink]]\nkind = 'jsonl'\nto = '\(none)'\n")
        _ = try Renacer.run(["--sink", "jsonl:\(all)", "--"] + fault)
        _ = try Renacer.run(["--config", pipeline, "--"] + fault)
        #expect(Renacer.text(all).contains("\"type\":\"signal\""))
        #expect(!Renacer.text(none).contains("\"type\":\"signal\"") && Renacer.text(none).contains("\"event\":\"killed\""))
    }

    /// Of folded calls only counts are left: they are in every summary.
    @Test func foldedCallsAreCountedInSummaries() throws {
        let json = Renacer.scratch(), table = Renacer.scratch()
        let text = "[[processor]]\ntype = 'aggregate'\nshorter-than = '1000s'\ntrace = 'write'\n[[sink]]\nkind = 'json'\nto = '\(json)'\n"
            + "[[sink]]\nkind = 'summary'\nto = '\(table)'\nfilter = { trace = 'write' }\n"
        let run = try Renacer.run(["--config", file(text), "--"] + ProcessorTests.writes)
        let document = try document(json)
        let shown = document["syscalls"] as? [[String: Any]] ?? []
        let counts = try #require((document["summary"] as? [String: Any])?["syscall_counts"] as? [String: Int])
        #expect(!shown.isEmpty && !shown.contains { $0["name"] as? String == "write" }, "\(run.errors)")
        #expect(counts["write"] == 100)
        #expect(counts["read"] == shown.count { $0["name"] as? String == "read" })
        #expect(Renacer.text(table).range(of: #"100 +write\n"#, options: .regularExpression) != nil && !Renacer.text(table).contains("read"))
    }
}
