extension TOMLDocument {
    /// The document with `${NAME}` in strings replaced by the variable NAME; `$${` stands for `${` itself.
    ///
    /// - Parameter variable: the value of a variable; nil if it is not set.
    /// - Parameter problems: takes what cannot be replaced.
    public func expanded(_ problems: inout ConfigurationProblems, variable: (String) -> String?) -> TOMLDocument {
        TOMLDocument(file: file, root: Self.expand(root, &problems, variable))
    }

    private static func expand(_ table: TOMLTable, _ problems: inout ConfigurationProblems, _ variable: (String) -> String?) -> TOMLTable {
        var entries: [TOMLTable.Entry] = []
        for entry in table.entries { entries.append(.init(key: entry.key, value: expand(entry.value, &problems, variable))) }
        return TOMLTable(entries, at: table.position)
    }

    private static func expand(_ value: TOMLValue, _ problems: inout ConfigurationProblems, _ variable: (String) -> String?) -> TOMLValue {
        switch value.content {
        case .table(let table): return TOMLValue(.table(expand(table, &problems, variable)), at: value.position)
        case .array(let array):
            var values: [TOMLValue] = []
            for v in array { values.append(expand(v, &problems, variable)) }
            return TOMLValue(.array(values), at: value.position)
        case .string(let text):
            guard text.utf8.contains(0x24) else { return value }
            return TOMLValue(.string(expand(text, at: value.position, &problems, variable)), at: value.position)
        default: return value
        }
    }

    private static func expand(
        _ text: String, at position: TOMLPosition, _ problems: inout ConfigurationProblems, _ variable: (String) -> String?
    ) -> String {
        var result = "", rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                result += "${"
                rest = rest.dropFirst(3)
                continue
            }
            guard rest.hasPrefix("${") else {
                result += "$"
                rest = rest.dropFirst()
                continue
            }
            let body = rest.dropFirst(2)
            let name = body.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
            guard !name.isEmpty, body[name.endIndex...].first == "}" else {
                problems.add("'\(rest.prefix(24))': ${NAME} is wanted, or $${ for these characters themselves", at: position)
                return text
            }
            if let value = variable(String(name)) {
                result += value
            } else {
                result += "${\(name)}"
                problems.add("the variable \(name) is not set: set it, or write $${\(name)} for these characters themselves", at: position)
            }
            rest = body[name.endIndex...].dropFirst()
        }
        return result + rest
    }
}

extension TOMLTable {
    // What a schema has let through.

    public func string(_ name: String) -> String? { self[name]?.string }
    public func integer(_ name: String) -> Int64? { self[name]?.integer }
    public func number(_ name: String) -> Double? { self[name]?.number }
    public func boolean(_ name: String) -> Bool? { self[name]?.boolean }
    /// Of a string, or an array of them; empty if it is not there.
    public func strings(_ name: String) -> [String] {
        guard let value = self[name] else { return [] }
        return value.string.map { [$0] } ?? value.array?.compactMap(\.string) ?? []
    }
    /// Of `[[name]]`, in their order.
    public func tables(_ name: String) -> [TOMLTable] { self[name]?.array?.compactMap(\.table) ?? [] }
}
