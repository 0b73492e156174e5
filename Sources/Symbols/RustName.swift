/// Names that rustc made by its older scheme, which dresses them as names of C++.
enum RustName {
    /// - Parameter plain: demangled as a name of C++.
    /// - Returns: nil if it is none of Rust's, whose last part is a hash.
    static func legacy(_ plain: String) -> String? {
        let bytes = Array(plain.utf8)
        // `::h` and 16 hexadecimal digits.
        guard bytes.count > 19, bytes.suffix(19).starts(with: "::h".utf8), bytes.suffix(16).allSatisfy(isHexDigit) else { return nil }
        var result: [UInt8] = []
        var rest = bytes.dropLast(19)
        while let byte = rest.first {
            if byte == 0x24, let (text, length) = escape(rest) {
                result += text
                rest = rest.dropFirst(length)
            } else if rest.starts(with: "..".utf8) {
                result += "::".utf8
                rest = rest.dropFirst(2)
            } else if byte == 0x5f, rest.dropFirst().first == 0x24, result.isEmpty || result.last == 0x3a {
                // An underscore stands before what could not begin a name.
                rest = rest.dropFirst()
            } else {
                result.append(byte)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isHexDigit(_ b: UInt8) -> Bool { (0x30...0x39).contains(b) || (0x61...0x66).contains(b) }

    /// `$LT$` and its kin.
    private static func escape(_ text: ArraySlice<UInt8>) -> ([UInt8], Int)? {
        guard let end = text.dropFirst().firstIndex(of: 0x24) else { return nil }
        let name = String(decoding: text[(text.startIndex + 1)..<end], as: UTF8.self)
        let length = end - text.startIndex + 1
        let marks = ["SP": "@", "BP": "*", "RF": "&", "LT": "<", "GT": ">", "LP": "(", "RP": ")", "C": ","]
        if let mark = marks[name] { return (Array(mark.utf8), length) }
        guard name.first == "u", let code = UInt32(name.dropFirst(), radix: 16), let scalar = Unicode.Scalar(code) else { return nil }
        return (Array(String(Character(scalar)).utf8), length)
    }
}
