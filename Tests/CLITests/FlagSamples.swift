import Foundation

/// A command line that shows what a flag does: a trace with it, one without it, and how the two differ.
struct FlagSample: Sendable {
    /// As it is given. `{pid}`, `{group}`, `{trace}` and `{backend}` stand for what only the test knows.
    let flag: [String]
    /// Given in both traces.
    let base: [String]
    let command: [String]
    /// Whether its effect is seen: in the trace with the flag, as compared with the one without.
    let shows: @Sendable (_ with: FlagOutcome, _ without: FlagOutcome) -> Bool
    /// What else it needs.
    let setting: Setting
    /// Backends that do without the flag what it asks for: the trace without it may be the same.
    let isNatural: Set<String>

    enum Setting: Sendable {
        case plain
        /// A process `{pid}` is there, which is always making calls.
        case busy
        /// A process `{pid}` is there, which opens the file `{fifo}` again and again, in the cgroup `{group}` if there is one.
        case running
        /// No `-o`: another sink is given.
        case elsewhere
        /// Nothing but the flag is given: it does not trace.
        case alone
    }

    init(
        _ flag: [String], _ command: [String] = ["head", "-n1", "/etc/hostname"], with base: [String] = [], _ setting: Setting = .plain,
        naturalWith isNatural: Set<String> = [], shows: @escaping @Sendable (FlagOutcome, FlagOutcome) -> Bool
    ) {
        self.flag = flag
        self.command = command
        self.base = base
        self.setting = setting
        self.isNatural = isNatural
        self.shows = shows
    }
}

/// What came of one run.
struct FlagOutcome: Sendable {
    var backend: String
    var status: Int32
    var output: String
    /// Lines for the person, on standard error.
    var errors: String
    /// What `-o` wrote.
    var trace: String
    /// What it wrote beside: `FILE.PID`.
    var files: Int

    var lines: [Substring] { trace.split(separator: "\n") }
    /// Lines of calls, without signals and ends.
    var calls: [Substring] { lines.filter { $0.contains("(") && !$0.hasPrefix("---") && !$0.hasPrefix("+++") } }
    /// Spans that a collector was to get.
    var spans: Int { errors.components(separatedBy: " spans,").first?.split(separator: " ").last.flatMap { Int($0) } ?? 0 }
    func has(_ text: String) -> Bool { trace.contains(text) }
    func matches(_ pattern: String) -> Bool { trace.range(of: pattern, options: .regularExpression) != nil }
}

extension FlagSample {
    /// An assertion that does not hold of a program that opens files.
    private static let forbidden: String = {
        let path = Renacer.scratch()
        try? Data("[[assertion]]\nname = \"no-openat\"\ntype = \"forbidden\"\nsyscall = \"openat\"\n".utf8).write(to: URL(fileURLWithPath: path))
        return path
    }()
    private static let fails = ["cat", "/etc/hostname", "/no/such/file"]
    private static let forks = ["sh", "-c", "/bin/true; :"]
    // A fault, since test runners block other signals.
    private static let signals = ["perl", "-e", "unpack 'p', pack 'L!', 1"]
    private static let kills = ["sh", "-c", "kill -0 $$"]
    private static let seccomp = ["grep", "Seccomp:", "/proc/self/status"]
    private static let computes = ["awk", "BEGIN { for (i = 0; i < 3000000; i++) s += i }"]
    private static let copies = ["dd", "if=/dev/zero", "of=/dev/null", "bs=4M", "count=300", "status=none"]
    private static let sleeps = ["sleep", "0.1"]
    /// Runs until the other process has made a call in the meantime.
    private static let meets = ["sh", "-c", "read a < {fifo}; read b < {fifo}; read c < {fifo}"]
    private static let isTable: @Sendable (FlagOutcome, FlagOutcome) -> Bool = { with, _ in with.has("% time") && !with.has("openat(") }
    private static let onlyOpens: @Sendable (FlagOutcome, FlagOutcome) -> Bool = { with, _ in
        !with.calls.isEmpty && with.calls.allSatisfy { $0.contains("openat(") }
    }
    private static let fromOther: @Sendable (FlagOutcome, FlagOutcome) -> Bool = { with, _ in
        with.lines.contains { $0.contains("openat(") && $0.contains("O_WRONLY") }
    }

    /// Samples of every flag, by its first long name or its letter.
    static let all: [String: [FlagSample]] = [
        // What to trace
        "--attach": [.init(["--attach={pid}"], [], with: ["--syscall-limit=3"], .busy) { with, _ in !with.calls.isEmpty }],
        "--all": [.init(["--all"], meets, with: ["-e", "trace=openat"], .running, shows: fromOther)],
        "--cgroup": [.init(["--cgroup={group}"], meets, with: ["-e", "trace=openat"], .running, shows: fromOther)],
        "--env": [.init(["--env=RENACER_FLAG=1"], ["sh", "-c", "echo $RENACER_FLAG"]) { with, _ in with.output == "1\n" }],
        "--user": [.init(["--user=65534:65534"], ["id", "-u"]) { with, _ in with.output == "65534\n" }],
        "--argv0": [.init(["--argv0=zork"], ["sh", "-c", "echo $0"]) { with, _ in with.output == "zork\n" }],
        "--daemonize": [.init(["--daemonize"], ["sh", "-c", "echo $PPID"]) { with, _ in with.output == "\(getpid())\n" }],

        // How to trace
        "--follow-forks": [.init(["--follow-forks"], forks) { with, _ in with.lines.filter { $0.contains("execve(") }.count > 1 }],
        "-F": [.init(["-F"], forks) { with, _ in with.lines.filter { $0.contains("execve(") }.count > 1 }],
        "--detach-on": [.init(["--detach-on=execve"], ["sh", "-c", "/bin/true; exit 4"], with: ["-f"]) { with, _ in with.has("exit_group(4)") && !with.has("exit_group(0)") }],
        "--interruptible": [
            .init(["--interruptible=never"], ["sh", "-c", "grep -E 'Sig(Ign|Cgt)' /proc/$PPID/status"], with: ["--interruptible=waiting"]) { with, without in
                with.output.contains("SigIgn") && with.output != without.output
            },
        ],
        "--syscall-limit": [
            .init(["--syscall-limit=2"]) { with, without in
                (with.backend == "replay" || with.errors.contains("System call limit has been reached")) && with.calls.count < without.calls.count
            },
        ],
        "--duration": [.init(["--duration=300ms"], ["sleep", "0.6"], naturalWith: ["replay"]) { with, _ in
            with.backend == "replay" || !with.has("+++ exited") && with.has("execve(") && !with.errors.contains("limit")
        }],
        "--kill-on-exit": [
            // PTRACE_O_EXITKILL
            .init(["--kill-on-exit"], with: ["-d"]) { with, _ in with.errors.contains("ptrace_setoptions = 0x1000") },
        ],
        "--backend": [.init(["--backend={backend}"], with: ["-d"]) { with, _ in
            with.errors.contains(": --backend ") && !with.errors.contains("--backend auto takes") && with.has("execve(")
        }],
        "--exact": [
            .init(["--exact"], ["cat", "/proc/self/cgroup"], naturalWith: ["ptrace"]) { with, _ in
                with.has("+++ exited with 0 +++") && (with.backend == "ptrace" || with.output.contains("/renacer-"))
            },
        ],
        "--ring-size": [
            .init(["--ring-size=4K"], ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=20000", "status=none"], with: ["-e", "trace=read"]) { with, _ in
                with.errors.contains("events were lost (ring full")
            },
        ],
        "--memory": [
            .init(["--memory=live"], ["sleep", "0.3"]) { with, _ in with.has("(LATE)") },
        ],
        "--seccomp-bpf": [.init(["--seccomp-bpf"], seccomp, with: ["-f"]) { with, _ in with.output == "Seccomp:\t2\n" }],
        "--no-seccomp-bpf": [
            .init(["--no-seccomp-bpf"], seccomp, with: ["-f", "-e", "trace=execve"], naturalWith: ["bpf", "perf_event"]) { with, _ in
                with.output == "Seccomp:\t0\n"
            },
        ],
        "--placement": [
            .init(["--placement=pin"], ["nproc"], with: ["--placement=off"], naturalWith: sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 ? [] : ["ptrace"]) {
                with, _ in with.output == "1\n"
            },
        ],

        // Which calls and signals
        "-e": [.init(["-e", "trace=openat"], shows: onlyOpens)],
        "--trace": [.init(["--trace=openat"], shows: onlyOpens)],
        "--trace-path": [.init(["--trace-path=/etc/hostname"]) { with, _ in
            with.has("\"/etc/hostname\"") && with.has("read(") && !with.has("ld.so") && !with.has("brk(")
        }],
        "--trace-fds": [.init(["--trace-fds=1"]) { with, _ in with.has("write(1,") && !with.has("openat(") }],
        "--signals": [.init(["--signals=none"], signals) { with, without in !with.has("--- SIG") && without.has("--- SIGSEGV") }],
        "--status": [.init(["--status=failed"], fails) { with, _ in !with.calls.isEmpty && with.calls.allSatisfy { $0.contains(" = -1 E") } }],
        "--successful-only": [.init(["--successful-only"], fails) { with, _ in !with.calls.isEmpty && !with.has(" = -1 E") }],
        "--failed-only": [.init(["--failed-only"], fails) { with, _ in !with.calls.isEmpty && with.calls.allSatisfy { $0.contains(" = -1 E") } }],
        "--assert": [
            .init(["--assert=\(forbidden)"], with: ["-C"]) { with, _ in with.status == 1 && with.errors.contains("Assertion 'no-openat' FAILED") },
        ],
        "--assert-report": [
            .init(["--assert-report=json:{trace}.0"], with: ["-C", "--assert=\(forbidden)"]) { with, _ in with.files == 1 },
        ],
        "--detector": [.init(["--detector=small-writes-c,count=5"], smallWrites, with: ["--plugin=\(plugin)"]) { with, _ in with.has("small-writes-c/small-writes") }],
        "--plugin": [.init(["--plugin=\(plugin)"], manySmallWrites) { with, _ in with.has("small-writes-c/small-writes") }],
        "--plugin-time": [.init(["--plugin-time=1ns"], manySmallWrites, with: ["--plugin=\(plugin)"]) { with, _ in with.errors.contains("of --plugin-time: it is disabled") }],
        "--isolate-plugins": [
            .init(["--isolate-plugins"], manySmallWrites, with: ["--plugin=\(plugin)"], naturalWith: ["ptrace", "bpf", "perf_event", "replay"]) { with, _ in
                with.has("small-writes-c/small-writes")
            }
        ],
        "--min-duration": [.init(["--min-duration=50ms"], sleeps) { with, _ in with.calls.count == 1 && with.has("clock_nanosleep(") }],

        // How lines look
        "--format": [.init(["--format=summary"], shows: isTable)],
        "--sink": [.init(["--sink=summary:{trace}"], shows: isTable)],
        "--ring": [.init(["--ring=64K"]) { _, _ in false }],
        // What arrives at a collector is the matter of other tests.
        "--function-time": [.init(["--function-time"]) { with, _ in with.has("% time     own secs") }],
        "--flamegraph": [.init(["--flamegraph={trace}"], ["true"], .elsewhere) { with, _ in with.has("<svg ") }],
        "--profile": [.init(["--profile"], computes, with: ["--function-time"]) { with, _ in with.has(" > [on CPU]") }],
        "--kernel-stack": [
            .init(["--kernel-stack", "--profile", "--flamegraph={trace}"], copies, .elsewhere) { with, _ in with.has("class=\"f inside\"") },
        ],
        "--otlp": [.init(["--otlp=http://127.0.0.1:1", "--otlp-timeout=1ms"], ["true"], .elsewhere) { with, _ in with.errors.contains("127.0.0.1:1") }],
        "--otlp-timeout": [
            .init(["--otlp-timeout=1ms"], with: ["--otlp=http://127.0.0.1:1"], .elsewhere) { with, without in
                with.errors.contains("were not delivered") && !with.errors.contains("for 10 s more")
            },
        ],
        "--otlp-min-duration": [
            .init(["--otlp-min-duration=10s"], with: ["--otlp=http://127.0.0.1:1", "--otlp-timeout=1ms"], .elsewhere) { with, without in
                with.spans > 0 && with.spans < without.spans
            },
        ],
        "--trace-parent": [
            .init(
                ["--trace-parent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"], ["sh", "-c", "echo $TRACEPARENT"],
                with: ["--otlp=http://127.0.0.1:1", "--otlp-timeout=1ms"], .elsewhere, naturalWith: ["replay"]
            ) { with, _ in with.backend == "replay" || with.output.hasPrefix("00-0af7651916cd43dd8448eb211c80319c-") },
        ],
        "--output": [.init(["--output={trace}.0"]) { with, _ in with.files == 1 && with.trace.isEmpty }],
        "--output-append-mode": [
            .init(["--output-append-mode"]) { with, _ in with.trace.hasPrefix("before\n") && with.has("execve(") },
        ],
        "--output-separately": [.init(["--output-separately"], forks, with: ["-f"]) { with, _ in with.files == 2 }],
        "--columns": [.init(["--columns=0"]) { with, _ in with.matches(#"close\(\d+\) = 0"#) }],
        "--string-limit": [.init(["--string-limit=3"], ["head", "-n1", "/etc/passwd"]) { with, _ in with.matches(#"read\(3, "[^"]{1,3}"\.\.\."#) }],
        "--no-abbrev": [.init(["--no-abbrev"]) { with, _ in with.has("st_blksize=") }],
        "--abbrev": [.init(["--abbrev=none"]) { with, _ in with.has("st_blksize=") }],
        "--verbose": [.init(["--verbose=openat"]) { with, _ in with.matches(#"stat\w*\([^{]*0x[0-9a-f]+"#) && !with.has("st_mode") }],
        "--raw": [.init(["--raw=openat"]) { with, _ in with.matches(#"openat\(0xffffff9c"#) }],
        "--read": [.init(["--read=3"]) { with, _ in with.has("\n | 00000  ") }],
        "--write": [.init(["--write=1"]) { with, _ in with.has("\n | 00000  ") }],
        "-y": [.init(["-y"]) { with, _ in with.has("read(3</etc/hostname>") }],
        "--decode-fds": [.init(["--decode-fds=path"]) { with, _ in with.has("read(3</etc/hostname>") }],
        "-Y": [.init(["-Y"], kills) { with, _ in with.matches(#"kill\(\d+<sh>"#) }],
        "--decode-pids": [
            .init(["--decode-pids=comm"], kills) { with, _ in with.matches(#"kill\(\d+<sh>"#) },
            .init(["--decode-pids=pidns"], ["unshare", "-pf", "sh", "-c", "kill -0 $$"], with: ["-f"]) { with, _ in with.has(" PID NS */") },
        ],
        "--pidns-translation": [
            .init(["--pidns-translation"], ["unshare", "-pf", "sh", "-c", "kill -0 $$"], with: ["-f"]) { with, _ in with.has(" PID NS */") },
        ],
        "--always-show-pid": [.init(["--always-show-pid"]) { with, _ in with.matches(#"^\d+ +execve\("#) }],
        "-t": [.init(["-t"]) { with, _ in with.matches(#"^\d\d:\d\d:\d\d execve"#) }],
        "--absolute-timestamps": [.init(["--absolute-timestamps=unix"]) { with, _ in with.matches(#"^\d{9,} execve"#) }],
        "--relative-timestamps": [.init(["--relative-timestamps"]) { with, _ in with.matches(#"^ +0\.000000 execve"#) }],
        "--syscall-times": [.init(["--syscall-times"]) { with, _ in with.matches(#"= 0 <\d+\.\d{6}>\n"#) }],
        "-x": [.init(["-x"], ["printf", "\\377"]) { with, _ in with.has(#"write(1, "\xff", 1)"#) }],
        "--strings-in-hex": [.init(["--strings-in-hex=all"]) { with, _ in with.has(#"openat(AT_FDCWD, "\x2f"#) }],
        "--const-print-style": [.init(["--const-print-style=raw"]) { with, _ in with.matches(#"openat\(-100, ["0][^ ]+, 0x?"#) }],
        "--instruction-pointer": [.init(["--instruction-pointer"]) { with, _ in with.matches(#"\n\[0000[0-9a-f]{12}\] "#) }],
        "--syscall-number": [.init(["--syscall-number"]) { with, _ in with.matches(#"\n\[ *\d+\] openat"#) }],
        "--arg-names": [.init(["--arg-names"]) { with, _ in with.matches(#"close\(fd=\d"#) }],
        "--quiet": [.init(["--quiet=exit"]) { with, without in !with.has("+++ exited") && without.has("+++ exited") }],
        "--color": [.init(["--color=always"]) { with, _ in with.has("\u{1b}[") }],
        "--kvm": [
            // Without KVM there is nothing to see.
            .init(["-e", "kvm=vcpu"], naturalWith: ["ptrace", "replay"]) { with, _ in with.has("+++ exited with 0 +++") },
        ],
        "--namespace": [.init(["--namespace=new"], ["unshare", "-m", "true"]) { with, _ in with.matches(#"unshare\(CLONE_NEWNS\) += 0 \(mnt:"#) }],
        "--secontext": [.init(["--secontext"]) { _, _ in false }],
        "--source": [.init(["--source"]) { with, _ in with.matches(#"\n[^\n]+ \[head\([^\n]+\]\n"#) }],
        "--stack-trace": [.init(["--stack-trace"]) { with, _ in with.matches(#"\n > /[^\n]+/libc\.so\.6\([^\n]+\) \[0x"#) }],
        "--stack-trace-frame-limit": [
            .init(["--stack-trace-frame-limit=3", "-k"]) { with, _ in with.matches(#"(\n > /[^\n]+){3}\n > too many stack frames\n"#) },
        ],

        // Statistics
        "--summary-only": [.init(["--summary-only"], shows: isTable)],
        "--summary": [.init(["--summary"]) { with, _ in with.has("% time") && with.has("openat(") }],
        "--summary-wall-clock": [
            .init(["--summary-wall-clock"], sleeps, with: ["-c", "-e", "clock_nanosleep"], naturalWith: ["ptrace", "bpf", "perf_event", "replay"]) { with, _ in
                with.matches(#"\n100\.00 +0\.[1-9]"#)
            },
        ],
        "--summary-cpu": [.init(["--summary-cpu"], with: ["-c"]) { with, without in with.lines.first != without.lines.first && with.has("% time") }],
        "--summary-sort-by": [
            .init(["--summary-sort-by=name"], with: ["-c", "-U", "name,calls"]) { with, _ in
                let names = with.lines.dropFirst(2).prefix { !$0.hasPrefix("-") }.compactMap { $0.split(separator: " ").first }
                return names.count > 3 && names == names.sorted()
            },
        ],
        "--summary-columns": [.init(["--summary-columns=calls,name"], with: ["-c"]) { with, _ in with.trace.hasPrefix("    calls syscall\n") }],
        "--summary-syscall-overhead": [
            .init(["--summary-syscall-overhead=10s"], with: ["-c", "-U", "total-time,name"]) { with, _ in with.matches(#"\n +0\.000000 execve"#) },
        ],
        "--stats-extended": [.init(["--stats-extended"], with: ["-c"]) { with, without in with.has("p99.9") && !without.has("p99.9") }],
        "--group-by": ["process", "thread", "file", "errno"].map { what in
            .init(["--group-by=\(what)"], with: ["-c", "--stats-extended"]) { with, _ in
                with.matches(["process": #"\nprocess \d+"#, "thread": #"\nthread \d+"#, "file": #"\n/"#, "errno": #"\nno error\n"#][what] ?? "!")
            }
        },
        // A recording is over before the first second is.
        "--live": [.init(["--live"], ["sleep", "1.2"], with: ["-c"], naturalWith: ["replay"]) { with, _ in
            with.trace.components(separatedBy: "% time").count == (with.backend == "replay" ? 2 : 3)
        }],

        "--anomaly-detection": [.init(["--anomaly-detection"], manySmallWrites) { with, _ in with.has("Rule: anomaly/report") && with.has("calls judged: ") }],
        "--anomaly-threshold": [
            .init(["--anomaly-threshold=0.0001"], manySmallWrites, with: ["--anomaly-detection"]) { with, _ in
                // Of what is less odd than that nothing is said otherwise: 3 is the least.
                with.lines.contains { $0.hasPrefix("   deviations above: ") && Double($0.split(separator: " ").last ?? "").map { $0 < 3 } == true }
            },
        ],
        "--anomaly-window": [
            .init(["--anomaly-window=10", "--baseline={trace}"], manySmallWrites, with: ["--anomaly-detection"], .elsewhere) { with, _ in
                with.matches(#"\ncall write 64( \d+){10}\n"#)
            },
        ],
        "--baseline": [
            .init(["--baseline={trace}"], manySmallWrites, with: ["--anomaly-detection"], .elsewhere) { with, _ in
                with.trace.hasPrefix("renacer-baseline 1\n") && with.matches(#"\ncall write 64( \d+){100}\n"#)
            },
        ],
        "--hpu-analysis": [.init(["--hpu-analysis=seed=7"], manySmallWrites) { with, _ in with.has("Correlation of calls") && with.has("k-means, seed 7") }],

        // Tampering with calls
        "--inject": [.init(["--inject=write:error=ENOSPC"]) { with, _ in with.has(" = -1 ENOSPC ") && with.has("(INJECTED)") && with.status == 1 }],
        "--fault": [.init(["--fault=write"]) { with, _ in with.has(" = -1 ENOSYS ") && with.has("(INJECTED)") && with.status == 1 }],

        // Other
        "--config": [.init(["--config=\(configuration)"]) { with, _ in with.matches(#"close\(fd=\d"#) }],
        "--debug": [.init(["--debug"]) { with, without in with.errors.count > without.errors.count }],
        "--tips": [.init(["--tips=0,full"]) { with, without in with.errors.count > without.errors.count + 20 }],
        "--help": [.init(["--help"], [], .alone) { with, _ in with.output.hasPrefix("Usage: ") }],
        "--version": [.init(["--version"], [], .alone) { with, _ in with.output.hasPrefix("renacer ") }],
        "--completions": [.init(["--completions=fish"], [], .alone) { with, _ in with.output.contains("complete -c renacer") }],
    ]
}

extension FlagSample {
    /// The example of a plugin in C, built against the public header.
    static let plugin: String = {
        let file = Renacer.scratch() + ".so", root = Renacer.repository
        _ = try? Renacer.run(
            ["-O1", "-shared", "-fPIC", "-I", root.appendingPathComponent("Sources/PluginKit/C/include").path, "-o", file,
             root.appendingPathComponent("Examples/small-writes-c/small-writes-c.c").path], named: "/usr/bin/cc")
        return file
    }()

    /// A file that asks for the names of arguments.
    static let configuration: String = {
        let file = Renacer.scratch()
        try? "[output]\narg-names = true\n".write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }()

    static let smallWrites = ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=10", "status=none"]
    static let manySmallWrites = ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=200", "status=none"]
}
