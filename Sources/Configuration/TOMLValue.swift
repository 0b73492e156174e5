/// A place in a document; lines and columns count from 1, columns in code points.
public struct TOMLPosition: Sendable, Equatable, Comparable {
    public let line: Int
    public let column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public static func < (a: TOMLPosition, b: TOMLPosition) -> Bool { (a.line, a.column) < (b.line, b.column) }
}

/// A value of a TOML document, and where it stands.
public struct TOMLValue: Sendable, Equatable {
    public enum Content: Sendable, Equatable {
        case table(TOMLTable)
        case array([TOMLValue])
        case string(String)
        case integer(Int64)
        case float(Double)
        case boolean(Bool)
        /// A date, a time, or both, as RFC 3339 writes them.
        case date(String)
    }

    public let content: Content
    public let position: TOMLPosition

    public init(_ content: Content, at position: TOMLPosition) {
        self.content = content
        self.position = position
    }

    /// What it is, for messages: `a string`.
    public var kind: String {
        switch content {
        case .table: "a table"
        case .array: "an array"
        case .string: "a string"
        case .integer: "an integer"
        case .float: "a number"
        case .boolean: "true or false"
        case .date: "a date"
        }
    }

    public var table: TOMLTable? { if case .table(let t) = content { t } else { nil } }
    public var array: [TOMLValue]? { if case .array(let a) = content { a } else { nil } }
    public var string: String? { if case .string(let s) = content { s } else { nil } }
    // Inlined into other modules, these make Swift 6.3's optimiser (CopyPropagation) fail.
    @inline(never) public var integer: Int64? { if case .integer(let i) = content { i } else { nil } }
    @inline(never) public var boolean: Bool? { if case .boolean(let b) = content { b } else { nil } }
    /// An integer is a number, too.
    @inline(never) public var number: Double? {
        switch content {
        case .integer(let i): Double(i)
        case .float(let d): d
        default: nil
        }
    }
}

/// A key of a table, and where it stands.
public struct TOMLKey: Sendable, Equatable {
    public let name: String
    public let position: TOMLPosition

    public init(_ name: String, at position: TOMLPosition) {
        self.name = name
        self.position = position
    }
}

/// Keys and values in the order of the document; no key is there twice.
public struct TOMLTable: Sendable, Equatable {
    public struct Entry: Sendable, Equatable {
        public let key: TOMLKey
        public let value: TOMLValue

        public init(key: TOMLKey, value: TOMLValue) {
            self.key = key
            self.value = value
        }
    }

    public let entries: [Entry]
    /// Where it begins: its header, or the brace of an inline table.
    public let position: TOMLPosition

    public init(_ entries: [Entry], at position: TOMLPosition) {
        self.entries = entries
        self.position = position
    }

    /// The value of a key; nil if it is not there.
    public subscript(name: String) -> TOMLValue? { entries.first { $0.key.name == name }?.value }
}
