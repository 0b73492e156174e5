import RenacerConfiguration

// Options as keys of a configuration file: the long name of each, in the table of its group.

extension Option {
    /// Its key; nil for what only a command line says, or a table of its own does.
    var key: String? {
        switch id {
        case .config, .help, .version, .completions, .sink, .detector: nil
        default: long.first
        }
    }

    /// The option of a key, by any of its long names or by what a table calls it.
    static func keyed(_ name: String) -> Option? {
        let name = otherKeys[name] ?? name
        return all.first { $0.key != nil && $0.long.contains(name) }
    }

    /// What reads better in a file than a flag's name does.
    static let otherKeys = ["pid": "attach", "follow": "follow-forks", "environment": "env"]

    /// Values separated by commas are one value: a file may write an array.
    var takesList: Bool {
        switch id {
        case .qualifier(.inject), .qualifier(.fault), .qualifier(.kvm), .qualifier(.namespace), .qualifier(.secontext): false
        case .qualifier, .columns, .absoluteLong, .tips: true
        default: false
        }
    }

    /// What stands in messages about its value.
    private var wanted: String {
        switch value {
        case .none: "true or false"
        case .required(let name): values.isEmpty ? name : values.joined(separator: " or ")
        case .optional(let name): "true, or \(values.isEmpty ? name : values.joined(separator: " or "))"
        }
    }

    /// The values with which it is given, nil for one without.
    func values(_ value: TOMLValue, _ problems: inout ConfigurationProblems) -> [String?] {
        func wrong() -> [String?] {
            problems.add("'\(key ?? "")' is \(value.kind): \(wanted) is wanted", at: value.position)
            return []
        }
        switch value.content {
        case .boolean(let isOn):
            if case .required = self.value { return wrong() }
            return isOn ? [nil] : []
        case .string, .integer, .float:
            guard self.value != .none, let text = value.scalar else { return wrong() }
            return [text]
        case .array(let elements):
            let texts = elements.compactMap(\.scalar)
            guard repeats || takesList, texts.count == elements.count else { return wrong() }
            return repeats ? texts : [texts.joined(separator: ",")]
        case .table(let table):
            guard id == .environment else { return wrong() }
            return table.entries.compactMap { entry in
                if let text = entry.value.scalar { return "\(entry.key.name)=\(text)" }
                if entry.value.boolean == false { return entry.key.name }
                problems.add("'\(entry.key.name)' is \(entry.value.kind): its value, or false to remove it, is wanted", at: entry.value.position)
                return nil
            }
        case .date: return wrong()
        }
    }
}

extension Option.Group {
    /// The table of its options' keys.
    var table: String {
        switch self {
        case .startup, .tracing, .filtering, .tampering: "source"
        case .format, .statistics, .miscellaneous: "output"
        case .detection: "detection"
        }
    }

    static let tables = ["source", "output", "detection"]
}

extension TOMLValue {
    /// A string or a number, as an option takes it.
    var scalar: String? {
        switch content {
        case .string(let s): s
        case .integer(let i): "\(i)"
        case .float(let d): "\(d)"
        default: nil
        }
    }
}

extension GivenOption {
    /// What it is about: of two about the same thing the command line's counts, not the file's.
    var subject: OptionID {
        switch option.id {
        case .expression: qualified?.option.id ?? .expression
        case .oldFork: .follow
        case .absoluteShort: .absoluteLong
        case .hexShort: .hexLong
        case .descriptorsShort: .qualifier(.decodeFds)
        case .noAbbreviation: .qualifier(.abbrev)
        case .commands, .pidNamespaces: .qualifier(.decodePids)
        case .successfulOnly, .failedOnly: .qualifier(.status)
        case .noSeccomp: .seccomp
        case .summary: .summaryOnly
        case .all: .cgroup
        case .stringLimit where value == nil: .source
        default: option.id
        }
    }

    /// `-e QUALIFIER=SET` as `--QUALIFIER=SET`.
    var qualified: GivenOption? {
        guard option.id == .expression, let value else { return nil }
        let equals = value.firstIndex(of: "=")
        let name = equals.map { String(value[..<$0]) } ?? value
        let qualifier = Qualifier.allCases.first { $0.spellings.contains(name) && (equals != nil || $0 == .secontext) }
        guard let row = Option.all.first(where: { $0.id == .qualifier(qualifier ?? .trace) }) else { return nil }
        let rest = qualifier == nil ? value : equals.map { String(value[value.index(after: $0)...]) }
        return GivenOption(option: row, spelling: "-e", isLong: true, value: rest)
    }
}
