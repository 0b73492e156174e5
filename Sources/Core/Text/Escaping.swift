/// How bytes that came from a tracee are shown between quotes.
public enum StringEscaping: UInt8, Sendable {
    /// C escapes; bytes that are not printable ASCII in octal.
    case octal
    /// `-x` (`--strings-in-hex=non-ascii-chars`): bytes that C escapes cannot name in hexadecimal.
    case nonASCIIHex
    /// `-x` (`--strings-in-hex`): a string with a byte that is neither printable nor
    /// white space wholly in hexadecimal.
    case nonASCII
    /// `-xx`: every byte in hexadecimal.
    case all
}

extension TextBuffer {
    /// Writes `bytes` so that no control character reaches the reader's terminal.
    ///
    /// - Parameter delimiter: the byte that ends the text, escaped where it occurs.
    /// - Parameter angled: the text will stand between angle brackets, which are then in octal.
    public func escaped(
        _ bytes: UnsafeRawBufferPointer, _ mode: StringEscaping, delimiter: UInt8 = 0x22, angled: Bool = false
    ) {
        var allHex = mode == .all
        if mode == .nonASCII {
            for c in bytes where !(c >= 0x20 && c < 0x7f) && !(c >= 9 && c <= 13) {
                allHex = true
                break
            }
        }
        reserve(bytes.count * 4)
        if allHex {
            for c in bytes {
                append("\\x")
                hexDigits(UInt64(c), width: 2)
            }
            return
        }
        var i = 0
        let n = bytes.count
        while i < n {
            let c = bytes[i]
            i += 1
            switch c {
            case 0x5c:
                append("\\\\")
            case delimiter:
                byte(0x5c)
                byte(c)
            case 0x20..<0x7f where !(angled && (c == 0x3c || c == 0x3e)): byte(c)
            case 9: append("\\t")
            case 10: append("\\n")
            case 11: append("\\v")
            case 12: append("\\f")
            case 13: append("\\r")
            default:
                if mode == .nonASCIIHex {
                    append("\\x")
                    hexDigits(UInt64(c), width: 2)
                    continue
                }
                byte(0x5c)
                let next = i < n ? bytes[i] : 0
                octalDigits(UInt64(c), width: next >= 0x30 && next <= 0x37 ? 3 : 1)
            }
        }
    }
}
