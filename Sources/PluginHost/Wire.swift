import CLinux
import Glibc

/// Messages between renacer and a process for plugins: a kind, and numbers and texts in an order that both know.
///
/// Nothing of the other side is trusted: what is too long or too short ends the connection.
final class Wire {
    enum Kind: UInt32 {
        // To the plugin's process.
        case create = 1, consume, idle, finish, answer, tell
        // To renacer.
        case described, refused, done, value, read, describe, frames, report, write, log
    }

    /// Why nothing was received.
    enum Failure: Error { case closed, late }

    private let fd: Int32
    private var out: [UInt8] = []
    private var incoming: [UInt8] = []
    private var at = 0
    private static let largest = 64 << 20

    init(_ fd: Int32) { self.fd = fd }
    deinit { close(fd) }

    // MARK: Sending

    func begin(_ kind: Kind) {
        out.removeAll(keepingCapacity: true)
        put(UInt64(kind.rawValue))
        put(0 as UInt64)
    }

    func put(_ n: UInt64) { withUnsafeBytes(of: n) { out += $0 } }
    func put(_ b: Bool) { put(b ? 1 : 0 as UInt64) }
    func put(_ n: Double) { put(n.bitPattern) }
    func put(_ bytes: UnsafeRawBufferPointer) {
        put(UInt64(bytes.count))
        out += bytes
    }
    func put(_ s: String) {
        var s = s
        s.withUTF8 { put(UnsafeRawBufferPointer($0)) }
    }

    /// - Returns: false if nobody is there.
    @discardableResult
    func send() -> Bool {
        let length = UInt64(out.count - 16)
        withUnsafeBytes(of: length) { bytes in for i in 0..<8 { out[8 + i] = bytes[i] } }
        return out.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let n = Glibc.send(fd, bytes.baseAddress.map { $0 + done }, bytes.count - done, Int32(MSG_NOSIGNAL))
                if n < 0, errno == EINTR { continue }
                if n <= 0 { return false }
                done += n
            }
            return true
        }
    }

    // MARK: Receiving

    /// Waits for a message.
    ///
    /// - Parameter within: milliseconds; negative: for ever.
    func receive(within: Int32 = -1) throws(Failure) -> Kind {
        let header = try bytes(16, within)
        let kind = header.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        let length = header.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self) }
        guard length <= UInt64(Self.largest), let known = Kind(rawValue: UInt32(truncatingIfNeeded: kind)) else { throw .closed }
        incoming = try bytes(Int(length), within)
        at = 0
        return known
    }

    private func bytes(_ count: Int, _ within: Int32) throws(Failure) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: count)
        var done = 0
        // Not from every interruption on: the tracer's timer may interrupt often.
        let deadline = within < 0 ? UInt64.max : clinux_monotonic_ns() + UInt64(within) * 1_000_000
        while done < count {
            var p = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
            let now = clinux_monotonic_ns()
            if now >= deadline { throw .late }
            let ready = poll(&p, 1, within < 0 ? -1 : Int32(clamping: (deadline - now) / 1_000_000 + 1))
            if ready < 0, errno == EINTR { continue }
            if ready == 0 { throw .late }
            let n = result.withUnsafeMutableBytes { Glibc.read(fd, $0.baseAddress.map { $0 + done }, count - done) }
            if n < 0, errno == EINTR { continue }
            if n <= 0 { throw .closed }
            done += n
        }
        return result
    }

    /// The next number; 0 behind the end.
    func number() -> UInt64 {
        guard at + 8 <= incoming.count else { return 0 }
        defer { at += 8 }
        return incoming.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: at, as: UInt64.self) }
    }
    func flag() -> Bool { number() != 0 }
    func real() -> Double { Double(bitPattern: number()) }
    func data() -> ArraySlice<UInt8> {
        let n = number()
        guard n <= UInt64(incoming.count - at) else { return [] }
        defer { at += Int(n) }
        return incoming[at..<(at + Int(n))]
    }
    func text() -> String { String(decoding: data(), as: UTF8.self) }
    /// How many things follow that take at least so many bytes.
    func count(_ size: Int = 8) -> Int { Int(min(number(), UInt64((incoming.count - at) / size))) }
}
