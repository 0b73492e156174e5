import Foundation
import Testing

/// A replayed trace is the live one, byte for byte.
@Suite(.timeLimit(.minutes(20)))
struct ReplayTextTests {
    static let flags: [[String]] = [
        ["-f", "-tt", "-T", "-v", "-yy", "-s", "100"],
        ["-f", "-ttt", "-r", "-Y", "-y", "-i", "-n", "-N", "-X", "verbose"],
        ["-x", "--absolute-timestamps=ns", "--syscall-times=ns", "-s", "3"],
        ["-ff", "-e", "signal=none", "-X", "raw"],
    ]

    struct Case: Sendable, CustomTestStringConvertible {
        var backend: String, program: String, flags: [String]
        var testDescription: String { "\(backend) \(program) \(flags.joined(separator: " "))" }
    }

    /// Every program with every backend; flags take turns.
    static let cases: [Case] = Bench.allBackends.flatMap { backend in
        Bench.programs.enumerated().flatMap { i, program in
            // Without memory nothing is known of descriptors, and there are no strings to be laid out.
            (backend == "perf_event" ? [i % 2 == 0 ? Array(flags[2][1...2]) : flags[3]] : [flags[i % 2], flags[2 + i % 2]]).map { Case(backend: backend, program: program, flags: $0) }
        }
    }

    @Test func theCorpusIsThere() { #expect(Self.cases.count >= 80) }

    /// One run writes both: text that is shown as it happens, and a recording.
    @Test(arguments: cases) func replayedTextIsTheLiveText(_ c: Case) throws {
        let live = Bench.scratch(), again = Bench.scratch(), file = Bench.scratch()
        let traced = try Bench.run(
            [Bench.renacer, "--backend", c.backend] + c.flags + ["-o", live, "--sink", "strace", "--sink", "recording:\(file)", "--",
             Bench.corpus, c.program])
        let replayed = try Bench.replay(file, c.flags + ["-o", again])
        #expect(replayed.status == 0)
        // What is said of processes goes to standard error.
        let said = { (text: String) in text.split(separator: "\n").filter { $0.hasPrefix(Bench.renacer + ": Process ") } }
        #expect(said(replayed.errors) == said(traced.errors))
        let names = try FileManager.default.contentsOfDirectory(atPath: Bench.folder.path)
        let files = c.flags.contains("-ff") ? names.filter { (Bench.folder.path + "/" + $0).hasPrefix(live + ".") }
            .map { String($0.dropFirst(live.count - Bench.folder.path.count - 1)) } : [""]
        #expect(!files.isEmpty)
        for suffix in files {
            #expect(Bench.text(live + suffix).utf8.count > 100)
            #expect(Bench.text(again + suffix) == Bench.text(live + suffix))
        }
    }

    @Test(arguments: Bench.backends) func tablesAreTheSame(_ backend: String) throws {
        let live = Bench.scratch(), again = Bench.scratch(), file = Bench.scratch()
        _ = try Bench.run([
            Bench.renacer, "--backend", backend, "-f", "-c", "-o", live, "--sink", "recording:\(file)", "--", Bench.corpus, "fork-tree",
        ])
        #expect(try Bench.replay(file, ["-f", "-c", "-o", again]).status == 0)
        #expect(Bench.text(live).contains("% time"))
        #expect(Bench.text(again) == Bench.text(live))
    }

    /// Objects of calls, signals and processes, with durations, commands and values.
    @Test(arguments: Bench.allBackends, ["fork-exec", "threads", "thread-exec"]) func replayedObjectsAreTheLiveOnes(_ backend: String, _ program: String) throws {
        let live = Bench.scratch(), again = Bench.scratch(), file = Bench.scratch()
        _ = try Bench.run([
            Bench.renacer, "--backend", backend, "-f", "--sink", "jsonl:\(live)", "--sink", "recording:\(file)", "--", Bench.corpus, program,
        ])
        #expect(try Bench.replay(file, ["-f", "--sink", "jsonl:\(again)"]).status == 0)
        /// Without moments, which count from the tracer's start or from the first event.
        func objects(_ path: String) -> [String] {
            Bench.text(path).split(separator: "\n").filter { line in
                ["syscall", "signal", "process"].contains { line.hasPrefix("{\"type\":\"\($0)\"") }
            }.map { String($0).replacing(/"(start|end|time)_ns":-?[0-9]+,?/, with: "") }
        }
        #expect(objects(live).contains { $0.contains("\"comm\":\"") })
        #expect(objects(live) == objects(again))
    }

    /// What filters let through of a recording are the lines of the whole that they are about.
    @Test(arguments: Bench.backends) func filtersChooseAmongTheRecordedCalls(_ backend: String) throws {
        let file = Bench.scratch()
        let recorded = try Bench.run([Bench.renacer, "record", "--backend", backend, "-y", "-o", file, "--", Bench.corpus, "open-read-write"])
        #expect(recorded.status == 0)
        let all = try Bench.replay(file).errors.split(separator: "\n")
        func lines(_ options: [String]) throws -> [Substring] {
            try Bench.replay(file, options).errors.split(separator: "\n").filter { !$0.hasPrefix("+++") }
        }
        let calls = all.filter { !$0.hasPrefix("+++") }
        #expect(calls.count > 20)
        #expect(try lines(["-e", "trace=openat,close"]) == calls.filter { $0.hasPrefix("openat(") || $0.hasPrefix("close(") })
        #expect(try lines(["-Z"]) == calls.filter { $0.contains(" = -1 ") })
        #expect(try lines(["-z"]) == calls.filter { !$0.contains(" = -1 ") && !$0.contains("= ?") })
        #expect(try lines(["-e", "status=unfinished"]) == calls.filter { $0.contains("= ?") })
        #expect(try lines(["--min-duration=3600s"]).isEmpty)
        let libc = try #require(calls.first { $0.contains("libc.so") && $0.hasPrefix("openat(") })
        let path = String(libc.split(separator: "\"")[1])
        let touching = try lines(["-P", path, "-qqq"])
        #expect(touching.first == libc)
        #expect(touching.count > 2 && touching.count < calls.count)
        #expect(try lines(["--syscall-limit=3"]).prefix(3) == calls.prefix(3))
    }

    /// Without `-f` a recording of many tasks shows what a trace without `-f` would have seen.
    @Test(arguments: Bench.backends) func withoutFollowingOnlyTheFirstTaskIsShown(_ backend: String) throws {
        let file = Bench.scratch()
        _ = try Bench.run([Bench.renacer, "record", "-f", "--backend", backend, "-o", file, "--", Bench.corpus, "fork-tree"])
        let all = try Bench.replay(file, ["-f", "--always-show-pid"]).errors.split(separator: "\n")
        let one = try Bench.replay(file, ["--always-show-pid"]).errors.split(separator: "\n")
        let tasks = { (lines: [Substring]) in Set(lines.filter { $0.hasPrefix("[pid") }.map { $0.dropFirst(4).prefix { $0 != "]" } }) }
        #expect(tasks(all).count > 1)
        #expect(tasks(one).count == 1)
    }

    @Test func aRecordingIsReadFromAPipeToo() throws {
        let file = Bench.scratch()
        _ = try Bench.run([Bench.renacer, "record", "-o", "|cat > \(file)", "--", "/bin/true"])
        let direct = try Bench.replay(file)
        let piped = try Bench.run(["/bin/sh", "-c", "cat \(file) | \(Bench.renacer) replay -"])
        #expect(direct.status == 0 && direct.errors.contains("execve("))
        #expect(piped.status == 0 && piped.errors == direct.errors)
    }

    @Test func aReplayCanBeRecordedAgain() throws {
        let file = Bench.scratch(), smaller = Bench.scratch()
        _ = try Bench.run([Bench.renacer, "record", "-yy", "-o", file, "--", Bench.corpus, "stat-family"])
        let narrow = ["-e", "trace=%file"]
        let copied = try Bench.replay(file, narrow + ["-yy", "--sink", "recording:\(smaller)"])
        #expect(copied.status == 0, "\(copied.errors)")
        #expect(Bench.bytes(smaller).count < Bench.bytes(file).count)
        #expect(try Bench.replay(smaller, ["-yy", "-tt"]).errors == (try Bench.replay(file, narrow + ["-yy", "-tt"]).errors))
    }

    /// Four bytes of a plain call's are its times; the rest is what is different from the call before.
    @Test(arguments: Bench.backends) func aPlainCallTakesFewBytes(_ backend: String) throws {
        let file = Bench.scratch()
        _ = try Bench.run([
            Bench.renacer, "record", "--backend", backend, "-o", file, "--", "dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=4000",
            "status=none",
        ])
        #expect(Bench.bytes(file).count <= 8000 * 24)
        #expect(try Bench.replay(file, ["-e", "trace=write"]).errors.split(separator: "\n").count >= 4000)
    }
}
