import Testing

/// What is refused, and in which words: strace's.
@Suite struct UsageTests {
    struct Refusal: CustomTestStringConvertible, Sendable {
        var arguments: [String]
        var message: String
        var suggestsHelp: Bool
        var testDescription: String { arguments.joined(separator: " ") }
        init(_ arguments: String, _ message: String, help: Bool = true) {
            self.arguments = arguments.split(separator: " ").map(String.init)
            self.message = message
            suggestsHelp = help
        }
    }

    static let refusals: [Refusal] = [
        .init("", "must have PROG [ARGS] or -p PID"),
        .init("-f --output-separately", "must have PROG [ARGS] or -p PID"),
        .init("--timestamps=s,,none", "must have PROG [ARGS] or -p PID"),
        .init("-p 0", "Invalid process id: '0'", help: false),
        .init("-p 1,a", "Invalid process id: 'a'", help: false),
        .init("-b chdir true", "Syscall 'chdir' for -b isn't supported", help: false),
        .init("-a -42 true", "invalid -a argument: '-42'"),
        .init("--columns=x true", "invalid --columns argument: 'x'"),
        .init("-O -1 true", "invalid -O argument: '-1'"),
        .init("-s 1073741824 true", "invalid -s argument: '1073741824'"),
        .init("--string-limit=-42 true", "invalid --string-limit argument: '-42'"),
        .init("--timestamps=format:s true", "invalid --timestamps argument: 'format:s'"),
        .init("--absolute-timestamps=ss true", "invalid --absolute-timestamps argument: 'ss'"),
        .init("-t --timestamps true", "-t and --absolute-timestamps cannot be provided simultaneously", help: false),
        .init("-q --quiet true", "-q and -e quiet/--quiet cannot be provided simultaneously", help: false),
        .init("-x --strings-in-hex true", "-x and --strings-in-hex cannot be provided simultaneously", help: false),
        .init("-e fd=1 -y --decode-fds true", "-y and --decode-fds cannot be provided simultaneously", help: false),
        .init("-f --follow-forks true", "-f and --follow-forks cannot be provided simultaneously", help: false),
        .init("-DDDD true", "Too many -D's (4), maximum supported -D count is 3"),
        .init("-D -p 1", "PROG [ARGS] must be specified with -D/--daemonize"),
        .init("--argv0=x -p 1", "PROG [ARGS] must be specified with --argv0"),
        .init("-c -C true", "-c/--summary-only and -C/--summary are mutually exclusive"),
        .init("-c -ff true", "(-c/--summary-only or -C/--summary) and -ff/--output-separately are mutually exclusive"),
        .init("-w true", "-w/--summary-wall-clock must be given with (-c/--summary-only or -C/--summary)"),
        .init("--live true", "--live must be given with -c/--summary-only"),
        .init("-C --live true", "--live must be given with -c/--summary-only"),
        .init("--anomaly-threshold=3 true", "--anomaly-threshold must be given with --anomaly-detection"),
        .init("--anomaly-window=50 true", "--anomaly-window must be given with --anomaly-detection"),
        .init("--baseline=/tmp/x true", "--baseline must be given with --anomaly-detection"),
        .init("--anomaly-detection --anomaly-threshold=-1 true", "invalid --anomaly-threshold argument: '-1': a number above 0 such as 3 or 4.5 is wanted"),
        .init("--anomaly-detection --anomaly-threshold=nan true", "invalid --anomaly-threshold argument: 'nan': a number above 0 such as 3 or 4.5 is wanted"),
        .init("--anomaly-detection --anomaly-window=9 true", "invalid --anomaly-window argument: '9': a number from 10 to 100000 is wanted"),
        .init("--hpu-analysis=seed=x true", "--hpu-analysis: invalid seed 'x': a whole number is wanted", help: false),
        .init("--hpu-analysis=clusters=1 true", "--hpu-analysis: invalid clusters '1': a number from 2 to 64 is wanted", help: false),
        .init("--hpu-analysis=sed=1 true", "--hpu-analysis: unknown key 'sed'; it has seed, clusters, windows", help: false),
        .init("--hpu-analysis --format csv true", "--hpu-analysis has no effect with --format csv; strace, summary, findings, json, jsonl, html show it: --sink findings", help: false),
        .init("-U name true", "-U/--summary-columns must be given with (-c/--summary-only or -C/--summary)"),
        .init("-U time,,name true", "unknown column name: ''"),
        .init(
            "-U time,time_percent,calls true",
            "call summary column has been provided more than once: 'time_percent' (-U option residual: 'time_percent,calls')"),
        .init("-S non true", "invalid sortby: 'non'"),
        .init("-o | -ff true", "piping the output and -ff/--output-separately are mutually exclusive"),
        .init("-I 5 true", "invalid -I argument: '5'"),
        .init("--interruptible=nev true", "invalid --interruptible argument: 'nev'"),
        .init("--syscall-limit=0 true", "invalid --syscall-limit argument: '0'"),
        .init("-X a true", "invalid -X argument: 'a'"),
        .init("--color=foo true", "invalid --color argument: 'foo'"),
        .init("--tips=id:format true", "invalid --tips argument: 'id:format'"),
        .init("--placement=here true", "invalid --placement argument: 'here'"),
        .init("--kill-on-exit -p 1", "--kill-on-exit and -p/--attach are mutually exclusive options", help: false),
        .init("-e quiet=detach true", "invalid quiet 'detach'", help: false),
        .init("-e decode-fd=sock true", "invalid decode-fds 'sock'", help: false),
        .init("--decode-pids= true", "invalid decode-pids ''", help: false),
        .init("--trace-fds=-1 true", "invalid descriptor '-1'", help: false),
        .init("-e signal=foo true", "invalid signal 'foo'", help: false),
        .init("-e status=foo true", "invalid status 'foo'", help: false),
        .init("-e nosuch true", "invalid system call 'nosuch'", help: false),
        .init("-e trace=,, true", "invalid system call ',,'", help: false),
        .init("-e read,none true", "invalid system call 'none'", help: false),
        .init("-e %nope true", "invalid system call '%nope'", help: false),
        .init("-e read@42 true", "incorrect personality designator '42' in qualification 'read@42'"),
        .init("-e fault=read:signal=1 true", "invalid fault argument 'read:signal=1'", help: false),
        .init("-e inject=read true", "invalid inject argument 'read'", help: false),
        .init("-e inject=read:when=0 true", "invalid inject argument 'read:when=0'", help: false),
        .init("--sink= true", "--sink: unknown sink ''; there are strace, summary, json, jsonl, csv, html, findings, functions, flamegraph, otlp, perfetto, recording and those of plugins, which 'renacer plugins' lists", help: false),
        .init("--sink=sumary true", "--sink: unknown sink 'sumary'; did you mean summary?", help: false),
        .init("--sink=summary: true", "--sink summary: nothing stands behind ':'; summary:FILE writes to a file, summary:- to standard output, summary:'|CMD' to a command", help: false),
        .init("--sink=summary,width=3 true", "--sink summary: unknown option 'width'; it has extended, group-by", help: false),
        .init("--format=straze true", "--format: unknown sink 'straze'; did you mean strace?", help: false),
        .init("--sink=summary:f --sink=summary:f true", "--sink summary and --sink summary write to one place; say --sink summary:FILE", help: false),
        .init("-o f --sink=summary:g true", "-o f: no sink writes there; say --sink summary:f", help: false),
        .init("-e kvm=x true", "invalid -e kvm= argument: 'x'", help: false),
    ]

    @Test(arguments: refusals) func aWrongCommandLineIsRefusedInOneLine(_ r: Refusal) throws {
        for name in [Renacer.path, Renacer.asStrace] {
            let outcome = try Renacer.run(r.arguments, named: name)
            var wanted = "\(name): \(r.message)\n"
            if r.suggestsHelp { wanted += "Try '\(name) -h' for more information.\n" }
            #expect(outcome.errors == wanted)
            #expect(outcome.status == 1)
        }
    }

    @Test(arguments: ["--json", "--anomaly", "-j"])
    func flagsOfNoMeaningAreNotIgnored(_ flag: String) throws {
        let outcome = try Renacer.run([flag, "true"])
        #expect(outcome.status == 1)
        #expect(outcome.lines.count == 2)
        #expect(outcome.lines.last == "Try '\(Renacer.path) -h' for more information.")
    }

    @Test func optionsWithoutEffectAreTold() throws {
        let outcome = try Renacer.run(["-c", "-i", "-y", "-zZ", "true"], named: Renacer.asStrace)
        #expect(outcome.lines.prefix(3) == [
            "\(Renacer.asStrace): -i/--instruction-pointer has no effect with -c/--summary-only",
            "\(Renacer.asStrace): -y/--decode-fds has no effect with -c/--summary-only",
            "\(Renacer.asStrace): Only the last of -z/--successful-only/-Z/--failed-only options will take effect. "
                + "See status qualifier for more complex filters.",
        ])
        #expect(outcome.status == 0)
    }

    @Test func aCommandThatIsTakenForABackendIsRefusedByName() throws {
        let outcome = try Renacer.run(["--backend=replay", "true"])
        #expect(outcome.errors == "\(Renacer.path): --backend: 'replay' is a command of its own, renacer replay; use auto, ptrace, bpf or perf_event\n")
        #expect(outcome.status == 1)
    }
}
