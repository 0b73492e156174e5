import CBPF
import RenacerCore

/// A call's memory as its record holds it: a read is a look-up among captured segments.
final class RecordMemory: TraceeMemory {
    /// The segments, one behind the other.
    var segments = UnsafeRawBufferPointer(start: nil, count: 0)
    /// The call has ended: what was captured then comes first.
    private(set) var isAtExit = false

    func turn(toExit: Bool) { isAtExit = toExit }

    func read(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let n = piece(address &+ UInt64(done), rest)
            if n == 0 { break }
            done += n
        }
        return done
    }

    private func piece(_ address: UInt64, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        if isAtExit {
            let n = find(address, buffer) { $0 == UInt16(CAPTURE_AT_EXIT.rawValue) }
            if n > 0 { return n }
        }
        return find(address, buffer) { $0 == UInt16(CAPTURE_AT_ENTRY.rawValue) || $0 == UInt16(CAPTURE_LATE.rawValue) }
    }

    @inline(__always)
    private func find(_ address: UInt64, _ buffer: UnsafeMutableRawBufferPointer, _ isWanted: (UInt16) -> Bool) -> Int {
        var n = 0
        forEachSegment { s, bytes in
            let offset = address &- s.address
            guard offset < UInt64(bytes.count), isWanted(s.moment), let source = bytes.baseAddress, let target = buffer.baseAddress
            else { return true }
            n = min(bytes.count - Int(offset), buffer.count)
            target.copyMemory(from: source + Int(offset), byteCount: n)
            return false
        }
        return n
    }

    func register(_ number: Int) -> UInt64? {
        guard let place = Self.saved.firstIndex(of: number) else { return nil }
        var value: UInt64?
        forEachSegment { s, bytes in
            guard s.moment == UInt16(CAPTURE_CALLEE_SAVED.rawValue), bytes.count >= (place + 1) * 8 else { return true }
            value = bytes.loadUnaligned(fromByteOffset: place * 8, as: UInt64.self)
            return false
        }
        return value
    }

    /// DWARF's numbers of the registers that are captured with a stack, in their order.
    #if arch(x86_64)
    private static let saved = [3, 6, 12, 13, 14, 15]
    #else
    private static let saved = Array(19...30)
    #endif

    /// Hands over each segment and its bytes until `body` says that it is enough.
    @inline(__always)
    func forEachSegment(_ body: (capture_segment, UnsafeRawBufferPointer) -> Bool) {
        let header = MemoryLayout<capture_segment>.size
        var at = 0
        while at + header <= segments.count {
            let s = segments.loadUnaligned(fromByteOffset: at, as: capture_segment.self)
            let length = Int(s.length)
            at += header
            guard at + length <= segments.count, body(s, UnsafeRawBufferPointer(rebasing: segments[at..<at + length])) else { return }
            at += (length + 7) & ~7
        }
    }
}
