import RenacerConfiguration
import RenacerCore

/// A `[[processor]]`, understood.
enum ProcessorRequest: Sendable {
    case filter(CallFilter)
    case sample(SampleProcessor.Choice, of: SyscallSet)
    /// Interval in ns.
    case rateLimit(UInt64, per: UInt64, of: SyscallSet)
    /// Calls shorter than this, ns.
    case aggregate(UInt64, of: SyscallSet)
    case rename(calls: [String: String], fields: [String: String])
    case redact(patterns: [String], paths: [String], mark: String?)

    /// It may let a call be entered and withdraw it when it ends.
    var decidesAtEnd: Bool {
        switch self {
        case .filter(let filter): !filter.selection.isAll
        case .aggregate: true
        default: false
        }
    }

    var hides: Bool { if case .redact = self { true } else { false } }

    static let schema = TOMLSchema("a processor", [], variants: .init("type", [
        .init("filter", Option.all.filter { $0.group == .filtering }.compactMap(\.key).map { TOMLField($0, .any) }),
        .init("sample", [
            TOMLField("every", .integer(1...Int64.max)), TOMLField("fraction", .number(0...1)), TOMLField("seed", .integer(0...Int64.max)), trace,
        ]),
        .init("rate-limit", [TOMLField("limit", .integer(0...Int64.max), isRequired: true), TOMLField("per", .string, refusal: notTime), trace]),
        .init("aggregate", [TOMLField("shorter-than", .string, isRequired: true, refusal: notTime), trace]),
        .init("rename", [TOMLField("calls", .table(.open)), TOMLField("fields", .table(.open))]),
        .init("redact", [TOMLField("pattern", .strings), TOMLField("path", .strings), TOMLField("with", .string)]),
    ]))

    private static let trace = TOMLField("trace", .strings)

    private static let notTime: @Sendable (TOMLValue) -> String? = { value in
        value.string.flatMap { duration($0) }.map { $0 > 0 } == true ? nil : "a time such as 50us or 1s is wanted"
    }

    /// - Parameter table: which the schema has let through, or told of.
    init?(_ table: TOMLTable, _ problems: inout ConfigurationProblems) {
        let syscalls = Self.syscalls(table, &problems)
        func missing(_ what: String) { problems.add("\(table.string("type") ?? "a processor") needs \(what)", at: table.position) }
        switch table.string("type") {
        case "filter":
            let rest = TOMLTable(table.entries.filter { $0.key.name != "type" }, at: table.position)
            guard let filter = CallFilter.reading(rest, of: "a filter", &problems) else { return nil }
            self = .filter(filter)
        case "sample":
            if let n = table.integer("every"), n > 0, table["fraction"] == nil {
                self = .sample(.every(UInt64(n)), of: syscalls)
            } else if let p = table.number("fraction"), table["every"] == nil {
                self = .sample(.fraction(p, seed: UInt64(max(table.integer("seed") ?? 0, 0))), of: syscalls)
            } else {
                missing("either 'every' or 'fraction'")
                return nil
            }
        case "rate-limit":
            guard let limit = table.integer("limit"), limit >= 0 else { return nil }
            self = .rateLimit(UInt64(limit), per: table.string("per").flatMap { duration($0) } ?? 1_000_000_000, of: syscalls)
        case "aggregate":
            guard let limit = table.string("shorter-than").flatMap({ duration($0) }) else { return nil }
            self = .aggregate(limit, of: syscalls)
        case "rename":
            let calls = Self.names("calls", table, &problems), fields = Self.names("fields", table, &problems)
            if calls.isEmpty, fields.isEmpty { missing("'calls' or 'fields': a table of new names") }
            for entry in table["calls"]?.table?.entries ?? [] where !SyscallTable.all(.native).contains(where: { $0.syscall.name.description == entry.key.name }) {
                problems.add("there is no call '\(entry.key.name)'", at: entry.key.position)
            }
            self = .rename(calls: calls, fields: fields)
        case "redact":
            let patterns = table.strings("pattern"), paths = table.strings("path")
            if patterns.isEmpty, paths.isEmpty { missing("'pattern' or 'path'") }
            do throws(TraceExpression.Failure) { _ = try Replacements(patterns: patterns) } catch {
                if case .regularExpression(let pattern, let reason) = error {
                    problems.add("'\(pattern)': \(reason)", at: table["pattern"]?.position ?? table.position)
                }
            }
            self = .redact(patterns: patterns, paths: paths, mark: table.string("with"))
        default: return nil
        }
    }

    /// The calls that `trace` names; all without it.
    private static func syscalls(_ table: TOMLTable, _ problems: inout ConfigurationProblems) -> SyscallSet {
        guard table.string("type") != "filter", let value = table["trace"] else { return .all }
        do throws(UsageError) {
            return try Invocation(program: "", asStrace: false).syscalls(table.strings("trace").joined(separator: ","))
        } catch {
            problems.add(error.message, at: value.position)
            return .all
        }
    }

    private static func names(_ key: String, _ table: TOMLTable, _ problems: inout ConfigurationProblems) -> [String: String] {
        var names: [String: String] = [:]
        for entry in table[key]?.table?.entries ?? [] {
            guard let name = entry.value.string, !name.isEmpty else {
                problems.add("'\(entry.key.name)' is \(entry.value.kind): the new name is wanted", at: entry.value.position)
                continue
            }
            names[entry.key.name] = name
        }
        return names
    }
}

/// The `filter` of a `[[sink]]`.
struct SinkFilter: Sendable {
    let filter: CallFilter
    /// As the file has it.
    let table: TOMLTable

    init(_ filter: CallFilter, _ table: TOMLTable) {
        self.filter = filter
        self.table = table
    }
}

extension CallFilter {
    /// Reads flags of the group "Which calls and signals" by their keys; nil if something is wrong with one.
    static func reading(_ table: TOMLTable, of what: String, _ problems: inout ConfigurationProblems) -> CallFilter? {
        var invocation = Invocation(program: "", asStrace: false)
        invocation.quietCount = 3
        var isRight = true
        for entry in table.entries {
            guard let option = Option.keyed(entry.key.name), option.group == .filtering else {
                let names = Option.all.filter { $0.group == .filtering }.compactMap(\.key)
                problems.add("unknown key '\(entry.key.name)' in \(what); \(TOMLSchema.advice(entry.key.name, names))", at: entry.key.position)
                isRight = false
                continue
            }
            for value in option.values(entry.value, &problems) {
                do throws(UsageError) {
                    try invocation.apply(GivenOption(option: option, spelling: "--\(entry.key.name)", isLong: true, value: value))
                } catch {
                    problems.add(error.message, at: entry.value.position)
                    isRight = false
                }
            }
        }
        invocation.resolvePaths()
        var filter = CallFilter()
        filter.syscalls = invocation.settings.pipeline.plan.syscalls
        filter.selection = invocation.settings.pipeline.plan.selection
        filter.access = invocation.settings.pipeline.access
        filter.signals = invocation.settings.text.signals
        return isRight ? filter : nil
    }
}
