/// What is wrong with a document's notation, and where.
struct TOMLFailure: Error {
    let message: String
    let offset: Int

    init(_ message: String, _ offset: Int) {
        self.message = message
        self.offset = offset
    }
}

/// The words of a document: keys, strings, numbers, blanks and comments.
struct TOMLScanner {
    let bytes: [UInt8]
    var offset = 0
    /// Offsets at which lines begin.
    private let lines: [Int]

    /// How deep values nest at most.
    static let depthLimit = 128

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        lines = [0] + bytes.indices.filter { bytes[$0] == 0x0a }.map { $0 + 1 }
        // A byte order mark.
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { offset = 3 }
    }

    var isAtEnd: Bool { offset >= bytes.count }
    /// The next one; nil at the end.
    var byte: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    func failure(_ message: String) -> TOMLFailure { TOMLFailure(message, offset) }

    func position(_ offset: Int) -> TOMLPosition {
        var low = 0, high = lines.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lines[middle] <= offset { low = middle } else { high = middle }
        }
        let start = lines[low] == 0 && bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : lines[low]
        let before = bytes[start..<max(start, min(offset, bytes.count))]
        return TOMLPosition(line: low + 1, column: before.count { $0 & 0xc0 != 0x80 } + 1)
    }

    /// Their numbers, from 1.
    var linesThatAreNotUTF8: [Int] {
        guard String(validating: bytes, as: UTF8.self) == nil else { return [] }
        return bytes.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated()
            .filter { String(validating: $0.element, as: UTF8.self) == nil }.map { $0.offset + 1 }
    }

    // MARK: Blanks

    mutating func take(_ c: Character) -> Bool {
        guard byte == c.asciiValue else { return false }
        offset += 1
        return true
    }

    mutating func skipBlanks() {
        while byte == 0x20 || byte == 0x09 { offset += 1 }
    }

    /// Blanks, comments and ends of lines.
    mutating func skipLines() throws(TOMLFailure) {
        while true {
            skipBlanks()
            try skipComment()
            guard try takeNewline() else { return }
        }
    }

    /// What may stand behind a statement, and the end of its line.
    mutating func endLine() throws(TOMLFailure) {
        skipBlanks()
        try skipComment()
        if isAtEnd { return }
        guard try takeNewline() else { throw failure("the line should end here") }
    }

    private mutating func skipComment() throws(TOMLFailure) {
        guard byte == UInt8(ascii: "#") else { return }
        while let b = byte, b != 0x0a, !(b == 0x0d && isNewline(offset)) {
            if Self.isControl(b) { throw failure("a control character is in the comment") }
            offset += 1
        }
    }

    private func isNewline(_ at: Int) -> Bool {
        guard at < bytes.count else { return false }
        return bytes[at] == 0x0a || bytes[at] == 0x0d && at + 1 < bytes.count && bytes[at + 1] == 0x0a
    }

    private mutating func takeNewline() throws(TOMLFailure) -> Bool {
        guard isNewline(offset) else {
            if byte == 0x0d { throw failure("a carriage return without a line feed") }
            return false
        }
        offset += bytes[offset] == 0x0a ? 1 : 2
        return true
    }

    /// Other than a tab.
    private static func isControl(_ b: UInt8) -> Bool { b < 0x20 && b != 0x09 || b == 0x7f }

    /// Goes to the next statement behind one that begins at `start` and is wrong at `error`.
    mutating func skipStatement(from start: Int, past error: Int) {
        let startLine = position(start).line
        offset = max(error, start)
        var isOpen = position(offset).line > startLine || hasOpened(start..<min(offset, bytes.count))
        repeat {
            while let b = byte, b != 0x0a { offset += 1; _ = b }
            if byte != nil { offset += 1 }
            // Of a value over several lines the rest is none of a statement's.
            if isOpen, isStatement { isOpen = false }
        } while isOpen && !isAtEnd
    }

    private func hasOpened(_ range: Range<Int>) -> Bool {
        let text = bytes[range].drop { $0 == 0x20 || $0 == 0x09 }
        guard text.first != UInt8(ascii: "[") else { return false }
        func count(_ c: Character) -> Int { text.count { $0 == c.asciiValue } }
        return count("[") > count("]") || String(decoding: text, as: UTF8.self).contains("\"\"\"")
            || String(decoding: text, as: UTF8.self).contains("'''")
    }

    /// Whether the line at `offset` looks like a statement: a key and `=`, or a header.
    private var isStatement: Bool {
        let line = bytes[offset...].prefix { $0 != 0x0a }.drop { $0 == 0x20 || $0 == 0x09 }
        if line.first == UInt8(ascii: "["), let second = line.dropFirst().first {
            return (second == UInt8(ascii: "[") || Self.isBare(second)) && !line.contains(UInt8(ascii: ","))
        }
        let behind = line.drop { Self.isBare($0) || $0 == UInt8(ascii: ".") }
        return behind.count < line.count && behind.first { $0 != 0x20 && $0 != 0x09 } == UInt8(ascii: "=")
    }

    // MARK: Keys and strings

    private static func isBare(_ b: UInt8) -> Bool {
        switch b {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// - Parameter end: what follows keys here, for the message.
    mutating func key(end: Character) throws(TOMLFailure) -> String {
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
            let start = offset
            if bytes[offset...].starts(with: [bytes[offset], bytes[offset], bytes[offset]]) {
                throw TOMLFailure("a key cannot take several lines", start)
            }
            return try string()
        }
        let word = bytes[offset...].prefix(while: Self.isBare)
        guard !word.isEmpty else {
            throw failure("a key is wanted here: letters, digits, - and _, or a string")
        }
        offset = word.endIndex
        return String(decoding: word, as: UTF8.self)
    }

    /// `"…"`, `'…'` or one over several lines.
    mutating func string() throws(TOMLFailure) -> String {
        guard let quote = byte else { throw failure("a string is wanted here") }
        let start = offset
        let isLong = bytes[offset...].starts(with: [quote, quote, quote])
        let isBasic = quote == UInt8(ascii: "\"")
        offset += isLong ? 3 : 1
        if isLong, isNewline(offset) { _ = try takeNewline() }
        var text: [UInt8] = []
        while let b = byte {
            if b == quote {
                let run = bytes[offset...].prefix { $0 == quote }.count
                if !isLong {
                    offset += 1
                    return String(decoding: text, as: UTF8.self)
                }
                if run >= 3 {
                    // Up to two may belong to the text.
                    let own = min(run, 5) - 3
                    text += Array(repeating: quote, count: own)
                    offset += own + 3
                    return String(decoding: text, as: UTF8.self)
                }
                text += Array(repeating: quote, count: run)
                offset += run
            } else if b == UInt8(ascii: "\\"), isBasic {
                try escape(into: &text, isLong: isLong)
            } else if isNewline(offset) {
                guard isLong else { throw TOMLFailure("the string is not closed in its line", start) }
                _ = try takeNewline()
                text.append(0x0a)
            } else {
                if Self.isControl(b) { throw failure("a control character is in the string: write \\uXXXX") }
                text.append(b)
                offset += 1
            }
        }
        throw TOMLFailure("the string is not closed", start)
    }

    private mutating func escape(into text: inout [UInt8], isLong: Bool) throws(TOMLFailure) {
        let start = offset
        offset += 1
        guard let b = byte else { throw TOMLFailure("the string is not closed", start) }
        offset += 1
        switch b {
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): text.append(b)
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let count = b == UInt8(ascii: "u") ? 4 : 8
            let digits = bytes[offset...].prefix(count)
            guard digits.count == count, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
                let number = UInt32(String(decoding: digits, as: UTF8.self), radix: 16), let scalar = UnicodeScalar(number)
            else { throw TOMLFailure("no character has this number: \\u wants 4 hexadecimal digits, \\U 8", start) }
            text += Array(String(Character(scalar)).utf8)
            offset += count
        default:
            // A line that ends in \ goes on with the next word.
            offset -= 1
            skipBlanks()
            guard isLong, isNewline(offset) else {
                throw TOMLFailure("'\\\(Character(UnicodeScalar(b)))' means nothing: write \\\\, or the string in ' '", start)
            }
            while true {
                skipBlanks()
                guard try takeNewline() else { break }
            }
        }
    }
}
