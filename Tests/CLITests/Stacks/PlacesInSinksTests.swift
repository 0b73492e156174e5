import Foundation
import Testing

/// Where calls were made, in every sink that shows it: the same place as in the text.
@Suite struct PlacesInSinksTests {
    private func program() throws -> BuiltProgram {
        let program = try BuiltProgram()
        try program.shell("cc -g -O2 -o program main.c")
        return program
    }

    @Test func jsonHoldsTheLineAndTheStack() throws {
        let program = try program(), file = Renacer.scratch()
        _ = try program.trace(["-s", "-kk", "--sink", "json:\(file).json", "--sink", "jsonl:\(file).jsonl"])
        let document = try JSONSerialization.jsonObject(with: Data(Renacer.text(file + ".json").utf8)) as? [String: Any]
        let call = try #require((document?["syscalls"] as? [[String: Any]])?.first { $0["name"] as? String == "getppid" })
        let source = try #require(call["source"] as? [String: Any])
        let line = try program.line("/* here */")
        #expect(source["file"] as? String == "main.c")
        #expect(source["line"] as? Int == line)
        #expect(source["function"] as? String == "innermost")
        let own = (call["stack"] as? [[String: Any]])?.filter { $0["module"] as? String == program.path } ?? []
        #expect(own.map { $0["function"] as? String } == ["innermost", "middle", "outermost", "main", "_start"])
        #expect(own.first?["inlined"] as? Bool == true)
        #expect(try own.prefix(3).map { $0["line"] as? Int } == [line, program.line("/* inlined here */"), program.line("/* middle is called here */")])
        guard Python.isInstalled else { return }
        let calls = try Python.run("check_json.py", [Python.schema, "document", file + ".json"])
        #expect(Int(calls) ?? 0 > 10, "\(calls)")
        #expect(try Python.run("check_json.py", [Python.schema, "lines", file + ".jsonl"]) == calls)
    }

    @Test func csvHasColumnsForThem() throws {
        let program = try program(), file = Renacer.scratch()
        _ = try program.trace(["-s", "-kk", "--format", "csv", "-o", file])
        let rows = Renacer.text(file).components(separatedBy: "\r\n").filter { !$0.isEmpty }
        #expect(rows.first?.hasSuffix(",note,source,function,stack") == true)
        let call = rows.first { $0.hasPrefix("syscall,getppid,") }
        #expect(call?.contains(",main.c:\(try program.line("/* here */")),innermost,") == true)
        #expect(call?.hasSuffix(";main;outermost;middle;innermost;getppid") == true, "\(call ?? "")")
        if Python.isInstalled { #expect(Int(try Python.run("check_csv.py", [file])) ?? 0 > 10) }
    }

    @Test func theyAreOfNoUseToStatistics() throws {
        let outcome = try Renacer.run(["--sink", "json:\(Renacer.scratch()),of=summary", "--source", "true"])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("--source has no effect with --sink json"), "\(outcome.errors)")
    }

    @Test(.enabled(if: Receiver.python != nil)) func spansHaveTheAttributesOfSourceCode() throws {
        let program = try program()
        let collector = try Receiver(arguments: ["http"])
        _ = try program.trace(["-s", "-k", "--otlp", "http://127.0.0.1:\(collector.port)"])
        let call = try #require(try collector.finish().spans.first { $0.name == "getppid" })
        #expect(call.attributes["code.function.name"] == .string("innermost"))
        #expect(call.attributes["code.file.path"] == .string(program.folder.path + "/main.c"))
        #expect(call.attributes["code.line.number"] == .int(Int64(try program.line("/* here */"))))
        guard case .string(let stack)? = call.attributes["code.stacktrace"] else {
            Issue.record("no stack")
            return
        }
        #expect(stack.contains("\nmiddle (program+0x"), "\(stack)")
    }

    /// Symbols of files that are met for the first time are looked up while the task is stopped in the call.
    @Test func timesOfCallsAreThoseOfCalls() throws {
        let program = try program(), file = Renacer.scratch()
        _ = try program.trace(["-kk", "--format", "json", "-o", file])
        let document = try JSONSerialization.jsonObject(with: Data(Renacer.text(file).utf8)) as? [String: Any]
        var end = 0
        for call in document?["syscalls"] as? [[String: Any]] ?? [] {
            let start = call["start_ns"] as? Int ?? 0
            #expect(start >= end)
            if let duration = call["duration_ns"] as? Int { #expect(start + duration == call["end_ns"] as? Int) }
            end = call["end_ns"] as? Int ?? 0
        }
        #expect(end > 0)
    }
}
