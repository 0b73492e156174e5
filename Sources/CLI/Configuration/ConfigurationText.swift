import RenacerConfiguration

/// The file that says what a command line says.
struct ConfigurationText {
    private var tables: [String: [(key: String, value: TOMLValue)]] = [:]
    /// How often short forms were given that count.
    private var counts: [OptionID] = []

    /// - Parameter options: in their order; later ones about the same replace earlier ones.
    static func of(options: [GivenOption], sinks: [SinkRequest], detectors: [DetectorChoice], processors: [TOMLTable], assertions: [TOMLTable], command: [String]) -> String {
        var text = ConfigurationText()
        for given in options { text.add(given) }
        if !command.isEmpty { text.set("source", "command", .init(.array(command.map { string($0) }))) }
        var root = Option.Group.tables.compactMap { name in
            text.tables[name].map { (name, TOMLValue(.table(TOMLTable($0.map { ($0.key, $0.value) })))) }
        }
        if !processors.isEmpty { root.append(("processor", TOMLValue(.array(processors.map { escaped(TOMLValue(.table($0))) })))) }
        if !assertions.isEmpty { root.append(("assertion", TOMLValue(.array(assertions.map { escaped(TOMLValue(.table($0))) })))) }
        if !sinks.isEmpty { root.append(("sink", TOMLValue(.array(sinks.map(table))))) }
        if !detectors.isEmpty { root.append(("detector", TOMLValue(.array(detectors.map(table))))) }
        return TOMLTable(root).text
    }

    // MARK: Options

    private mutating func add(_ given: GivenOption) {
        if let same = given.qualified { return add(same) }
        let option = given.option
        if let (id, value) = counted(given) {
            guard let row = Option.all.first(where: { $0.id == id }), let key = row.key else { return }
            return set(row.group.table, key, value)
        }
        switch option.id {
        case .commands: return set("source", .qualifier(.decodePids), "comm")
        case .stringLimit where given.value == nil: return set(.source, .init(.boolean(true)))
        default: break
        }
        guard let key = option.key else { return }
        let value = given.value.map { Self.scalar($0, option) } ?? TOMLValue(.boolean(true))
        if option.repeats {
            append(option.group.table, key, value)
        } else {
            drop(given.subject)
            set(option.group.table, key, value)
        }
    }

    /// The long form of letters that mean more the more there are of them.
    private mutating func counted(_ given: GivenOption) -> (OptionID, TOMLValue)? {
        let id = given.option.id
        let forms: (OptionID, [String?])? = switch (id, given.isLong) {
        case (.follow, false): (.follow, [nil, "output-separately"])
        case (.oldFork, _): (.follow, [nil])
        case (.daemonize, false): (.daemonize, ["grandchild", "pgroup", "session"])
        case (.qualifier(.quiet), false): (.qualifier(.quiet), ["attach,personality", "attach,personality,exit", "all"])
        case (.absoluteShort, _): (.absoluteLong, ["time", "time,us", "unix,us"])
        case (.hexShort, _): (.hexLong, ["non-ascii", "all"])
        case (.descriptorsShort, _): (.qualifier(.decodeFds), ["path", "all"])
        case (.stackTrace, false): (.stackTrace, ["symbol", "source"])
        default: nil
        }
        guard let forms else { return nil }
        counts.append(id)
        let text = forms.1[min(counts.count { $0 == id }, forms.1.count) - 1]
        return (forms.0, text.map { Self.string($0) } ?? TOMLValue(.boolean(true)))
    }

    private static func string(_ text: String) -> TOMLValue { TOMLValue(.string(text.replacing("${", with: "$${"))) }

    /// A number where the option takes one and it is written as one, a string otherwise.
    private static func scalar(_ text: String, _ option: Option) -> TOMLValue {
        if option.value == .required("N") || option.id == .attach, let n = Int64(text), "\(n)" == text { return TOMLValue(.integer(n)) }
        return string(text)
    }

    private mutating func set(_ table: String, _ id: OptionID, _ text: String) { set(id, Self.string(text)) }

    private mutating func set(_ id: OptionID, _ value: TOMLValue) {
        guard let row = Option.all.first(where: { $0.id == id }), let key = row.key else { return }
        set(row.group.table, key, value)
    }

    private mutating func set(_ table: String, _ key: String, _ value: TOMLValue) {
        tables[table, default: []].removeAll { $0.key == key }
        tables[table, default: []].append((key, value))
    }

    private mutating func append(_ table: String, _ key: String, _ value: TOMLValue) {
        let there = tables[table]?.first { $0.key == key }?.value.array ?? []
        set(table, key, TOMLValue(.array(there + [value])))
    }

    /// Forgets other keys about the same.
    private mutating func drop(_ subject: OptionID) {
        for name in tables.keys {
            tables[name]?.removeAll { entry in
                guard let row = Option.keyed(entry.key), !row.repeats else { return false }
                return GivenOption(option: row, spelling: "", isLong: true, value: "").subject == subject
            }
        }
    }

    // MARK: Tables

    private static func table(_ sink: SinkRequest) -> TOMLValue {
        var entries: [(String, TOMLValue)] = [("kind", string(sink.kind.name))]
        if let destination = sink.destination { entries.append(("to", string(destination))) }
        for option in sink.kind.options {
            guard let text = sink[option.name] else { continue }
            let value = switch option.kind {
            case .flag: TOMLValue(.boolean(text == "true"))
            case .number: Int64(text).map { TOMLValue(.integer($0)) } ?? string(text)
            default: string(text)
            }
            entries.append((option.name, value))
        }
        if let filter = sink.filter { entries.append(("filter", escaped(TOMLValue(.table(filter.table))))) }
        return TOMLValue(.table(TOMLTable(entries)))
    }

    /// A table of a file as a file writes it: variables in it are expanded already.
    private static func escaped(_ value: TOMLValue) -> TOMLValue {
        switch value.content {
        case .string(let text): string(text)
        case .array(let values): TOMLValue(.array(values.map(escaped)))
        case .table(let table): TOMLValue(.table(TOMLTable(table.entries.map { ($0.key.name, escaped($0.value)) })))
        default: value
        }
    }

    private static func table(_ detector: DetectorChoice) -> TOMLValue {
        TOMLValue(.table(TOMLTable([("name", string(detector.name))] + detector.options.map { ($0.0, string($0.1)) })))
    }
}
