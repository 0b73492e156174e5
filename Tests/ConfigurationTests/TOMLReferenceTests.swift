import Foundation
import RenacerConfiguration
import Testing

/// What is read from documents is what Python's tomllib reads from them, and what it refuses is refused.
@Suite struct TOMLReferenceTests {
    private static let samples = [
        "[[assertion]]\nname = \"example\"\nmax = 500 # budget\nx=[1,2.5,{a=1}, ]\nok = true\n",
        "a.b.c='x'\n[t.u]\nd=1979-05-27T07:32:00Z\ne=0xff\nf=\"\"\"x\\\n y\"\"\"\ng = '''\na'b''c'''\n",
        "[a]\nb=+inf\nc=-0.1e5\n\"q\"=1_000\n#c\r\n[a.d]\n[[a.e]]\n[[a.e]]\ne.f=1\n[a.e.g]\n",
        "[x.y.z]\nv=1\n[x]\ny.w=2\nk={a.b=1,c={d=[[],[1]]}}\ndate=1979-05-27 07:32:00.5-08:00\ntime=23:59:00\nday=2024-02-29\n",
        "s = \"tab\\t \\u00e9 \\U0001F600 \\\\ \\\"\"\n'' = 1\n\"\\u0061\" = 2\nq = \"\"\"\"quoted\"\"\"\"\"\n",
        "a.b = 1\na.c = 2\n[d]\ne.f = 3\n[d.e.g]\nh = 0b101\ni = 0o17\nj = 1e-3\n",
    ]

    /// The samples, and what a thousand small accidents make of each.
    private static let documents: [String] = {
        var state: UInt64 = 7
        func random(_ n: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % max(n, 1)
        }
        let letters = Array("[]{}=.,\"'\\#\n\r\t abct0123_-+:TZxeu\u{7f}é")
        var result = samples
        for sample in samples {
            for _ in 0..<1500 {
                var text = Array(sample)
                for _ in 0...random(3) {
                    let at = random(text.count)
                    switch random(4) {
                    case 0: text.insert(letters[random(letters.count)], at: at)
                    case 1: text[at] = letters[random(letters.count)]
                    case 2: text.removeSubrange(at..<min(text.count, at + 1 + random(2)))
                    default: text.insert(contentsOf: text[at..<min(text.count, at + random(12))], at: random(text.count))
                    }
                }
                result.append(String(text))
            }
        }
        return result
    }()

    private static func text(_ value: TOMLValue) -> String {
        switch value.content {
        case .table(let t): text(t)
        case .array(let a): "[" + a.map(text).joined(separator: ",") + "]"
        case .string(let s): "s" + hex(s)
        case .integer(let i): "i\(i)"
        case .float(let d): d.isNaN ? "nan" : "f\(d.bitPattern)"
        case .boolean(let b): b ? "b1" : "b0"
        case .date: "d"
        }
    }

    private static func text(_ table: TOMLTable) -> String {
        "{" + table.entries.map { hex($0.key.name) + ":" + text($0.value) }.sorted().joined(separator: ",") + "}"
    }

    private static func hex(_ s: String) -> String { s.utf8.map { String(format: "%02x", $0) }.joined() }

    private static func read(_ document: String) -> String {
        do throws(ConfigurationProblems) { return text(try TOMLDocument(file: "x", bytes: Array(document.utf8)).root) } catch { return "-" }
    }

    @Test func `tomllib reads the same`() throws {
        let documents = Self.documents
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("renacer-toml-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let input = folder.appendingPathComponent("in"), output = folder.appendingPathComponent("out")
        try JSONEncoder().encode(documents).write(to: input)
        FileManager.default.createFile(atPath: output.path, contents: nil)
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Python/toml_values.py")
        let p = Process()
        p.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        p.arguments = [script.path]
        p.standardInput = FileHandle(forReadingAtPath: input.path)
        p.standardOutput = FileHandle(forWritingAtPath: output.path)
        try p.run()
        p.waitUntilExit()
        let expected = String(decoding: try Data(contentsOf: output), as: UTF8.self).split(separator: "\n")
        try #require(expected.count == documents.count)
        #expect(expected.prefix(Self.samples.count).allSatisfy { $0 != "-" })
        #expect(expected.filter { $0 != "-" }.count > 500)
        var differing: [String] = []
        for (document, wanted) in zip(documents, expected) where Self.read(document) != wanted {
            differing.append("\(document)\n  tomllib \(wanted)\n  here    \(Self.read(document))")
        }
        #expect(differing.isEmpty, "\(differing.count): \(differing.prefix(3).joined(separator: "\n"))")
    }
}
