/// The compiled BPF programs, which the build embeds in base 64: ELF objects, whose bytes stay once they have been written,
/// because some programs are loaded when they are first needed.
enum CapturePrograms {
    /// Without what few traces ask for (`CAPTURE_EXTRAS`).
    nonisolated(unsafe) static let plain = decode(plainObject)
    /// With all of it.
    nonisolated(unsafe) static let full = decode(fullObject)

    /// Four digits are three bytes; the last digits may be padding.
    private static func decode(_ constant: StaticString) -> UnsafeRawBufferPointer {
        let text = UnsafeBufferPointer(start: constant.utf8Start, count: constant.utf8CodeUnitCount)
        let values = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: 256)
        defer { values.deallocate() }
        values.initialize(repeating: 0)
        for (value, digit) in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8.enumerated() {
            values[Int(digit)] = UInt32(value)
        }
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: text.count / 4 * 3, alignment: 8)
        var at = 0
        for i in stride(from: 0, to: text.count & ~3, by: 4) {
            let bits = values[Int(text[i])] << 18 | values[Int(text[i + 1])] << 12 | values[Int(text[i + 2])] << 6 | values[Int(text[i + 3])]
            bytes[at] = UInt8(truncatingIfNeeded: bits >> 16)
            bytes[at + 1] = UInt8(truncatingIfNeeded: bits >> 8)
            bytes[at + 2] = UInt8(truncatingIfNeeded: bits)
            at += 3
        }
        let padding = text.suffix(2).count { $0 == UInt8(ascii: "=") }
        return UnsafeRawBufferPointer(rebasing: bytes[..<max(at - padding, 0)])
    }
}
