extension TOMLTable {
    /// A document of this table: its own values first, then its tables, each under its header.
    public var text: String {
        var out = ""
        for entry in entries where !entry.value.isHeaded { out += Self.key(entry.key.name) + " = " + entry.value.text + "\n" }
        for entry in entries where entry.value.isHeaded {
            let name = Self.key(entry.key.name)
            if let table = entry.value.table {
                out += (out.isEmpty ? "" : "\n") + "[\(name)]\n" + table.body
            } else {
                for table in entry.value.array ?? [] { out += (out.isEmpty ? "" : "\n") + "[[\(name)]]\n" + (table.table?.body ?? "") }
            }
        }
        return out
    }

    /// Its values, with tables in line.
    private var body: String { entries.map { Self.key($0.key.name) + " = " + $0.value.text + "\n" }.joined() }

    fileprivate static func key(_ name: String) -> String {
        let isBare = !name.isEmpty && name.utf8.allSatisfy { b in
            let c = Character(UnicodeScalar(b))
            return c.isASCII && (c.isLetter || c.isNumber) || c == "-" || c == "_"
        }
        return isBare ? name : TOMLValue.quoted(name)
    }
}

extension TOMLValue {
    /// A table, or tables, that a document writes under headers.
    fileprivate var isHeaded: Bool {
        if table != nil { return true }
        guard let array, !array.isEmpty else { return false }
        return array.allSatisfy { $0.table != nil }
    }

    /// As a document writes it in a line.
    var text: String {
        switch content {
        case .table(let t): "{ " + t.entries.map { TOMLTable.key($0.key.name) + " = " + $0.value.text }.joined(separator: ", ") + " }"
        case .array(let a): "[" + a.map(\.text).joined(separator: ", ") + "]"
        case .string(let s): Self.quoted(s)
        case .integer(let i): "\(i)"
        case .float(let d): d.isNaN ? "nan" : d.isInfinite ? d < 0 ? "-inf" : "inf" : "\(d)"
        case .boolean(let b): "\(b)"
        case .date(let d): d
        }
    }

    static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\t": out += "\\t"
            case "\r": out += "\\r"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}

extension TOMLValue {
    /// A value that was in no document.
    public init(_ content: Content) { self.init(content, at: TOMLPosition(line: 1, column: 1)) }
}

extension TOMLTable {
    /// A table that was in no document.
    public init(_ entries: [(String, TOMLValue)]) {
        let start = TOMLPosition(line: 1, column: 1)
        self.init(entries.map { Entry(key: TOMLKey($0.0, at: start), value: $0.1) }, at: start)
    }
}
