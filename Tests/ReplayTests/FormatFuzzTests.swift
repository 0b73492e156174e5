import CPerf
import Foundation
import Testing

/// Formats of tracepoints, as tracefs has them, and records that are taken apart by them: of any bytes, without a crash.
@Suite struct FormatFuzzTests {
    private static let head = """
        format:
        \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
        \tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
        \tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
        \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;


        """
    private static let seeds: [(kind: cperf_kind, text: String)] = [
        (CPERF_ENTER, "name: sys_enter\nID: 443\n" + head + "\tfield:long id;\toffset:8;\tsize:8;\tsigned:1;\n\tfield:unsigned long args[6];\toffset:16;\tsize:48;\tsigned:0;\n\nprint fmt: \"NR %ld (%lx)\", REC->id, REC->args[0]\n"),
        (CPERF_EXIT, "name: sys_exit\nID: 442\n" + head + "\tfield:long id;\toffset:8;\tsize:8;\tsigned:1;\n\tfield:long ret;\toffset:16;\tsize:8;\tsigned:1;\n\nprint fmt: \"NR %ld = %ld\", REC->id, REC->ret\n"),
        (CPERF_NEW_TASK, "name: task_newtask\nID: 171\n" + head + "\tfield:pid_t pid;\toffset:8;\tsize:4;\tsigned:1;\n\tfield:char comm[16];\toffset:12;\tsize:16;\tsigned:0;\n\tfield:unsigned long clone_flags;\toffset:32;\tsize:8;\tsigned:0;\n\nprint fmt: \"pid=%d comm=%s\", REC->pid, REC->comm\n"),
        (CPERF_EXEC, "name: sched_process_exec\nID: 312\n" + head + "\tfield:__data_loc char[] filename;\toffset:8;\tsize:4;\tsigned:0;\n\tfield:pid_t pid;\toffset:12;\tsize:4;\tsigned:1;\n\tfield:pid_t old_pid;\toffset:16;\tsize:4;\tsigned:1;\n\nprint fmt: \"%s\", __get_str(filename)\n"),
    ]

    @Test(.enabled(if: isReadable, "libtraceevent is not here")) func damagedFormatsAndRecordsAreReadOrRefused() {
        // Loaded once, rather than at every text.
        let library = dlopen("libtraceevent.so.1", RTLD_NOW)
        defer { if let library { dlclose(library) } }
        var random = FuzzTests.Generator(state: 2)
        var outcomes = (read: 0, passed: 0, refused: 0)
        for _ in 0..<FuzzTests.executions {
            let seed = Self.seeds[random.below(Self.seeds.count)]
            var text = Array(seed.text.utf8)
            if random.below(8) > 0 { Self.mutate(&text, &random) }
            switch Self.decode(text, seed.kind, Self.record(&random)) {
            case 1: outcomes.read += 1
            case 0: outcomes.passed += 1
            default: outcomes.refused += 1
            }
        }
        #expect(outcomes.read > FuzzTests.executions / 50 && outcomes.refused > FuzzTests.executions / 50, "\(outcomes)")
    }

    private static let isReadable: Bool = {
        guard let library = dlopen("libtraceevent.so.1", RTLD_NOW) else { return false }
        dlclose(library)
        return true
    }()

    private static func decode(_ text: [UInt8], _ kind: cperf_kind, _ words: [UInt64]) -> Int32 {
        // Where they end memory does: what is read beyond is found by a run with the address sanitizer.
        let size = words.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: 6, as: UInt16.self)) }
        var record = cperf_record()
        return text.withUnsafeBytes { text in
            words.withUnsafeBytes { bytes in
                cperf_decode_by(
                    text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count, Int32(kind.rawValue),
                    bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), min(size, bytes.count), &record)
            }
        }
    }

    /// A sample of one of the tracepoints, whole or not.
    private static func record(_ random: inout FuzzTests.Generator) -> [UInt64] {
        var words = (0..<(4 + random.below(28))).map { _ in random.next() }
        words.withUnsafeMutableBytes { b in
            b.storeBytes(of: UInt32(random.below(8) == 0 ? 2 : 9), as: UInt32.self)
            b.storeBytes(of: UInt16(truncatingIfNeeded: random.below(16) == 0 ? random.below(b.count + 1) & ~7 : b.count), toByteOffset: 6, as: UInt16.self)
            // The tracepoint's part: how long it says that it is, and whose it is.
            b.storeBytes(of: UInt32(random.below(8) == 0 ? Int(truncatingIfNeeded: random.next() & 0xffff_ffff) : random.below(max(b.count - 27, 1))), toByteOffset: 24, as: UInt32.self)
            b.storeBytes(of: [443, 442, 171, 312][random.below(4)] as UInt16, toByteOffset: 28, as: UInt16.self)
        }
        return words
    }

    private static func mutate(_ text: inout [UInt8], _ random: inout FuzzTests.Generator) {
        let words = ["65535", "-1", "4294967295", "99999999999999999999", "\n", ";", "\t", "offset:", "size:", "field:", "[", "]", "((((", "\"", "__data_loc", "print fmt:", "\0", "%s%n", "REC->"]
        for _ in 0...random.below(3) {
            guard !text.isEmpty else { return }
            let at = random.below(text.count)
            switch random.below(6) {
            case 0: text[at] ^= 1 << UInt8(random.below(8))
            case 1: text.removeSubrange(at...)
            case 2: text.removeSubrange(at..<min(text.count, at + 1 + random.below(32)))
            case 3: text.insert(contentsOf: text[at..<min(text.count, at + 1 + random.below(64))], at: random.below(text.count))
            case 4: text.insert(contentsOf: Array(words[random.below(words.count)].utf8), at: at)
            default:
                // Another number.
                if let digit = text[at...].firstIndex(where: { $0 >= 0x30 && $0 <= 0x39 }) {
                    text.replaceSubrange(digit...digit, with: Array(words[random.below(4)].utf8))
                }
            }
        }
    }
}
