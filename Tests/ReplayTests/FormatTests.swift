import Foundation
import RenacerCore
@testable import RenacerRecording
import RenacerRecorder
import RenacerReplay
import RenacerStraceText
import Testing

/// Bytes of a test as a file's.
final class MemorySource: ByteSource {
    private let bytes: [UInt8]
    private var at = 0
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(TraceError) -> Int {
        let n = min(buffer.count, bytes.count - at)
        buffer.copyBytes(from: bytes[at..<at + n])
        at += n
        return n
    }
}

/// A small recording with everything in it that a record can hold, in blocks of few events.
enum Sample {
    static let events = 60

    /// - Parameter ring: its size decides that of the blocks.
    static func bytes(ring: Int? = 16 << 10) -> [UInt8] {
        var options = RecordingOptions()
        options.decoding.stringLimit = 256
        options.decoding.descriptors = .all
        options.decoding.commands = true
        options.ring = ring
        options.arguments = ["renacer", "record", "program"]
        options.backend = "scripted"
        options.realtimeOffset = 1_700_000_000_000_000_000
        let output = CapturedOutput()
        let sink = RecordingSink(options, output: output, inspector: Inspector()) { _ in output }
        let memory = SegmentedMemory([
            (0x1000, Array("/etc/passwd\0".utf8)), (0x2000, Array(repeating: 7, count: 144)), (0x3000, Array("some bytes that were read".utf8)),
        ])
        var info = [UInt8](repeating: 0, count: 128)
        info[0] = 17
        info[16] = 9
        try? sink.start()
        info.withUnsafeBytes { info in
            for i in 0..<events { try? sink.consume(event(i, memory, info)) }
        }
        var account = Account()
        account.delivered = UInt64(events)
        account.lost = [.ringFull: 3]
        try? sink.finish(account)
        return output.bytes
    }

    private static func event(_ i: Int, _ memory: SegmentedMemory, _ info: UnsafeRawBufferPointer) -> Event {
        let time = 1_000_000_000 + UInt64(i) * 1300
        let tid = Int32(100 + i / 4 % 3)
        func call(_ number: Int, _ arguments: Call.Arguments, _ outcome: Call.Outcome, entered: UInt64? = nil) -> Call {
            var c = Call(number: number, arguments: arguments, enterTime: entered ?? time - 700, memory: memory)
            c.exitTime = time
            c.outcome = outcome
            c.instructionPointer = 0x7f00_1234
            c.stackPointer = 0x7fff_0000
            return c
        }
        let number = { (name: String) in SyscallTable.all(.native).first { $0.syscall.name.description == name }?.number ?? 0 }
        let body: Event.Body = switch i % 10 {
        case 0: .syscall(call(number("getppid"), (0, 1, 2, 3, 4, 5), .returned(99)))
        case 1: .syscallEntered(call(number("read"), (3, 0x3000, 25, 0, 0, 0), .unfinished, entered: time))
        case 2: .syscall(call(number("read"), (3, 0x3000, 25, 0, 0, 0), .returned(25), entered: time - 1300))
        case 3: .syscall(call(number("openat"), (UInt64(bitPattern: -100), 0x1000, 0, 0, 0, 0), .returned(3)))
        case 4: .syscall(call(number("fstat"), (3, 0x2000, 0, 0, 0, 0), .returned(0)))
        case 5: .syscall(call(number("write"), (1, 0x3000, 1, 0, 0, UInt64(i)), .failed(32)))
        case 6: .signal(Signal(number: 17, info: info))
        case 7: .process(.forked(child: 200, isThread: false))
        case 8: .loss(Loss(backend: "scripted", cause: .ringFull, count: 3, from: time - 100, to: time))
        default: .syscall(call(number("exit_group"), (0, 0, 0, 0, 0, 0), .unfinished))
        }
        return Event(time: time, tid: tid, pid: 100, body)
    }

    private final class Inspector: TaskInspector {
        func describe(
            fd: Int32, of tid: Int32, _ memory: any TraceeMemory, _ detail: DescriptorDetail, into text: TextBuffer
        ) -> DescriptorName {
            if fd == 3, detail.contains(.path) { text.append("/etc/passwd") } else { text.append("/dev/null<char 1:3>") }
            return fd == 3 ? (detail.contains(.path) ? .known : .unknown) : (detail.contains(.device) ? .known : .unknown)
        }

        func command(of tid: Int32, into text: TextBuffer) -> Bool {
            text.append("program")
            return true
        }
    }
}

/// What a recording shows, and how it ends.
enum Replay {
    struct Result: Equatable {
        var text = ""
        var events = 0
        /// The line that says what is wrong with it; nil if nothing is.
        var failure: String?
    }

    static func of(_ bytes: [UInt8]) -> Result {
        var result = Result()
        do throws(TraceError) {
            let backend = try ReplayBackend(MemorySource(bytes), named: "file")
            var plan = CapturePlan()
            plan.followForks = backend.header.contents.contains(.children)
            plan.memory.isNeeded = false
            try backend.prepare(plan)
            var options = TextOptions()
            options.absolute = .init(unix: true, precision: .nanoseconds)
            options.realtimeOffset = backend.realtimeOffset
            options.callTime = .nanoseconds
            options.taskPrefix = .bracketAlways
            options.commands = true
            options.quiet = [.attach, .exit]
            options.decoding.descriptors = .all
            let output = CapturedOutput()
            let sink = StraceTextSink(options, outputs: SingleOutput(output, isStandardError: false), inspector: backend.inspector)
            defer {
                try? sink.finish(backend.account)
                result.text = output.text
            }
            while true {
                guard case .events(let batch) = try backend.nextBatch(deadline: nil) else { break }
                for event in batch.events {
                    try sink.consume(event)
                    result.events += 1
                }
            }
        } catch { result.failure = error.description }
        return result
    }
}

@Suite(.timeLimit(.minutes(20)))
struct FormatTests {
    @Test func whatWasRecordedIsReplayed() {
        let whole = Replay.of(Sample.bytes())
        #expect(whole.failure == nil)
        #expect(whole.events == Sample.events)
        #expect(whole == Replay.of(Sample.bytes(ring: nil)))
        for line in [
            "[pid   100<program>] 1700000000.999999300 getppid() = 99 <0.000000700>",
            "read(3</etc/passwd>, \"some bytes that were read\", 25) = 25 <0.000001300>",
            "openat(AT_FDCWD, \"/etc/passwd\", O_RDONLY) = 3</etc/passwd>", "write(1</dev/null<char 1:3>>, \"s\", 1) = -1 EPIPE",
            "--- SIGCHLD {si_signo=SIGCHLD, ", "--- lost 3 events: ring full ---", "--- lost 3 events in all: ring full ---",
        ] {
            #expect(whole.text.contains(line), "\(line)")
        }
    }

    @Test func checksumsAreThoseOfTheStandard() {
        // RFC 3720, appendix B.4.
        for (bytes, sum) in [
            ([UInt8](repeating: 0, count: 32), UInt32(0x8a91_36aa)), ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
            (Array(0..<32), 0x46dd_794e), (Array("123456789".utf8), 0xe306_9283),
        ] {
            var crc = CRC32C()
            bytes.withUnsafeBytes { crc.update($0) }
            #expect(crc.value == sum)
        }
    }

    /// Cut off at any byte, a file shows its whole blocks and nothing else, and says so.
    @Test func aFileCutAtAnyByteReplaysItsWholeBlocks() throws {
        let bytes = Sample.bytes()
        let whole = Replay.of(bytes)
        let index = try #require(Self.index(bytes))
        #expect(index.blocks.count > 2)
        for cut in 0..<bytes.count {
            let part = Replay.of(Array(bytes[..<cut]))
            // The trailer only repeats where the end block is.
            if cut >= bytes.count - RecordingFormat.trailerSize {
                #expect(part == whole)
                continue
            }
            #expect(part.failure?.contains("cut off") == true, "\(cut)")
            let there = zip(index.blocks, index.blocks.dropFirst().map(\.offset) + [Self.endOffset(bytes)]).filter { $1 <= UInt64(cut) }
            #expect(part.events == there.reduce(0) { $0 + Int($1.0.count) }, "\(cut)")
            #expect(whole.text.hasPrefix(part.text.replacing(" <unfinished ...>\n", with: "")) || part.text.contains("<unfinished"))
        }
    }

    private static func endOffset(_ bytes: [UInt8]) -> UInt64 {
        bytes.suffix(RecordingFormat.trailerSize).withUnsafeBytes { RecordingEnd.offset($0) } ?? 0
    }

    private static func index(_ bytes: [UInt8]) -> RecordingEnd? {
        let start = Int(endOffset(bytes)) + RecordingFormat.blockHeaderSize
        return bytes[start..<bytes.count - RecordingFormat.trailerSize].withUnsafeBytes { try? RecordingEnd($0) }
    }

    /// A flipped bit is noticed, wherever it is.
    @Test func noFlippedBitPasses() {
        let bytes = Sample.bytes()
        let whole = Replay.of(bytes)
        for at in 0..<bytes.count - RecordingFormat.trailerSize {
            var flipped = bytes
            flipped[at] ^= 1 << UInt8(at % 8)
            let result = Replay.of(flipped)
            #expect(result.failure != nil, "\(at)")
            #expect(result.events < whole.events || whole.text.hasPrefix(result.text), "\(at)")
        }
    }

    /// Memory that is read in pieces that overlap, in any order, is answered as it was read.
    @Test func overlappingReadsAreAnsweredAlike() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let memory = (0..<512).map { _ in UInt8.random(in: 0...255, using: &random) }
            let base: UInt64 = 0x7000
            let encoder = EventEncoder()
            var reads: [Range<Int>] = []
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let start = Int.random(in: 0..<500, using: &random)
                let read = start..<min(512, start + Int.random(in: 1...64, using: &random))
                reads.append(read)
                memory[read].withUnsafeBytes { encoder.tape.note(base + UInt64(start), $0) }
            }
            let nothing = NoMemory()
            let call = Call(number: 0, arguments: (1, base + UInt64(reads[0].lowerBound), 3, 4, 5, 6), enterTime: 5, memory: nothing)
            #expect(encoder.append(Event(time: 5, tid: 1, pid: 1, .syscallEntered(call))))
            encoder.takeBlock { header, payload in
                let decoder = EventDecoder(backend: "test"), batch = Batch()
                decoder.begin(header, payload)
                guard case .event = decoder.next(batch), case .syscallEntered(let read) = batch.events[0].body else {
                    Issue.record("no event")
                    return
                }
                let recorded = read.memory
                for range in reads {
                    var bytes = [UInt8](repeating: 0, count: range.count)
                    let n = bytes.withUnsafeMutableBytes { recorded.read(base + UInt64(range.lowerBound), into: $0) }
                    #expect(n == range.count)
                    #expect(bytes == Array(memory[range]))
                }
                var one: UInt8 = 0
                let outside = (reads.map(\.upperBound).max() ?? 0) + 1
                #expect(withUnsafeMutableBytes(of: &one) { recorded.read(base + UInt64(outside), into: $0) } == 0)
            }
        }
    }
}
