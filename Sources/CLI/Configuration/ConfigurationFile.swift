import Glibc
import RenacerAssertions
import RenacerCore
import RenacerConfiguration

/// What a configuration file says: options as a command line gives them, sinks, detectors and a command.
struct ConfigurationFile {
    let path: String
    private(set) var options: [Placed] = []
    private(set) var sinks: [SinkRequest] = []
    private(set) var detectors: [DetectorChoice] = []
    private(set) var assertions: [Assertion] = []
    private(set) var processors: [(request: ProcessorRequest, table: TOMLTable)] = []
    /// Assertions as the file has them.
    private(set) var assertionTables: [TOMLTable] = []
    private(set) var command: [String] = []

    /// An option, and where its value stands.
    struct Placed {
        let option: GivenOption
        let position: TOMLPosition
    }

    /// Reads a file, and refuses it with all that is wrong with it.
    ///
    /// - Parameter invocation: what it is for.
    static func read(_ path: String, for invocation: Invocation) throws(UsageError) -> ConfigurationFile {
        var problems = ConfigurationProblems(path)
        let file = read(path, for: invocation, &problems)
        guard problems.isEmpty else {
            throw UsageError(problems.sorted.map(\.description).joined(separator: "\n\(invocation.program): "))
        }
        return file
    }

    static func read(_ path: String, for invocation: Invocation, _ problems: inout ConfigurationProblems) -> ConfigurationFile {
        var file = ConfigurationFile(path: path)
        do throws(ConfigurationProblems) {
            let document = try TOMLDocument(path: path).expanded(&problems) { getenv($0).map { String(cString: $0) } }
            file.take(document.root, invocation.settings.plugins, &problems)
        } catch {
            problems = error
            return file
        }
        // Each option by itself: what is wrong with one hides nothing of the others.
        var scratch = Invocation(program: invocation.program, asStrace: invocation.asStrace)
        scratch.purpose = invocation.purpose
        for placed in file.options {
            attempt(placed.position, &problems) { () throws(UsageError) in
                try invocation.purpose.admit(placed.option)
                try scratch.apply(placed.option)
            }
        }
        return file
    }

    /// What a command line comes to with what the file says: what it gives itself counts, and what repeats adds to that.
    func invocation(_ empty: Invocation, _ given: [GivenOption]) throws(UsageError) -> Invocation {
        var result = Invocation(program: empty.program, asStrace: empty.asStrace)
        result.purpose = empty.purpose
        result.sinks = sinks
        result.settings.plugins.detectors = detectors
        result.settings.assertions.assertions = assertions
        result.settings.processors = processors.map(\.request)
        for option in remaining(given) { try result.apply(option) }
        for option in given { try result.apply(option) }
        return result
    }

    /// Options of the file that the command line says nothing about.
    func remaining(_ given: [GivenOption]) -> [GivenOption] {
        options.map(\.option).filter { mine in mine.option.repeats || !given.contains { $0.subject == mine.subject } }
    }

    /// Adds what `body` throws, as said of a place.
    private static func attempt(
        _ position: TOMLPosition, _ problems: inout ConfigurationProblems, _ body: () throws(UsageError) -> Void
    ) {
        do throws(UsageError) { try body() } catch {
            problems.add(error.message, at: position)
        }
    }

    // MARK: Tables

    private static let schema = TOMLSchema("the file", Option.Group.tables.map { TOMLField($0, .table(.open)) } + [
        TOMLField("sink", .tables(.open)), TOMLField("detector", .tables(.open)), TOMLField("assertion", .tables(.open)),
        TOMLField("processor", .tables(ProcessorRequest.schema)),
    ])

    /// - Parameter plugins: what the command line says of plugins.
    private mutating func take(_ root: TOMLTable, _ plugins: PluginChoice, _ problems: inout ConfigurationProblems) {
        Self.schema.check(root, &problems)
        for name in Option.Group.tables {
            if let table = root[name]?.table { takeOptions(table, of: name, &problems) }
        }
        assertions = Assertion.all(in: root, of: path, &problems)
        assertionTables = root.tables("assertion")
        var plugins = plugins
        plugins.files += options.filter { $0.option.option.id == .plugin }.compactMap(\.option.value)
        plugins.isolated = plugins.isolated || options.contains { $0.option.option.id == .isolatePlugins }
        for table in root.tables("sink") { takeSink(table, plugins, &problems) }
        for table in root.tables("detector") { takeDetector(table, &problems) }
        for table in root.tables("processor") {
            if let request = ProcessorRequest(table, &problems) { processors.append((request, table)) }
        }
    }

    private mutating func takeOptions(_ table: TOMLTable, of name: String, _ problems: inout ConfigurationProblems) {
        for entry in table.entries {
            let key = entry.key.name
            if name == "source", key == "command" {
                takeCommand(entry.value, &problems)
                continue
            }
            guard let option = Option.keyed(key), option.group.table == name else {
                problems.add(Self.unknown(key, in: name), at: entry.key.position)
                continue
            }
            for value in option.values(entry.value, &problems) {
                let given = GivenOption(option: option, spelling: "--\(option.key ?? key)", isLong: true, value: value)
                options.append(Placed(option: given, position: entry.value.position))
            }
        }
    }

    private static func unknown(_ key: String, in table: String) -> String {
        if let option = Option.keyed(key) { return "'\(key)' belongs in [\(option.group.table)]" }
        if let option = Option.all.first(where: { $0.id == .sink || $0.id == .detector }), option.long.contains(key) { return "write [[\(key)]]" }
        let own = Option.all.filter { $0.group.table == table }.compactMap(\.key) + (table == "source" ? ["command"] + Option.otherKeys.keys : [])
        let known = own + Option.all.compactMap(\.key)
        return "unknown key '\(key)' in [\(table)]; \(TOMLSchema.advice(key, known))"
    }

    private mutating func takeCommand(_ value: TOMLValue, _ problems: inout ConfigurationProblems) {
        let words = value.string.map { [$0] } ?? value.array?.compactMap(\.string) ?? []
        guard !words.isEmpty, value.string != nil || words.count == value.array?.count else {
            problems.add("'command' is \(value.kind): an array of the program and its arguments is wanted", at: value.position)
            return
        }
        command = words
    }

    private mutating func takeSink(_ table: TOMLTable, _ plugins: PluginChoice, _ problems: inout ConfigurationProblems) {
        guard let name = Self.required("kind", of: "a sink", table, &problems) else { return }
        var request: SinkRequest?
        Self.attempt(table["kind"]?.position ?? table.position, &problems) { () throws(UsageError) in
            request = try SinkRegistration.known(name, "[[sink]]", plugins).map { SinkRequest($0, origin: "[[sink]] \(name)") }
        }
        guard var request else { return }
        for entry in table.entries where entry.key.name != "kind" {
            if entry.key.name == "to" {
                guard let text = entry.value.string, !text.isEmpty else {
                    problems.add("'to' is \(entry.value.kind): \(request.kind.place.advice(Substring(name))) is wanted", at: entry.value.position)
                    continue
                }
                request.destination = text
                continue
            }
            if entry.key.name == "filter" {
                guard let table = entry.value.table else {
                    problems.add("'filter' is \(entry.value.kind): { trace = \"...\" } is wanted", at: entry.value.position)
                    continue
                }
                if let filter = CallFilter.reading(table, of: "a filter", &problems) { request.filter = SinkFilter(filter, table) }
                continue
            }
            let isKnown = request.kind.options.contains { $0.name == entry.key.name }
            if !isKnown, let meant = Suggestion.nearest(entry.key.name, ["to", "filter", "kind"]) {
                problems.add("[[sink]] \(name): unknown key '\(entry.key.name)'; did you mean '\(meant)'?", at: entry.key.position)
                continue
            }
            guard let text = entry.value.boolean.map({ "\($0)" }) ?? entry.value.scalar else {
                problems.add("'\(entry.key.name)' is \(entry.value.kind): one value is wanted", at: entry.value.position)
                continue
            }
            Self.attempt(isKnown ? entry.value.position : entry.key.position, &problems) { () throws(UsageError) in
                try request.set("\(entry.key.name)=\(text)")
            }
        }
        sinks.append(request)
    }

    private mutating func takeDetector(_ table: TOMLTable, _ problems: inout ConfigurationProblems) {
        guard let name = Self.required("name", of: "a detector", table, &problems) else { return }
        var values: [(String, String)] = []
        for entry in table.entries where entry.key.name != "name" {
            guard let text = entry.value.boolean.map({ "\($0)" }) ?? entry.value.scalar else {
                problems.add("'\(entry.key.name)' is \(entry.value.kind): one value is wanted", at: entry.value.position)
                continue
            }
            values.append((entry.key.name, text))
        }
        detectors.append(DetectorChoice(name, values))
    }

    /// The text of a key that a table has to have.
    private static func required(_ key: String, of what: String, _ table: TOMLTable, _ problems: inout ConfigurationProblems) -> String? {
        guard let value = table[key] else {
            let near = table.entries.first { Suggestion.nearest($0.key.name, [key]) != nil }?.key
            problems.add("\(what) needs '\(key)'" + (near.map { "; did you mean it by '\($0.name)'?" } ?? ""), at: near?.position ?? table.position)
            return nil
        }
        guard let text = value.string, !text.isEmpty else {
            problems.add("'\(key)' is \(value.kind): a string is wanted", at: value.position)
            return nil
        }
        return text
    }
}
