import Foundation
import Testing

/// Budgets of the golden-trace document, on programs like its own.
@Suite struct AssertionTests {
    /// A compute program with few calls: it starts, allocates, works and says something.
    private static let compute = """
        #include <fcntl.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/mman.h>
        #include <sys/wait.h>
        #include <unistd.h>
        int main(int argc, char **argv) {
            size_t size = 3 << 20;
            char *m = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); /* memory */
            if (m == MAP_FAILED) return 9;
            memset(m, 1, size);
            for (int i = 0; i < 25; i++) write(1, "Backend: AVX2\\n", 14); /* output */
            int fd = open("/etc/hostname", O_RDONLY); /* secret */
            close(fd);
            if (argc > 1 && fork() == 0) { usleep(50000); _exit(0); }
            if (argc > 1) wait(0);
            return 0;
        }
        """

    /// The document's file, word for word.
    static let documents = """
        [[assertion]]
        name = "example_startup_latency"
        type = "critical_path"
        max_duration_ms = 100
        fail_on_violation = true
        enabled = true

        [[assertion]]
        name = "max_syscall_budget"
        type = "span_count"
        max_spans = 500
        fail_on_violation = true
        enabled = true

        [[assertion]]
        name = "memory_allocation_budget"
        type = "memory_usage"
        max_bytes = 104857600 # 100MB
        tracking_mode = "allocations"
        fail_on_violation = true
        enabled = true

        [[assertion]]
        name = "detect_pcie_bottleneck"
        type = "anti_pattern"
        pattern = "PCIeBottleneck"
        threshold = 0.7
        fail_on_violation = false # Warning only
        enabled = true
        """

    /// The detectors of this repository, as `make` builds them.
    private static let plugins: [String: String] = {
        let path = Renacer.folder.appendingPathComponent("detectors").path
        _ = try? Renacer.run([Renacer.repository.appendingPathComponent("Tools/build-plugins.sh").path, path], named: "/bin/sh")
        return ["RENACER_PLUGIN_PATH": path]
    }()

    private struct Scene {
        let program: BuiltProgram
        init() throws {
            program = try BuiltProgram(["main.c": AssertionTests.compute])
            try program.shell("cc -g -O1 -o program main.c")
        }

        /// A file of assertions.
        func file(_ text: String) throws -> String {
            let path = program.folder.appendingPathComponent("renacer.toml").path
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            return path
        }

        func run(_ text: String, _ options: [String] = [], arguments: [String] = []) throws -> Renacer.Outcome {
            try Renacer.run(["--assert", try file(text)] + options + ["--", program.path] + arguments, environment: AssertionTests.plugins)
        }
    }

    private static func assertion(_ name: String, _ type: String, _ rest: String) -> String {
        "[[assertion]]\nname = \"\(name)\"\ntype = \"\(type)\"\n\(rest)\n"
    }

    private static let backends = ["ptrace", "bpf"].filter { FlagTests.working.contains($0) }

    @Test(arguments: backends) func theFileOfTheDocumentHolds(_ backend: String) throws {
        // Not the time, which is that of a loaded machine.
        let text = Self.documents.replacingOccurrences(of: "max_duration_ms = 100", with: "max_duration_ms = 100000")
        let outcome = try Scene().run(text, ["--backend", backend])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("✅ Assertion 'max_syscall_budget' passed: "))
        #expect(outcome.errors.contains("✅ Assertion 'detect_pcie_bottleneck' passed: nothing found\n"))
        #expect(outcome.errors.hasSuffix("4 assertions: 4 passed\n"), "\(outcome.errors)")
        #expect(outcome.output.components(separatedBy: "Backend: AVX2\n").count == 26)
    }

    @Test(arguments: backends) func aBudgetThatIsExceededSaysByHowMuchAndWhy(_ backend: String) throws {
        let outcome = try Scene().run(Self.assertion("budget", "span_count", "max_spans = 20"), ["--backend", backend])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("❌ Assertion 'budget' FAILED\n   Actual: "))
        #expect(outcome.errors.contains("\n   Budget: 20 calls\n   Regression: +"))
        #expect(outcome.errors.contains("\n   write: 25 calls\n"))
        // As many as a trace shows.
        let actual = try #require(outcome.errors.firstMatch(of: /Actual: (\d+) calls/).flatMap { Int($0.1) })
        let scene = try Scene()
        let shown = try Renacer.run(["--backend", backend, "--format", "json", "-o", "/dev/stdout", "--", scene.program.path])
        let calls = shown.output.components(separatedBy: "{\"name\":").count - 1
        #expect(calls == 0 || calls == actual)
    }

    @Test func aWarningIsNoFailure() throws {
        let outcome = try Scene().run(Self.assertion("budget", "span_count", "max_spans = 20\nfail_on_violation = false"))
        #expect(outcome.status == 0)
        #expect(outcome.errors.contains("⚠️ Assertion 'budget' VIOLATED (a warning only)\n"))
    }

    @Test func whatIsNotEnabledIsNotAsked() throws {
        let outcome = try Scene().run(Self.assertion("budget", "span_count", "max_spans = 20\nenabled = false"))
        #expect(outcome.status == 0)
        #expect(outcome.errors == "1 assertion: 1 not enabled\n")
    }

    @Test func memoryIsWhatTheProgramAskedForOrHad() throws {
        let tight = "max_bytes = 3000000\ntracking_mode = "
        let asked = try Scene().run(Self.assertion("asked", "memory_usage", tight + "\"allocations\""))
        #expect(asked.status == 1)
        #expect(asked.errors.contains("mmap(): 3145728 bytes\n"), "\(asked.errors)")
        let had = try Scene().run(Self.assertion("had", "memory_usage", tight + "\"rss\""), ["--backend", "ptrace"])
        #expect(had.status == 1)
        // 3 MiB that were written to, and a C program's own.
        let bytes = try #require(had.errors.firstMatch(of: /Actual: (\d+) bytes/).flatMap { Int($0.1) })
        #expect(bytes > 3 << 20 && bytes < 16 << 20)
        let refused = try Scene().run(Self.assertion("had", "memory_usage", tight + "\"rss\""), ["--backend", "perf_event"])
        #expect(refused.status == 1)
        #expect(refused.output.isEmpty)
    }

    @Test func criticalPathsLeadThroughChildren() throws {
        // The child sleeps for 50 ms, of which without -f nobody knows, but its parent waits for it.
        let outcome = try Scene().run(Self.assertion("path", "critical_path", "max_duration_ms = 40"), ["-f"], arguments: ["child"])
        #expect(outcome.status == 1)
        let actual = try #require(outcome.errors.firstMatch(of: /Actual: ([0-9.]+) ms/).flatMap { Double($0.1) })
        #expect(actual >= 50)
        #expect(outcome.errors.contains("wait4() took 5") || outcome.errors.contains("clock_nanosleep() took 5"))
    }

    @Test(arguments: backends) func callsAreCountedTimedAndForbidden(_ backend: String) throws {
        let scene = try Scene()
        let text = Self.assertion("writes", "syscall_count", "syscall = \"write\"\nmax_calls = 25\nmin_calls = 25")
            + Self.assertion("few", "syscall_count", "syscall = [\"write\", \"%file\"]\nmin_calls = 1000")
            + Self.assertion("slow", "latency", "syscall = \"write\"\npercentile = 50\nmax_duration_us = 0")
            + Self.assertion("quick", "latency", "syscall = \"write\"\nmax_duration_ms = 1e6")
            + Self.assertion("secrets", "forbidden", "path = \"/etc/host*\"")
            + Self.assertion("network", "forbidden", "syscall = \"%net\"")
        let outcome = try scene.run(text, ["-s", "--backend", backend])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("✅ Assertion 'writes' passed: 25 of 25 calls (write)\n"), "\(outcome.errors)")
        #expect(outcome.errors.contains("❌ Assertion 'few' FAILED\n"))
        #expect(outcome.errors.contains("   Least: 1000 calls\n"))
        #expect(outcome.errors.contains("❌ Assertion 'slow' FAILED\n"))
        #expect(outcome.errors.contains("   P50 of write, 25 calls\n"))
        let output = try scene.program.line("/* output */")
        #expect(outcome.errors.contains("write(1") && outcome.errors.contains("[main.c:\(output)] took "))
        #expect(outcome.errors.contains("✅ Assertion 'quick' passed"))
        let secret = try scene.program.line("/* secret */")
        #expect(outcome.errors.contains("❌ Assertion 'secrets' FAILED\n   Actual: 1 calls\n   Budget: 0 calls\n   /etc/host*\n   openat(\"/etc/hostname\") [main.c:\(secret)]\n"))
        #expect(outcome.errors.contains("✅ Assertion 'network' passed: none (%net)\n"))
        #expect(outcome.errors.hasSuffix("6 assertions: 3 passed, 3 failed\n"))
    }

    @Test func reportsAreWrittenAsJSONAndJUnit() throws {
        let scene = try Scene()
        let text = Self.assertion("a <b> & \\\"c\\\"", "span_count", "max_spans = 20") + Self.assertion("fine", "span_count", "max_spans = 9999")
            + Self.assertion("off", "span_count", "max_spans = 1\nenabled = false")
        let json = Renacer.scratch(), xml = Renacer.scratch()
        let outcome = try scene.run(text, ["--assert-report", "json:\(json)", "--assert-report=junit:\(xml)"])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("3 assertions: 1 passed, 1 failed, 1 not enabled"))
        struct Report: Decodable {
            struct Result: Decodable {
                var name, type, status: String
                var actual, budget, difference_percent: Double?
                var evidence: [String]?
                var line: Int
            }
            var format: String
            var passed: Bool
            var assertions: [Result]
        }
        let report = try JSONDecoder().decode(Report.self, from: Data(Renacer.text(json).utf8))
        #expect(report.format == "renacer-assertions-v1" && !report.passed)
        #expect(report.assertions.map(\.status) == ["failed", "passed", "skipped"])
        #expect(report.assertions.map(\.name) == ["a <b> & \"c\"", "fine", "off"])
        #expect(report.assertions.map(\.line) == [1, 5, 9])
        let first = report.assertions[0]
        let percent = try #require(first.difference_percent)
        #expect(abs(percent - ((first.actual ?? 0) - 20) / 20 * 100) < 0.01)
        let checked = try Renacer.run(
            ["-c", """
                import sys, xml.etree.ElementTree as e
                s = e.parse(sys.argv[1]).getroot().find('testsuite')
                print(s.get('tests'), s.get('failures'), s.get('skipped'), [c.get('name') for c in s], s[0].find('failure') is not None, s[2].find('skipped') is not None)
                """, xml], named: "/usr/bin/python3")
        #expect(checked.output == "3 1 1 ['a <b> & \"c\"', 'fine', 'off'] True True\n", "\(checked.errors)")
    }

    @Test func failuresReachEverySinkAndTheTraceStaysWhatWasAskedFor() throws {
        let scene = try Scene()
        let file = Renacer.scratch()
        let outcome = try scene.run(Self.assertion("budget", "span_count", "max_spans = 20"), ["--sink", "jsonl:\(file)", "-e", "trace=openat"])
        #expect(outcome.status == 1)
        let lines = Renacer.text(file).split(separator: "\n")
        #expect(lines.contains { $0.contains("\"assert\"") && $0.contains("Assertion 'budget' FAILED") })
        #expect(!lines.contains { $0.contains("\"name\":\"write\"") })
        // What is not shown counts all the same.
        #expect(outcome.errors.contains("\n   write: 25 calls\n"))
    }

    @Test func aRecordingIsJudgedAsItsRunWas() throws {
        let scene = try Scene()
        let recording = Renacer.scratch()
        try #require(try Renacer.run(["record", "-f", "-o", recording, "--", scene.program.path]).status == 0)
        let file = try scene.file(Self.assertion("writes", "syscall_count", "syscall = \"write\"\nmax_calls = 24") + Self.assertion("secrets", "forbidden", "path = \"/etc/hostname\""))
        let outcome = try Renacer.run(["replay", recording, "--assert", file])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("❌ Assertion 'writes' FAILED\n   Actual: 25 calls\n   Budget: 24 calls\n   Regression: +4%\n"), "\(outcome.errors)")
        #expect(outcome.errors.contains("❌ Assertion 'secrets' FAILED\n"))
        let rss = try scene.file(Self.assertion("had", "memory_usage", "max_bytes = 1\ntracking_mode = \"rss\""))
        let refused = try Renacer.run(["replay", recording, "--assert", rss])
        #expect(refused.status == 1)
        #expect(refused.errors.contains("memory at exit") || refused.errors.contains("rss"), "\(refused.errors)")
    }

    /// A program that reads the same places again and again.
    private func seeker() throws -> BuiltProgram {
        let program = try BuiltProgram(["main.c": """
            #include <fcntl.h>
            #include <unistd.h>
            int main(int argc, char **argv) {
                char b[4096];
                int fd = open(argv[0], O_RDONLY);
                for (int i = 0; i < 400; i++) { lseek(fd, i % 4 * 4096, SEEK_SET); if (read(fd, b, sizeof b) < 0) return 1; }
                return 0;
            }
            """])
        try program.shell("cc -g -o program main.c")
        return program
    }

    @Test func whatADetectorFoundIsAnAntiPattern() throws {
        let program = try seeker()
        func run(_ pattern: String) throws -> Renacer.Outcome {
            let file = program.folder.appendingPathComponent("renacer.toml").path
            try Data(Self.assertion("pager", "anti_pattern", "pattern = \"\(pattern)\"\nthreshold = 0.5").utf8).write(to: URL(fileURLWithPath: file))
            return try Renacer.run(["--assert", file, "--", program.path], environment: Self.plugins)
        }
        for pattern in ["ThrashingSeek", "thrashing-seek/thrash", "thrash"] {
            let outcome = try run(pattern)
            #expect(outcome.status == 1, "\(pattern): \(outcome.errors)")
            #expect(outcome.errors.contains("❌ Assertion 'pager' FAILED\n"))
            #expect(outcome.errors.contains("Rule: thrashing-seek/"))
        }
        #expect(try run("idle-waiter").status == 0)
        #expect(try run("thrashing-seek/strided").status == 0)
    }

    /// A name that nobody has would never be violated.
    @Test(arguments: [
        ("PCIeBottlenek", "did you mean 'pcie-bottleneck'?"), ("thrahs", "did you mean 'thrash'?"),
        ("thrashing-seek/stridde", "did you mean 'thrashing-seek/strided'?"), ("thrashing-seek/convoy", "'thrashing-seek/convoy'"),
        ("idlewaiter/idle-waiter", "did you mean 'idle-waiter/idle-waiters'?"), ("slow-cal", "did you mean 'slow-call'?"),
        ("zork/nothing", "there are anomaly, idle-waiter, pcie-bottleneck, thrashing-seek"), ("/", "there are anomaly, "),
    ]) func aPatternThatNobodyFindsIsRefusedByItsName(_ pattern: String, _ advice: String) throws {
        let scene = try Scene()
        let text = Self.assertion("mine", "anti_pattern", "pattern = \"\(pattern)\"") + Self.assertion("other", "anti_pattern", "pattern = \"nonsense\"")
        for options in [[], ["--isolate-plugins"]] {
            let outcome = try scene.run(text, options)
            #expect(outcome.status == 1 && outcome.output.isEmpty, "the program ran")
            #expect(outcome.errors.contains("renacer.toml:1: assertion 'mine': no detector and no rule is called '\(pattern)'; "), "\(outcome.errors)")
            #expect(outcome.errors.contains(advice), "\(outcome.errors)")
            // All at once.
            #expect(outcome.errors.contains("renacer.toml:5: assertion 'other': no detector and no rule is called 'nonsense'; "), "\(outcome.errors)")
        }
        let off = try scene.run(Self.assertion("mine", "anti_pattern", "pattern = \"\(pattern)\"\nenabled = false"))
        #expect(off.status == 0, "\(off.errors)")
    }

    @Test func anAnomalyIsAnAntiPattern() throws {
        // One read of a hundred waits for half a second.
        let program = try BuiltProgram(["main.c": """
            #include <unistd.h>
            int main(void) {
                int ends[2];
                char b;
                pipe(ends);
                for (int i = 0; i < 100; i++) {
                    if (i == 80) { if (fork() == 0) { usleep(500000); write(ends[1], &b, 1); _exit(0); } }
                    else write(ends[1], &b, 1);
                    read(ends[0], &b, 1);
                }
                return 0;
            }
            """])
        try program.shell("cc -g -w -o program main.c")
        for (pattern, calls) in [("Anomaly", "all"), ("anomaly/slow-call", "close"), ("slow-call", "all")] {
            let file = program.folder.appendingPathComponent("renacer.toml").path
            try Data(Self.assertion("steady", "anti_pattern", "pattern = \"\(pattern)\"\nthreshold = 0.9").utf8).write(to: URL(fileURLWithPath: file))
            // What is shown is not what counts.
            let outcome = try Renacer.run(["--assert", file, "-e", "trace=\(calls)", "--", program.path], environment: Self.plugins)
            #expect(outcome.status == 1, "\(outcome.errors)")
            #expect(outcome.errors.contains("❌ Assertion 'steady' FAILED\n") && outcome.errors.contains("Rule: anomaly/slow-call"), "\(outcome.errors)")
        }
    }

    @Test func whatAPluginFindsByItselfIsFoundBesideAnAssertion() throws {
        let program = try seeker()
        let file = program.folder.appendingPathComponent("renacer.toml").path
        try Data(Self.assertion("waiters", "anti_pattern", "pattern = \"contention\"").utf8).write(to: URL(fileURLWithPath: file))
        let plugin = try #require(Self.plugins["RENACER_PLUGIN_PATH"]) + "/thrashing-seek.so"
        let outcome = try Renacer.run(["--plugin", plugin, "--assert", file, "--", program.path], environment: Self.plugins)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("Rule: thrashing-seek/") && outcome.errors.contains("✅ Assertion 'waiters' passed: nothing found"), "\(outcome.errors)")
    }

    @Test func aFileTellsAllItsProblemsAtOnce() throws {
        let text = """
            [[assertion]]
            name = "a"
            type = "span_cuont"

            [[assertion]]
            name = ""
            type = "latency"
            syscall = "raed"
            percentile = 101

            [[assertion]]
            type = "memory_usage"
            max_bytes = "many"
            max_spans = 3

            [[asertion]]
            name = "b"
            """
        let scene = try Scene()
        let outcome = try scene.run(text)
        #expect(outcome.status == 1)
        #expect(outcome.output.isEmpty)
        let file = scene.program.folder.appendingPathComponent("renacer.toml").path
        let lines = outcome.errors.components(separatedBy: "\n").filter { !$0.isEmpty }.map { line in
            line.range(of: "renacer.toml:").map { String(line[$0.upperBound...]) } ?? line
        }
        #expect(lines.map { $0.prefix { $0 != " " } } == ["3:8:", "5:1:", "6:8:", "8:11:", "9:14:", "11:1:", "13:13:", "14:1:", "16:3:"], "\(outcome.errors) \(file)")
        #expect(outcome.errors.contains("did you mean 'span_count'?"))
        #expect(outcome.errors.contains("no system call is meant by 'raed'"))
    }

    @Test(arguments: [
        ("", "there is no [[assertion]] in it"), ("assertion = 3", "'assertion' is an integer: write [[assertion]]"), ("[[assertion]\n", "renacer.toml:1:"),
    ]) func whatIsNoFileOfAssertionsIsRefused(_ text: String, _ message: String) throws {
        let outcome = try Scene().run(text)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }

    @Test func reportsNeedAssertions() throws {
        #expect(try Renacer.run(["--assert-report", "json", "true"]).errors.contains("--assert-report json must be given with --assert"))
        #expect(try Renacer.run(["--assert", "/no/such/file", "true"]).errors.contains("/no/such/file: No such file or directory"))
        #expect(try Renacer.run(["--assert-report", "yaml", "true"]).errors.contains("text, json or junit is wanted"))
    }
}
