import Foundation
import Testing

/// What cannot be replayed, or not wholly, is told in one line.
@Suite struct RefusalTests {
    /// A recording without any option, and its bytes.
    static let plain: String = {
        let file = Bench.scratch()
        _ = try? Bench.run([Bench.renacer, "record", "--backend", "ptrace", "-o", file, "--", "/bin/true"])
        return file
    }()

    private func expectRefusal(_ outcome: Bench.Outcome, _ message: String, _ sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(outcome.status == 1, sourceLocation: sourceLocation)
        #expect(outcome.errors.split(separator: "\n").last.map(String.init) == "\(Bench.renacer): \(message)", sourceLocation: sourceLocation)
    }

    static let askedTooMuch: [([String], String)] = [
        (["-y"], "--decode-fds: it was not recorded; 'renacer record -y or -yy' does"),
        (["-P", "/etc/passwd"], "--trace-path: it was not recorded; 'renacer record -y or -yy' does"),
        (["-Y"], "--decode-pids=comm: it was not recorded; 'renacer record -Y' does"),
        (["-i"], "--instruction-pointer: it was not recorded; 'renacer record -i' does"),
        (["-f"], "-f: children were not recorded; 'renacer record -f' does"),
        (["-s", "1025"], "-s 1025: the recording has 1024 bytes of each string; use a smaller number, or record with -s 1025"),
        (["-c", "--summary-cpu"], "--summary-cpu: it was not recorded; 'renacer record --summary-cpu' does"),
        (["-e", "write=1"], "--write: they were not recorded; 'renacer record -e read=FDS -e write=FDS' does"),
        (["-k"], "--stack-trace: it was not recorded; 'renacer record -k' does"),
        (["--source"], "--source: it was not recorded; 'renacer record -k' does"),
        (["--function-time"], "--function-time: it was not recorded; 'renacer record -k' does"),
        (["--profile", "--function-time"], "replay: --profile: what tasks did on a CPU is not recorded; use it with a trace that is shown at once"),
        (["-p", "1"], "replay: -p: a recording is replayed, no task is there; use it with 'renacer record'"),
        (["--inject=read:error=EIO"], "replay: --inject: a recording is replayed, no task is there; use it with 'renacer record'"),
        (["-u", "root"], "replay: -u: a recording is replayed, no task is there; use it with 'renacer record'"),
        (["--backend=bpf"], "replay: --backend: a recording is replayed, no task is there; use it with 'renacer record'"),
        (["--", "true"], "replay: 'true': one recording is replayed, and no program is started"),
    ]

    @Test(arguments: askedTooMuch) func whatWasNotRecordedIsRefusedByName(_ options: [String], _ message: String) throws {
        expectRefusal(try Bench.replay(Self.plain, options), message)
    }

    static let recordings: [([String], String)] = [
        (["-tt"], "record: -t only changes what is shown; use it when you replay: renacer replay FILE -t ..."),
        (["-c"], "record: -c only changes what is shown; use it when you replay: renacer replay FILE -c ..."),
        (["-z"], "record: -z: a recording keeps every call; choose with it when you replay: renacer replay FILE -z ..."),
        (["--sink", "strace"], "record: --sink only changes what is shown; use it when you replay: renacer replay FILE --sink ..."),
    ]

    @Test(arguments: recordings) func whatARecordingWouldIgnoreIsRefusedByName(_ options: [String], _ message: String) throws {
        expectRefusal(try Bench.run([Bench.renacer, "record", "-o", "/dev/null"] + options + ["true"]), message)
    }

    @Test func aRingNeedsASizeAndAFile() throws {
        let small = try Bench.run([Bench.renacer, "record", "--ring", "1", "true"])
        #expect(small.errors.hasPrefix("\(Bench.renacer): invalid --ring argument: '1': a size from 4K on such as 64M is wanted\n"))
        #expect(small.status == 1)
        expectRefusal(
            try Bench.run([Bench.renacer, "--ring", "1M", "true"]),
            "--ring is for 'renacer record'; elsewhere say --sink recording:FILE,ring=SIZE")
        expectRefusal(
            try Bench.run([Bench.renacer, "record", "--ring", "1M", "-o", "|cat", "true"]), "--format recording: a ring is written to files; say which")
    }

    @Test func theReplayedFileIsNotWrittenOver() throws {
        let before = Bench.bytes(Self.plain)
        expectRefusal(
            try Bench.replay(Self.plain, ["-o", Self.plain]), "\(Self.plain): this is the recording that is replayed; write to another file")
        #expect(Bench.bytes(Self.plain) == before)
    }

    @Test func filesThatAreNoRecordingsAreTold() throws {
        for (bytes, message) in [
            (Array("no recording, but text".utf8), "this is no recording; 'renacer record -o FILE -- PROGRAM' makes one"),
            ([], "cut off in its header: nothing of the recording is left"),
            (Array(Bench.bytes(Self.plain).prefix(7)), "cut off in its header: nothing of the recording is left"),
            (Array(Bench.bytes(Self.plain).prefix(40)), "cut off in its header: nothing of the recording is left"),
        ] {
            let file = Bench.scratch()
            try Bench.write(bytes, to: file)
            expectRefusal(try Bench.replay(file), "\(file): \(message)")
        }
        expectRefusal(try Bench.replay("/nonexistent"), "/nonexistent: No such file or directory")
        expectRefusal(try Bench.replay("/"), "/: Is a directory")
    }

    @Test func anotherVersionIsToldByItsNumber() throws {
        var bytes = Bench.bytes(Self.plain)
        bytes[8] = 2
        let file = Bench.scratch()
        try Bench.write(bytes, to: file)
        expectRefusal(
            try Bench.replay(file),
            "\(file): a recording of version 2, of which this renacer knows nothing (it reads 1); use the renacer that made it")
    }

    @Test func aDamagedHeaderIsTold() throws {
        for at in [10, 12, 16, 25] {
            var bytes = Bench.bytes(Self.plain)
            bytes[at] ^= 4
            let file = Bench.scratch()
            try Bench.write(bytes, to: file)
            let outcome = try Bench.replay(file)
            #expect(outcome.status == 1)
            #expect(outcome.errors.split(separator: "\n").count == 1)
        }
    }

    @Test func aCutFileReplaysItsWholeBlocksAndSaysWhatIsMissing() throws {
        // A ring has small blocks.
        let file = Bench.scratch(), part = Bench.scratch()
        _ = try Bench.run([Bench.renacer, "record", "--backend", "ptrace", "--ring", "16K", "-o", file, "--", "/bin/true"])
        let whole = try Bench.replay(file)
        #expect(whole.status == 0)
        let bytes = Bench.bytes(file)
        try Bench.write(Array(bytes.dropLast(bytes.count / 3)), to: part)
        let cut = try Bench.replay(part)
        let lines = cut.errors.split(separator: "\n")
        #expect(cut.status == 1)
        let last = try #require(lines.last)
        #expect(last.hasPrefix("\(Bench.renacer): \(part): cut off behind "))
        #expect(last.hasSuffix(" bytes are missing, and what came after it"))
        #expect(lines.count > 3)
        #expect(whole.errors.split(separator: "\n").starts(with: lines.dropLast()))
    }
}
