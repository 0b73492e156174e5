import Foundation
@testable import RenacerRecording
import RenacerCore
import Testing

/// Files of any bytes are read without a crash, a hang or a large allocation.
@Suite struct FuzzTests {
    /// `RENACER_FUZZ` executions; a million before a release.
    static let executions = ProcessInfo.processInfo.environment["RENACER_FUZZ"].flatMap { Int($0) } ?? 4000

    @Test func mutatedRecordingsAreReadOrRefused() {
        var random = Generator(state: 1)
        let seeds = [Sample.bytes(), Sample.bytes(ring: nil), Self.small]
        var outcomes = (shown: 0, refused: 0)
        for _ in 0..<Self.executions {
            let seed = seeds[random.below(8) < 6 ? 2 : random.below(2)]
            let result = Replay.of(Self.mutated(seed, &random))
            if result.failure == nil { outcomes.shown += 1 } else { outcomes.refused += 1 }
            // A few hundred bytes tell of no more than that many events.
            #expect(result.events <= seed.count * 2)
        }
        // Both happen: what is made up is not always caught by a checksum.
        #expect(outcomes.shown > Self.executions / 100 && outcomes.refused > Self.executions / 100, "\(outcomes)")
    }

    /// The first block of a recording alone: most mutations should meet events.
    private static let small: [UInt8] = {
        let bytes = Sample.bytes()
        let header = headerSize(bytes)
        let size = RecordingFormat.blockHeaderSize
        guard let block = bytes[header...].prefix(size).withUnsafeBytes({ BlockHeader($0) }) else { return bytes }
        return Array(bytes[..<(header + size + block.length)])
    }()

    private static func headerSize(_ bytes: [UInt8]) -> Int {
        let fields = bytes.prefix(RecordingFormat.preambleSize).withUnsafeBytes { try? RecordingHeader.fields($0).count } ?? 0
        return RecordingFormat.preambleSize + fields
    }

    /// The same in every run (SplitMix64).
    struct Generator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
            return z ^ z >> 31
        }
        mutating func below(_ n: Int) -> Int { Int(truncatingIfNeeded: next() >> 33) % max(n, 1) }
    }

    private static let extremes: [[UInt8]] = [
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        [0x80, 0x80, 0x80, 0x80, 0x10], [0xff, 0xff, 0xff, 0xff, 0x0f], [0x80], [0x00], [0xff, 0x7f],
    ]

    private static func mutated(_ seed: [UInt8], _ random: inout Generator) -> [UInt8] {
        var bytes = seed
        for _ in 0...random.below(4) {
            let at = random.below(bytes.count)
            switch random.below(8) {
            case 0: bytes[at] = UInt8(truncatingIfNeeded: random.next())
            case 1: bytes[at] ^= 1 << UInt8(random.below(8))
            case 2: bytes.insert(contentsOf: extremes[random.below(extremes.count)], at: at)
            case 3: bytes.removeSubrange(at..<min(bytes.count, at + 1 + random.below(8)))
            case 4: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 1 + random.below(64))], at: random.below(bytes.count))
            case 5: bytes.removeSubrange(at...)
            default:
                let new = extremes[random.below(extremes.count)]
                bytes.replaceSubrange(at..<min(bytes.count, at + new.count), with: new)
            }
            if bytes.isEmpty { return seed }
        }
        if random.below(10) > 0 { repair(&bytes) }
        return bytes
    }

    /// Makes lengths and checksums right again: what is behind them should be met.
    private static func repair(_ bytes: inout [UInt8]) {
        func put<T: FixedWidthInteger>(_ v: T, _ at: Int) { withUnsafeBytes(of: v.littleEndian) { bytes.replaceSubrange(at..<at + $0.count, with: $0) } }
        guard bytes.count >= RecordingFormat.preambleSize else { return }
        bytes.replaceSubrange(0..<8, with: RecordingFormat.magic)
        put(RecordingFormat.version, 8)
        put(UInt16(0xfeff), 10)
        let length = Int(bytes[12..<16].withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) })
        guard length <= bytes.count - RecordingFormat.preambleSize else { return }
        var crc = CRC32C()
        bytes[8..<16].withUnsafeBytes { crc.update($0) }
        bytes[RecordingFormat.preambleSize..<RecordingFormat.preambleSize + length].withUnsafeBytes { crc.update($0) }
        put(crc.value, 16)
        var at = RecordingFormat.preambleSize + length
        let size = RecordingFormat.blockHeaderSize
        while at + size <= bytes.count {
            put(UInt32(0x4b4c_4252), at)
            var type = UInt32(bytes[at + 4])
            if type != 2 { type = 1 }
            put(type, at + 4)
            var payload = Int(bytes[(at + 8)..<(at + 12)].withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) })
            if payload > bytes.count - at - size { payload = bytes.count - at - size }
            put(UInt32(payload), at + 8)
            var crc = CRC32C()
            bytes[at..<(at + size - 4)].withUnsafeBytes { crc.update($0) }
            bytes[(at + size)..<(at + size + payload)].withUnsafeBytes { crc.update($0) }
            put(crc.value, at + size - 4)
            at += size + payload
        }
    }
}
