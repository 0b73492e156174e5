import Foundation
import Testing

/// `--config FILE`, `renacer config check`, `renacer config show`.
@Suite struct ConfigurationFileTests {
    private func file(_ text: String) throws -> String {
        let path = Renacer.scratch()
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        return path
    }

    @Test func aFileSaysWhatToTraceAndHow() throws {
        let lines = Renacer.scratch(), table = Renacer.scratch()
        let path = try file("""
            [source]
            command = ["head", "-n1", "/etc/hostname"]
            trace = ["openat", "read"]
            environment = { LC_ALL = "C" }
            follow = true
            [output]
            arg-names = true
            format = "text"
            output = "\(lines)"
            [[sink]]
            kind = "summary"
            to = "${FOLDER}/table"
            """.replacingOccurrences(of: "${FOLDER}/table", with: "${TABLE}"))
        let run = try Renacer.run(["--config", path], environment: ["TABLE": table])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.split(separator: "\n").count == 1)
        #expect(Renacer.text(lines).contains("openat(dirfd=") || Renacer.text(lines).contains("openat(dfd="))
        #expect(!Renacer.text(lines).contains("close("))
        #expect(Renacer.text(table).contains("openat") && Renacer.text(table).contains("% time"))
    }

    @Test func aFileSaysWhatHasToHold() throws {
        let lines = Renacer.scratch(), report = Renacer.scratch()
        let path = try file("""
            [source]
            command = ["cat", "/etc/hostname"]
            [detection]
            assert-report = "json:\(report)"
            [[sink]]
            kind = "jsonl"
            to = "\(lines)"
            [[assertion]]
            name = "few reads"
            type = "syscall_count"
            syscall = "read"
            max_calls = 0
            [[assertion]]
            name = "no network"
            type = "forbidden"
            syscall = "%net"
            """)
        let run = try Renacer.run(["--config", path])
        #expect(run.status == 1 && !run.output.isEmpty, "\(run.errors)")
        #expect(run.errors.contains("❌ Assertion 'few reads' FAILED\n") && run.errors.contains("✅ Assertion 'no network' passed"), "\(run.errors)")
        #expect(Renacer.text(report).contains("\"name\":\"few reads\""))
        // Sinks are told, too.
        #expect(Renacer.text(lines).contains("Assertion 'few reads' FAILED"))
        // Those of --assert are added, and what is wrong with any is told with its place.
        let more = try file("[[assertion]]\nname = 'short'\ntype = 'span_count'\nmax_spans = 3\n")
        let both = try Renacer.run(["--config", path, "--assert", more])
        #expect(both.errors.contains("❌ Assertion 'short' FAILED") && both.errors.contains("3 assertions: 1 passed, 2 failed"), "\(both.errors)")
        let wrong = try file("[source]\ncommand = ['true']\n[[assertion]]\nname = 'a'\ntype = 'anti_patern'\n[[assertion]]\nname = 'b'\ntype = 'latency'\nsyscall = 'raed'\n")
        let checked = try Renacer.run(["config", "check", wrong])
        #expect(checked.status != 0)
        #expect(checked.errors.contains("\(wrong):5:") && checked.errors.contains("did you mean 'anti_pattern'?") && checked.errors.contains("no system call is meant by 'raed'"), "\(checked.errors)")
        let pattern = try file("[source]\ncommand = ['true']\n[[assertion]]\nname = 'a'\ntype = 'anti_pattern'\npattern = 'slow-cal'\n")
        let refused = try Renacer.run(["--config", pattern])
        #expect(refused.status == 1 && refused.errors.contains("\(pattern):3: assertion 'a': no detector and no rule is called 'slow-cal'; did you mean 'slow-call'?"), "\(refused.errors)")
        // `show` gives the assertions back.
        let shown = try Renacer.run(["config", "show", "--config", path])
        let again = try Renacer.run(["--config", try file(shown.output)])
        #expect(again.status == 1 && again.errors.contains("2 assertions: 1 passed, 1 failed"), "\(shown.output)\(again.errors)")
    }

    @Test func flagsWinAndWhatRepeatsIsAdded() throws {
        let first = Renacer.scratch(), second = Renacer.scratch()
        let path = try file("[source]\ncommand = ['false']\ntrace = 'openat'\nfollow = true\n[[sink]]\nkind = 'jsonl'\nto = '\(first)'\n")
        let run = try Renacer.run(["--config", path, "-e", "trace=close", "-f", "--sink", "strace:\(second)", "--", "true"])
        #expect(run.status == 0, "\(run.errors)")
        #expect(Renacer.text(second).contains("close(") && !Renacer.text(second).contains("openat("))
        #expect(Renacer.text(first).contains(#""name":"close""#) && !Renacer.text(first).contains(#""name":"openat""#))
    }

    @Test func allThatIsWrongIsToldAtOnce() throws {
        let path = try file("""
            [source]
            backend = "bfp"
            folow = true
            trace = ["opent", "read"]
            format = "json"
            command = 3
            [output]
            string-limit = -3
            quiet = 1.5
            summary = "yes"
            sink = "x"
            [[sink]]
            kind = "jsn"
            [[sink]]
            kind = "csv"
            to = "${RENACER_NONE}"
            rw = true
            queue = 3
            [[sink]]
            to = "x"
            [[detector]]
            nam = "idle-waiter"
            [[detectr]]
            [[sink]]
            kind = "csv"
            fliter = { trace = "read" }

            """)
        let run = try Renacer.run(["config", "check", path])
        #expect(run.status == 1 && run.output.isEmpty)
        let expected = [
            "2:11: invalid --backend argument: 'bfp'",
            "3:1: unknown key 'folow' in [source]; did you mean 'follow'?",
            "4:9: invalid system call 'opent'",
            "5:1: 'format' belongs in [output]",
            "6:11: 'command' is an integer: an array of the program and its arguments is wanted",
            "8:16: invalid --string-limit argument: '-3'",
            "9:9: invalid quiet '1.5'",
            "10:11: 'summary' is a string: true or false is wanted",
            "11:1: write [[sink]]",
            "13:8: [[sink]]: unknown sink 'jsn'; did you mean json?",
            "16:6: the variable RENACER_NONE is not set: set it, or write $${RENACER_NONE} for these characters themselves",
            "17:1: [[sink]] csv: unknown option 'rw'; did you mean raw?",
            "18:9: [[sink]] csv: invalid queue '3': a size such as 16M is wanted",
            "19:1: a sink needs 'kind'",
            "22:1: a detector needs 'name'; did you mean it by 'nam'?",
            "23:3: unknown key 'detectr' in the file; did you mean 'detector'?",
            "26:1: [[sink]] csv: unknown key 'fliter'; did you mean 'filter'?",
        ]
        #expect(run.lines.map(String.init) == expected.map { "\(path):\($0)" })
        // The same before a program is started.
        let mark = Renacer.scratch()
        let refused = try Renacer.run(["--config", path, "--", "touch", mark])
        #expect(refused.status == 1 && refused.lines.count == expected.count)
        #expect(!FileManager.default.fileExists(atPath: mark))
    }

    @Test func whatContradictsItselfIsRefused() throws {
        let path = try file("[output]\nsummary = true\nsummary-only = true\n")
        let run = try Renacer.run(["config", "check", path])
        #expect(run.status == 1 && run.errors == "\(path): -c/--summary-only and -C/--summary are mutually exclusive\n")
    }

    @Test(arguments: [[], ["check"], ["check", "a", "b"], ["chek", "x"], ["check", "/no/such/file"], ["show", "--help"], ["show", "--colour"]])
    func commandsThatMakeNoSenseAreRefused(_ words: [String]) throws {
        let run = try Renacer.run(["config"] + words)
        #expect(run.status == 1 && run.output.isEmpty && !run.errors.isEmpty)
    }

    @Test func nothingIsReadThatIsNotNamed() throws {
        let folder = URL(fileURLWithPath: Renacer.scratch())
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try "not toml".write(to: folder.appendingPathComponent("renacer.toml"), atomically: false, encoding: .utf8)
        let run = try Renacer.run(["-c", "cd '\(folder.path)' && '\(Renacer.path)' -e trace=none true"], named: "/bin/sh")
        #expect(run.status == 0, "\(run.errors)")
    }

    @Test func whatIsShownIsWhatWasSaid() throws {
        let shown = try Renacer.run([
            "config", "show", "-ff", "-ttt", "-yy", "-xx", "-qq", "-e", "trace=%file", "-e", "fault=read", "-e", "inject=write:error=EIO", "-p", "1", "-p", "2", "-s", "64",
            "--sink", "strace", "--sink", "json:a,b.json,raw,queue=2M", "--detector", "idle-waiter,window=3", "--otlp", "http://h:4317", "--", "ls", "${HOME}",
        ])
        #expect(shown.output == """
            [source]
            follow-forks = "output-separately"
            trace = "%file"
            fault = ["read"]
            inject = ["write:error=EIO"]
            attach = [1, 2]
            command = ["ls", "$${HOME}"]

            [output]
            absolute-timestamps = "unix,us"
            decode-fds = "all"
            strings-in-hex = "all"
            quiet = "attach,personality,exit"
            string-limit = 64
            otlp = ["http://h:4317"]

            [[sink]]
            kind = "strace"

            [[sink]]
            kind = "json"
            to = "a,b.json"
            raw = true
            queue = "2M"

            [[detector]]
            name = "idle-waiter"
            window = "3"

            """, "\(shown.errors)")
    }
}
