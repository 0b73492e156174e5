import Foundation
import Testing

/// Sinks that plugins bring: chosen, fed and guarded as renacer's own are.
@Suite struct SinkPluginTests {
    /// `Broken/sink.c`, broken in one way: files that are opened and programs that are executed.
    private func paths(_ how: String = "nothing", language: String = "c") throws -> String {
        let source = Renacer.repository.appendingPathComponent("Tests/PluginTests/Broken/sink.c").path
        return try Renacer.plugin("#define BREAK \"\(how)\"\n#include \"\(source)\"\n", language: language)
    }

    /// The example in C: every call in a line of `key=value`.
    private static let example = Result {
        try Renacer.plugin(String(contentsOf: Renacer.repository.appendingPathComponent("Examples/call-lines-c/call-lines-c.c"), encoding: .utf8))
    }

    private func lines(_ file: String) throws -> [Substring] { try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n") }

    static let ways = Renacer.backends.flatMap { backend in [[], ["--isolate-plugins"]].map { ["--backend", backend] + $0 } }

    /// The same calls with the same arguments as the sink of JSON lines has, of the same trace.
    @Test(arguments: ways) func itIsGivenWhatOtherSinksAreGiven(_ way: [String]) throws {
        let shown = Renacer.scratch(), json = Renacer.scratch()
        let outcome = try Renacer.run(
            way + ["-f", "--plugin", try Self.example.get(), "--sink", "call-lines-c:\(shown)", "--sink", "jsonl:\(json)", "--", "/bin/sh", "-c", "cat /dev/null; exit 3"])
        #expect(outcome.status == 3, "\(outcome.errors)")
        let own = try lines(shown).compactMap { $0.firstMatch(of: /tid=([0-9]+) call=(\S+) args=(\[.*\])(?: result=(-?[0-9]+))?(?: error=(\S+))?(?: ns=[0-9]+)?$/) }
            .map { "\($0.output.1) \($0.output.2) \($0.output.3) \($0.output.4 ?? "-") \($0.output.5 ?? "-")" }
        let others = try lines(json).compactMap { line -> String? in
            let record = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            guard record["type"] as? String == "syscall", let name = record["name"] as? String, let tid = record["tid"] as? Int else { return nil }
            // The text itself, for the order of keys.
            let start = try #require(line.range(of: "\"args\":"))
            var depth = 0, isString = false, isEscaped = false, end = start.upperBound
            for i in line[start.upperBound...].indices {
                let c = line[i]
                if isString { (isString, isEscaped) = (isEscaped || c != "\"", !isEscaped && c == "\\") } else if c == "\"" { isString = true } else if c == "[" || c == "{" { depth += 1 } else if c == "]" || c == "}" { depth -= 1 }
                end = line.index(after: i)
                if depth == 0, !isString { break }
            }
            let error = record["errno_name"] as? String ?? "-"
            let result = error == "-" ? (record["result"] as? NSNumber)?.stringValue ?? "-" : "-"
            return "\(tid) \(name) \(line[start.upperBound..<end]) \(result) \(error)"
        }
        #expect(own.count > 30)
        #expect(own == others)
    }

    /// Arguments that only the beginning of a call shows are known at its end.
    @Test(arguments: ways) func fieldsAreThoseOfTheWholeCall(_ way: [String]) throws {
        let shown = Renacer.scratch()
        let outcome = try Renacer.run(way + ["--plugin", try paths(), "--sink", "paths:\(shown)", "--", "/bin/cat", "/dev/null"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let all = try lines(shown)
        #expect(all.first == "execve /bin/cat")
        #expect(all.contains("openat /dev/null"))
        #expect(all.last == "end")
        // It subscribed to no other calls.
        #expect(all.dropLast().allSatisfy { $0.hasPrefix("openat ") || $0.hasPrefix("execve ") || $0.hasPrefix("open ") })
    }

    /// Nothing is captured that it did not subscribe to: the account of the trace has no more than these calls and their task's events.
    @Test(arguments: Renacer.backends) func nothingElseIsCapturedForIt(_ backend: String) throws {
        let source = try String(contentsOf: Renacer.repository.appendingPathComponent("Examples/call-lines-c/call-lines-c.c"), encoding: .utf8)
        let few = try Renacer.plugin(source.replacingOccurrences(of: "RENACER_TEXT(\"all\")", with: "RENACER_TEXT(\"close\")")), shown = Renacer.scratch()
        func events(_ plugin: String) throws -> Int {
            let outcome = try Renacer.run(
                ["--backend", backend, "--plugin", plugin, "--sink", "call-lines-c:\(shown)", "--", "dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=500"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            return try #require(try lines(shown).last?.firstMatch(of: /^events=([0-9]+) lost=0$/).flatMap { Int($0.output.1) })
        }
        #expect(try events(few) < 100)
        #expect(try events(try Self.example.get()) > 1000)
    }

    @Test func itIsAFormatAndStandsInConfigurationFiles() throws {
        let plugin = try paths(), shown = Renacer.scratch(), file = Renacer.scratch()
        let format = try Renacer.run(["--format", "paths", "--plugin", plugin, "--", "/bin/cat", "/dev/null"])
        #expect(format.output.hasPrefix("execve /bin/cat\n") && format.output.hasSuffix("end\n"), "\(format.errors)")
        let example = try Self.example.get()
        func write(_ sink: String) throws {
            try Data("[detection]\nplugin = [\"\(plugin)\", \"\(example)\"]\n[[sink]]\n\(sink)\n".utf8).write(to: URL(fileURLWithPath: file))
        }
        try write("kind = \"paths\"\nto = \"\(shown)\"\nfilter = { trace = \"execve\" }")
        let outcome = try Renacer.run(["--config", file, "--", "/bin/cat", "/dev/null"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try lines(shown) == ["execve /bin/cat", "end"])
        #expect(try Renacer.run(["config", "check", file]).output.hasSuffix("nothing is wrong\n"))
        for (sink, line) in [
            ("kind = \"path\"", ":4:8: [[sink]]: unknown sink 'path'; there are strace"), ("kind = \"call-lines-c\"\nmax = 3", ":5:1: [[sink]] call-lines-c: unknown option 'max'; it has min"),
            ("kind = \"call-lines-c\"\nmin = \"soon\"", ":5:7: [[sink]] call-lines-c: invalid min 'soon': 'soon' is no time such as 150ms"),
        ] {
            try write(sink)
            let check = try Renacer.run(["config", "check", file])
            #expect(check.status == 1)
            #expect(check.errors.contains(line), "\(check.errors)")
        }
        // What a command line comes to is a file that says the same.
        let show = try Renacer.run(["config", "show", "--sink", "call-lines-c:\(shown),min=3s", "--plugin", example, "--", "true"])
        #expect(show.output.contains("kind = \"call-lines-c\"") && show.output.contains("min = \"3s\""), "\(show.output)\(show.errors)")
    }

    @Test func findingsReachIt() throws {
        let broken = Renacer.repository.appendingPathComponent("Tests/PluginTests/Broken/broken.c").path
        let detector = try Renacer.plugin("#define BREAK \"nothing\"\n#define ENTRY renacer_plugin_v1\n#include \"\(broken)\"\n")
        for options in [[], ["--isolate-plugins"]] {
            let shown = Renacer.scratch()
            let outcome = try Renacer.run(options + ["--plugin", detector, "--plugin", try paths(), "--sink", "paths:\(shown)", "--", "/bin/true"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try lines(shown).suffix(2) == ["broken/seen Events", "end"])
        }
    }

    /// What redaction hides is not to be had by looking at memory either.
    @Test func whatIsRedactedIsHiddenFromIt() throws {
        let plugin = try paths("reads"), file = Renacer.scratch(), shown = Renacer.scratch()
        func trace(_ processor: String) throws -> [Substring] {
            try Data(processor.utf8).write(to: URL(fileURLWithPath: file))
            let outcome = try Renacer.run(["--config", file, "--plugin", plugin, "--sink", "paths:\(shown)", "--", "/bin/cat", "/dev/null"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            return try lines(shown)
        }
        #expect(try trace("").contains("openat /dev/null read"))
        let hidden = try trace("[[processor]]\ntype = \"redact\"\npattern = [\"dev/nu[l]*\"]\nwith = \"[gone]\"\n")
        #expect(hidden.contains("openat [gone]"), "\(hidden)")
        #expect(!hidden.contains { $0.hasSuffix(" read") || $0.contains("null") })
    }

    @Test(arguments: [[], ["--isolate-plugins"]]) func aSinkMayOpenItsOutputItself(_ options: [String]) throws {
        let plugin = try paths("own"), shown = Renacer.scratch()
        let outcome = try Renacer.run(options + ["--plugin", plugin, "--sink", "paths:\(shown)", "--", "/bin/echo", "traced"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output == "traced\n")
        #expect(try lines(shown).first == "execve /bin/echo")
        // Like any sink that cannot open its output it ends renacer before the program starts.
        for destination in ["", ":/nonexistent/file"] {
            let refused = try Renacer.run(options + ["--plugin", plugin, "--sink", "paths\(destination)", "--", "/bin/echo", "traced"])
            #expect(refused.status == 1)
            #expect(refused.output.isEmpty)
            #expect(!refused.errors.contains("the trace goes on"))
            #expect(refused.errors.contains(destination.isEmpty ? "sink paths: create failed: a file is wanted" : "sink paths: create failed: the file cannot be opened"), "\(refused.errors)")
        }
    }

    // MARK: What goes wrong

    struct Case: Sendable, CustomTestStringConvertible {
        let how: String
        let line: String
        var options: [String] = []
        var language = "c"
        var isIsolated: Bool? = nil
        var testDescription: String { how }
    }

    static let failing = [
        Case(how: "fails-consume", line: "sink paths: consume failed: the events are no good: it is disabled, the trace goes on"),
        Case(how: "fails-finish", line: "sink paths: finish failed: at the very end"),
        Case(how: "throws-consume", line: "sink paths: consume threw an exception: thrown in throws-consume", language: "cpp"),
        Case(how: "slow", line: "more than the 10 ms of --plugin-time", options: ["--plugin-time=10ms"], isIsolated: false),
        Case(how: "crashes", line: "sink paths: its process is gone: it crashed in consume", isIsolated: true),
        Case(how: "loops", line: "sink paths: consume took more than the 200 ms of --plugin-time", options: ["--plugin-time=200ms"], isIsolated: true),
    ]

    /// The program and the other sinks go on; that the trace is not whole shows in the status.
    @Test(arguments: failing) func aSinkThatFailsIsDisabledByName(_ c: Case) throws {
        let plugin = try paths(c.how, language: c.language)
        for isIsolated in [false, true] where c.isIsolated ?? isIsolated == isIsolated {
            let outcome = try Renacer.run(
                (isIsolated ? ["--isolate-plugins"] : []) + c.options
                    + ["--plugin", plugin, "--sink", "paths:\(Renacer.scratch())", "--sink", "strace", "--", "/bin/echo", "traced"])
            #expect(outcome.status == 1)
            #expect(outcome.output == "traced\n")
            #expect(outcome.errors.contains(c.line), "\(outcome.errors)")
            #expect(outcome.errors.contains("the trace is not complete"))
            #expect(outcome.errors.contains("write(1, \"traced\\n\", 7)") && outcome.errors.contains("+++ exited with 0 +++"))
            #expect(outcome.errors.components(separatedBy: "sink paths: ").count == 2)
        }
    }

    @Test func aSinkThatIsNotWholeIsRefusedBeforeTheProgramStarts() throws {
        for (how, line) in [
            ("null-consume", "component 'paths': it is half implemented: 'consume' is a null pointer"),
            ("unknown-output", "component 'paths': its output is of the unknown kind 9"),
        ] {
            let plugin = try paths(how)
            for options in [[], ["--isolate-plugins"]] {
                let outcome = try Renacer.run(options + ["--plugin", plugin, "--sink", "paths", "--", "echo", "started"])
                #expect(outcome.status == 1)
                #expect(outcome.output.isEmpty)
                #expect(outcome.errors.contains("--sink: unknown sink 'paths'") && outcome.errors.contains("plugin \(plugin): \(line)"), "\(outcome.errors)")
            }
        }
        #expect(try Renacer.run(["--plugin", try paths(), "--sink", "paths,x=1", "--", "true"]).errors.contains("unknown option 'x'; it has no options"))
        let alone = try Renacer.run(["--plugin", try paths(), "--", "true"])
        #expect(alone.errors.contains("has no detector; --sink paths shows the trace by it"), "\(alone.errors)")
        // Findings are none of its business.
        let outcome = try Renacer.run(["--plugin", try paths("no-report"), "--sink", "paths:\(Renacer.scratch())", "--", "true"])
        #expect(outcome.status == 0)
    }
}
