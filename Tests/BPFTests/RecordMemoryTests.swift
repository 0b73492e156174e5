import CBPF
import RenacerCore
import Testing
@testable import RenacerBPF

/// Captured segments read as the memory that they were taken from; whatever they claim, nothing else is read.
@Suite struct RecordMemoryTests {
    private struct Segment {
        var address: UInt64
        var bytes: [UInt8]
        var moment = CAPTURE_AT_ENTRY
        /// What the record says of its length, if that is not so.
        var claimed: UInt32?
    }

    private func read(_ segments: [Segment], _ address: UInt64, _ count: Int, atExit: Bool = false) -> [UInt8] {
        var record: [UInt8] = []
        for s in segments {
            let header = capture_segment(
                address: s.address, length: s.claimed ?? UInt32(s.bytes.count), error: 0, moment: UInt16(s.moment.rawValue))
            withUnsafeBytes(of: header) { record += $0 }
            record += s.bytes
            while record.count % 8 != 0 { record.append(0xee) }
        }
        return record.withUnsafeBytes { record in
            let memory = RecordMemory()
            memory.segments = record
            memory.turn(toExit: atExit)
            var buffer = [UInt8](repeating: 0, count: count)
            let n = buffer.withUnsafeMutableBytes { memory.read(address, into: $0) }
            return Array(buffer.prefix(n))
        }
    }

    @Test func aReadStartsAnywhereInASegment() {
        let s = [Segment(address: 0x1000, bytes: [1, 2, 3, 4, 5])]
        #expect(read(s, 0x1000, 5) == [1, 2, 3, 4, 5])
        #expect(read(s, 0x1003, 9) == [4, 5])
        #expect(read(s, 0x0fff, 2) == [])
        #expect(read(s, 0x1005, 2) == [])
    }

    @Test func segmentsSideBySideAreReadAsOne() {
        let s = [Segment(address: 0x1003, bytes: [4, 5, 6]), Segment(address: 0x1000, bytes: [1, 2, 3])]
        #expect(read(s, 0x1001, 5) == [2, 3, 4, 5, 6])
        #expect(read(s + [Segment(address: 0x1007, bytes: [8])], 0x1000, 9) == [1, 2, 3, 4, 5, 6])
    }

    @Test func whatACallWroteIsSeenAtItsEndOnly() {
        let s = [
            Segment(address: 0x1000, bytes: [1, 2, 3, 4]), Segment(address: 0x1000, bytes: [9, 9], moment: CAPTURE_AT_EXIT),
            Segment(address: 0x2000, bytes: [7], moment: CAPTURE_LATE),
        ]
        #expect(read(s, 0x1000, 4) == [1, 2, 3, 4])
        #expect(read(s, 0x1000, 4, atExit: true) == [9, 9, 3, 4])
        #expect(read(s, 0x2000, 1) == [7])
    }

    @Test(arguments: [UInt32(6), 4096, 0x7fff_ffff, .max]) func aLengthBeyondTheRecordEndsIt(_ claimed: UInt32) {
        let s = [Segment(address: 0x1000, bytes: [1, 2, 3, 4, 5], claimed: claimed == 6 ? 9 : claimed)]
        #expect(read(s, 0x1000, 64).count <= 9)
        #expect(read(s + [Segment(address: 0x2000, bytes: [8])], 0x2000, 1) == [])
    }

    @Test func addressesMayWrapAround() {
        let s = [Segment(address: .max - 1, bytes: [1, 2, 3, 4])]
        #expect(read(s, .max, 3) == [2, 3, 4])
        #expect(read(s, 0, 2) == [3, 4])
    }

    @Test func anEmptySegmentHoldsNothingUp() {
        let s = [Segment(address: 0x1000, bytes: []), Segment(address: 0x1000, bytes: [5])]
        #expect(read(s, 0x1000, 2) == [5])
    }
}
