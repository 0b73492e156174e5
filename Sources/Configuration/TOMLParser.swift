/// Reads the statements of a document: headers, keys and values. After an error it goes on with the next statement, so that
/// whoever wrote the document learns of all errors at once.
struct TOMLParser {
    var scanner: TOMLScanner
    private let root = TOMLBuilder(.header, at: TOMLPosition(line: 1, column: 1))
    /// What keys belong to: the table of the last header.
    private var current: TOMLBuilder
    /// Counts headers: dotted keys may go on with tables of dotted keys under the same one.
    private var section = 0

    /// The most errors that are told of one document.
    private static let limit = 20

    init(_ bytes: [UInt8]) {
        scanner = TOMLScanner(bytes)
        current = root
    }

    mutating func document(_ problems: inout ConfigurationProblems) -> TOMLTable {
        for line in scanner.linesThatAreNotUTF8.prefix(Self.limit) { problems.add("this line is not UTF-8", at: .init(line: line, column: 1)) }
        guard problems.isEmpty else { return root.table }
        while !scanner.isAtEnd, problems.all.count < Self.limit {
            let start = scanner.offset
            do throws(TOMLFailure) { try statement() } catch {
                problems.add(error.message, at: scanner.position(error.offset))
                scanner.skipStatement(from: start, past: error.offset)
            }
        }
        return root.table
    }

    /// A line, or the lines that a value takes.
    private mutating func statement() throws(TOMLFailure) {
        scanner.skipBlanks()
        switch scanner.byte {
        case UInt8(ascii: "["): try header()
        case nil, 0x0a, 0x0d, UInt8(ascii: "#"): break
        default: try pair(into: current)
        }
        try scanner.endLine()
    }

    /// `[a.b]` or `[[a.b]]`
    private mutating func header() throws(TOMLFailure) {
        let start = scanner.offset
        scanner.offset += 1
        let isArray = scanner.take("[")
        let keys = try self.keys(end: "]")
        guard scanner.take("]"), !isArray || scanner.take("]") else {
            throw scanner.failure("'\(isArray ? "]]" : "]")' is missing behind the table's name")
        }
        guard let last = keys.last else { return }
        section += 1
        let table = try descend(keys.dropLast(), from: root) { _ in true }
        let position = scanner.position(start)
        switch table[last.name] {
        case nil:
            let new = TOMLBuilder(.header, at: position)
            table.add(last.key, isArray ? .tables([new], position) : .table(new))
            current = new
        case .tables(let others, let at)? where isArray:
            let new = TOMLBuilder(.header, at: position)
            table.replace(last.name, .tables(others + [new], at))
            current = new
        case .table(let there)? where !isArray && there.origin == .path:
            there.origin = .header
            there.position = position
            current = there
        case .tables?:
            throw TOMLFailure("'\(last.name)' is an array of tables: write [[\(last.name)]]", last.offset)
        case .table?:
            throw TOMLFailure("the table '\(last.name)' is there already", last.offset)
        case .value?:
            throw TOMLFailure("'\(last.name)' is a value already", last.offset)
        }
    }

    /// `a.b = VALUE`
    private mutating func pair(into table: TOMLBuilder, depth: Int = 0) throws(TOMLFailure) {
        let keys = try self.keys(end: "=")
        guard scanner.take("=") else { throw scanner.failure("'=' is missing behind the key") }
        scanner.skipBlanks()
        guard let last = keys.last else { return }
        let section = section
        let owner = try descend(keys.dropLast(), from: table, creating: .dotted(section)) { $0.canBeExtended(in: section) }
        guard owner[last.name] == nil else { throw TOMLFailure("'\(last.name)' is there already", last.offset) }
        owner.add(last.key, .value(try value(depth: depth)))
    }

    private struct Key {
        let key: TOMLKey
        let offset: Int
        var name: String { key.name }
    }

    /// `a."b c".d`, and the blanks around it.
    private mutating func keys(end: Character) throws(TOMLFailure) -> [Key] {
        var keys: [Key] = []
        repeat {
            scanner.skipBlanks()
            let offset = scanner.offset
            let name = try scanner.key(end: end)
            keys.append(Key(key: TOMLKey(name, at: scanner.position(offset)), offset: offset))
            scanner.skipBlanks()
            guard keys.count <= TOMLScanner.depthLimit else { throw scanner.failure("this nests too deep") }
        } while scanner.take(".")
        return keys
    }

    /// The table that `keys` lead to.
    private func descend(
        _ keys: ArraySlice<Key>, from start: TOMLBuilder, creating origin: TOMLBuilder.Origin = .path, _ mayPass: (TOMLBuilder) -> Bool
    ) throws(TOMLFailure) -> TOMLBuilder {
        var table = start
        for key in keys {
            switch table[key.name] {
            case nil:
                let new = TOMLBuilder(origin, at: key.key.position)
                table.add(key.key, .table(new))
                table = new
            case .table(let next)?:
                guard mayPass(next) else { throw TOMLFailure("the table '\(key.name)' is complete already: nothing can be added here", key.offset) }
                table = next
            case .tables(let all, _)?:
                // What follows belongs to the last one, if a header says it.
                guard let next = all.last, origin == .path else { throw TOMLFailure("'\(key.name)' is an array of tables", key.offset) }
                table = next
            case .value?: throw TOMLFailure("'\(key.name)' is a value, no table", key.offset)
            }
        }
        return table
    }

    // MARK: Values

    private mutating func value(depth: Int) throws(TOMLFailure) -> TOMLValue {
        guard depth < TOMLScanner.depthLimit else { throw scanner.failure("this nests too deep") }
        let position = scanner.position(scanner.offset)
        let content: TOMLValue.Content = switch scanner.byte {
        case UInt8(ascii: "["): .array(try array(depth: depth))
        case UInt8(ascii: "{"): .table(try inlineTable(depth: depth))
        case UInt8(ascii: "\""), UInt8(ascii: "'"): .string(try scanner.string())
        default: try scanner.scalar()
        }
        return TOMLValue(content, at: position)
    }

    private mutating func array(depth: Int) throws(TOMLFailure) -> [TOMLValue] {
        scanner.offset += 1
        var values: [TOMLValue] = []
        while true {
            try scanner.skipLines()
            if scanner.take("]") { return values }
            values.append(try value(depth: depth + 1))
            try scanner.skipLines()
            if scanner.take(",") { continue }
            guard scanner.take("]") else { throw scanner.failure("',' or ']' is missing in the array") }
            return values
        }
    }

    private mutating func inlineTable(depth: Int) throws(TOMLFailure) -> TOMLTable {
        let table = TOMLBuilder(.header, at: scanner.position(scanner.offset))
        scanner.offset += 1
        scanner.skipBlanks()
        if scanner.take("}") { return table.table }
        // Its tables are its own.
        section += 1
        let own = section
        while true {
            section = own
            try pair(into: table, depth: depth + 1)
            scanner.skipBlanks()
            if scanner.take("}") { break }
            guard scanner.take(",") else { throw scanner.failure("',' or '}' is missing in the table; it ends in the line where it began") }
        }
        return table.table
    }
}

/// A table while its document is read.
final class TOMLBuilder {
    /// What made it, which decides who may add to it.
    enum Origin: Equatable {
        /// A header of its own.
        case header
        /// A header of a table in it.
        case path
        /// A dotted key in the section of that number.
        case dotted(Int)
    }

    enum Slot {
        case value(TOMLValue)
        case table(TOMLBuilder)
        case tables([TOMLBuilder], TOMLPosition)
    }

    var origin: Origin
    var position: TOMLPosition
    private var keys: [TOMLKey] = []
    private var slots: [String: Slot] = [:]

    init(_ origin: Origin, at position: TOMLPosition) {
        self.origin = origin
        self.position = position
    }

    subscript(name: String) -> Slot? { slots[name] }

    func add(_ key: TOMLKey, _ slot: Slot) {
        keys.append(key)
        slots[key.name] = slot
    }

    func replace(_ name: String, _ slot: Slot) { slots[name] = slot }

    /// Whether dotted keys may add to it.
    func canBeExtended(in section: Int) -> Bool { origin == .path || origin == .dotted(section) }

    var table: TOMLTable {
        TOMLTable(
            keys.compactMap { key in
                slots[key.name].map { slot in
                    let value = switch slot {
                    case .value(let v): v
                    case .table(let t): TOMLValue(.table(t.table), at: t.position)
                    case .tables(let all, let at): TOMLValue(.array(all.map { TOMLValue(.table($0.table), at: $0.position) }), at: at)
                    }
                    return TOMLTable.Entry(key: key, value: value)
                }
            }, at: position)
    }
}
