extension TextBuffer {
    /// Writes bytes as a JSON string, in quotes. Bytes that are not UTF-8 become `\xHH`, spelt out: for names and
    /// words, which seldom hold any. Data goes by `JSONWriter.string`.
    public func json(text bytes: UnsafeRawBufferPointer) {
        byte(0x22)
        if bytes.isUTF8 {
            jsonEscaped(bytes)
        } else {
            let text = TextBuffer(capacity: bytes.count * 4)
            text.append(readable: bytes)
            jsonEscaped(text.bytes)
        }
        byte(0x22)
    }

    /// Writes UTF-8 as it is; of other bytes those beyond ASCII as `\xHH`.
    public func append(readable bytes: UnsafeRawBufferPointer) {
        if bytes.isUTF8 { return append(bytes) }
        for b in bytes {
            if b < 0x80 {
                byte(b)
            } else {
                append("\\x")
                hexDigits(UInt64(b), width: 2)
            }
        }
    }

    public func json(_ s: String) {
        var s = s
        s.withUTF8 { json(text: UnsafeRawBufferPointer($0)) }
    }

    public func json(_ n: Name) { json(text: n.bytes) }

    /// Writes UTF-8 as it stands between a JSON string's quotes.
    func jsonEscaped(_ bytes: UnsafeRawBufferPointer) {
        // Most text has nothing to escape.
        let plain = bytes.firstIndex { $0 < 0x20 || $0 == 0x22 || $0 == 0x5c } ?? bytes.count
        append(UnsafeRawBufferPointer(rebasing: bytes[..<plain]))
        guard plain < bytes.count else { return }
        let bytes = UnsafeRawBufferPointer(rebasing: bytes[plain...])
        reserve(bytes.count * 6)
        for b in bytes {
            if b >= 0x20, b != 0x22, b != 0x5c {
                byte(b)
                continue
            }
            byte(0x5c)
            switch b {
            case 0x22, 0x5c: byte(b)
            case 8: byte(0x62)
            case 9: byte(0x74)
            case 10: byte(0x6e)
            case 12: byte(0x66)
            case 13: byte(0x72)
            default:
                append("u00")
                hexDigits(UInt64(b), width: 2)
            }
        }
    }

    /// Writes bytes in base64 (RFC 4648, with padding), without quotes.
    public func base64(_ bytes: UnsafeRawBufferPointer) {
        let digits: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        reserve((bytes.count + 2) / 3 * 4)
        var i = 0
        while i < bytes.count {
            let n = min(3, bytes.count - i)
            var word = UInt32(bytes[i]) << 16
            if n > 1 { word |= UInt32(bytes[i + 1]) << 8 }
            if n > 2 { word |= UInt32(bytes[i + 2]) }
            for k in 0..<4 {
                byte(k <= n ? digits.utf8Start[Int(word >> UInt32(18 - 6 * k)) & 63] : 0x3d)
            }
            i += 3
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes are well-formed UTF-8 (RFC 3629): no surrogates, nothing overlong.
    public var isUTF8: Bool { utf8Prefix == count }

    /// The bytes from the start that are well-formed UTF-8.
    public var utf8Prefix: Int {
        var i = 0
        while i < count {
            let b = self[i]
            if b < 0x80 {
                i += 1
                continue
            }
            let length: Int, first: ClosedRange<UInt8>
            switch b {
            case 0xc2...0xdf: (length, first) = (2, 0x80...0xbf)
            case 0xe0: (length, first) = (3, 0xa0...0xbf)
            case 0xed: (length, first) = (3, 0x80...0x9f)
            case 0xe1...0xef: (length, first) = (3, 0x80...0xbf)
            case 0xf0: (length, first) = (4, 0x90...0xbf)
            case 0xf1...0xf3: (length, first) = (4, 0x80...0xbf)
            case 0xf4: (length, first) = (4, 0x80...0x8f)
            default: return i
            }
            guard i + length <= count, first.contains(self[i + 1]) else { return i }
            for k in 2..<Swift.max(length, 2) where self[i + k] & 0xc0 != 0x80 { return i }
            i += length
        }
        return i
    }
}
