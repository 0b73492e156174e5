import RenacerCore

/// A sink as somebody asked for it: `--sink KIND[:DEST][,key=value…]`, `--format KIND`, `-c`, or nothing at all.
struct SinkRequest: Sendable {
    let kind: SinkRegistration
    /// Where it writes; nil: where its kind does if nothing is said.
    var destination: String?
    /// Options given, checked against the kind's.
    private(set) var values: [String: String] = [:]
    /// The output that this comes to; nil if its place is its own.
    var output: PipelineConfiguration.Output?
    /// What it is given of the trace; nil: all that is shown.
    var filter: SinkFilter?
    /// The flag that asked for it, for what is said about it.
    let origin: String
    /// What was asked for, of a sink that a plugin may have: plugins are looked at once all that say where are known.
    private(set) var unresolved: String?

    init(_ kind: SinkRegistration, destination: String? = nil, origin: String) {
        self.kind = kind
        self.destination = destination
        self.origin = origin
    }

    /// Reads `KIND[:DEST][,key=value…]`. A comma is part of `DEST` unless an option, or a word and `=`, follows it.
    ///
    /// - Parameter plugins: where other kinds may be; nil: they are looked for later (`resolve`).
    init(parsing text: String, origin: String, plugins: PluginChoice? = nil) throws(UsageError) {
        let name = text.prefix { $0 != ":" && $0 != "," }
        self.origin = "\(origin) \(name)"
        guard let known = try SinkRegistration.known(name, origin, plugins) else {
            kind = .unresolved(String(name))
            unresolved = text
            return
        }
        kind = known
        var rest = text.dropFirst(name.count)
        if rest.first == ":" {
            rest = rest.dropFirst()
            let end = optionsStart(rest)
            let destination = String(rest[..<end])
            if destination.isEmpty { throw UsageError("\(self.origin): nothing stands behind ':'; \(kind.place.advice(name))") }
            self.destination = destination
            rest = rest[end...]
        }
        for option in Self.split(rest) { try set(option) }
    }

    /// Finds a kind that none of renacer's own is among plugins.
    ///
    /// - Throws: there is none of that name, or something is wrong with what was asked of it.
    mutating func resolve(_ plugins: PluginChoice) throws(UsageError) {
        guard let text = unresolved else { return }
        let filter = filter
        self = try SinkRequest(parsing: text, origin: origin.hasSuffix(" \(kind.name)") ? String(origin.dropLast(kind.name.count + 1)) : origin, plugins: plugins)
        self.filter = filter
    }

    /// `key=value`; `key` alone is `key=true`.
    mutating func set(_ text: Substring) throws(UsageError) {
        let key = text.prefix { $0 != "=" }
        let value = key.count == text.count ? "true" : String(text.dropFirst(key.count + 1))
        guard let option = kind.options.first(where: { $0.name == key }) else {
            let names = kind.options.map(\.name)
            let advice = Suggestion.nearest(String(key), names).map { "did you mean \($0)?" }
                ?? (names.isEmpty ? "it has no options" : "it has \(names.joined(separator: ", "))")
            throw UsageError("\(origin): unknown option '\(key)'; \(advice)")
        }
        if let wanted = option.kind.refusal(of: value) {
            throw UsageError("\(origin): invalid \(key) '\(value)': \(wanted)")
        }
        values[option.name] = value
    }

    /// What a backend has to capture for it.
    var needs: SinkRegistration.Needs { kind.needs(self) }

    /// The value of an option as given; nil if it was not.
    subscript(name: String) -> String? { values[name] }
    /// No single calls: statistics only.
    var isSummary: Bool { values[SinkOption.contents.name] == "summary" }
    /// A switch: false unless it was given.
    func isOn(_ name: String) -> Bool { values[name] == "true" }
    /// The number of an option that takes one, a size in bytes or a duration in ns.
    func number(_ name: String) -> UInt64? {
        guard let value = values[name], let option = kind.options.first(where: { $0.name == name }) else { return nil }
        return option.kind.number(value)
    }

    /// Where options begin behind a destination: at a comma before an option's name, or a word and `=`.
    private func optionsStart(_ text: Substring) -> Substring.Index {
        var from = text.startIndex
        while let comma = text[from...].firstIndex(of: ",") {
            let next = text.index(after: comma)
            let word = text[next...].prefix { $0.isLetter || $0 == "-" }
            let end = text[word.endIndex...].first
            if !word.isEmpty, end == "=" || (end == nil || end == ",") && kind.options.contains(where: { $0.name == word }) { return comma }
            from = next
        }
        return text.endIndex
    }

    private static func split(_ text: Substring) -> [Substring] {
        text.isEmpty ? [] : text.dropFirst().split(separator: ",", omittingEmptySubsequences: false)
    }
}
