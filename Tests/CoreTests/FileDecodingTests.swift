import RenacerCore
import RenacerScripted
import Testing

/// Little-endian words one after another.
private func words(_ values: UInt64...) -> [UInt8] {
    values.flatMap { v in (0..<8).map { UInt8(truncatingIfNeeded: v >> (8 * UInt64($0))) } }
}

@Suite struct FileDecodingTests {
    @Test func aModeIsShownOnlyWhereAFileMayBeCreated() throws {
        var t = ScriptedTrace()
        let path = t.place("/tmp/x")
        t.call("openat", UInt64(bitPattern: -100), path, 0o2000000, 0o644, outcome: .returned(3))
        t.call("openat", UInt64(bitPattern: -100), path, 0o101, 0o644, outcome: .returned(3))
        #expect(
            try t.text() == """
                openat(AT_FDCWD, "/tmp/x", O_RDONLY|O_CLOEXEC) = 3
                openat(AT_FDCWD, "/tmp/x", O_WRONLY|O_CREAT, 0644) = 3

                """)
    }

    @Test func readBuffersHoldWhatTheResultSays() throws {
        var t = ScriptedTrace()
        let first = t.place("abcd")
        let second = t.place("efgh")
        let vectors = t.place(words(first, 4, second, 4))
        t.call("readv", 3, vectors, 2, outcome: .returned(6))
        t.call("readv", 3, vectors, 0, outcome: .returned(0))
        #expect(
            try t.text() == """
                readv(3, [{iov_base="abcd", iov_len=4}, {iov_base="ef", iov_len=4}], 2) = 6
                readv(3, [], 0) = 0

                """)
    }

    @Test func aHostileVectorCountEndsWhereMemoryEnds() throws {
        var t = ScriptedTrace()
        let vectors = t.place(words(0, 7))
        t.call("writev", 3, vectors, 1 << 32, outcome: .failed(22))
        #expect(
            try t.text() == """
                writev(3, [{iov_base=NULL, iov_len=7}, ... /* 0x70000010 */], 4294967296) = -1 EINVAL (Invalid argument)

                """)
    }

    @Test(arguments: [0, 18, 25, 65535] as [UInt64]) func directoryEntriesOfImpossibleLengthEndTheList(_ length: UInt64) throws {
        var t = ScriptedTrace()
        let entries = t.place(words(1, 2, length | 0x6162_0400_0000))
        t.call("getdents64", 3, entries, 4096, outcome: .returned(24))
        #expect(try t.text() == "getdents64(3, 0x70000000 /* 0 entries */, 4096) = 24\n")
    }

    @Test func fileStatusFlagsAreExplainedBehindTheResult() throws {
        var t = ScriptedTrace()
        t.call("fcntl", 3, 3, outcome: .returned(0o2002))
        t.call("fcntl", 3, 1, outcome: .returned(1))
        t.call("fcntl", 3, 1, outcome: .returned(0))
        #expect(
            try t.text() == """
                fcntl(3, F_GETFL) = 0x402 (flags O_RDWR|O_APPEND)
                fcntl(3, F_GETFD) = 0x1 (flags FD_CLOEXEC)
                fcntl(3, F_GETFD) = 0

                """)
    }

    @Test func bytesBeyondAKnownStructureAreShown() throws {
        var t = ScriptedTrace()
        let path = t.place("p")
        let how = t.place(words(0, 0, 8, 0x0201))
        t.call("openat2", 3, path, how, 32, outcome: .failed(7))
        t.call("openat2", 3, path, how, 40, outcome: .failed(7))
        t.call("openat2", 3, path, how, 1 << 40, outcome: .failed(7))
        #expect(
            try t.text() == """
                openat2(3, "p", {flags=O_RDONLY, resolve=RESOLVE_BENEATH, /* bytes 24..31 */ \
                "\\x01\\x02\\x00\\x00\\x00\\x00\\x00\\x00"}, 32) = -1 E2BIG (Argument list too long)
                openat2(3, "p", {flags=O_RDONLY, resolve=RESOLVE_BENEATH, ???}, 40) = -1 E2BIG (Argument list too long)
                openat2(3, "p", 0x70001000, 1099511627776) = -1 E2BIG (Argument list too long)

                """)
    }

    @Test func everyConstantTableOfTheRowsParses() {
        func touch(_ kind: ValueKind) {
            switch kind {
            case .flags(let t), .flags64(let t), .enumerated(let t), .enumerated64(let t): #expect(!t.entries.isEmpty)
            case .pointee(let k), .array(let k, _): touch(k)
            case .structure(let l), .structures(let l, _): for f in l.fields { touch(f.kind) }
            default: break
            }
        }
        for (_, s) in SyscallTable.all(.native) { for a in s.arguments { touch(a.kind) } }
        for personality in Personality.allCases { #expect(!SyscallTable.all(personality).isEmpty) }
    }
}
