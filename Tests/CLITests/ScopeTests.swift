import Foundation
import Testing

/// Whom and what to trace: options that mean the same with every backend, or are refused.
@Suite struct ScopeTests {
    // Limits are far above what a busy machine makes of a short call.
    @Test(arguments: ["ptrace", "bpf", "perf_event"]) func shortCallsAreLeftOut(_ backend: String) throws {
        guard canTrace(backend) else { return }
        let command = ["--backend", backend, "-qq", "-a0", "-e", "trace=openat,nanosleep,clock_nanosleep", "--min-duration=1s", "sleep", "1.2"]
        let outcome = try Renacer.run(command)
        #expect(outcome.lines.count == 1, "\(outcome.errors)")
        #expect(outcome.errors.hasPrefix("clock_nanosleep("))
        var shorter = command
        shorter[6] = "--min-duration=10s"
        #expect(try !Renacer.run(shorter).errors.contains("nanosleep"))
    }

    @Test(arguments: ["ptrace", "bpf", "perf_event"]) func aCallThatNeverEndsCountsByWhatItTook(_ backend: String) throws {
        guard canTrace(backend) else { return }
        let command = ["--backend", backend, "-f", "-q", "-a0", "-e", "trace=pause,exit_group", "--min-duration=1s",
            "timeout", "-sKILL", "1.5", "perl", "-MPOSIX", "-e", "POSIX::pause()"]
        let outcome = try Renacer.run(command)
        #expect(outcome.errors.contains("pause("))
        #expect(!outcome.errors.contains("exit_group("))
    }

    @Test(arguments: ["ptrace", "bpf", "perf_event"]) func theLimitCountsWhatIsShown(_ backend: String) throws {
        guard canTrace(backend) else { return }
        let outcome = try Renacer.run([
            "--backend", backend, "-qq", "-a0", "-e", "trace=mkdir", "-Z", "--syscall-limit=2", "mkdir", Renacer.scratch(), "/no/1", "/no/2", "/no/3",
        ])
        #expect(outcome.lines.filter { $0.hasPrefix("mkdir(") }.count == 2)
        #expect(!outcome.errors.contains("/no/3\", "))
        #expect(outcome.errors.contains("System call limit has been reached"))
    }

    @Test func whatIsNoTimeIsRefused() throws {
        for value in ["", "x", "-1", "1h"] {
            #expect(try Renacer.run(["--min-duration=\(value)", "true"]).lines.first?.contains("invalid --min-duration argument: '\(value)'") == true)
        }
    }

    @Test func ptraceCannotTraceTasksThatNobodyNamed() throws {
        let outcome = try Renacer.run(["--backend=ptrace", "--all", "true"])
        #expect(outcome.errors == "\(Renacer.path): --all needs bpf or perf_event: ptrace stops single tasks (use --backend bpf)\n")
        #expect(outcome.status == 1)
    }

    @Test func aCgroupHasToBeOne() throws {
        #expect(try Renacer.run(["--cgroup=/tmp", "true"]).errors == "\(Renacer.path): --cgroup: /tmp is not a directory of a cgroup2 file system\n")
        #expect(try Renacer.run(["--cgroup=/no/such", "true"]).errors.contains("--cgroup: /no/such: No such file or directory"))
    }

    @Test func allTasksAreTracedUntilTheProgramEnds() throws {
        guard canTrace("bpf") else { return }
        let name = Renacer.scratch()
        // Another process of the system, that was there before.
        let other = Process()
        other.executableURL = URL(fileURLWithPath: "/bin/sh")
        FileManager.default.createFile(atPath: name + ".other", contents: Data("line\n".utf8))
        other.arguments = ["-c", "while read x < \(name).other; do :; done"]
        other.standardError = FileHandle.nullDevice
        try other.run()
        defer { kill(other.processIdentifier, SIGKILL) }
        let outcome = try Renacer.run(["--all", "-o", name, "-e", "trace=openat", "sh", "-c", "sleep 0.2; : < \(name).own"])
        let lines = Renacer.text(name).split(separator: "\n")
        for file in ["own", "other"] {
            #expect(lines.contains { $0.first?.isNumber == true && $0.contains("openat(") && $0.contains("\(name).\(file)\"") })
        }
        #expect(!outcome.errors.contains("attached"))
        #expect(!outcome.errors.contains("detached"))
    }

    /// The program's end wakes the tracer once, often before its record comes; of counted calls nothing else wakes it.
    @Test func countingEverybodyEndsWithTheProgram() throws {
        guard canTrace("bpf") else { return }
        for seconds in ["0", "0", "0", "0.1", "0.1"] {
            let outcome = try Renacer.run(["--all", "-c", "-o", Renacer.scratch(), "sleep", seconds])
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
    }

    @Test func aTaskThatExecutesIsLetGoOf() throws {
        for backend in ["ptrace", "bpf", "perf_event"] where canTrace(backend) {
            let outcome = try Renacer.run([
                "--backend", backend, "-f", "-b", "execve", "-e", "trace=execve,exit_group", "sh", "-c", "/bin/true; exit 4",
            ])
            #expect(outcome.status == 4)
            // How a program ends that was let go of is not waited for.
            if backend != "perf_event" { #expect(try Renacer.run(["--backend", backend, "-b", "execve", "sh", "-c", "exec false"]).status == 0) }
            if backend != "perf_event" { #expect(outcome.errors.contains("execve(\"/bin/true\", [\"/bin/true\"], ")) }
            #expect(outcome.errors.contains(" <detached ...>\n"))
            #expect(outcome.lines.filter { $0.hasSuffix(" detached") }.count == 1)
            #expect(outcome.lines.filter { $0.contains("exit_group(") }.count == 1)
        }
    }

    @Test func anOrdinaryUserIsToldWhatTheBackendNeeds() throws {
        guard getuid() == 0 else { return }
        let copy = "/tmp/renacer-\(getpid())"
        try Renacer.copy(to: copy)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let outcome = try Renacer.run(["--reuid=65534", "--clear-groups", copy, "--backend=bpf", "true"], named: "/usr/bin/setpriv")
        #expect(outcome.errors.hasPrefix("\(copy): bpf: needs CAP_BPF and CAP_PERFMON: run it with sudo, or once 'setcap"))
        #expect(outcome.errors.hasSuffix("or use --backend ptrace\n"))
        #expect(outcome.status == 1)
    }

    /// Whether this machine lets the tests use a backend.
    private func canTrace(_ backend: String) -> Bool {
        (try? Renacer.run(["--backend", backend, "-e", "none", "-qq", "true"]).status) == 0
    }
}
