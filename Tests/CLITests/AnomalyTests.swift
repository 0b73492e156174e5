import Foundation
import Testing

/// `--anomaly-detection`, `--baseline` and `--hpu-analysis` on real programs. What is judged how is the matter of
/// `AnalysisTests`: times of real calls are what they are.
@Suite struct AnomalyCommandTests {
    private static let backends = ["ptrace", "bpf", "perf_event", "replay"]
    /// Twenty sleeps, twenty polls that nobody ends, two hundred reads.
    private static let program = Result { () throws -> String in
        let built = try BuiltProgram(["main.c": """
            #include <fcntl.h>
            #include <poll.h>
            #include <time.h>
            #include <unistd.h>
            int main(void) {
                char c;
                int zero = open("/dev/zero", O_RDONLY);
                for (int i = 0; i < 200; i++) if (read(zero, &c, 1) != 1) return 1;
                for (int i = 0; i < 20; i++) {
                    struct timespec t = { 0, (i + 1) * 100000 };
                    clock_nanosleep(CLOCK_MONOTONIC, 0, &t, 0);
                    poll(0, 0, 1);
                }
                return 0;
            }
            """])
        try built.shell("cc -O1 -o program main.c")
        return built.path
    }

    /// Runs it with these options under a backend, or replays it; nil if the backend does not work here.
    private func run(_ backend: String, _ options: [String]) throws -> Renacer.Outcome? {
        let program = try Self.program.get()
        if backend == "replay" {
            let recording = Renacer.scratch()
            _ = try Renacer.run(["record", "--backend=ptrace", "-o", recording, "--", program])
            return try Renacer.run(["replay", recording] + options)
        }
        let outcome = try Renacer.run(["--backend", backend] + options + ["--", program])
        return outcome.errors.contains("needs CAP_") ? nil : outcome
    }

    private func number(_ name: String, _ outcome: Renacer.Outcome) -> Int? {
        outcome.lines.last { $0.hasPrefix("   \(name): ") }.flatMap { Int($0.split(separator: " ").last ?? "") }
    }

    @Test(arguments: backends) func aReportAccountsForEveryCall(_ backend: String) throws {
        guard let outcome = try run(backend, ["--anomaly-detection"]) else { return }
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.lines.last?.hasPrefix("   Rule: anomaly/report, severity information") == true, "\(outcome.errors)")
        // perf_event sees what poll was asked for, which is in a register; a sleep's time it does not.
        let isBlind = backend == "perf_event"
        #expect(number("of them with a time that was asked for", outcome) == (isBlind ? 20 : 40), "\(outcome.errors)")
        #expect(number("waits without end, not judged", outcome) == (isBlind ? 20 : 0))
        // The first ten of a kind are what the others are compared with.
        let judged = try #require(number("calls judged", outcome))
        #expect(judged >= 190 + (isBlind ? 10 : 20) && judged < 240)
        #expect(try #require(number("anomalies", outcome))
            == (number("high", outcome) ?? 0) + (number("medium", outcome) ?? 0) + (number("low", outcome) ?? 0))
        // In place of the trace.
        #expect(!outcome.errors.contains("openat("))
    }

    @Test func onlyChosenCallsAreJudgedAndTheTraceIsThereIfAskedFor() throws {
        let outcome = try #require(try run("ptrace", ["--anomaly-detection", "-e", "trace=poll"]))
        #expect(outcome.lines.filter { $0.hasPrefix("poll(") }.count == 20)
        #expect(number("calls judged", outcome) == 10 && number("calls too few of their kind", outcome) == 10)
        let table = try #require(try run("ptrace", ["--anomaly-detection", "-c"]))
        #expect(table.errors.contains("% time") && table.errors.contains("Rule: anomaly/report"))
    }

    @Test func everySinkHasTheFindings() throws {
        let files = Dictionary(uniqueKeysWithValues: ["json", "jsonl", "csv", "html", "findings"].map { ($0, Renacer.scratch()) })
        let sinks = files.flatMap { ["--sink", "\($0.key):\($0.value)"] }
        let outcome = try #require(try run("ptrace", ["--anomaly-detection", "--anomaly-threshold=0.001", "--hpu-analysis=seed=4"] + sinks))
        #expect(outcome.status == 0, "\(outcome.errors)")
        func text(_ kind: String) -> String { Renacer.text(files[kind] ?? "") }
        let document = try #require(try JSONSerialization.jsonObject(with: Data(text("json").utf8)) as? [String: Any])
        let findings = try #require(document["findings"] as? [[String: Any]])
        #expect(findings.count > 1 && findings.last?["rule"] as? String == "report")
        #expect(findings.dropLast().allSatisfy { $0["rule"] as? String == "slow-call" && ["low", "medium", "high"].contains($0["severity"] as? String) })
        #expect(text("csv").components(separatedBy: "finding,anomaly.").count == findings.count + 1)
        #expect(text("jsonl").components(separatedBy: "\"type\":\"finding\"").count == findings.count + 1)
        #expect(text("html").contains("\"rule\":\"report\""))
        #expect(text("findings").components(separatedBy: "Rule: anomaly/").count == findings.count + 1)

        // And those that show analyses have the matrix.
        let analysis = try #require(document["analysis"] as? [String: Any])
        let variables = try #require(analysis["variables"] as? [[String: String]]), matrix = try #require(analysis["correlation"] as? [[Any]])
        #expect(variables.count == matrix.count && matrix.allSatisfy { $0.count == matrix.count })
        let calls = try #require(analysis["calls"] as? [[String: Any]])
        let counts = try #require((document["summary"] as? [String: Any])?["syscall_counts"] as? [String: Int])
        for call in calls {
            let name = try #require(call["name"] as? String), values = try #require(call["values"] as? [Double])
            #expect(Int(values[0]) == counts[name], "\(name)")
        }
        #expect(calls.contains { $0["name"] as? String == "read" } && analysis["seed"] as? Int == 4)
        #expect(text("jsonl").components(separatedBy: "{\"type\":\"analysis\",").count == 2)
        #expect(text("html").contains("\"analysis\":{\"from_ns\""))
        #expect(text("findings").contains("Clusters of calls: "))
        if Python.isInstalled {
            #expect(Int(try Python.run("check_json.py", [Python.schema, "document", files["json"] ?? ""])) != nil)
            #expect(Int(try Python.run("check_json.py", [Python.schema, "lines", files["jsonl"] ?? ""])) != nil)
        }
    }

    @Test(arguments: backends) func callsAreClusteredTheSameWayInEveryReplay(_ backend: String) throws {
        guard let outcome = try run(backend, ["--hpu-analysis"]) else { return }
        #expect(outcome.status == 0 && outcome.errors.contains("Correlation of calls over "), "\(outcome.errors)")
        #expect(outcome.errors.contains(" (k-means, seed 1"))
        guard backend == "replay" else { return }
        let recording = Renacer.scratch()
        _ = try Renacer.run(["record", "-o", recording, "--", try Self.program.get()])
        #expect(try Renacer.run(["replay", recording, "--hpu-analysis"]).errors == Renacer.run(["replay", recording, "--hpu-analysis"]).errors)
    }

    // MARK: --baseline

    @Test func aBaselineIsKeptFromRunToRun() throws {
        let file = Renacer.scratch()
        let options = ["--anomaly-detection", "--baseline", file]
        let first = try #require(try run("ptrace", options)), begun = Renacer.text(file)
        #expect(first.status == 0 && begun.hasPrefix("renacer-baseline 1\nbackend ptrace\n"), "\(first.errors)")
        #expect(begun.contains("\nexcess poll 64 "))
        let second = try #require(try run("ptrace", options))
        // What was too early to be judged is judged now: all twenty sleeps and polls.
        #expect(try #require(number("calls judged", second)) >= 240, "\(second.errors)")
        #expect(Renacer.text(file) != begun)
        #expect(try FileManager.default.contentsOfDirectory(atPath: Renacer.folder.path).filter { $0.hasSuffix(".tmp") } == [])
        // A program that does not start teaches nothing.
        let kept = Renacer.text(file)
        _ = try Renacer.run(["--backend=ptrace"] + options + ["--", "/nonexistent"])
        #expect(Renacer.text(file) == kept)
    }

    @Test func aBadBaselineIsRefusedBeforeTheProgramStarts() throws {
        func refusal(_ text: String, _ options: [String] = []) throws -> Renacer.Outcome {
            let file = Renacer.scratch()
            try text.write(toFile: file, atomically: false, encoding: .utf8)
            let outcome = try Renacer.run(options + ["--anomaly-detection", "--baseline", file, "--", "echo", "started"])
            #expect(outcome.status == 1 && outcome.output.isEmpty && outcome.lines.count == 1, "\(outcome)")
            #expect(outcome.errors.contains("--baseline \(file): "))
            #expect(Renacer.text(file) == text)
            return outcome
        }
        #expect(try refusal("once upon a time\n").errors.contains("line 1: it is no baseline of renacer; name another file, or remove it"))
        #expect(try refusal("renacer-baseline 9\n").errors.contains("line 1: its version is 9, this renacer reads 1"))
        #expect(try refusal("renacer-baseline 1\nbackend ptrace\ncall read 64 5\n").errors.contains("line 4: its end is missing"))
        #expect(try refusal("renacer-baseline 1\nbackend bpf\nend 0\n", ["--backend=ptrace"]).errors.contains(
            "its times were measured with bpf, these are with ptrace and not comparable"))
        let folder = try Renacer.run(["--anomaly-detection", "--baseline=/nonexistent/file", "--", "echo", "started"])
        #expect(folder.status == 1 && folder.output.isEmpty && folder.errors.contains("/nonexistent: No such file or directory"), "\(folder)")
        #expect(try Renacer.run(["--anomaly-detection", "--baseline=/dev/null", "--", "echo", "x"]).errors.contains("it is no regular file"))
    }
}
