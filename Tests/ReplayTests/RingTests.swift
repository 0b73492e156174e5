import Foundation
import Testing

/// `--ring`: the newest events, in memory that does not grow.
@Suite(.timeLimit(.minutes(20)))
struct RingTests {
    @Test(arguments: Bench.backends) func onlyTheNewestEventsAreKept(_ backend: String) throws {
        let live = Bench.scratch(), file = Bench.scratch()
        _ = try Bench.run([
            Bench.renacer, "--backend", backend, "-o", live, "--sink", "strace", "--sink", "recording:\(file),ring=32K", "--",
            "dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=5000", "status=none",
        ])
        // The header, an end block, and no more than the ring between them.
        #expect(Bench.bytes(file).count <= 36 << 10)
        let replayed = try Bench.replay(file)
        #expect(replayed.status == 0)
        let lines = replayed.errors.split(separator: "\n")
        #expect(try #require(lines.first).hasPrefix("\(Bench.renacer): the recording was kept in a ring: "))
        // The first may have begun before.
        let kept = lines.dropFirst(2)
        #expect(kept.count > 500)
        #expect(Bench.text(live).split(separator: "\n").suffix(kept.count) == kept)
    }

    /// A signal writes what is there, and the recording goes on.
    @Test(arguments: Bench.backends) func aSignalWritesWhatIsThere(_ backend: String) throws {
        let file = Bench.scratch()
        // An untraced program may be faster than its tracer: signals that come at once are one.
        let again = backend == "ptrace" ? "kill -USR2 $PPID" : ":"
        let script = "/bin/echo first; kill -USR2 $PPID; /bin/echo second; \(again); /bin/echo third"
        let outcome = try Bench.run(Bench.clean + [Bench.renacer, "record", "-f", "--backend", backend, "--ring", "4M", "-o", file, "--", "/bin/sh", "-c", script])
        #expect(outcome.status == 0)
        func words(_ path: String) throws -> [String] {
            let replayed = try Bench.replay(path, ["-f", "-e", "trace=write"])
            #expect(replayed.status == 0, "\(replayed.errors)")
            return ["first", "second", "third"].filter { replayed.errors.contains("\"\($0)\\n\"") }
        }
        #expect(try words(file) == ["first", "second", "third"])
        #expect(try words(file + ".1").starts(with: ["first"]))
        if backend == "ptrace" { #expect(try words(file + ".2") == ["first", "second"]) }
        #expect(FileManager.default.fileExists(atPath: file + ".2") == (backend == "ptrace"))
    }

    /// The program's crash ends a recording like any other end.
    @Test(arguments: Bench.backends) func aCrashIsRecorded(_ backend: String) throws {
        let file = Bench.scratch()
        let outcome = try Bench.run(Bench.clean + [
            Bench.renacer, "record", "--backend", backend, "--ring", "1M", "-o", file, "--", "/bin/sh", "-c", "kill -SEGV $$",
        ])
        #expect(outcome.status == 128 + 11)
        #expect(try Bench.replay(file).errors.contains("+++ killed by SIGSEGV"))
    }

    /// Told to stop, renacer writes the ring and lets the program go on.
    @Test(arguments: Bench.backends) func anEndOfTheRecorderWritesTheRing(_ backend: String) throws {
        let file = Bench.scratch()
        let outcome = try Bench.run(Bench.clean + [
            Bench.renacer, "record", "--backend", backend, "--ring", "1M", "-o", file, "--", "/bin/sh", "-c", "kill -TERM $PPID; exit 0",
        ])
        #expect(outcome.status == 128 + 15)
        let replayed = try Bench.replay(file)
        #expect(replayed.status == 0)
        #expect(replayed.errors.contains("kill("))
    }
}
