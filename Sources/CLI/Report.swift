/// How a subcommand that reports on something is asked to write.
enum ReportFormat: String, CaseIterable {
    case text, json, markdown

    /// `--format FORMAT`, the only option of such a subcommand; the first of `formats` without it.
    static func parse(_ words: [String], of command: String, _ formats: [ReportFormat] = [.text, .json]) throws(UsageError) -> ReportFormat {
        var format = formats[0]
        var rest = words[...]
        while let word = rest.popFirst() {
            guard word == "--format" || word.hasPrefix("--format=") else {
                let choices = formats.map { "--format=\($0.rawValue)" }.joined(separator: " or ")
                throw UsageError("\(command) takes \(choices), not '\(word)'; to trace a program of that name: renacer -- \(command)")
            }
            let value = word == "--format" ? rest.popFirst() ?? "" : String(word.dropFirst(9))
            guard let chosen = formats.first(where: { $0.rawValue == value }) else {
                throw UsageError("invalid --format argument: '\(value)': \(formats.map(\.rawValue).joined(separator: " or ")) is wanted")
            }
            format = chosen
        }
        return format
    }
}

/// Pieces of reports.
enum Report {
    static func padded(_ s: String, _ width: Int) -> String { s + String(repeating: " ", count: max(width - s.count, 0)) }

    /// Lines of at most `width` characters, each behind `indent` blanks.
    static func wrapped(_ text: String, indent: Int, width: Int) -> String {
        var out = ""
        var column = 0
        for word in text.split(separator: " ") {
            if column == 0 || column + 1 + word.count > width {
                if column > 0 { out += "\n" }
                out += String(repeating: " ", count: indent)
                column = indent
            } else {
                out += " "
                column += 1
            }
            out += word
            column += word.count
        }
        return out + "\n"
    }

    /// A string in JSON's notation.
    static func quoted(_ s: String) -> String {
        var out = "\""
        for c in s.unicodeScalars {
            switch c {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case _ where c.value < 0x20:
                let digits = String(c.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(c)
            }
        }
        return out + "\""
    }

    static func list(_ elements: [String]) -> String { "[\(elements.joined(separator: ","))]" }
}
