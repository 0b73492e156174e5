import Glibc
import RenacerCore
import RenacerPtrace
import Testing

/// One at a time: waiting for any child is what a ptrace backend does.
@Suite(.serialized) struct PtraceTests {}

extension PtraceTests {
    @Suite struct Launching {
        @Test func theFirstCallIsExecveAndTheLastIsUnfinished() throws {
            let t = try Trace(plan("/bin/true"))
            try t.run()
            let texts = t.seen.map(\.text)
            #expect(Array(texts.prefix(3)) == ["execve:", "executed", "execve returned(0)"])
            #expect(Array(texts.suffix(3)) == ["exit_group:", "exit_group unfinished", "exited(status: 0)"])
            #expect(t.end == .exited(0))
        }

        @Test(arguments: [0, 1, 42, 255]) func exitStatusIsCarriedOver(_ status: Int32) throws {
            let t = try Trace(plan("/bin/sh", ["-c", "exit \(status)"]))
            try t.run()
            #expect(t.end == .exited(status))
        }

        @Test(arguments: [SIGTERM, SIGKILL, SIGUSR1, SIGHUP]) func deathBySignalIsCarriedOver(_ signal: Int32) throws {
            let t = try Trace(plan("/bin/sh", ["-c", "kill -\(signal) $$"]))
            try t.run()
            #expect(t.seen.last?.text == "killed(signal: \(signal), coreDumped: false)")
            #expect(t.count("signal \(signal)") == (signal == SIGKILL ? 0 : 1))
            #expect(t.end == .killed(signal))
        }

        @Test func aFailedExecShowsTheCallAndNothingElse() throws {
            let t = try Trace(plan("/nonexistent"))
            try t.run()
            #expect(t.seen.map(\.text) == ["execve:", "execve failed(2)", "exited(status: 127)"])
            #expect(t.end == .exited(127))
        }

        @Test func aSeccompFilterShowsTheSameCalls() throws {
            var counts: [PtraceOptions.Seccomp: Int] = [:]
            for mode in [PtraceOptions.Seccomp.never, .automatic, .always] {
                var p = plan("/bin/sh", ["-c", "cat /etc/hostname >/dev/null; /bin/true; cat /etc/passwd >/dev/null"])
                p.syscalls = set("openat", "execve")
                p.followForks = true
                p.ptrace.seccomp = mode
                let t = try Trace(p)
                try t.run()
                counts[mode] = t.count("openat:") + 1000 * t.count("execve returned(0)")
                #expect(t.end == .exited(0))
            }
            #expect(counts[.never] == counts[.automatic])
            #expect(counts[.never] == counts[.always])
            #expect(counts[.never, default: 0] >= 4004)
        }
    }
}
