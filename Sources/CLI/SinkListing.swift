import RenacerCore

/// `renacer sinks`: the kinds of sinks and their options.
enum SinkListing {
    static func run(_ arguments: [String]) throws(UsageError) -> Int32 {
        var isJSON = false
        var rest = arguments[...]
        while let word = rest.popFirst() {
            guard word == "--format" || word.hasPrefix("--format=") else {
                throw UsageError("sinks takes --format=text or --format=json, not '\(word)'; to trace a program of that name: renacer -- sinks")
            }
            let value = word == "--format" ? rest.popFirst() ?? "" : String(word.dropFirst(9))
            guard value == "text" || value == "json" else { throw UsageError("invalid --format argument: '\(value)'") }
            isJSON = value == "json"
        }
        Message.write(isJSON ? json : text, to: 1)
        return 0
    }

    private static func padded(_ s: String, _ n: Int) -> String { s + String(repeating: " ", count: max(n - s.count, 1)) }

    private static var text: String {
        var out = "--sink KIND[:DEST][,key=value...], repeatable; --format KIND in place of the text; those of plugins: 'renacer plugins'\n\n"
        for kind in SinkRegistration.all {
            out += padded(kind.name, 10) + "\(kind.help); DEST: \(destination(kind))\n"
            for option in kind.options { out += "          " + padded("\(option.name)=\(option.kind.placeholder)", 26) + "\(option.help)\n" }
        }
        return out
    }

    private static func destination(_ kind: SinkRegistration) -> String {
        switch kind.place {
        case .text: "FILE, -, or '|CMD'; standard error, or -o"
        case .standardOutput: "FILE, -, or '|CMD'; standard output, or -o with --format"
        case .own(let what), .any(let what): what
        case .service(let what): "\(what); otherwise as the environment says"
        }
    }

    private static var json: String {
        let kinds = SinkRegistration.all.map { kind in
            let options = kind.options.map {
                "{\"name\":\(quoted($0.name)),\"value\":\(quoted($0.kind.placeholder)),\"help\":\(quoted($0.help))}"
            }
            return "{\"name\":\(quoted(kind.name)),\"help\":\(quoted(kind.help)),\"destination\":\(quoted(destination(kind))),"
                + "\"options\":[\(options.joined(separator: ","))]}"
        }
        return "{\"sinks\":[\(kinds.joined(separator: ","))]}\n"
    }

    private static func quoted(_ s: String) -> String {
        "\"" + s.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
