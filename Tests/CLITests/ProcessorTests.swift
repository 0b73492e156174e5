import Foundation
import Testing

/// `[[processor]]` and the filters of sinks.
@Suite struct ProcessorTests {
    static let secret = "hunter2-0123456789"

    private func trace(_ file: String, _ arguments: [String], _ command: [String]) throws -> (text: String, json: [String: Any], errors: String) {
        let path = Renacer.scratch(), text = Renacer.scratch(), json = Renacer.scratch()
        try file.write(toFile: path, atomically: false, encoding: .utf8)
        let run = try Renacer.run(["--config", path] + arguments + ["--sink", "strace:\(text)", "--sink", "json:\(json)", "--"] + command)
        let document = try JSONSerialization.jsonObject(with: Data(Renacer.text(json).utf8)) as? [String: Any]
        return (Renacer.text(text), document ?? [:], run.errors)
    }

    private func names(_ json: [String: Any]) -> [String] { (json["syscalls"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String } }
    private func calls(_ text: String) -> [Substring] { text.split(separator: "\n").filter { $0.firstMatch(of: /^(\d+ +)?\w+\(/) != nil } }

    static let writes = ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=100", "status=none"]

    @Test(arguments: ["ptrace", "bpf"]) func aFilterBehindAFilterNarrows(_ backend: String) throws {
        guard FlagTests.working.contains(backend) else { return }
        let run = try trace(
            "[[processor]]\ntype = 'filter'\ntrace = ['openat', 'close']\n[[processor]]\ntype = 'filter'\nstatus = 'failed'\n",
            ["--backend", backend], ["cat", "/etc/hostname", "/no/such/file"])
        #expect(calls(run.text).count >= 1 && calls(run.text).allSatisfy { $0.contains("openat(") && $0.contains(" = -1 ") }, "\(run.text)\(run.errors)")
        #expect(names(run.json).count == calls(run.text).count && Set(names(run.json)) == ["openat"])
    }

    @Test(arguments: ["ptrace", "bpf"]) func aSampleIsEveryNth(_ backend: String) throws {
        guard FlagTests.working.contains(backend) else { return }
        let run = try trace("[source]\ntrace = ['write']\n[[processor]]\ntype = 'sample'\nevery = 10\ntrace = 'write'\n", ["--backend", backend], Self.writes)
        #expect(calls(run.text).count == 10, "\(run.errors)")
        #expect(names(run.json).count == 10)
        #expect(run.text.contains("10 of 100 calls were taken as a sample"))
    }

    @Test func aFractionIsTheSameInEveryRunWithOneSeed() throws {
        let file = "[source]\ntrace = ['write']\n[[processor]]\ntype = 'sample'\nfraction = 0.3\nseed = 5\n"
        let a = try trace(file, [], Self.writes), b = try trace(file, [], Self.writes)
        #expect((10...60).contains(names(a.json).count))
        #expect(names(a.json).count == names(b.json).count)
    }

    @Test func whatIsAboveARateIsCounted() throws {
        let run = try trace("[source]\ntrace = ['write']\n[[processor]]\ntype = 'rate-limit'\nlimit = 7\nper = '1000s'\n", [], Self.writes)
        #expect(calls(run.text).count == 7 && names(run.json).count == 7)
        #expect(run.text.contains("93 of 100 calls were dropped"), "\(run.text)")
        let findings = run.json["findings"] as? [[String: Any]]
        #expect(findings?.first?["rule"] as? String == "rate-limit")
    }

    @Test(arguments: ["ptrace", "bpf"]) func shortCallsBecomeCounts(_ backend: String) throws {
        guard FlagTests.working.contains(backend) else { return }
        let table = Renacer.scratch()
        let run = try trace(
            "[source]\ntrace = ['write', 'clock_nanosleep']\n[[processor]]\ntype = 'aggregate'\nshorter-than = '40ms'\n[[sink]]\nkind = 'summary'\nto = '\(table)'\n",
            ["--backend", backend, "-f"], ["sh", "-c", Self.writes.joined(separator: " ") + "; sleep 0.05"])
        #expect(names(run.json) == ["clock_nanosleep"], "\(run.errors)")
        #expect(run.text.contains("clock_nanosleep(") && !run.text.contains("write("), "\(run.text)")
        #expect(run.text.contains("100 calls of write took less than 40 ms each"), "\(run.text)")
        #expect(Renacer.text(table).range(of: #"100 +write\n"#, options: .regularExpression) != nil, "\(Renacer.text(table))")
    }

    @Test func structuredSinksUseNewNames() throws {
        let run = try trace("[source]\ntrace = ['openat']\n[[processor]]\ntype = 'rename'\ncalls = { openat = 'open_file' }\n", [], ["true"])
        #expect(Set(names(run.json)) == ["open_file"])
        #expect(!calls(run.text).isEmpty && calls(run.text).allSatisfy { $0.hasPrefix("openat(") })
        let fields = try trace("[source]\ntrace = ['newfstatat', 'fstat']\n[[processor]]\ntype = 'rename'\nfields = { st_size = 'bytes' }\n", [], ["cat", "/etc/hostname"])
        #expect("\(fields.json)".contains("bytes") && !"\(fields.json)".contains("st_size"))
        #expect(fields.text.contains("st_size="))
    }

    @Test(arguments: ["ptrace", "bpf"]) func whatMatchesIsHiddenInEverySink(_ backend: String) throws {
        guard FlagTests.working.contains(backend) else { return }
        let folder = URL(fileURLWithPath: Renacer.scratch())
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appendingPathComponent("pipeline.toml"), input = folder.appendingPathComponent("data")
        // Of the second it is behind the 32 bytes that are shown that it matches.
        try "\(Self.secret)\n0123456789012345678901234\(Self.secret)\n".write(to: input, atomically: false, encoding: .utf8)
        let kinds = ["strace", "json", "jsonl", "csv", "html", "perfetto"]
        try (["[[processor]]\ntype = 'redact'\npattern = 'hunter2-[0-9]{10}'\n"] + kinds.map {
            "[[sink]]\nkind = '\($0)'\nto = '\(folder.appendingPathComponent("out." + $0).path)'\n"
        }).joined().write(to: file, atomically: false, encoding: .utf8)
        let run = try Renacer.run([
            "--config", file.path, "--backend", backend, "-f", "-y", "--", "sh", "-c",
            "while read -r line; do :; done < \(input.path); tail -n1 \(input.path); ls /tmp/\(Self.secret); : \(Self.secret)",
        ])
        #expect(run.output.contains(Self.secret), "\(run.errors)")
        for kind in kinds {
            let data = try Data(contentsOf: folder.appendingPathComponent("out." + kind))
            #expect(data.count > 500)
            #expect(data.range(of: Data("hunter2".utf8)) == nil, "\(kind)")
            #expect(data.range(of: Data("redacted".utf8)) != nil, "\(kind)")
        }
    }

    /// Nothing of it leaves the machine either: neither in what a collector decodes nor in the bytes of a request.
    @Test(.enabled(if: Receiver.python != nil), arguments: ["grpc", "http"]) func whatMatchesIsHiddenFromACollector(_ kind: String) throws {
        let collector = try Receiver(arguments: [kind]), input = Renacer.scratch(), file = Renacer.scratch()
        try "\(Self.secret)\n".write(toFile: input, atomically: false, encoding: .utf8)
        try """
            [[processor]]
            type = "redact"
            pattern = 'hunter2-[0-9]{10}'
            [[processor]]
            type = "aggregate"
            shorter-than = "1000s"
            trace = "getpid"
            [[sink]]
            kind = "otlp"
            to = "http://127.0.0.1:\(collector.port)"
            protocol = "\(kind == "grpc" ? "grpc" : "http/protobuf")"
            """.write(toFile: file, atomically: false, encoding: .utf8)
        let run = try Renacer.run(["--config", file, "-f", "-y", "--", "sh", "-c", "head -n1 \(input); cat /tmp/\(Self.secret); : \(Self.secret)"])
        #expect(run.output.contains(Self.secret), "\(run.errors)")
        let got = try collector.finish()
        #expect(got.calls.contains { $0.name == "read" && $0.attributes["syscall.arg.buf"] == .string("[redacted]") }, "\(got.calls.filter { $0.name == "read" })")
        #expect(got.calls.contains { $0.attributes["syscall.arg.pathname"] == .string("[redacted]") })
        for text in ["\(got.spans)", "\(got.logs)", "\(got.resources)", "\(got.metrics)"] { #expect(!text.contains("hunter2")) }
        #expect("\(got.roots)".contains("[redacted]"))
    }

    @Test(arguments: ["ptrace", "bpf"]) func contentsOfAFileAreHiddenByItsPath(_ backend: String) throws {
        guard FlagTests.working.contains(backend) else { return }
        let run = try trace("[[processor]]\ntype = 'redact'\npath = '/etc/host*'\nwith = '***'\n", ["--backend", backend], ["head", "-n1", "/etc/hostname"])
        let name = Renacer.text("/etc/hostname").split(separator: "\n").first.map(String.init) ?? "?"
        #expect(run.text.contains("openat(AT_FDCWD, \"/etc/hostname\"") && run.text.contains("read(3, \"***\""), "\(run.text)\(run.errors)")
        #expect(!calls(run.text).contains { $0.hasPrefix("read(3, \"\(name)") })
    }

    @Test func sinksHaveFiltersOfTheirOwn() throws {
        let reads = Renacer.scratch(), failed = Renacer.scratch(), table = Renacer.scratch()
        let path = Renacer.scratch()
        try """
            [[sink]]
            kind = "jsonl"
            to = "\(reads)"
            filter = { trace = "read", trace-path = "/etc/hostname" }
            [[sink]]
            kind = "strace"
            to = "\(failed)"
            filter = { status = "failed" }
            [[sink]]
            kind = "summary"
            to = "\(table)"
            """.write(toFile: path, atomically: false, encoding: .utf8)
        let run = try Renacer.run(["--config", path, "--", "head", "-n1", "/etc/hostname", "/no/such/file"])
        #expect(run.status == 1, "\(run.errors)")
        let lines = Renacer.text(reads).split(separator: "\n").filter { $0.contains(#""name":"#) && $0.contains(#""args""#) }
        #expect(lines.count >= 1 && lines.allSatisfy { $0.contains(#""name":"read""#) }, "\(Renacer.text(reads))")
        #expect(!calls(Renacer.text(failed)).isEmpty && calls(Renacer.text(failed)).allSatisfy { $0.contains(" = -1 ") })
        #expect(Renacer.text(table).contains(" openat\n") && Renacer.text(table).contains(" mmap\n"))
    }

    @Test(arguments: [
        ("[[processor]]\ntype = 'redact'\npattern = 'x'\n[[sink]]\nkind = 'recording'\nto = '/dev/null'\n", "a recording keeps memory and calls as they are"),
        ("[output]\nread = 'all'\n[[processor]]\ntype = 'redact'\npattern = 'x'\n", "--read and --write dump bytes as they are"),
        ("[[processor]]\ntype = 'redact'\npattern = '('\n", "3:11: '('"),
        ("[[processor]]\ntype = 'sample'\n", "1:1: sample needs either 'every' or 'fraction'"),
        ("[[processor]]\ntype = 'rename'\ncalls = { opn = 'x' }\n", "3:11: there is no call 'opn'"),
        ("[[processor]]\ntype = 'smple'\n", "2:8: unknown type 'smple'; did you mean 'sample'?"),
        ("[[processor]]\ntype = 'rate-limit'\nlimit = 'x'\nevery = 3\n", "4:1: 'every' is for type = \"sample\", and this is \"rate-limit\""),
        ("[[processor]]\ntype = 'aggregate'\nshorter-than = 'soon'\n", "'shorter-than': a time such as 50us or 1s is wanted"),
        ("[[sink]]\nkind = 'json'\nfilter = { trac = 'read' }\n", "unknown key 'trac' in a filter; did you mean 'trace'?"),
    ]) func whatCannotBeIsRefused(_ file: String, _ message: String) throws {
        let path = Renacer.scratch()
        try file.write(toFile: path, atomically: false, encoding: .utf8)
        for words in [["config", "check", path], ["--config", path, "--", "true"]] {
            let run = try Renacer.run(words)
            #expect(run.status == 1 && run.errors.contains(message), "\(run.errors)")
        }
    }
}
