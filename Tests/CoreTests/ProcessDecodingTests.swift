import RenacerCore
import RenacerScripted
import Testing

/// Little-endian words one after another.
private func words(_ values: UInt64...) -> [UInt8] {
    values.flatMap { v in (0..<8).map { UInt8(truncatingIfNeeded: v >> (8 * UInt64($0))) } }
}

/// 32-bit words, zeros up to `size` bytes.
private func halves(_ values: UInt32..., size: Int = 0) -> [UInt8] {
    let bytes = values.flatMap { v in (0..<4).map { UInt8(truncatingIfNeeded: v >> (8 * UInt32($0))) } }
    return bytes + [UInt8](repeating: 0, count: max(size - bytes.count, 0))
}

@Suite struct ProcessDecodingTests {
    @Test func anEnvironmentIsCountedUnlessInFull() throws {
        var t = ScriptedTrace()
        let path = t.place("/bin/x")
        let argument = t.place("a\n")
        let arguments = t.place(words(argument, 0))
        let environment = t.place(words(argument, argument, 0))
        t.call("execve", path, arguments, environment, outcome: .returned(0))
        #expect(try t.text() == "execve(\"/bin/x\", [\"a\\n\"], 0x70003000 /* 2 vars */) = 0\n")
        #expect(
            try t.text { $0.decoding.abbreviated = .none }
                == "execve(\"/bin/x\", [\"a\\n\"], [\"a\\n\", \"a\\n\"]) = 0\n")
    }

    @Test func vectorsOfStringsEndWhereMemoryEnds() throws {
        var t = ScriptedTrace()
        let argument = t.place("a")
        let vector = t.place(words(argument, 1))
        t.call("execve", 1, vector, vector, outcome: .failed(14))
        #expect(
            try t.text() == """
                execve(0x1, ["a", 0x1, ... /* 0x70001010 */], 0x70001000 /* 2 vars, unterminated */) = -1 EFAULT (Bad address)

                """)
    }

    @Test(arguments: [
        (0, "{WIFEXITED(s) && WEXITSTATUS(s) == 0}"), (0x2a00, "{WIFEXITED(s) && WEXITSTATUS(s) == 42}"),
        (0x8b, "{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && WCOREDUMP(s)}"),
        (0x137f, "{WIFSTOPPED(s) && WSTOPSIG(s) == SIGSTOP}"), (0xffff, "{WIFCONTINUED(s)}"),
        (0x857f, "{WIFSTOPPED(s) && WSTOPSIG(s) == SIGTRAP | 0x80}"),
        (0x1057f, "{WIFSTOPPED(s) && WSTOPSIG(s) == SIGTRAP}|PTRACE_EVENT_FORK<<16"),
        (0x180, "{WIFEXITED(s) && WEXITSTATUS(s) == 1}|0x80"), (0x7fff, "0x7fff"),
    ] as [(UInt32, String)]) func waitStatusesAreExplained(_ status: UInt32, _ text: String) throws {
        var t = ScriptedTrace()
        let at = t.place(halves(status))
        t.call("wait4", 7, at, 0, 0, outcome: .returned(7))
        #expect(try t.text() == "wait4(7, [\(text)], 0, NULL) = 7\n")
    }

    @Test func aWaitWithoutAChangeStoredNothing() throws {
        var t = ScriptedTrace()
        let at = t.place(halves(0xffff_ffff))
        t.call("wait4", 7, at, 1, at, outcome: .returned(0))
        #expect(try t.text() == "wait4(7, 0x70000000, WNOHANG, 0x70000000) = 0\n")
    }

    @Test func cloneShowsWhatItsFlagsAskFor() throws {
        var t = ScriptedTrace()
        t.call("clone", 17, 0, 0, 0, 0, outcome: .returned(7))
        t.call("clone", 0x0120_0011, 0, 0, 0x1000, 0x1000, outcome: .returned(7))
        #expect(
            try t.text() == """
                clone(child_stack=NULL, flags=SIGCHLD) = 7
                clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x1000) = 7

                """)
    }

    @Test(arguments: [0, 63, UInt64.max]) func cloneArgumentsOfImpossibleSizeArePointers(_ size: UInt64) throws {
        var t = ScriptedTrace()
        let at = t.place(words(0, 0))
        t.call("clone3", at, size, outcome: .failed(22))
        #expect(try t.text() == "clone3(0x70000000, \(size)) = -1 EINVAL (Invalid argument)\n")
    }

    @Test func theRestOfASleepIsShownWhereItRestarts() throws {
        var t = ScriptedTrace()
        let asked = t.place(words(1, 2))
        let left = t.place(words(0, 5))
        t.call("nanosleep", asked, left, outcome: .failed(516))
        t.call("nanosleep", asked, left, outcome: .returned(0))
        #expect(
            try t.text() == """
                nanosleep({tv_sec=1, tv_nsec=2}, {tv_sec=0, tv_nsec=5}) = ? ERESTART_RESTARTBLOCK (Interrupted by signal)
                nanosleep({tv_sec=1, tv_nsec=2}, 0x70001000) = 0

                """)
    }
}

@Suite struct SignalDecodingTests {
    @Test func setsThatHoldMostSignalsAreInverted() throws {
        var t = ScriptedTrace()
        let few = t.place(words(1 | 1 << 31))
        let most = t.place(words(~1))
        t.call("rt_sigprocmask", 0, few, 0, 8, outcome: .returned(0))
        t.call("rt_sigprocmask", 2, most, 0, 8, outcome: .returned(0))
        t.call("rt_sigprocmask", 2, most, 0, 4, outcome: .failed(22))
        #expect(
            try t.text() == """
                rt_sigprocmask(SIG_BLOCK, [HUP RTMIN], NULL, 8) = 0
                rt_sigprocmask(SIG_SETMASK, ~[HUP], NULL, 8) = 0
                rt_sigprocmask(SIG_SETMASK, 0x70001000, NULL, 4) = -1 EINVAL (Invalid argument)

                """)
    }

    @Test func aRestorerIsShownWhereItCounts() throws {
        var t = ScriptedTrace()
        let with = t.place(words(1, 0x0400_0004, 0x1234, 0))
        let without = t.place(words(0x4000, 0, 0x1234, 2))
        t.call("rt_sigaction", 15, with, without, 8, outcome: .returned(0))
        #expect(
            try t.text() == """
                rt_sigaction(SIGTERM, {sa_handler=SIG_IGN, sa_mask=[], sa_flags=SA_RESTORER|SA_SIGINFO, sa_restorer=0x1234}, \
                {sa_handler=0x4000, sa_mask=[INT], sa_flags=0}, 8) = 0

                """)
    }

    @Test(arguments: [
        (17, 1, "{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=5, si_uid=6, si_status=7, si_utime=0, si_stime=0}"),
        (17, 2, "{si_signo=SIGCHLD, si_code=CLD_KILLED, si_pid=5, si_uid=6, si_status=SIGBUS, si_utime=0, si_stime=0}"),
        (11, 1, "{si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x600000005}"),
        (10, 0, "{si_signo=SIGUSR1, si_code=SI_USER, si_pid=5, si_uid=6}"),
        (29, 1, "{si_signo=SIGIO, si_code=POLL_IN, si_band=25769803781, si_fd=7}"),
        (34, 0xffff_ffff, "{si_signo=SIGRT_2, si_code=SI_QUEUE, si_pid=5, si_uid=6, si_int=7, si_ptr=0x7}"),
        (0, 0, "{}"),
    ] as [(UInt32, UInt32, String)]) func siginfoHasTheFieldsOfItsSignal(_ signal: UInt32, _ code: UInt32, _ text: String) throws {
        var t = ScriptedTrace()
        let info = t.place(halves(signal, 0, code, 0, 5, 6, 7, size: 128))
        t.call("rt_sigqueueinfo", 7, 10, info, outcome: .returned(0))
        #expect(try t.text() == "rt_sigqueueinfo(7, SIGUSR1, \(text)) = 0\n")
    }
}

@Suite struct IpcDecodingTests {
    @Test func futexOperationsHaveTheirOwnArguments() throws {
        var t = ScriptedTrace()
        let timeout = t.place(words(1, 2))
        t.call("futex", 0x1000, 0, 3, timeout, outcome: .failed(110))
        t.call("futex", 0x1000, 129, 1, outcome: .returned(1))
        t.call("futex", 0x1000, 0x189, 3, 0, 0, 0xffff_ffff, outcome: .failed(11))
        t.call("futex", 0x1000, 5, 1, 2, 0x2000, 0xa400_0003, outcome: .returned(0))
        #expect(
            try t.text() == """
                futex(0x1000, FUTEX_WAIT, 3, {tv_sec=1, tv_nsec=2}) = -1 ETIMEDOUT (Connection timed out)
                futex(0x1000, FUTEX_WAKE_PRIVATE, 1) = 1
                futex(0x1000, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 3, NULL, FUTEX_BITSET_MATCH_ANY) = \
                -1 EAGAIN (Resource temporarily unavailable)
                futex(0x1000, FUTEX_WAKE_OP, 1, 2, 0x2000, FUTEX_OP_OPARG_SHIFT<<28|FUTEX_OP_OR<<28|0<<12|FUTEX_OP_CMP_GT<<24|0x3) = 0

                """)
    }

    @Test func messagesAreShownAsFarAsTheyGo() throws {
        var t = ScriptedTrace()
        let message = t.place(words(5) + Array("text".utf8))
        t.call("msgsnd", 1, message, 4, 0, outcome: .returned(0))
        t.call("msgsnd", 1, message, UInt64.max, 0, outcome: .failed(22))
        #expect(
            try t.text() == """
                msgsnd(1, {mtype=5, mtext="text"}, 4, 0) = 0
                msgsnd(1, {mtype=5, mtext=0x70000008}, 18446744073709551615, 0) = -1 EINVAL (Invalid argument)

                """)
    }

    @Test func aHostileCountOfOperationsEndsWhereMemoryEnds() throws {
        var t = ScriptedTrace()
        let operations = t.place([1, 0, 255, 255, 0, 8])
        t.call("semop", 1, operations, 0xffff_ffff, outcome: .failed(7))
        #expect(
            try t.text() == """
                semop(1, [{sem_num=1, sem_op=-1, sem_flg=IPC_NOWAIT}, ... /* 0x70000006 */], 4294967295) = \
                -1 E2BIG (Argument list too long)

                """)
    }
}
