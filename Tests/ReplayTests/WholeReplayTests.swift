import Foundation
import RenacerRecording
import Testing

/// What is recorded only where somebody asks for it is replayed as it was shown live: stacks, lines, whole buffers.
@Suite(.timeLimit(.minutes(20)))
struct WholeReplayTests {
    /// One run writes both: what a sink shows, and a recording.
    private func expectTheSame(_ backend: String, _ flags: [String], sink: String = "strace", _ program: String, _ marks: [String]) throws {
        let live = Bench.scratch(), again = Bench.scratch(), file = Bench.scratch()
        let traced = try Bench.run(
            [Bench.renacer, "--backend", backend, "-f"] + flags + ["--sink", "\(sink):\(live)", "--sink", "recording:\(file)", "--", Bench.corpus, program])
        let replayed = try Bench.replay(file, ["-f"] + flags + ["--sink", "\(sink):\(again)"])
        #expect(replayed.status == 0, "\(traced.errors)\(replayed.errors)")
        for mark in marks { #expect(Bench.text(live).contains(mark), "\(mark): \(traced.errors)") }
        #expect(Bench.text(again) == Bench.text(live), "\(backend) \(flags)")
    }

    static let shown: [([String], String, String)] = [
        (["-kk", "--stack-trace-frame-limit=8", "-e", "trace=%process"], "strace", " > "),
        (["--source=long", "-e", "trace=%process"], "strace", "    at corpus("), (["-e", "trace=%process"], "functions", "corpus"),
    ]

    @Test(arguments: Bench.allBackends, shown) func stacksAreThoseOfTheLiveTrace(_ backend: String, _ shown: ([String], String, String)) throws {
        try expectTheSame(backend, shown.0, sink: shown.1, "fork-exec", [shown.2])
    }

    @Test(arguments: Bench.backends, ["open-read-write", "positioned-and-vectored", "many-messages"])
    func wholeBuffersAreThoseOfTheLiveTrace(_ backend: String, _ program: String) throws {
        try expectTheSame(backend, ["-e", "read=all", "-e", "write=all"], program, [" | 00000 "])
    }

    @Test(arguments: Bench.allBackends) func aRecordingOfStacksSaysSo(_ backend: String) throws {
        let file = Bench.scratch()
        #expect(try Bench.run([Bench.renacer, "record", "--backend", backend, "-k", "-o", file, "--", "/bin/true"]).status == 0)
        let limited = try Bench.replay(file, ["-k", "--stack-trace-frame-limit=1", "-e", "trace=exit_group"])
        #expect(limited.errors.contains("\n > too many stack frames\n"))
        #expect(try Bench.replay(file, ["-e", "read=3"]).status == 1)
    }

    static let narrower: [([String], String)] = [
        (["-e", "trace=close,openat"], "not in the recording, which was made without them: close"),
        (["-e", "trace=%process"], "not in the recording, which was made without them: clone, fork, vfork, execve, exit, wait4 and "),
        (["-e", "signal=SIGTERM"], "not in the recording, which was made without them: signal 15"),
    ]

    @Test(arguments: narrower) func whatWasLeftOutIsTold(_ options: [String], _ line: String) throws {
        let file = Bench.scratch()
        #expect(try Bench.run(
            [Bench.renacer, "record", "--backend", "ptrace", "-e", "trace=openat,read", "-e", "signal=SIGCHLD", "-o", file, "--", "/bin/true"]).status == 0)
        #expect(try Bench.replay(file, options).errors.split(separator: "\n").first?.hasPrefix("\(Bench.renacer): \(line)") == true)
        // What is asked for is there.
        for inside in [["-e", "trace=read"], ["-e", "signal=none"], []] {
            #expect(!(try Bench.replay(file, inside).errors.contains("not in the recording")))
        }
    }

    /// Bytes that anybody may have made.
    @Test func bytesThatMakeNoSenseAreNoPlaces() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in Bool.random() ? UInt8.random(in: 0...3) : UInt8.random(in: 0...255) }
            bytes.withUnsafeBytes { b in
                #expect((RecordedLocation(b)?.lines.count ?? 0) <= bytes.count)
                #expect(RecordedStack(b).places.count <= bytes.count)
            }
        }
    }
}
