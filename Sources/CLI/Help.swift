/// What `--help` and `--version` show.
enum Help {
    static let number = "0.1.0"
    static let version = """
        renacer \(number)
        Licensed under the Apache License, version 2.0.

        """

    private static let width = 80
    private static let indent = 26

    static func text(program: String, asStrace: Bool) -> String {
        var out = """
            Usage: \(program) [OPTION]... [--] PROGRAM [ARGUMENT]...
               or: \(program) [OPTION]... -p PID...
               or: \(program) record [-o FILE] [--ring=SIZE] [OPTION]... [--] PROGRAM [ARGUMENT]...
               or: \(program) replay [FILE] [OPTION]...
               or: \(program) golden --help | record | check | diff ...
               or: \(program) doctor [--format=json]
               or: \(program) backends [--format=json]
               or: \(program) sinks [--format=json]
               or: \(program) config check FILE, config show [OPTION]... [--] [PROGRAM [ARGUMENT]...]
               or: \(program) plugins [--format=json], plugin check FILE, plugin new NAME
            Shows the system calls and signals of a program.

            """
        for group in Option.Group.allCases {
            let options = Option.all.filter { $0.group == group && !$0.help.isEmpty }
            if options.isEmpty { continue }
            out += "\n\(group.rawValue):\n"
            for option in options { out += row(spelling(option), option.help) }
        }
        return out
    }

    private static func spelling(_ option: Option) -> String {
        let short = option.short.map { "-\($0)" } ?? "  "
        var value = ""
        switch option.value {
        case .none: break
        case .required(let v): value = option.long.isEmpty ? " \(v)" : "=\(v)"
        case .optional(let v): value = "[=\(v)]"
        }
        guard let long = option.long.first else { return short + value }
        return (option.short == nil ? "    " : short + ", ") + "--" + long + value
    }

    /// An option and its meaning in two columns, the second wrapped.
    private static func row(_ spelling: String, _ help: String) -> String {
        var out = "  " + spelling
        var column = out.count
        let pad = { (n: Int) in String(repeating: " ", count: n) }
        if column + 2 > indent {
            out += "\n" + pad(indent)
        } else {
            out += pad(indent - column)
        }
        column = indent
        var isFirst = true
        for word in help.split(separator: " ") {
            if !isFirst && column + 1 + word.count > width - 1 {
                out += "\n" + pad(indent)
                column = indent
                isFirst = true
            }
            if !isFirst {
                out += " "
                column += 1
            }
            out += word
            column += word.count
            isFirst = false
        }
        return out + "\n"
    }
}
