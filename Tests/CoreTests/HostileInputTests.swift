@testable import RenacerCore
import Testing

/// Whatever a tracee passes, decoding it neither traps nor takes or writes without bound.
@Suite struct HostileInputTests {
    private static func number(_ name: String) -> Int {
        SyscallTable.all(.native).first { $0.syscall.name.description == name }?.number ?? -1
    }

    @Test(arguments: Personality.allCases) func everyCallSurvivesHostileArguments(_ personality: Personality) {
        let fuzzer = Fuzzer(seed: 1)
        for (number, row) in SyscallTable.all(personality) {
            for _ in 0..<(personality == .native ? 40 : 3) { fuzzer.call(number, personality) }
            // Pointers everywhere, and pointers behind one or two scalars.
            for scalars in 0..<min(row.arguments.count, personality == .native ? 4 : 0) {
                for _ in 0..<10 {
                    fuzzer.call(number, personality, (0..<6).map { $0 < scalars ? UInt64(fuzzer.random.below(24)) : fuzzer.pointer() })
                }
            }
        }
        for number in [-1, Int.min, Int.max, 100_000, 0x4000_0000, 0x4000_0201] { fuzzer.call(number, personality) }
        #expect(fuzzer.excesses == [])
    }

    /// Calls that are followed as far as the kernel does: a million descriptors, 128 KiB of
    /// control messages with each of a thousand messages.
    private static let farReaching: Set<String> = ["select", "pselect6", "poll", "ppoll", "sendmmsg", "recvmmsg"]

    /// Counts and lists are bounded by more than the end of memory.
    @Test func memoryWithoutEndIsNotFollowedWithoutEnd() {
        let fuzzer = Fuzzer(seed: 8, endless: true)
        for (number, row) in SyscallTable.all(.native) where !Self.farReaching.contains(row.name.description) {
            for round in 0..<16 {
                let scalars = round % 4
                fuzzer.call(number, .native, (0..<6).map { i in
                    guard i >= scalars, round > 5 else { return nil }
                    // Behind pointers come counts that no memory holds.
                    return round % 3 == 0 && i >= row.arguments.count / 2 ? .max >> UInt64(fuzzer.random.below(48)) : fuzzer.pointer()
                })
            }
        }
        let ioctl = Self.number("ioctl")
        for request in IoctlTable.groups.joined() {
            for _ in 0..<2 { fuzzer.call(ioctl, .native, [3, UInt64(request.code), fuzzer.pointer()]) }
        }
        fuzzer.inspector.netlinkFamily = 0
        for _ in 0..<40 { fuzzer.call(Self.number("sendto"), .native, [3, fuzzer.pointer(), .max >> UInt64(fuzzer.random.below(60))]) }
        #expect(fuzzer.excesses == [])
    }

    @Test func everyIoctlRequestSurvivesHostileArguments() {
        let fuzzer = Fuzzer(seed: 2)
        let ioctl = Self.number("ioctl")
        let described = IoctlTable.groups.joined().map(\.code)
        for code in described {
            for _ in 0..<12 { fuzzer.call(ioctl, .native, [3, UInt64(code), fuzzer.pointer()]) }
            fuzzer.call(ioctl, .native, [3, UInt64(code)])
        }
        for (code, _) in IoctlNames.all { fuzzer.call(ioctl, .native, [3, UInt64(code), fuzzer.pointer()]) }
        // Requests whose code carries a size or an index.
        for type in ["E", "H", "M", "U", "j", "k", "V"].map({ UInt64($0.utf8.first ?? 0) }) + [0xff, 0xb7, 0xfd] {
            for number in 0..<256 as Range<UInt64> {
                let code = fuzzer.random.next() & 0xffff_0000 | type << 8 | number
                fuzzer.call(ioctl, .native, [3, code, fuzzer.pointer()])
            }
        }
        #expect(described.count > 200)
        #expect(fuzzer.excesses == [])
    }

    @Test func everyCommandOfMultiplexedCallsSurvivesHostileArguments() {
        let fuzzer = Fuzzer(seed: 3)
        /// The calls and which of their arguments tells what the others are.
        let multiplexed: [(name: String, argument: Int, commands: [UInt64], rounds: Int)] = [
            ("prctl", 0, Array(0..<90) + [0x53564d41, 0x59616d61], 6),
            ("arch_prctl", 0, Array(0x1000..<0x1030) + Array(0x2000..<0x2008) + Array(0x4001..<0x4004) + Array(0x5000..<0x5006), 3),
            ("fcntl", 1, Array(0..<42) + Array(1024..<1045), 8),
            ("keyctl", 0, Array(0..<36), 12),
            ("bpf", 0, Array(0..<45), 25),
            ("futex", 1, Array(0..<16) + Array(128..<144) + Array(256..<270), 6),
            ("ptrace", 0, Array(0..<36) + Array(0x4200..<0x4216), 8),
            ("semctl", 2, Array(0..<22), 8), ("msgctl", 1, Array(0..<16), 8), ("shmctl", 1, Array(0..<18), 8),
            ("quotactl", 0, (0..<48).map { 0x80_0000 << 8 | $0 << 8 } + (0..<16).map { $0 << 8 | 0x5800_00 }, 6),
            ("quotactl_fd", 1, (0..<48).map { 0x80_0000 << 8 | $0 << 8 }, 4),
            ("seccomp", 0, Array(0..<6), 25), ("io_uring_register", 1, Array(0..<40), 12),
            ("landlock_add_rule", 1, Array(0..<4), 10), ("madvise", 2, Array(0..<30), 2),
            ("rseq", 2, Array(0..<4), 4), ("perf_event_open", 1, Array(0..<3), 40),
            ("clone3", 1, Array(0..<100), 2), ("clone", 0, (0..<64).map { 1 << $0 }, 3),
            ("sysfs", 0, Array(0..<5), 4), ("syslog", 0, Array(0..<12), 4),
            ("lsm_get_self_attr", 0, Array(98..<108), 6), ("lsm_set_self_attr", 0, Array(98..<108), 6),
            ("statmount", 3, Array(0..<8), 30), ("mount_setattr", 4, Array(0..<48), 2),
            ("fsconfig", 1, Array(0..<12), 10), ("open_by_handle_at", 2, Array(0..<8), 12),
            ("move_mount", 4, Array(0..<64), 1), ("waitid", 0, Array(0..<5), 10),
            ("rt_sigaction", 0, Array(0..<66), 2), ("timer_create", 0, Array(0..<12), 10),
            ("getdents64", 2, Array(0..<64), 4), ("getdents", 2, Array(0..<64), 4),
            ("sched_setattr", 2, Array(0..<4), 20), ("membarrier", 0, Array(0..<10), 3),
            ("map_shadow_stack", 2, Array(0..<4), 2), ("personality", 0, Array(0..<32), 1),
            ("kcmp", 2, Array(0..<10), 8), ("rt_sigreturn", 0, [0], 10), ("restart_syscall", 0, [0], 10),
            ("process_madvise", 3, Array(0..<30), 3), ("modify_ldt", 0, [0, 1, 2, 17], 10),
            ("pidfd_send_signal", 1, Array(0..<66), 2), ("listmount", 3, Array(0..<4), 20),
        ]
        for (name, argument, commands, rounds) in multiplexed {
            let number = Self.number(name)
            guard number >= 0 else { continue }
            for command in commands {
                for round in 0..<rounds {
                    var fixed = [UInt64?](repeating: nil, count: 6)
                    if round % 2 == 1 { for i in 0..<6 { fixed[i] = fuzzer.pointer() } }
                    // Sizes that a structure might have.
                    if round % 3 == 2 { for i in [2, 3] { fixed[i] = UInt64(fuzzer.random.below(200)) } }
                    fixed[argument] = command
                    fuzzer.call(number, .native, fixed)
                }
            }
        }
        #expect(fuzzer.excesses == [])
    }

    @Test func everySocketOptionAndAddressSurvivesHostileArguments() {
        let fuzzer = Fuzzer(seed: 4)
        let levels: [UInt64] = [0, 1, 6, 17, 33, 41, 58, 132, 136] + Array(255..<290)
        let (get, set) = (Self.number("getsockopt"), Self.number("setsockopt"))
        for level in levels {
            for name in 0..<132 as Range<UInt64> {
                // A length in memory, as getsockopt wants it, and one in the register.
                let length = UInt8(fuzzer.random.below(160))
                fuzzer.memory.put([length, 0, 0, 0], at: 0)
                fuzzer.call(get, .native, [3, level, name, fuzzer.pointer(), HostileMemory.base])
                fuzzer.call(set, .native, [3, level, name, fuzzer.pointer(), UInt64(length)])
            }
        }
        for call in ["connect", "bind", "accept", "getsockname", "sendto", "recvfrom", "recvmsg", "sendmsg"].map(Self.number) {
            for family in 0..<48 as Range<UInt8> {
                for _ in 0..<4 {
                    let at = fuzzer.random.below(500) * 8
                    fuzzer.memory.put([family, 0], at: at)
                    let address = HostileMemory.base + UInt64(at)
                    let length = UInt64(fuzzer.random.below(130))
                    fuzzer.call(call, .native, [3, address, length, nil, address, length])
                }
            }
        }
        #expect(fuzzer.excesses == [])
    }

    @Test func controlMessagesOfEveryLevelSurviveHostileBytes() {
        let fuzzer = Fuzzer(seed: 5)
        let at = HostileMemory.base
        for level in [0, 1, 41, 17, 270, 263] as [UInt64] {
            for type in 0..<80 as Range<UInt64> {
                for call in ["sendmsg", "recvmsg", "sendmmsg", "recvmmsg"].map(Self.number) {
                    let length = UInt64(fuzzer.random.below(100))
                    let header = [at + 256, 16, at + 512, UInt64(fuzzer.random.below(4)), at + 1024, 200, 0, fuzzer.word()]
                    fuzzer.memory.put(littleEndian(header), at: 64)
                    fuzzer.memory.put(littleEndian([length, level | type << 32]), at: 1024)
                    fuzzer.call(call, .native, [3, at + 64, 1], refill: false)
                }
            }
            fuzzer.memory.fill(&fuzzer.random)
        }
        #expect(fuzzer.excesses == [])
    }

    @Test func netlinkMessagesOfEveryFamilySurviveHostileBytes() {
        let fuzzer = Fuzzer(seed: 6)
        let send = Self.number("sendto")
        let receive = Self.number("recvfrom")
        for family in 0..<24 as Range<Int32> {
            fuzzer.inspector.netlinkFamily = family
            for type in Array(0..<112) + [0x100, 0x200, 0x501, 0x700, 0xa00, 0xa03, 0xb00, 0xffff] as [UInt64] {
                fuzzer.memory.fill(&fuzzer.random)
                let length = UInt64([16, 20, 32, 64, 200, 2000][fuzzer.random.below(6)])
                // A header whose length is plausible, then attributes of plausible lengths.
                fuzzer.memory.put(littleEndian([length | type << 32 | UInt64(fuzzer.random.below(0x1000)) << 48]), at: 0)
                fuzzer.memory.put([UInt8(fuzzer.random.below(48))], at: 16)
                var offset = 16 + fuzzer.random.below(20) * 4
                while offset + 64 < 2000 {
                    let size = 4 + fuzzer.random.below(60)
                    fuzzer.memory.put([UInt8(size), 0, UInt8(fuzzer.random.below(70)), fuzzer.random.below(3) == 0 ? 0x80 : 0], at: offset)
                    offset += (size + 3) & ~3
                }
                fuzzer.call(send, .native, [3, HostileMemory.base, length], refill: false)
                fuzzer.call(receive, .native, [3, HostileMemory.base, length], refill: false)
                fuzzer.call(send, .native, [3, HostileMemory.base, nil], refill: false)
            }
        }
        #expect(fuzzer.excesses == [])
    }

    @Test func signalInformationOfAnyBytesIsShown() {
        let fuzzer = Fuzzer(seed: 7)
        for _ in 0..<300 { fuzzer.signalInformation() }
        #expect(fuzzer.excesses == [])
    }

    private func littleEndian(_ words: [UInt64]) -> [UInt8] {
        words.flatMap { w in (0..<8).map { UInt8(truncatingIfNeeded: w >> (8 * UInt64($0))) } }
    }
}
