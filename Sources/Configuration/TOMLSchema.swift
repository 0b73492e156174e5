import RenacerCore

/// What a table may hold. `check` tells of everything that is wrong with one, so that what passed can be read without more ado.
public struct TOMLSchema: Sendable {
    /// What a table of it is, for messages: `an assertion`.
    public let name: String
    public let fields: [TOMLField]
    /// The key whose value decides what other keys there are; nil if none does.
    public let variants: Variants?
    /// Whatever it holds is somebody else's matter.
    var isOpen = false

    public static let open: TOMLSchema = {
        var schema = TOMLSchema("a table", [])
        schema.isOpen = true
        return schema
    }()

    public struct Variants: Sendable {
        /// A required key: its values are the variants' names.
        public let key: String
        public let all: [Variant]

        public init(_ key: String, _ all: [Variant]) {
            self.key = key
            self.all = all
        }
    }

    public struct Variant: Sendable {
        public let name: String
        /// Besides those that all variants have.
        public let fields: [TOMLField]

        public init(_ name: String, _ fields: [TOMLField]) {
            self.name = name
            self.fields = fields
        }
    }

    public init(_ name: String, _ fields: [TOMLField], variants: Variants? = nil) {
        self.name = name
        self.fields = fields
        self.variants = variants
    }

    /// Adds everything in `table` that is not as it should be.
    public func check(_ table: TOMLTable, _ problems: inout ConfigurationProblems) {
        if isOpen { return }
        var known = fields
        var isComplete = true
        if let variants {
            let selector = TOMLField(variants.key, .choice(variants.all.map(\.name)), isRequired: true)
            known.append(selector)
            if let variant = variants.all.first(where: { $0.name == table[variants.key]?.string }) {
                known += variant.fields
            } else {
                // Of what keys there are is not known: those of any variant may be meant.
                isComplete = false
                for field in variants.all.flatMap(\.fields) where !known.contains(where: { $0.name == field.name }) {
                    known.append(TOMLField(field.name, .any))
                }
            }
        }
        for entry in table.entries {
            guard let field = known.first(where: { $0.name == entry.key.name }) else {
                problems.add(unknown(entry.key.name, known, table), at: entry.key.position)
                continue
            }
            field.check(entry.value, &problems)
        }
        for field in known where field.isRequired && (isComplete || field.name == variants?.key) && table[field.name] == nil {
            problems.add("\(name) needs '\(field.name)': \(field.kind.wanted) is wanted", at: table.position)
        }
    }

    private func unknown(_ key: String, _ known: [TOMLField], _ table: TOMLTable) -> String {
        if let variants, let own = table[variants.key]?.string {
            let others = variants.all.filter { $0.fields.contains { $0.name == key } }.map(\.name)
            if !others.isEmpty {
                return "'\(key)' is for \(variants.key) = \"\(others.joined(separator: "\" or \""))\", and this is \"\(own)\""
            }
        }
        let names = known.map(\.name)
        return "unknown key '\(key)' in \(name); " + Self.advice(key, names)
    }

    /// What to write in place of a word that means nothing.
    public static func advice(_ word: String, _ words: [String]) -> String {
        if let near = Suggestion.nearest(word, words) { return "did you mean '\(near)'?" }
        if words.count > 16 { return "there is none like it" }
        return "there \(words.count == 1 ? "is" : "are") \(words.map { "'\($0)'" }.joined(separator: ", "))"
    }
}

/// A key that a table may have.
public struct TOMLField: Sendable {
    public let name: String
    public let kind: Kind
    public let isRequired: Bool
    /// What is wrong with a value of the right kind; nil if nothing is.
    let refusal: (@Sendable (TOMLValue) -> String?)?

    public indirect enum Kind: Sendable {
        case string
        case choice([String])
        /// A string, or an array of them.
        case strings
        case integer(ClosedRange<Int64>)
        case number(ClosedRange<Double>)
        case boolean
        case table(TOMLSchema)
        /// `[[name]]`
        case tables(TOMLSchema)
        case any

        /// What stands in messages: `a string`.
        public var wanted: String {
            switch self {
            case .string: "a string"
            case .choice(let names): names.map { "\"\($0)\"" }.joined(separator: " or ")
            case .strings: "a string, or an array of strings,"
            case .integer(let r): Self.range("an integer", r.lowerBound, r.upperBound, min: .min, max: .max)
            case .number(let r): Self.range("a number", r.lowerBound, r.upperBound, min: -.infinity, max: .infinity)
            case .boolean: "true or false"
            case .table: "a table"
            case .tables: "an array of tables"
            case .any: "a value"
            }
        }

        private static func range<T: Comparable>(_ what: String, _ low: T, _ high: T, min: T, max: T) -> String {
            switch (low == min, high == max) {
            case (true, true): what
            case (false, true): "\(what) from \(low) on"
            case (true, false): "\(what) up to \(high)"
            case (false, false): "\(what) from \(low) to \(high)"
            }
        }
    }

    /// - Parameter refusal: what is wrong with a value of the right kind; nil if nothing is.
    public init(_ name: String, _ kind: Kind, isRequired: Bool = false, refusal: (@Sendable (TOMLValue) -> String?)? = nil) {
        self.name = name
        self.kind = kind
        self.isRequired = isRequired
        self.refusal = refusal
    }

    func check(_ value: TOMLValue, _ problems: inout ConfigurationProblems) {
        func wrong() { problems.add("'\(name)' is \(value.kind): \(kind.wanted) is wanted", at: value.position) }
        switch kind {
        case .any: break
        case .string: guard value.string != nil else { return wrong() }
        case .boolean: guard value.boolean != nil else { return wrong() }
        case .choice(let names):
            guard let text = value.string else { return wrong() }
            guard names.contains(text) else {
                problems.add("unknown \(name) '\(text)'; \(TOMLSchema.advice(text, names))", at: value.position)
                return
            }
        case .strings:
            guard value.string == nil else { break }
            guard let array = value.array else { return wrong() }
            let others = array.filter { $0.string == nil }
            for other in others { problems.add("in '\(name)' is \(other.kind): only strings are wanted", at: other.position) }
            if !others.isEmpty { return }
        case .integer(let range):
            guard let n = value.integer else { return wrong() }
            guard range.contains(n) else {
                problems.add("'\(name)' is \(n): \(kind.wanted) is wanted", at: value.position)
                return
            }
        case .number(let range):
            guard let n = value.number else { return wrong() }
            guard range.contains(n) else {
                problems.add("'\(name)' is \(n): \(kind.wanted) is wanted", at: value.position)
                return
            }
        case .table(let schema):
            guard let table = value.table else { return wrong() }
            schema.check(table, &problems)
        case .tables(let schema):
            guard let array = value.array, array.allSatisfy({ $0.table != nil }) else {
                problems.add("'\(name)' is \(value.kind): write [[\(name)]], as often as there are any", at: value.position)
                return
            }
            for table in array.compactMap(\.table) { schema.check(table, &problems) }
        }
        if let text = refusal?(value) { problems.add("'\(name)': \(text)", at: value.position) }
    }
}
