import RenacerCore

/// `renacer flags`: what every option does with every backend, from the declarations that the planner uses.
/// `Docs/flags.md` is its output.
enum FlagMatrix {
    static func run(_ words: [String]) throws(UsageError) -> Int32 {
        let format = try ReportFormat.parse(words, of: "flags", [.markdown, .json])
        // Declarations, not what this machine leaves of them: the table is the same everywhere.
        let backends = BackendRegistration.all.map { Column(candidate: Planner.Candidate($0.make())) { $0.refusal } }
            + [Column(candidate: BackendRegistration.replay) { Purpose.refusalInReplay(of: $0) ?? $0.refusal }]
        Message.write(format == .json ? json(backends) : markdown(backends), to: 1)
        return 0
    }

    /// A backend, and why it refuses an option whatever its value; nil if it does not.
    private struct Column {
        let candidate: Planner.Candidate
        let refusal: (Option) -> String?
        var name: String { candidate.name }
    }

    /// What an option comes to with a backend, for one of its needs.
    private struct Cell {
        let origin: String
        let capability: Capability
    }

    private static func cells(_ option: Option, _ backend: Column) -> [Cell] {
        if let reason = backend.refusal(option) { return [Cell(origin: spelling(option), capability: .unavailable(reason))] }
        return option.needs.map { Cell(origin: $0.origin, capability: backend.candidate.capabilities[$0.feature]) }
    }

    /// Its first long name, or its letter.
    private static func spelling(_ option: Option) -> String {
        option.long.first.map { "--" + $0 } ?? option.short.map { "-\($0)" } ?? ""
    }

    // MARK: Markdown

    private static func markdown(_ backends: [Column]) -> String {
        var out = """
            # Flags and backends

            What every flag does with every backend: its effect, as well as the backend can, or a refusal before the program
            starts. Made by `renacer flags` from the declarations that the planner uses; a test runs each flag on each backend
            and sees that it is so. What this machine takes away besides: `renacer backends`.

            """
        for group in Option.Group.allCases {
            let options = Option.all.filter { $0.group == group }
            if options.isEmpty { continue }
            out += "\n## \(group.rawValue)\n\n| flag | \(backends.map(\.name).joined(separator: " | ")) |\n"
            out += "|---|" + backends.map { _ in "---|" }.joined() + "\n"
            for option in options {
                out += "| \(names(option)) | " + backends.map { text(option, $0) }.joined(separator: " | ") + " |\n"
            }
        }
        return out
    }

    private static func names(_ option: Option) -> String {
        var names = option.short.map { ["`-\($0)`"] } ?? []
        if let long = option.long.first { names.append("`--\(long)`") }
        return names.joined(separator: ", ")
    }

    private static func text(_ option: Option, _ backend: Column) -> String {
        let notes = cells(option, backend).filter { $0.capability.fidelity != .exact }.map { cell in
            let word = cell.capability.fidelity == .unavailable ? "refused" : "best effort"
            let isAll = option.needs.count < 2 && !cell.origin.contains("=")
            return (isAll ? "" : "`\(cell.origin)` ") + "\(word): \(cell.capability.reason)"
        }
        return notes.isEmpty ? "effect" : notes.joined(separator: "; ")
    }

    // MARK: JSON

    private static func json(_ backends: [Column]) -> String {
        let rows = Option.all.map { option in
            let support = backends.map { backend in
                let needs = cells(option, backend).map { cell in
                    "{\"origin\":\(Report.quoted(cell.origin)),\"fidelity\":\(Report.quoted(cell.capability.fidelity.rawValue)),"
                        + "\"reason\":\(Report.quoted(cell.capability.reason))}"
                }
                return "{\"backend\":\(Report.quoted(backend.name)),\"needs\":\(Report.list(needs))}"
            }
            return "{\"flag\":\(Report.quoted(spelling(option))),\"support\":\(Report.list(support))}"
        }
        return Report.list(rows) + "\n"
    }
}
