import RenacerConfiguration
import Testing

@Suite struct TOMLTests {
    private func read(_ text: String) throws -> TOMLDocument { try TOMLDocument(file: "x.toml", bytes: Array(text.utf8)) }

    private func problems(_ text: String) -> [String] {
        do throws(ConfigurationProblems) { _ = try TOMLDocument(file: "x.toml", bytes: Array(text.utf8)) } catch { return error.sorted.map(\.description) }
        return []
    }

    @Test func `values and keys know their places`() throws {
        let document = try read("# one\ntitle = \"é\" \n[a]\n  n = -3\nx.y = [1.5, true, 1979-05-27]\n[[b]]\nk = 'v'\n[[b]]\n")
        let root = document.root
        #expect(root.entries.map(\.key.name) == ["title", "a", "b"])
        #expect(root["title"]?.string == "é")
        #expect(root["title"]?.position == TOMLPosition(line: 2, column: 9))
        let n = try #require(root["a"]?.table?.entries.first)
        #expect(n.key == TOMLKey("n", at: .init(line: 4, column: 3)) && n.value.integer == -3)
        let y = try #require(root["a"]?.table?["x"]?.table?["y"])
        #expect(y.array?.map(\.content) == [.float(1.5), .boolean(true), .date("1979-05-27")])
        #expect(y.array?[1].position == TOMLPosition(line: 5, column: 13))
        #expect(root.tables("b").count == 2)
        #expect(root.tables("b").map(\.position.line) == [6, 8])
        #expect(root.tables("b").first?.strings("k") == ["v"])
    }

    @Test func `every line that is no TOML is told of`() {
        let found = problems("a = \nb = 1\nb = 2\n[t]\nc = 'x\nd = 7\n[t\n")
        #expect(found.map { $0.split(separator: ":").prefix(2).joined(separator: ":") } == ["x.toml:1", "x.toml:3", "x.toml:5", "x.toml:7"], "\(found)")
    }

    @Test func `hostile documents are refused`() {
        #expect(problems(String(repeating: "[", count: 100_000)).count == 1)
        #expect(problems("a = " + String(repeating: "{a=", count: 50_000)).count == 1)
        #expect(problems("a = \"\u{0}\"").count == 1)
        #expect(throws: ConfigurationProblems.self) { try TOMLDocument(file: "x", bytes: [0x61, 0x3d, 0x22, 0xff, 0xfe, 0x22]) }
        #expect(throws: ConfigurationProblems.self) { try TOMLDocument(file: "x", bytes: Array(repeating: 0x20, count: (16 << 20) + 1)) }
        #expect(problems("").isEmpty)
    }

    @Test func `variables are expanded`() throws {
        let document = try read("a = '${HOME}/x$y$${HOME}'\nb = ['${NONE}', { c = '${' }]\n")
        var problems = ConfigurationProblems("x.toml")
        let expanded = document.expanded(&problems) { ["HOME": "/home/ada"][$0] }
        #expect(expanded.root.string("a") == "/home/ada/x$y${HOME}")
        #expect(problems.sorted.map(\.description) == [
            "x.toml:2:6: the variable NONE is not set: set it, or write $${NONE} for these characters themselves",
            "x.toml:2:23: '${': ${NAME} is wanted, or $${ for these characters themselves",
        ])
    }

    private static let schema = TOMLSchema("the file", [
        TOMLField("assertion", .tables(TOMLSchema("an assertion", [
            TOMLField("name", .string, isRequired: true), TOMLField("enabled", .boolean),
        ], variants: .init("type", [
            .init("span_count", [TOMLField("max_spans", .integer(0...Int64.max), isRequired: true)]),
            .init("anti_pattern", [TOMLField("threshold", .number(0...1)), TOMLField("calls", .strings)]),
        ])))),
    ])

    @Test func `all that a schema forbids is told at once`() throws {
        let document = try read("""
            [[assertion]]
            nam = "a"
            type = "span_count"
            max_spans = "many"
            threshold = 1
            [[assertion]]
            name = 3
            type = "span_cout"
            max_spans = 1
            [[assertion]]
            name = "c"
            type = "anti_pattern"
            threshold = 7
            calls = ["read", 3]
            enabled = 1
            [asertion]
            """)
        var problems = ConfigurationProblems("x.toml")
        Self.schema.check(document.root, &problems)
        #expect(problems.sorted.map(\.description) == [
            "x.toml:1:1: an assertion needs 'name': a string is wanted",
            "x.toml:2:1: unknown key 'nam' in an assertion; did you mean 'name'?",
            "x.toml:4:13: 'max_spans' is a string: an integer from 0 on is wanted",
            "x.toml:5:1: 'threshold' is for type = \"anti_pattern\", and this is \"span_count\"",
            "x.toml:7:8: 'name' is an integer: a string is wanted",
            "x.toml:8:8: unknown type 'span_cout'; did you mean 'span_count'?",
            "x.toml:13:13: 'threshold' is 7.0: a number from 0.0 to 1.0 is wanted",
            "x.toml:14:18: in 'calls' is an integer: only strings are wanted",
            "x.toml:15:11: 'enabled' is an integer: true or false is wanted",
            "x.toml:16:2: unknown key 'asertion' in the file; did you mean 'assertion'?",
        ])
    }

    @Test func `a table where an array of tables belongs is told of`() throws {
        var problems = ConfigurationProblems("x.toml")
        Self.schema.check(try read("[assertion]\nname = 'a'\n").root, &problems)
        #expect(problems.all.map(\.message) == ["'assertion' is a table: write [[assertion]], as often as there are any"])
    }
}
