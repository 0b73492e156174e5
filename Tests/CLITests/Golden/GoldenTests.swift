import Foundation
import Testing

/// A program like a loader: it opens files and reads each in two places, works in threads, writes and syncs a temporary file, and starts
/// another program.
struct Loader {
    let program: BuiltProgram

    init() throws {
        program = try BuiltProgram(["main.c": Self.source])
        try program.shell("mkdir data && for i in $(seq 0 19); do echo \"this is file $i\" > data/f$i; done")
        try build("")
    }

    /// Builds it where it was built before. A file that was never open for writing by this process can be executed.
    func build(_ flags: String) throws { try program.shell("cc -g -O1 \(flags) -o new main.c -lpthread && mv new program") }

    func golden(_ arguments: [String]) throws -> Renacer.Outcome {
        let words = ([Renacer.path, "golden"] + arguments).map { "'\($0)'" }.joined(separator: " ")
        return try Renacer.run(["-c", "cd '\(program.folder.path)' && exec \(words)"], named: "/bin/sh")
    }

    /// Times are for quiet machines.
    static let structure = "--tolerance=p50=100000%,p95=100000%"

    private static let source = """
        #include <fcntl.h>
        #include <pthread.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/stat.h>
        #include <sys/wait.h>
        #include <unistd.h>
        static void load(int n) {
            char name[64], buffer[64];
            snprintf(name, sizeof name, "data/f%d", n);
        #ifdef STAT
            struct stat st;
            stat(name, &st); /* the added stat */
        #endif
            int fd = open(name, O_RDONLY);
        #ifdef REORDERED
            if (n == 7) { pread(fd, buffer, 16, 4); pread(fd, buffer, 16, 0); } else
        #endif
            { pread(fd, buffer, 16, 0); pread(fd, buffer, 16, 4); }
            close(fd);
        }
        static void *work(void *p) {
            for (int i = (int)(long)p; i < 20; i += 2) load(i);
            char *m = malloc(300000);
            if (m) memset(m, 1, 300000);
            free(m);
            return 0;
        }
        int main(void) {
            for (int i = 0; i < 20; i++) load(i);
            pthread_t t[2];
            for (long i = 0; i < 2; i++) pthread_create(&t[i], 0, work, (void *)i);
            for (int i = 0; i < 2; i++) pthread_join(t[i], 0);
            char temporary[] = "/tmp/goldenXXXXXX", text[64];
            int fd = mkstemp(temporary);
            int n = snprintf(text, sizeof text, "I am %d\\n", getpid());
            for (int i = 0; i < 5; i++) { write(fd, text, n); fsync(fd); }
            close(fd);
            snprintf(text, sizeof text, "/tmp/golden.%d.lock", getpid());
            close(open(text, O_CREAT | O_RDWR, 0600));
            unlink(text);
        #ifndef FORGETFUL
            unlink(temporary);
        #endif
            if (fork() == 0) { execl("/bin/true", "true", (char *)0); _exit(1); }
            wait(0);
            return 0;
        }
        """
}

@Suite struct GoldenTests {
    static let backends = ["ptrace", "bpf"].filter { FlagTests.working.contains($0) }

    @Test(arguments: backends) func anUnchangedProgramIsTheSameEachTime(_ backend: String) throws {
        let loader = try Loader()
        let recorded = try loader.golden(["record", "-f", "--backend", backend, "-o", "it.golden", "--", "./program"])
        try #require(recorded.status == 0, "\(recorded.errors)")
        for _ in 0..<8 {
            let outcome = try loader.golden(["check", "it.golden", "--runs", "3", Loader.structure])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.output.hasPrefix("same: ./program and it.golden (10 runs then, 3 now)"))
        }
    }

    @Test(arguments: backends) func aCallThatWasAddedForEachFileIsFound(_ backend: String) throws {
        let loader = try Loader()
        try #require(try loader.golden(["record", "-f", "--backend", backend, "-o", "it.golden", "--", "./program"]).status == 0)
        try loader.build("-DSTAT")
        let outcome = try loader.golden(["check", "it.golden", Loader.structure])
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("\nappeared: newfstatat, 20 times\n    newfstatat(AT_FDCWD, \"data/f0\", *, 0)\n"), "\(outcome.output)")
        #expect(outcome.output.contains("newfstatat(AT_FDCWD, \"data/f1\", *, 0)\n        after close(<./data/f0>)\n"))
        // The threads' share, whether they were steady or not.
        #expect(outcome.output.contains("appeared: newfstatat, 10 times in main/thread#1") || outcome.output.contains("appeared: newfstatat, 20 times in main/threads"))
        #expect(outcome.output.components(separatedBy: "\n").allSatisfy { !$0.hasPrefix("vanished") && !$0.hasPrefix("moved") }, "\(outcome.output)")
    }

    @Test(arguments: backends) func aReadThatComesLaterIsFound(_ backend: String) throws {
        let loader = try Loader()
        try #require(try loader.golden(["record", "--backend", backend, "-o", "it.golden", "--", "./program"]).status == 0)
        try loader.build("-DREORDERED")
        let outcome = try loader.golden(["check", "it.golden", Loader.structure])
        #expect(outcome.status == 1)
        let lines = outcome.output.components(separatedBy: "\n").filter { !$0.hasPrefix(" ") && !$0.hasPrefix("note") }
        #expect(lines == ["differs: ./program and it.golden (10 runs then, 5 now)", "moved: pread64", ""], "\(outcome.output)")
        #expect(outcome.output.contains("<./data/f7>"))
    }

    @Test(arguments: backends) func linesOfSourceAreNamed(_ backend: String) throws {
        let loader = try Loader()
        try #require(try loader.golden(["record", "-s", "--backend", backend, "--runs", "3", "-o", "it.golden", "--", "./program"]).status == 0)
        try loader.build("-DSTAT")
        let outcome = try loader.golden(["check", "it.golden", "--runs=2", "--format=github"])
        let line = try loader.program.line("the added stat")
        #expect(outcome.output.contains("appeared: newfstatat, 20 times [main.c:\(line)]"), "\(outcome.output)")
        #expect(outcome.output.contains("::error file=main.c,line=\(line),title=golden trace it.golden::appeared: newfstatat, 20 times"))
    }

    @Test func whatVanishedAndHowItEndedIsSaidInJSON() throws {
        let loader = try Loader()
        try #require(try loader.golden(["record", "--runs", "3", "-o", "it.golden", "--", "./program"]).status == 0)
        try loader.build("-DFORGETFUL")
        let outcome = try loader.golden(["check", "it.golden", "--runs=2", "--format=json"])
        #expect(outcome.status == 1)
        struct Report: Decodable {
            struct Difference: Decodable {
                struct Example: Decodable { var call: String }
                var kind: String
                var call: String?
                var count: Int?
                var examples: [Example]?
            }
            var format: String
            var same: Bool
            var differences: [Difference]
        }
        let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
        #expect(report.format == "renacer-golden-v1" && !report.same)
        #expect(report.differences.count == 1)
        #expect(report.differences.first?.kind == "vanished" && report.differences.first?.examples?.first?.call == "unlink(\"/tmp/TEMP\")")
        // Less than a call in a hundred of that name would be tolerated; this is the whole of its kind.
        #expect(try loader.golden(["check", "it.golden", "--runs=2", "--tolerance=calls=1%"]).status == 1)
        #expect(try loader.golden(["check", "it.golden", "--runs=2", "--tolerance=calls=50%"]).status == 0)
        try loader.program.shell("rm -f /tmp/golden??????")
    }

    @Test func twoGoldenTracesAreCompared() throws {
        let loader = try Loader()
        try #require(try loader.golden(["record", "--runs", "3", "-o", "a.golden", "--", "./program"]).status == 0)
        try loader.build("-DSTAT")
        try #require(try loader.golden(["record", "--runs", "3", "-o", "b.golden", "--", "./program"]).status == 0)
        let outcome = try loader.golden(["diff", "a.golden", "b.golden"])
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("appeared: newfstatat, 20 times"))
        #expect(try loader.golden(["diff", "a.golden", "a.golden"]).status == 0)
        #expect(try loader.golden(["diff", "b.golden", "a.golden"]).output.contains("vanished: newfstatat, 20 times"))
    }

    /// Two builds run by turns; structure is the golden trace's, times are theirs.
    @Test(arguments: backends) func anOlderBuildRunsByTurns(_ backend: String) throws {
        let loader = try Loader()
        try loader.program.shell("echo '#include <time.h>' > waits.c && echo 'int main(void) { struct timespec t = {0, WAIT}; return clock_nanosleep(CLOCK_MONOTONIC, 0, &t, 0); }' >> waits.c")
        try loader.program.shell("cc -DWAIT=1 -o older waits.c && cc -DWAIT=2 -o newer waits.c")
        try #require(try loader.golden(["record", "--backend", backend, "--runs", "2", "-o", "it.golden", "--", "./older"]).status == 0)
        let outcome = try loader.golden(["check", "it.golden", "--against", "./older", "--runs", "3", "--format=json", Loader.structure, "./newer"])
        #expect(outcome.output.contains("\"runs\":{\"golden\":2,\"current\":3}"), "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("\"detectable\":["))
        for (arguments, message) in [
            (["record", "--against", "./older", "./newer"], "golden record: --against is for golden check"),
            (["check", "it.golden", "--against", "./nothing", "--runs=1"], "./nothing: No such file or directory"),
        ] {
            let refused = try loader.golden(arguments)
            #expect(refused.status == 2 && refused.errors.contains(message), "\(refused.errors)")
        }
    }

    /// Runs that were recorded are as good as runs.
    @Test(arguments: backends) func recordingsAreRuns(_ backend: String) throws {
        let loader = try Loader()
        func record(_ name: String, _ options: [String] = ["-y"]) throws {
            let words = ([Renacer.path, "record"] + options + ["--backend", backend, "-o", name, "--", "./program"]).map { "'\($0)'" }.joined(separator: " ")
            // A shell that forks would clear the mask of signals, which golden's runs inherit.
            try loader.program.shell("exec \(words) </dev/null >/dev/null")
        }
        for name in ["a.rnt", "b.rnt", "c.rnt"] { try record(name) }
        let recorded = try loader.golden(["record", "a.rnt", "b.rnt"])
        #expect(recorded.status == 0 && recorded.errors.contains("program.golden: "), "\(recorded.errors)")
        let text = Renacer.text(loader.program.folder.appendingPathComponent("program.golden").path)
        #expect(text.contains("command\t./program\n") && text.contains("backend\t\(backend)\n") && text.contains("end\texit 0\n"), "\(text)")
        // Names are the same as those of a run that is watched: the recording knows its directory.
        #expect(text.contains("openat(AT_FDCWD, \"data/f0\", O_RDONLY)") && text.contains("pread64(<./data/f0>, *, 16, 0)"), "\(text)")
        // The third run is the same, and so is the program when it is run again.
        let third = try loader.golden(["check", "program.golden", "c.rnt"])
        #expect(third.status == 0 && third.output.hasPrefix("same: ./program and program.golden (2 runs then, 1 now)\n"), "\(third.output)\(third.errors)")
        let live = try loader.golden(["check", "program.golden", "--runs=3", Loader.structure])
        #expect(live.status == 0, "\(live.output)\(live.errors)")
        #expect(try loader.golden(["diff", "a.rnt", "b.rnt"]).status == 0)

        try loader.build("-DSTAT")
        try record("changed.rnt")
        for arguments in [["check", "program.golden", "changed.rnt"], ["diff", "program.golden", "changed.rnt"], ["diff", "a.rnt", "changed.rnt"]] {
            let outcome = try loader.golden(arguments)
            #expect(outcome.status == 1 && outcome.output.contains("appeared: newfstatat, 20 times\n    newfstatat(AT_FDCWD, \"data/f0\", *, 0)\n"), "\(outcome.output)\(outcome.errors)")
        }
        #expect(try loader.golden(["diff", "a.rnt", "changed.rnt"]).output.hasPrefix("differs: changed.rnt and a.rnt ("))
        // What a recording has nothing of is refused by name.
        try record("bare.rnt", [])
        for (arguments, message) in [
            (["check", "program.golden", "bare.rnt"], "bare.rnt: --decode-fds: it was not recorded"), (["record", "-f", "a.rnt"], "a.rnt: "),
            (["check", "program.golden", "--runs=2", "c.rnt"], "golden check: --runs: each recording is a run"),
            (["record", "--backend=ptrace", "a.rnt"], "golden: --backend: a recording is replayed"),
            (["record", "a.rnt", "main.c"], "main.c: this is no recording, as a.rnt is"),
        ] {
            let outcome = try loader.golden(arguments)
            #expect(outcome.status == 2 && outcome.errors.contains(message), "\(arguments): \(outcome.errors)")
        }
    }

    @Test(arguments: [
        (["check", "nothing.golden"], "nothing.golden: No such file or directory"),
        (["check", "main.c"], "main.c: no golden trace of this version"),
        (["record"], "golden record: a program is wanted"),
        (["record", "-c", "./program"], "golden: -c would change nothing"),
        (["record", "--runs=0", "./program"], "invalid --runs argument: '0'"),
        (["check", "main.c", "--tolerance=speed=3"], "invalid --tolerance argument: 'speed=3'"),
        (["check", "main.c", "--format=xml"], "invalid --format argument: 'xml'"),
        (["diff", "main.c", "-f", "main.c"], "golden diff: -f: no program is traced"),
        (["record", "--runs=1", "-o", "x", "./nothing"], "./nothing: No such file or directory"),
        (["mend"], "golden takes record, check or diff, not 'mend'"),
    ]) func whatCannotBeToldIsStatusTwo(_ arguments: [String], _ message: String) throws {
        let program = try BuiltProgram()
        let words = ([Renacer.path, "golden"] + arguments).map { "'\($0)'" }.joined(separator: " ")
        let outcome = try Renacer.run(["-c", "cd '\(program.folder.path)' && exec \(words)"], named: "/bin/sh")
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }
}
