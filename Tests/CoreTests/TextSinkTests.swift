import RenacerCore
import RenacerScripted
import RenacerStraceText
import Testing

@Suite struct TextSinkTests {
    @Test func aCallIsOneLine() throws {
        var t = ScriptedTrace()
        t.call("close", 3, outcome: .returned(0))
        #expect(try t.text() == "close(3) = 0\n")
    }

    @Test func resultsStartInTheirColumn() throws {
        var t = ScriptedTrace()
        t.call("close", 3, outcome: .returned(0))
        #expect(try t.text { $0.column = 20 } == "close(3)            = 0\n")
    }

    @Test func errorsAreNamedAndExplained() throws {
        var t = ScriptedTrace()
        t.call("close", 3, outcome: .failed(9))
        t.call("close", 3, outcome: .failed(4095))
        t.call("close", 3, outcome: .failed(512))
        #expect(
            try t.text() == """
                close(3) = -1 EBADF (Bad file descriptor)
                close(3) = -1 (errno 4095)
                close(3) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)

                """)
    }

    @Test func interleavedTasksCutEachOthersLines() throws {
        var t = ScriptedTrace()
        let buf = t.place("hi")
        t.enter("read", 3, buf, 2, tid: 1)
        t.call("close", 5, outcome: .returned(0), tid: 2)
        t.exit("read", 3, buf, 2, outcome: .returned(2), tid: 1)
        #expect(
            try t.text { $0.taskPrefix = .numberAlways } == """
                1     read(3 <unfinished ...>
                2     close(5) = 0
                1     <... read resumed>, "hi", 2) = 2

                """)
    }

    @Test func aCallThatTheTaskDiedInHasNoResult() throws {
        var t = ScriptedTrace()
        t.call("read", 0, 0, 0, outcome: .unfinished)
        t.add(.process(.killed(signal: 9, coreDumped: false)))
        #expect(try t.text() == "read(0 <unfinished ...>) = ?\n+++ killed by SIGKILL +++\n")
    }

    @Test func unwantedOutcomesLeaveNoTrace() throws {
        var t = ScriptedTrace()
        t.call("close", 3, outcome: .returned(0))
        t.call("close", 4, outcome: .failed(9))
        #expect(try t.text { $0.calls.outcomes = .failed } == "close(4) = -1 EBADF (Bad file descriptor)\n")
    }

    @Test func lossIsShownInItsPlaceAndInTheAccount() throws {
        var t = ScriptedTrace()
        t.call("close", 3, outcome: .returned(0))
        t.add(.lost(Loss(backend: "scripted", cause: .ringFull, count: 7, from: 0, to: 1)))
        t.call("close", 4, outcome: .returned(0))
        #expect(
            try t.text() == """
                close(3) = 0
                --- lost 7 events: ring full ---
                close(4) = 0
                --- lost 7 events in all: ring full ---

                """)
    }

    @Test func controlCharactersOfTraceesAreEscaped() throws {
        var t = ScriptedTrace()
        let bytes: [UInt8] = [0x1b, 0x5b, 0x33, 0x31, 0x6d, 7, 0, 0x39, 0xff]
        let buf = t.place(bytes)
        t.call("write", 1, buf, UInt64(bytes.count), outcome: .returned(9))
        #expect(try t.text() == "write(1, \"\\33[31m\\7\\09\\377\", 9) = 9\n")
        #expect(try t.text { $0.escaping = .all }.contains("\"\\x1b\\x5b\\x33"))
    }

    @Test func stringsStopAtTheLimit() throws {
        var t = ScriptedTrace()
        let buf = t.place("0123456789")
        t.call("write", 1, buf, 10, outcome: .returned(10))
        #expect(try t.text { $0.decoding.stringLimit = 4 } == "write(1, \"0123\"..., 10) = 10\n")
    }

    @Test func unreadableAddressesPrintAsAddresses() throws {
        var t = ScriptedTrace()
        t.call("write", 1, 0xdead_beef, 10, outcome: .failed(14))
        t.call("write", 1, 0, 10, outcome: .failed(14))
        #expect(
            try t.text() == """
                write(1, 0xdeadbeef, 10) = -1 EFAULT (Bad address)
                write(1, NULL, 10) = -1 EFAULT (Bad address)

                """)
    }

    @Test func argumentNamesAreShownOnRequest() throws {
        var t = ScriptedTrace()
        let buf = t.place("x")
        t.call("write", 1, buf, 1, outcome: .returned(1))
        #expect(try t.text { $0.argumentNames = true } == "write(fd=1, buf=\"x\", count=1) = 1\n")
    }

    @Test func unknownCallsShowSixRawArguments() throws {
        let memory = SegmentedMemory()
        var c = Call(number: 4242, arguments: (1, 2, 3, 4, 5, 6), memory: memory)
        c.outcome = .failed(38)
        var t = ScriptedTrace()
        t.add(.syscallEntered(c))
        t.add(.syscall(c))
        #expect(
            try t.text() == "syscall_0x1092(0x1, 0x2, 0x3, 0x4, 0x5, 0x6) = -1 ENOSYS (Function not implemented)\n")
    }
}
