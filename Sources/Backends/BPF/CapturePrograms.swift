/// The compiled BPF programs, which the build embeds in base 64.
enum CapturePrograms {
    /// The ELF object's bytes.
    static func object() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(captureObject.utf8CodeUnitCount / 4 * 3)
        let text = UnsafeBufferPointer(start: captureObject.utf8Start, count: captureObject.utf8CodeUnitCount)
        var bits: UInt32 = 0, count = 0
        for c in text {
            guard let digit = digit(c) else { break }
            bits = bits << 6 | digit
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }

    private static func digit(_ c: UInt8) -> UInt32? {
        switch c {
        case 0x41...0x5a: UInt32(c - 0x41)
        case 0x61...0x7a: UInt32(c - 0x61) + 26
        case 0x30...0x39: UInt32(c - 0x30) + 52
        case 0x2b: 62
        case 0x2f: 63
        default: nil
        }
    }
}
