import Glibc
import RenacerCore
import RenacerPluginHost

/// `renacer plugins`, `renacer plugin check` and `renacer plugin new`.
enum PluginCommands {
    /// Lists every plugin that is found: where, what it has, which options and which events.
    static func list(_ words: [String]) throws(UsageError) -> Int32 {
        var isJSON = false
        var files: [String] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--format" || word.hasPrefix("--format=") {
                let value = word == "--format" ? rest.popFirst() ?? "" : String(word.dropFirst(9))
                guard value == "text" || value == "json" else { throw UsageError("invalid --format argument: '\(value)': text or json is wanted") }
                isJSON = value == "json"
            } else if word == "--plugin", let file = rest.popFirst() {
                files.append(file)
            } else {
                throw UsageError("plugins takes --format=text or --format=json and --plugin FILE, not '\(word)'; to trace a program of that name: renacer -- plugins")
            }
        }
        let search = PluginSearch(files: files)
        let found = search.all
        Message.write(isJSON ? PluginList.json(found) : PluginList.text(found, search), to: 1)
        return 0
    }

    /// `check FILE` and `new [--lang LANGUAGE] [--kind KIND] NAME`.
    static func plugin(_ program: String, _ words: [String]) throws(UsageError) -> Int32 {
        switch words.first {
        case "check" where words.count == 2: return check(words[1])
        case "new":
            try new(words.dropFirst())
            return 0
        default: throw UsageError("plugin takes 'check FILE' or 'new [--lang c|swift] [--kind detector|sink] NAME', not '\(words.joined(separator: " "))'; to trace a program of that name: renacer -- plugin")
        }
    }

    private static func new(_ words: ArraySlice<String>) throws(UsageError) {
        var language = PluginTemplate.Language.c, kind = PluginTemplate.Kind.detector
        var name: String?
        var rest = words
        while let word = rest.popFirst() {
            if word == "--lang" || word.hasPrefix("--lang=") {
                let value = word == "--lang" ? rest.popFirst() ?? "" : String(word.dropFirst(7))
                guard let chosen = PluginTemplate.Language(rawValue: value) else {
                    throw UsageError("invalid --lang argument: '\(value)': c or swift is wanted")
                }
                language = chosen
            } else if word == "--kind" || word.hasPrefix("--kind=") {
                let value = word == "--kind" ? rest.popFirst() ?? "" : String(word.dropFirst(7))
                guard let chosen = PluginTemplate.Kind(rawValue: value) else {
                    throw UsageError("invalid --kind argument: '\(value)': detector or sink is wanted")
                }
                kind = chosen
            } else if name == nil, !word.hasPrefix("-") {
                name = word
            } else {
                throw UsageError("plugin new takes --lang c|swift, --kind detector|sink and NAME, not '\(word)'")
            }
        }
        guard let name else { throw UsageError("plugin new: a NAME is wanted, such as small-writes") }
        try PluginTemplate(language: language, kind: kind, name: name).write()
        Message.write("\(name): a \(kind) in \(language == .c ? "C" : "Swift"); 'make test' builds and tries it\n", to: 1)
    }

    private static func check(_ path: String) -> Int32 {
        do throws(PluginProblem) {
            let file = try PluginFile.tried(path)
            Message.write("\(path) is a plugin that can be used\n" + PluginList.text(file), to: 1)
            return 0
        } catch {
            Message.write("\(path): \(error)\n", to: 1)
            return 1
        }
    }
}

/// Plugins as `renacer plugins` shows them.
enum PluginList {
    static func text(_ all: [PluginSearch.Found], _ search: PluginSearch) -> String {
        guard !all.isEmpty else { return "no plugins in \(search.folders.joined(separator: ", "))\n" }
        return all.map { found in
            switch found.result {
            case .success(let file): "\(found.path)\n" + text(file)
            case .failure(let problem): "\(found.path)\n  not usable: \(problem)\n"
            }
        }.joined()
    }

    static func text(_ file: PluginFile) -> String {
        var out = "  \(file.name) \(file.version) (ABI 1.\(file.abiMinor), events \(file.schema))\n"
        for c in file.components {
            out += "  \(c.kind.map { "\($0)" } ?? "unknown kind") \(c.name): \(c.description)\n"
            for s in c.subscriptions {
                out += "      sees \(kinds(s).joined(separator: ", "))\(s.calls.isEmpty ? "" : " of \(s.calls)")\(s.given.isEmpty ? "" : ", with \(s.given)")\n"
            }
            if !c.rules.isEmpty { out += "      finds \(c.rules.joined(separator: ", "))\n" }
            for o in c.options {
                let kind = o.kind == .choice ? o.choices.joined(separator: "|") : "\(o.kind)"
                out += "      \(o.name)=\(o.defaultValue) (\(kind)): \(o.help)\n"
            }
        }
        return out
    }

    private static func kinds(_ s: Component.Interest) -> [String] {
        ["entries", "calls", "signals", "tasks", "losses", "functions"].enumerated().filter { s.kinds >> UInt32($0.offset) & 1 == 1 }.map(\.element)
    }

    static func json(_ all: [PluginSearch.Found]) -> String {
        let rows = all.map { found in
            switch found.result {
            case .failure(let problem): "{\"path\":\(Report.quoted(found.path)),\"usable\":false,\"problem\":\(Report.quoted(problem.description))}"
            case .success(let file):
                "{\"path\":\(Report.quoted(found.path)),\"usable\":true,\"name\":\(Report.quoted(file.name)),\"version\":\(Report.quoted(file.version)),"
                    + "\"abi\":\"1.\(file.abiMinor)\",\"schema\":\(file.schema),\"components\":[\(file.components.map(json).joined(separator: ","))]}"
            }
        }
        return "{\"plugins\":[\(rows.joined(separator: ","))]}\n"
    }

    private static func json(_ c: Component) -> String {
        let options = c.options.map { o in
            "{\"name\":\(Report.quoted(o.name)),\"type\":\"\(o.kind)\",\"default\":\(Report.quoted(o.defaultValue)),\"help\":\(Report.quoted(o.help)),"
                + "\"choices\":[\(o.choices.map(Report.quoted).joined(separator: ","))]}"
        }
        let subscriptions = c.subscriptions.map { s in
            "{\"kinds\":[\(kinds(s).map(Report.quoted).joined(separator: ","))],\"calls\":\(Report.quoted(s.calls))\(s.given.isEmpty ? "" : ",\"given\":\(Report.quoted(s.given))")}"
        }
        return "{\"kind\":\(Report.quoted(c.kind.map { "\($0)" } ?? "unknown")),\"name\":\(Report.quoted(c.name)),"
            + "\"description\":\(Report.quoted(c.description)),\"options\":[\(options.joined(separator: ","))],"
            + "\"rules\":[\(c.rules.map(Report.quoted).joined(separator: ","))],\"subscriptions\":[\(subscriptions.joined(separator: ","))]}"
    }
}
