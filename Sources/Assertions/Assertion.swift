import RenacerConfiguration
import RenacerCore

/// Something that has to hold of a trace: an `[[assertion]]` of a file.
public struct Assertion: Sendable {
    public var name: String
    public var check: Check
    /// Whether renacer's exit status says so if it does not hold; otherwise it is a warning.
    public var failsOnViolation = true
    public var isEnabled = true
    /// Where it is written: `renacer.toml`, and the line.
    public var file = ""
    public var line = 0

    public enum Check: Sendable {
        /// From the program's exec to the end of the process, among it and those it started, that ends last: ns.
        case criticalPath(most: UInt64)
        /// Calls of all kinds.
        case spanCount(least: UInt64, most: UInt64)
        /// Bytes.
        case memory(MemoryMode, most: UInt64)
        /// What a detector found, and how sure it has to be.
        case antiPattern(String, threshold: Double)
        case callCount(Calls, least: UInt64, most: UInt64)
        /// ns that `percentile` % of the calls take at most.
        case latency(Calls, percentile: Double, most: UInt64)
        /// Calls, or paths that calls name.
        case forbidden(Calls?, paths: [String])
    }

    public enum MemoryMode: String, Sendable, CaseIterable {
        /// What was asked for, all in all.
        case allocations
        /// What was in memory at once, of the largest process.
        case rss
    }

    /// A set of calls and how it was written.
    public struct Calls: Sendable {
        public var text: String
        public var set: SyscallSet
    }

    /// The `type` of the file.
    public var type: String {
        switch check {
        case .criticalPath: "critical_path"
        case .spanCount: "span_count"
        case .memory: "memory_usage"
        case .antiPattern: "anti_pattern"
        case .callCount: "syscall_count"
        case .latency: "latency"
        case .forbidden: "forbidden"
        }
    }
}

// MARK: Reading

extension Assertion {
    private static let most = 1e15
    private static let counts = 0...Int64.max
    private static let milliseconds = TOMLField("max_duration_ms", .number(0...most))
    @Sendable private static func refuseCalls(_ value: TOMLValue) -> String? {
        for text in words(value) {
            do throws(TraceExpression.Failure) { _ = try TraceExpression.compile(text, widenedFile: true) } catch {
                return "no system call is meant by '\(text)'; write names, %classes or /regular expressions"
            }
        }
        return words(value).isEmpty ? "no system call is named" : nil
    }
    private static let calls = TOMLField("syscall", .strings, refusal: refuseCalls)
    private static let neededCalls = TOMLField("syscall", .strings, isRequired: true, refusal: refuseCalls)

    /// What an `[[assertion]]` may say.
    public static let schema = TOMLSchema(
        "an assertion",
        [
            TOMLField("name", .string, isRequired: true) { $0.string == "" ? "a name is wanted" : nil },
            TOMLField("fail_on_violation", .boolean), TOMLField("enabled", .boolean),
        ],
        variants: .init("type", [
            .init("critical_path", [TOMLField("max_duration_ms", .number(0...most), isRequired: true)]),
            .init("span_count", [TOMLField("max_spans", .integer(counts)), TOMLField("min_spans", .integer(counts))]),
            .init("memory_usage", [
                TOMLField("max_bytes", .integer(counts), isRequired: true), TOMLField("tracking_mode", .choice(MemoryMode.allCases.map(\.rawValue))),
            ]),
            .init("anti_pattern", [
                TOMLField("pattern", .string, isRequired: true) { $0.string == "" ? "a detector's name or one of its rules is wanted" : nil },
                TOMLField("threshold", .number(0...1)),
            ]),
            .init("syscall_count", [
                neededCalls, TOMLField("max_calls", .integer(counts)), TOMLField("min_calls", .integer(counts)),
            ]),
            .init("latency", [
                neededCalls, TOMLField("percentile", .number(0...100)), milliseconds,
                TOMLField("max_duration_us", .number(0...most)),
            ]),
            .init("forbidden", [
                calls,
                TOMLField("path", .strings) { words($0).isEmpty || words($0).contains("") ? "a path is wanted, such as \"/etc/shadow\" or \"/proc/*\"" : nil },
            ]),
        ]))

    /// The field of a document that holds assertions.
    public static let field = TOMLField("assertion", .tables(schema))

    /// The assertions of a document.
    ///
    /// - Throws: all that is wrong with them.
    public static func all(in document: TOMLDocument) throws(ConfigurationProblems) -> [Assertion] {
        var problems = ConfigurationProblems(document.file)
        for entry in document.root.entries where entry.key.name != field.name {
            // Other tables are for others; what looks like a slip is told.
            if Suggestion.nearest(entry.key.name, [field.name]) != nil {
                problems.add("unknown key '\(entry.key.name)'; did you mean '\(field.name)'?", at: entry.key.position)
            }
        }
        if let value = document.root[field.name], value.array?.allSatisfy({ $0.table != nil }) != true {
            problems.add("'assertion' is \(value.kind): write [[assertion]], as often as there are any", at: value.position)
        }
        let all = all(in: document.root, of: document.file, &problems)
        if all.isEmpty, problems.isEmpty { problems.add("there is no [[assertion]] in it", at: nil) }
        if !problems.isEmpty { throw problems }
        return all
    }

    /// The assertions of a document that holds other things, too; those that are as they should be.
    public static func all(in root: TOMLTable, of file: String, _ problems: inout ConfigurationProblems) -> [Assertion] {
        var result: [Assertion] = []
        for table in root[field.name]?.array?.compactMap(\.table) ?? [] {
            let before = problems.all.count
            schema.check(table, &problems)
            checkLimits(table, &problems)
            if problems.all.count == before { result.append(Assertion(table, file)) }
        }
        return result
    }

    /// What a schema cannot say: of some keys one has to be there.
    private static func checkLimits(_ table: TOMLTable, _ problems: inout ConfigurationProblems) {
        let choices: [String: [String]] = [
            "span_count": ["max_spans", "min_spans"], "syscall_count": ["max_calls", "min_calls"],
            "latency": ["max_duration_ms", "max_duration_us"], "forbidden": ["syscall", "path"],
        ]
        guard let type = table["type"]?.string, let keys = choices[type] else { return }
        let given = keys.filter { table[$0] != nil }
        if given.isEmpty { problems.add("an assertion of this type needs '\(keys.joined(separator: "' or '"))'", at: table.position) }
        if type == "latency", given.count > 1, let second = table["max_duration_us"] {
            problems.add("'max_duration_ms' and 'max_duration_us' say the same: one of them is enough", at: second.position)
        }
    }

    private static func words(_ value: TOMLValue) -> [String] { value.string.map { [$0] } ?? value.array?.compactMap(\.string) ?? [] }

    /// What `syscall` chooses; nil if it is not given.
    private static func calls(_ table: TOMLTable) -> Calls? {
        guard let value = table["syscall"] else { return nil }
        var set = SyscallSet.none
        for text in words(value) {
            do throws(TraceExpression.Failure) { set.formUnion(try TraceExpression.compile(text, widenedFile: true)) } catch { continue }
        }
        return Calls(text: words(value).joined(separator: ", "), set: set)
    }

    /// - Parameter table: checked.
    private init(_ table: TOMLTable, _ file: String) {
        name = table["name"]?.string ?? ""
        failsOnViolation = table["fail_on_violation"]?.boolean ?? true
        isEnabled = table["enabled"]?.boolean ?? true
        self.file = file
        line = table.position.line
        let none = Calls(text: "", set: .none)
        switch table["type"]?.string {
        case "span_count": check = .spanCount(least: table.count("min_spans", 0), most: table.count("max_spans", .max))
        case "memory_usage":
            check = .memory(table["tracking_mode"]?.string.flatMap(MemoryMode.init) ?? .allocations, most: table.count("max_bytes", .max))
        case "anti_pattern": check = .antiPattern(table["pattern"]?.string ?? "", threshold: table["threshold"]?.number ?? 0.7)
        case "syscall_count": check = .callCount(Self.calls(table) ?? none, least: table.count("min_calls", 0), most: table.count("max_calls", .max))
        case "latency":
            check = .latency(
                Self.calls(table) ?? none, percentile: table["percentile"]?.number ?? 95,
                most: table.nanoseconds("max_duration_us", 1e3) ?? table.nanoseconds("max_duration_ms", 1e6) ?? .max)
        case "forbidden": check = .forbidden(Self.calls(table), paths: table["path"].map(Self.words) ?? [])
        default: check = .criticalPath(most: table.nanoseconds("max_duration_ms", 1e6) ?? .max)
        }
    }
}

extension TOMLTable {
    fileprivate func count(_ key: String, _ usual: UInt64) -> UInt64 { self[key]?.integer.map { UInt64(max($0, 0)) } ?? usual }

    /// - Parameter unit: nanoseconds of what the file counts.
    fileprivate func nanoseconds(_ key: String, _ unit: Double) -> UInt64? {
        guard let entry = self[key], let value = entry.number else { return nil }
        // Infinite is more than any time; what is no number at all is none.
        return value > 0 ? UInt64(min(value * unit, 1e19)) : 0
    }
}
