import RenacerCore

extension TextBuffer {
    /// Writes a field (RFC 4180): in quotes if it holds a comma, a quote or the end of a line.
    func csv(_ bytes: UnsafeRawBufferPointer) {
        let isPlain = bytes.allSatisfy { $0 != 0x2c && $0 != 0x22 && $0 != 0x0a && $0 != 0x0d }
        if isPlain { return append(bytes) }
        reserve(bytes.count * 2 + 2)
        byte(0x22)
        for b in bytes {
            if b == 0x22 { byte(0x22) }
            byte(b)
        }
        byte(0x22)
    }

    func csv(_ s: String) {
        var s = s
        s.withUTF8 { csv(UnsafeRawBufferPointer($0)) }
    }

    /// The arguments as a field that holds a JSON array.
    func csv(array elements: UnsafeRawBufferPointer) {
        guard elements.count > 0 else { return append("[]") }
        reserve(elements.count * 2 + 4)
        append("\"[")
        for b in elements {
            if b == 0x22 { byte(0x22) }
            byte(b)
        }
        append("]\"")
    }

    /// Ends a row.
    func endRow() { append("\r\n") }
}
