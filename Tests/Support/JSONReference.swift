import RenacerCore

/// How a decoded value looks in JSON, said once more and more simply: what `JSONWriter` writes is held against it.
public enum JSONReference {
    public static func elements(_ fields: [Value.Field]) -> String { fields.map { text($0.value) }.joined(separator: ",") }

    public static func text(_ value: Value) -> String {
        switch value {
        case .null: return "null"
        case .signed(let v): return "\(v)"
        case .unsigned(let v): return "\(v)"
        case .address(let v): return quoted("0x" + String(v, radix: 16))
        case .boolean(let v): return "\(v)"
        case .symbol(_, let names): return quoted(names)
        case .text(let text): return quoted(text)
        case .string(let bytes, let truncated): return string(bytes, truncated)
        case .list(let values): return "[\(values.map(text).joined(separator: ","))]"
        case .call(let name, let values): return "{\(quoted(name)):[\(values.map(text).joined(separator: ","))]}"
        case .changed(let values): return "{\"changed\":[\(values.map(text).joined(separator: ","))]}"
        case .annotated(let v, let annotation): return "{\"value\":\(text(v)),\"annotation\":\(quoted(annotation))}"
        case .more: return "{\"...\":true}"
        case .record(let fields):
            var seen: [String: Int] = [:]
            return "{" + fields.map { field in
                let isMore = field.name.isEmpty && field.value == .more
                if field.name.isEmpty, case .annotated(.more, let annotation) = field.value {
                    return "\"...\":{\"value\":true,\"annotation\":\(quoted(annotation))}"
                }
                var name = isMore ? "..." : field.name, value = field.value
                if field.name.isEmpty, case .call(let call, let values) = field.value {
                    (name, value) = (call, .list(values))
                }
                seen[name, default: 0] += 1
                let count = seen[name] ?? 1
                return quoted(count > 1 ? "\(name)_\(count)" : name) + ":" + (isMore ? "true" : text(value))
            }.joined(separator: ",") + "}"
        }
    }

    private static func string(_ bytes: [UInt8], _ truncated: Bool) -> String {
        var whole = String(validating: bytes, as: UTF8.self)
        if whole == nil, truncated {
            // Up to three bytes of a character that was cut.
            for n in 1...3 where whole == nil && bytes.count > n {
                let tail = bytes.suffix(n)
                guard let first = tail.first, let length = [0xc2...0xdf: 2, 0xe0...0xef: 3, 0xf0...0xf4: 4].first(where: { $0.key.contains(Int(first)) })?.value,
                    length > n
                else { continue }
                whole = String(validating: bytes.dropLast(n), as: UTF8.self)
            }
        }
        let end = truncated ? ",\"truncated\":true}" : "}"
        guard let whole else { return "{\"base64\":\"\(base64(bytes))\"" + end }
        return truncated ? "{\"string\":\(quoted(whole))" + end : quoted(whole)
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        let bits = bytes.flatMap { b in (0..<8).map { b >> (7 - $0) & 1 } }
        var out = ""
        for start in stride(from: 0, to: bits.count, by: 6) {
            out.append(digits[(0..<6).reduce(0) { $0 << 1 | (start + $1 < bits.count ? Int(bits[start + $1]) : 0) }])
        }
        return out + String(repeating: "=", count: (4 - out.count % 4) % 4)
    }

    public static func quoted(_ s: String) -> String {
        var out = "\""
        for c in s.unicodeScalars {
            switch c {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\t": out += "\\t"
            case "\r": out += "\\r"
            case "\u{8}": out += "\\b"
            case "\u{c}": out += "\\f"
            case _ where c.value < 0x20:
                let digits = String(c.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(c)
            }
        }
        return out + "\""
    }
}
