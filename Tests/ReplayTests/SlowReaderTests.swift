import Foundation
import Testing

/// A recording whose reader is slow has whole blocks, and says what is missing between them.
@Suite(.timeLimit(.minutes(20)))
struct SlowReaderTests {
    /// The reader reads nothing before the program is done, and with ptrace all has been seen by then.
    @Test func aQueueThatIsFullLosesWholeBlocks() throws {
        let file = Bench.scratch(), done = Bench.scratch(), reader = Bench.scratch()
        Bench.write("until [ -e \(done) ]; do sleep 0.01; done; exec cat >\(file)\n", to: reader)
        let outcome = try Bench.run(Bench.clean + [
            Bench.renacer, "-f", "--backend", "ptrace", "--sink", "recording:|sh \(reader),queue=1M", "--",
            "sh", "-c", "dd if=/dev/urandom of=/dev/null bs=1024 count=1200 status=none; : >\(done)",
        ])
        // Text in its midst would be damage; the end is there, and has counted what is not.
        let replayed = try Bench.replay(file, ["-f", "-qq"])
        #expect(replayed.status == 0, "\(outcome.errors) \(replayed.errors.suffix(500))")
        let lost = try #require(outcome.errors.firstMatch(of: /recording: (\d+) events were lost \(sink too slow\)/)?.1, "\(outcome.errors)")
        let lines = replayed.errors.split(separator: "\n")
        #expect(lines.contains { $0.hasSuffix("--- lost \(lost) events: sink too slow ---") }, "\(lost)")
        #expect(lines.contains { $0.contains("\"\(done)\"") }, "the end is missing")
    }

    /// Told once, although it fails again when it is closed.
    @Test func anOutputThatFailsIsToldOfInOneLine() throws {
        let outcome = try Bench.run(Bench.clean + [Bench.renacer, "record", "--backend", "ptrace", "-o", "/dev/full", "--", "true"])
        #expect(outcome.status == 1)
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }

    @Test(arguments: Bench.backends) func exactlyNothingIsLost(_ backend: String) throws {
        let live = Bench.scratch(), file = Bench.scratch(), reader = Bench.scratch()
        Bench.write("sleep 0.2; exec cat >\(file)\n", to: reader)
        let outcome = try Bench.run(Bench.clean + [
            Bench.renacer, "--backend", backend, "--exact", "-o", live, "--sink", "strace", "--sink", "recording:|sh \(reader),queue=1M", "--",
            "dd", "if=/dev/urandom", "of=/dev/null", "bs=1024", "count=1200", "status=none",
        ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try Bench.replay(file).errors == Bench.text(live))
    }
}

extension Bench {
    fileprivate static func write(_ text: String, to path: String) { FileManager.default.createFile(atPath: path, contents: Data(text.utf8)) }
}
