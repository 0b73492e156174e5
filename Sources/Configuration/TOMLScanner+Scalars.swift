// Numbers, truth values, dates and times.

extension TOMLScanner {
    mutating func scalar() throws(TOMLFailure) -> TOMLValue.Content {
        let start = offset
        var word = self.word()
        guard !word.isEmpty else { throw failure("a value is wanted here: a string in quotes, a number, true or false, an array or a table") }
        // A date and a time may be apart.
        if Self.isDate(word), bytes[offset...].first == 0x20, bytes.dropFirst(offset + 1).first.map({ $0 >= 0x30 && $0 <= 0x39 }) == true {
            offset += 1
            word += "T" + self.word()
        }
        if let content = Self.content(of: word) { return content }
        let advice = word.first?.isLetter == true ? "write \"\(word)\" if it is a string" : "no number, date or time is written so"
        throw TOMLFailure("'\(word.prefix(40))' is no value: \(advice)", start)
    }

    private mutating func word() -> String {
        let word = bytes[offset...].prefix { b in
            switch b {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "/"):
                true
            default: b >= 0x80
            }
        }
        offset = word.endIndex
        return String(decoding: word, as: UTF8.self)
    }

    private static func content(of word: String) -> TOMLValue.Content? {
        switch word {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case "inf", "+inf": return .float(.infinity)
        case "-inf": return .float(-.infinity)
        case "nan", "+nan", "-nan": return .float(.nan)
        default: break
        }
        guard word.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where word.hasPrefix(prefix) {
            return digits(word.dropFirst(2), radix).flatMap { Int64($0, radix: radix) }.map { .integer($0) }
        }
        if let n = integer(word) { return .integer(n) }
        if let d = float(word) { return .float(d) }
        return isDate(word) || isTime(word) || isMoment(word) ? .date(word) : nil
    }

    /// Digits without the underscores between them; nil if one is elsewhere, or nothing is there.
    private static func digits(_ text: some StringProtocol, _ radix: Int = 10) -> String? {
        var result = "", isLastDigit = false
        for c in text {
            if c == "_" {
                guard isLastDigit else { return nil }
                isLastDigit = false
            } else {
                guard let d = c.hexDigitValue, d < radix else { return nil }
                result.append(c)
                isLastDigit = true
            }
        }
        return isLastDigit ? result : nil
    }

    private static func split(sign text: some StringProtocol) -> (sign: String, rest: String) {
        guard let first = text.first, first == "+" || first == "-" else { return ("", String(text)) }
        return (String(first), String(text.dropFirst()))
    }

    private static func integer(_ word: some StringProtocol) -> Int64? {
        let (sign, rest) = split(sign: word)
        guard let number = digits(rest), number == "0" || !number.hasPrefix("0") else { return nil }
        return Int64(sign + number)
    }

    private static func float(_ word: String) -> Double? {
        let (sign, rest) = split(sign: word)
        let parts = rest.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
        guard let mantissa = parts.first else { return nil }
        let halves = mantissa.split(separator: ".", omittingEmptySubsequences: false)
        guard let whole = halves.first.flatMap({ digits($0) }), whole == "0" || !whole.hasPrefix("0") else { return nil }
        var text = sign + whole
        if halves.count == 2 {
            guard let fraction = digits(halves[1]) else { return nil }
            text += "." + fraction
        } else if halves.count > 2 || parts.count < 2 {
            return nil
        }
        if parts.count == 2 {
            let (sign, exponent) = split(sign: parts[1])
            guard let number = digits(exponent) else { return nil }
            text += "e" + sign + number
        }
        return Double(text)
    }

    // MARK: Dates (RFC 3339)

    private static func number(_ text: Substring, _ count: Int, _ range: ClosedRange<Int>) -> Int? {
        guard text.count == count, text.allSatisfy({ $0.isASCII && $0.isNumber }), let n = Int(text), range.contains(n) else { return nil }
        return n
    }

    private static func isDate(_ text: some StringProtocol) -> Bool {
        let parts = String(text).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let year = number(parts[0], 4, 0...9999), let month = number(parts[1], 2, 1...12) else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return number(parts[2], 2, 1...days[month - 1]) != nil
    }

    private static func isTime(_ text: some StringProtocol) -> Bool {
        let halves = String(text).split(separator: ".", omittingEmptySubsequences: false)
        guard let first = halves.first, halves.count < 3 else { return false }
        if halves.count == 2, halves[1].isEmpty || !halves[1].allSatisfy({ $0.isASCII && $0.isNumber }) { return false }
        let parts = first.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 3 && number(parts[0], 2, 0...23) != nil && number(parts[1], 2, 0...59) != nil && number(parts[2], 2, 0...59) != nil
    }

    /// A date and a time, with a distance from UTC or without.
    private static func isMoment(_ text: String) -> Bool {
        guard text.utf8.count > 11, isDate(text.prefix(10)), let t = text.dropFirst(10).first, t == "T" || t == "t" else { return false }
        let rest = text.dropFirst(11)
        if let last = rest.last, last == "Z" || last == "z" { return isTime(rest.dropLast()) }
        guard let sign = rest.lastIndex(where: { $0 == "+" || $0 == "-" }) else { return isTime(rest) }
        let parts = rest[rest.index(after: sign)...].split(separator: ":", omittingEmptySubsequences: false)
        return isTime(rest[..<sign]) && parts.count == 2 && number(parts[0], 2, 0...23) != nil && number(parts[1], 2, 0...59) != nil
    }
}
