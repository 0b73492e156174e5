import Foundation
import Testing

/// JSON, JSONL and CSV as their readers see them.
@Suite(.enabled(if: Python.isInstalled, "\(Python.absence)")) struct StructuredSinkTests {
    static let programs: [[String]] = [
        ["ls", "-l", "/etc"], ["sh", "-c", "sleep 0.01 & kill -USR1 $$"], ["sh", "-c", "ls / | head -1; exit 3"],
        [
            "/usr/bin/python3", "-S", "-c",
            "import os, threading\nos.open(b'/tmp/\\xff\\n\"', os.O_RDONLY|os.O_CREAT)\nos.unlink(b'/tmp/\\xff\\n\"')\n"
                + "for _ in range(4): threading.Thread(target=os.getppid).start()\nos.write(1, bytes(range(256)))",
        ],
    ]

    @Test(arguments: programs) func everyFormatHoldsTheSameCallsAndKeepsItsRules(_ program: [String]) throws {
        let file = Renacer.scratch()
        let sinks = ["json", "jsonl", "csv"].flatMap { ["--sink", "\($0):\(file).\($0),raw"] }
        _ = try Renacer.run(["-f"] + sinks + ["--"] + program)
        let calls = try Python.run("check_json.py", [Python.schema, "document", "\(file).json"])
        #expect(Int(calls) ?? 0 > 20, "\(calls)")
        #expect(try Python.run("check_json.py", [Python.schema, "lines", "\(file).jsonl"]) == calls)
        #expect(try Python.run("check_csv.py", ["\(file).csv"]) == calls)
    }

    @Test func statisticsAreTheDocumentsWithC() throws {
        let csv = Renacer.scratch(), json = Renacer.scratch()
        #expect(try Renacer.run(["-c", "--format", "csv", "-o", csv, "ls", "/"]).status == 0)
        #expect(Renacer.text(csv).hasPrefix("syscall,calls,errors,total_ns,min_ns,max_ns,mean_ns,percent\r\n"))
        let calls = try Python.run("check_csv.py", [csv, "summary"])
        #expect(Int(calls) ?? 0 > 20, "\(calls)")
        #expect(try Renacer.run(["-c", "--format", "json", "-o", json, "ls", "/"]).status == 0)
        #expect(try Python.run("check_json.py", [Python.schema, "document", json]) == "0")
        let document = try JSONSerialization.jsonObject(with: Data(Renacer.text(json).utf8)) as? [String: Any]
        #expect((document?["summary"] as? [String: Any])?["total_syscalls"] as? Int == Int(calls))
    }

    /// The two filters of the golden-trace document.
    @Test func theDocumentsFiltersWork() throws {
        let file = Renacer.scratch()
        _ = try Renacer.run(["--format", "json", "-o", file, "--", "sh", "-c", "echo x >/dev/null"])
        let count = try Renacer.run([".syscalls | length", file], named: "/usr/bin/jq")
        #expect(Int(count.output.trimmingCharacters(in: .newlines)) ?? 0 > 20)
        let filtered = try Renacer.run(
            ["-c", ".syscalls[] | select(.name == \"ioctl\" or .name == \"write\")", file], named: "/usr/bin/jq")
        #expect(filtered.output.split(separator: "\n").contains { $0.contains("\"args\":[1,\"x\\n\",2],\"result\":2,") })
    }

    @Test func valuesAreWhatTheDocumentsShow() throws {
        let file = Renacer.scratch()
        try Data("contents\n".utf8).write(to: URL(fileURLWithPath: "\(file).in"))
        let script = "import os\nf = os.open('\(file).in', os.O_RDONLY)\nos.lseek(f, 4, 0)\nos.read(f, 8)\ntry: os.open('/nonexistent', 0)\nexcept OSError: pass"
        _ = try Renacer.run(["--format", "json", "-o", file, "-e", "trace=openat,lseek,read", "--", "/usr/bin/python3", "-S", "-c", script])
        let document = try JSONSerialization.jsonObject(with: Data(Renacer.text(file).utf8)) as? [String: Any]
        let calls = (document?["syscalls"] as? [[String: Any]] ?? []).map { c in
            [c["name"], c["args"], c["result"], c["errno"], c["errno_name"]].map { "\($0 ?? "-")" }.joined(separator: " ")
        }
        #expect(calls.contains("openat [\"AT_FDCWD\", \"\(file).in\", \"O_RDONLY|O_CLOEXEC\"] 3 - -"))
        #expect(calls.contains("lseek [3, 4, \"SEEK_SET\"] 4 - -"))
        #expect(calls.contains("read [3, \"ents\\n\", 8] 5 - -"))
        #expect(calls.contains("openat [\"AT_FDCWD\", \"/nonexistent\", \"O_RDONLY|O_CLOEXEC\"] -1 2 ENOENT"))
    }
}
