import RenacerProfile
import RenacerSummary
/// An option of the command line: one row, from which getopt's tables, the help and the
/// shell completions are made.
struct Option: Sendable {
    /// Whether it takes a value. An optional value is only for the long form, after `=`.
    enum Value: Sendable, Equatable {
        case none
        case required(String)
        case optional(String)
    }

    enum Group: String, CaseIterable, Sendable {
        case startup = "What to trace"
        case tracing = "How to trace"
        case filtering = "Which calls and signals"
        case format = "How lines look"
        case statistics = "Statistics"
        case tampering = "Tampering with calls"
        case detection = "Detectors"
        case miscellaneous = "Other"
    }

    let id: OptionID
    let short: Character?
    /// The first is shown, the others are accepted too.
    let long: [String]
    let value: Value
    let group: Group
    let help: String
    /// Values offered by shell completions.
    let values: [String]
    /// What it needs of a backend.
    let needs: [Need]
    /// Each time it is given it adds something; others say something anew.
    let repeats: Bool
    /// Why it is refused whatever the backend; nil if it is not.
    let refusal: String?

    init(
        _ id: OptionID, _ short: Character?, _ long: [String], _ value: Value = .none, _ group: Group,
        _ help: String, values: [String] = [], needs: [Need] = [], repeats: Bool = false, refusal: String? = nil
    ) {
        self.id = id
        self.short = short
        self.long = long
        self.value = value
        self.group = group
        self.help = help
        self.values = values
        self.needs = needs
        self.repeats = repeats
        self.refusal = refusal
    }
}

/// What an option means.
enum OptionID: Sendable, Equatable {
    case expression, qualifier(Qualifier)
    case environment, attach, user, argv0, all, cgroup
    case detachOn, daemonize, follow, interruptible, killOnExit, syscallLimit, oldFork
    case seccomp, noSeccomp, placement, backend, exact, ringSize, memory
    case tracePath, successfulOnly, failedOnly, minimumDuration
    case column, color, instructionPointer, source, stackTrace, stackTraceLimit, syscallNumber, argumentNames
    case sink, sinkFormat, otlp, otlpTimeout, otlpMinimumDuration, traceParent
    case  output, append, separately, relative, stringLimit, absoluteShort, absoluteLong, callTimes
    case noAbbreviation, hexShort, hexLong, constants, descriptorsShort, pidNamespaces, commands, alwaysShowPid
    case summaryOnly, summary, overhead, sortBy, columns, wallClock, cpuSummary, live, statsExtended, groupBy, functionTime, flamegraph, profile, kernelStack
    case anomalyDetection, anomalyThreshold, anomalyWindow, baseline, hpuAnalysis
    case ring
    case assert, assertReport
    case detector, plugin, pluginTime, isolatePlugins, duration
    case debug, help, version, tips, completions, config
    /// Those of `renacer golden`.
    case runs, tolerance, against
}

/// The qualifiers of `-e`, each of which is a long option too.
enum Qualifier: String, Sendable, CaseIterable {
    case trace, abbrev, verbose, raw, signal, status, read, write, quiet, fault, inject, kvm, namespace, secontext
    case traceFds = "trace-fds"
    case decodeFds = "decode-fds"
    case decodePids = "decode-pids"

    /// What may stand before `=` after `-e`.
    var spellings: [String] {
        switch self {
        case .trace: ["trace", "t"]
        case .abbrev: ["abbrev", "a"]
        case .verbose: ["verbose", "v"]
        case .raw: ["raw", "x"]
        case .signal: ["signal", "signals", "s"]
        case .read: ["read", "reads", "r"]
        case .write: ["write", "writes", "w"]
        case .quiet: ["quiet", "silent", "silence", "q"]
        case .traceFds: ["trace-fds", "trace-fd", "fd", "fds"]
        case .decodeFds: ["decode-fds", "decode-fd"]
        case .decodePids: ["decode-pids", "decode-pid"]
        case .status, .fault, .inject, .kvm, .namespace, .secontext: [rawValue]
        }
    }
}

extension Option {
    static let all: [Option] = [
        .init(.attach, "p", ["attach"], .required("PID"), .startup, "trace the running process PID, all its threads with -f; repeatable, or a list", needs: [.attach], repeats: true),
        .init(.all, nil, ["all"], .none, .startup, "trace every task of the system, until PROGRAM ends or a signal comes (bpf, perf_event)", needs: [.all]),
        .init(.cgroup, nil, ["cgroup"], .required("PATH"), .startup, "trace the tasks in a cgroup, a directory below the cgroup2 mount, and those that enter it (bpf, perf_event)", needs: [.cgroup]),
        .init(.environment, "E", ["env"], .required("VAR[=VALUE]"), .startup, "set VAR in the program's environment, or remove it", repeats: true),
        .init(.user, "u", ["user"], .required("USER"), .startup, "run the program as USER, a name or UID:GID"),
        .init(.argv0, nil, ["argv0"], .required("NAME"), .startup, "the program's argv[0]"),
        .init(.daemonize, "D", ["daemonize", "daemonized", "daemonised"], .optional("HOW"), .startup, "trace from a grandchild; -DD: in its own process group; -DDD: in its own session", values: ["grandchild", "pgroup", "pgrp", "session"]),

        .init(.follow, "f", ["follow-forks"], .optional("output-separately"), .tracing, "trace children and threads too; -ff: one output file for each (FILE.PID)"),
        .init(.detachOn, "b", ["detach-on"], .required("execve"), .tracing, "let go of a task that executes another program", values: ["execve"], needs: [.detachOnExecve]),
        .init(.interruptible, "I", ["interruptible"], .required("WHEN"), .tracing, "when signals may interrupt renacer: anywhere (1), waiting (2), never (3), never_tstp (4)", values: ["anywhere", "waiting", "never", "never_tstp"]),
        .init(.syscallLimit, nil, ["syscall-limit"], .required("N"), .tracing, "detach from everything after N calls"),
        .init(.duration, nil, ["duration"], .required("TIME"), .tracing, "detach from everything after TIME: 500ms, 8s; microseconds without a unit"),
        .init(.killOnExit, nil, ["kill-on-exit"], .none, .tracing, "kill the traced tasks if renacer dies", needs: [.killOnExit]),
        .init(.backend, nil, ["backend"], .required("NAME"), .tracing, "how events are obtained: auto, ptrace, bpf or perf_event", values: ["auto", "ptrace", "bpf", "perf_event"]),
        .init(.exact, nil, ["exact"], .none, .tracing, "lose no event: if need be the program waits; fail if any was lost", needs: [.exact]),
        .init(.ringSize, nil, ["ring-size"], .required("SIZE"), .tracing, "bytes between the kernel and renacer with the bpf backend, of each CPU with perf_event, a power of two such as 8M (the default)", needs: [.ringSize]),
        .init(.memory, nil, ["memory"], .required("HOW"), .tracing, "what pointers show that the perf_event backend knows only as addresses: none, live (what is there later, marked (LATE))", values: ["none", "live"], needs: [.liveMemory]),
        .init(.seccomp, nil, ["seccomp-bpf"], .none, .tracing, "stop at the chosen calls only, by a seccomp filter", needs: [.seccompFilter]),
        .init(.noSeccomp, nil, ["no-seccomp-bpf"], .none, .tracing, "never install a seccomp filter"),
        .init(.placement, nil, ["placement"], .required("HOW"), .tracing, "which CPUs renacer and the program run on: auto, off or pin", values: ["auto", "off", "pin"], needs: [.pinning]),

        .init(.expression, "e", [], .required("[QUALIFIER=]SET"), .filtering, "the same as --QUALIFIER=SET; without a qualifier, --trace=SET", repeats: true),
        .init(.qualifier(.trace), nil, ["trace"], .required("SET"), .filtering, "[!]CALL,... where CALL is a name, a number, %class, /regex or all; ?CALL may be unknown; @64, @32, @x32 choose a personality"),
        .init(.tracePath, "P", ["trace-path"], .required("PATH"), .filtering, "only calls that access PATH; repeatable", needs: [.tracePaths], repeats: true),
        .init(.qualifier(.traceFds), nil, ["trace-fds"], .required("SET"), .filtering, "only calls on these file descriptors"),
        .init(.qualifier(.signal), nil, ["signals"], .required("SET"), .filtering, "only these signals"),
        .init(.qualifier(.status), nil, ["status"], .required("SET"), .filtering, "only calls that ended so: successful, failed, unfinished, unavailable, detached", values: ["successful", "failed", "unfinished", "unavailable", "detached"]),
        .init(.successfulOnly, "z", ["successful-only"], .none, .filtering, "only calls that succeeded"),
        .init(.failedOnly, "Z", ["failed-only", "failing-only"], .none, .filtering, "only calls that failed"),
        .init(.minimumDuration, nil, ["min-duration"], .required("TIME"), .filtering, "only calls that took TIME or longer: 50us, 10ms, 1s; microseconds without a unit", needs: [.callTimes]),

        .init(.sinkFormat, nil, ["format"], .required("KIND"), .format, "show the trace as KIND in place of the text; a document goes to standard output, or to -o", values: ["text", "summary", "json", "jsonl", "csv", "html"]),
        .init(.sink, nil, ["sink"], .required("KIND[:DEST][,KEY=VALUE]..."), .format, "show the trace as KIND, in DEST: a file, - or '|CMD'; repeatable; 'renacer sinks' lists kinds and options", values: ["strace", "summary", "json", "jsonl", "csv", "html", "findings", "functions", "flamegraph", "otlp", "perfetto", "recording"], repeats: true),
        .init(.otlp, nil, ["otlp"], .required("URL"), .format, "send the trace to an OpenTelemetry collector: http://HOST:4317 (gRPC), http://HOST:4318 (HTTP); --sink otlp:URL", repeats: true),
        .init(.otlpTimeout, nil, ["otlp-timeout"], .required("TIME"), .format, "how long sending may take when the trace has ended (10s)"),
        .init(.otlpMinimumDuration, nil, ["otlp-min-duration"], .required("TIME"), .format, "fold calls shorter than TIME into one span with counts"),
        .init(.traceParent, nil, ["trace-parent"], .required("TRACEPARENT"), .format, "the trace and span that this run is part of, in place of the variable TRACEPARENT"),
        .init(.output, "o", ["output"], .required("FILE"), .format, "write the trace to FILE, or to a command: '|CMD' or '!CMD'"),
        .init(.append, "A", ["output-append-mode"], .none, .format, "append to FILE"),
        .init(.separately, nil, ["output-separately"], .none, .format, "one file for each task: FILE.PID"),
        .init(.ring, nil, ["ring"], .required("SIZE"), .format, "with record: keep only the newest SIZE bytes, such as 64M, and write them at the end, and to FILE.1, FILE.2, ... at SIGUSR2", refusal: "is for 'renacer record'"),
        .init(.column, "a", ["columns"], .required("N"), .format, "the column in which results start (40)"),
        .init(.stringLimit, "s", ["string-limit"], .required("N"), .format, "bytes of a string that are shown (32); -s without a number is --source", needs: [.strings]),
        .init(.noAbbreviation, "v", ["no-abbrev"], .none, .format, "structures and lists in full", needs: [.structures]),
        .init(.qualifier(.abbrev), nil, ["abbrev"], .required("SET"), .format, "calls whose structures are shortened (all)", needs: [.structures]),
        .init(.qualifier(.verbose), nil, ["verbose"], .required("SET"), .format, "calls whose structures are shown (all)", needs: [.dereferencing]),
        .init(.qualifier(.raw), nil, ["raw"], .required("SET"), .format, "calls whose arguments are shown undecoded"),
        .init(.qualifier(.read), nil, ["read"], .required("SET"), .format, "dump what is read from these descriptors", needs: [.readData]),
        .init(.qualifier(.write), nil, ["write"], .required("SET"), .format, "dump what is written to these descriptors", needs: [.writtenData]),
        .init(.descriptorsShort, "y", [], .none, .format, "show what descriptors are; -yy: with all details", needs: [.descriptorPaths]),
        .init(.qualifier(.decodeFds), nil, ["decode-fds"], .optional("SET"), .format, "details of descriptors: path, socket, dev, eventfd, pidfd, signalfd", values: ["all", "none", "path", "socket", "dev", "eventfd", "pidfd", "signalfd"], needs: [.descriptorPaths]),
        .init(.qualifier(.decodePids), nil, ["decode-pids"], .required("SET"), .format, "details of process ids: comm, pidns", values: ["comm", "pidns", "all", "none"], needs: [.commands, .namespaces]),
        .init(.commands, "Y", [], .none, .format, "show the command of process ids", needs: [.commands]),
        .init(.pidNamespaces, nil, ["pidns-translation"], .none, .format, "show process ids in renacer's pid namespace too", needs: [.namespaces]),
        .init(.alwaysShowPid, nil, ["always-show-pid"], .none, .format, "prefix every line with the task's id"),
        .init(.absoluteShort, "t", [], .none, .format, "time of day of each line; -tt: in us; -ttt: seconds since the epoch, in us"),
        .init(.absoluteLong, nil, ["absolute-timestamps", "timestamps"], .optional("FORMAT,PRECISION"), .format, "FORMAT: none, time, unix; PRECISION: s, ms, us, ns", values: ["none", "time", "unix", "s", "ms", "us", "ns"]),
        .init(.relative, "r", ["relative-timestamps"], .optional("PRECISION"), .format, "time since the line before", values: ["s", "ms", "us", "ns"]),
        .init(.callTimes, "T", ["syscall-times", "timing"], .optional("PRECISION"), .format, "time spent in each call", values: ["s", "ms", "us", "ns"]),
        .init(.hexShort, "x", [], .none, .format, "strings that are not ASCII in hexadecimal; -xx: all strings", needs: [.escapes]),
        .init(.hexLong, nil, ["strings-in-hex"], .optional("WHICH"), .format, "none, non-ascii-chars, non-ascii, all", values: ["none", "non-ascii-chars", "non-ascii", "all"], needs: [.escapes]),
        .init(.constants, "X", ["const-print-style"], .required("STYLE"), .format, "constants: raw, abbrev, verbose", values: ["raw", "abbrev", "verbose"]),
        .init(.instructionPointer, "i", ["instruction-pointer"], .none, .format, "show the instruction pointer", needs: [.instructionPointer]),
        .init(.syscallNumber, "n", ["syscall-number"], .none, .format, "show the number of each call"),
        .init(.argumentNames, "N", ["arg-names", "argument-names"], .none, .format, "show the names of arguments"),
        .init(.qualifier(.quiet), "q", ["quiet", "silent", "silence"], .optional("SET"), .format, "drop messages: attach, exit, path-resolution, personality, thread-execve; -q, -qq, -qqq: more and more", values: ["attach", "exit", "path-resolution", "personality", "thread-execve", "all", "none"]),
        .init(.color, nil, ["color"], .optional("WHEN"), .format, "colour: auto, always, never", values: ["auto", "always", "never"]),
        .init(.qualifier(.kvm), nil, ["kvm"], .required("vcpu[+]"), .format, "", values: [], needs: [.virtualCPUs]),
        .init(.qualifier(.namespace), nil, ["namespace"], .required("new"), .format, "", values: [], needs: [.enteredNamespaces]),
        .init(.qualifier(.secontext), nil, ["secontext"], .optional("FORMAT"), .format, "", values: [], refusal: "not supported by this build"),
        .init(.source, nil, ["source"], .optional("long"), .format, "show the line of the program's own source that led to each call; long: on a line of its own, with the function; -s without a number is the same", values: ["short", "long"], needs: [.source]),
        .init(.stackTrace, "k", ["stack-trace", "stack-traces"], .optional("HOW"), .format, "show the stack of each call; HOW: symbol, source; -kk: with lines of source, inlined functions too", values: ["symbol", "source"], needs: [.stacks]),
        .init(.stackTraceLimit, nil, ["stack-trace-frame-limit"], .required("N"), .format, "frames of a stack that are shown (256)", needs: [.stacks]),

        .init(.summaryOnly, "c", ["summary-only"], .none, .statistics, "count calls, errors and time, and show a table at the end"),
        .init(.summary, "C", ["summary"], .none, .statistics, "the table after the trace"),
        .init(.wallClock, "w", ["summary-wall-clock"], .none, .statistics, "the table counts wall-clock time"),
        .init(.cpuSummary, nil, ["summary-cpu"], .none, .statistics, "the table shows the time spent in the kernel", needs: [.systemTime]),
        .init(.sortBy, "S", ["summary-sort-by"], .required("COLUMN"), .statistics, "sort by time, min-time, max-time, avg-time, calls, errors, name or nothing", values: ["time", "min-time", "max-time", "avg-time", "calls", "errors", "name", "nothing"]),
        .init(.columns, "U", ["summary-columns"], .required("COLUMNS"), .statistics, "columns: time-percent, total-time, min-time, max-time, avg-time, calls, errors, name"),
        .init(.overhead, "O", ["summary-syscall-overhead"], .required("TIME"), .statistics, "time to subtract from each call"),
        .init(.statsExtended, nil, ["stats-extended"], .none, .statistics, "with -c or -C, mean, deviation and percentiles of the calls' times too"),
        .init(.groupBy, nil, ["group-by"], .required("WHAT"), .statistics, "what --stats-extended divides by besides the call: process, thread, file, errno", values: SummaryOptions.Grouping.allCases.map(\.rawValue), needs: [.groupedFiles]),
        .init(.live, nil, ["live"], .none, .statistics, "with -c, show the table every second too; on a terminal in place"),
        .init(.profile, nil, ["profile"], .none, .statistics, "with --flamegraph or --function-time, time that functions took on a CPU too, sampled \(CPUSampler.rate) times a second, so that working and waiting are one picture", needs: [.profile]),
        .init(.kernelStack, nil, ["kernel-stack"], .none, .statistics, "with --profile, sample what tasks do in the kernel too: its functions stand below calls, page faults beside them"),
        .init(.functionTime, nil, ["function-time"], .none, .statistics, "time in calls by the program's own functions, in place of the trace: own and inherited, slow I/O, hot paths, call graph", needs: [.functionTime]),
        .init(.flamegraph, nil, ["flamegraph"], .required("FILE"), .statistics, "draw the stacks that calls were made from, weighted by time, in place of the trace: FILE.svg, or FILE.folded as text", needs: [.flamegraph]),
        .init(.anomalyDetection, nil, ["anomaly-detection"], .none, .statistics, "tell of calls that take far longer than calls of their kind did just before, beyond the time they were asked to take, and report at the end; in place of the trace unless --trace or -C asks for it"),
        .init(.anomalyThreshold, nil, ["anomaly-threshold"], .required("N"), .statistics, "deviations above the median from which on a call is an anomaly (3): low; medium from twice, high from four times that"),
        .init(.anomalyWindow, nil, ["anomaly-window"], .required("N"), .statistics, "calls of a kind that the next is compared with (100)"),
        .init(.baseline, nil, ["baseline"], .required("FILE"), .statistics, "start --anomaly-detection with what FILE knows, if it is there, and keep there what is known at the end"),
        .init(.hpuAnalysis, nil, ["hpu-analysis"], .optional("KEY=N,..."), .statistics, "correlate rates and latencies of calls over windows of time and cluster calls by k-means; seed=N, clusters=N, windows=N; in place of the trace unless --trace or -C asks for it"),

        .init(.detector, nil, ["detector"], .required("NAME[,KEY=VALUE...]"), .detection, "look for what a detector knows and show its findings, in place of the trace unless --trace or -C asks for it; repeatable (see renacer plugins)", values: ["idle-waiter", "thrashing-seek", "pcie-bottleneck"], repeats: true),
        .init(.plugin, nil, ["plugin"], .required("FILE"), .detection, "load a plugin; its detectors run unless --detector names others; repeatable", repeats: true),
        .init(.pluginTime, nil, ["plugin-time"], .required("TIME"), .detection, "the longest that a plugin may take for a batch of events (2s); one that takes longer is disabled"),
        .init(.isolatePlugins, nil, ["isolate-plugins"], .none, .detection, "run each plugin in a process of its own: its crash is not renacer's"),

        .init(.assert, nil, ["assert"], .required("FILE"), .detection, "check what the [[assertion]] tables of FILE (TOML) say, and fail if it does not hold; in place of the trace unless --trace, -C or a sink asks for it; repeatable", repeats: true),
        .init(.assertReport, nil, ["assert-report"], .required("KIND[:DEST]"), .detection, "report of --assert as text, json or junit, to a file, - or '|CMD'; repeatable", values: ["text", "json", "junit"], repeats: true),

        .init(.qualifier(.inject), nil, ["inject"], .required("SET:ACTION..."), .tampering, "error=ERRNO or retval=VALUE, signal=SIG, syscall=CALL, delay_enter=TIME, delay_exit=TIME, poke_enter=@argN=HEX, poke_exit=@argN=HEX, when=FIRST[..LAST][+[STEP]]", needs: [.injection], repeats: true),
        .init(.qualifier(.fault), nil, ["fault"], .required("SET[:ACTION...]"), .tampering, "the same, with error=ENOSYS unless said otherwise", needs: [.injection], repeats: true),

        .init(.config, nil, ["config"], .required("FILE"), .miscellaneous, "what to trace and how to show it, from FILE, such as renacer.toml; flags win over it; 'renacer config' checks and writes such files"),
        .init(.debug, "d", ["debug"], .none, .miscellaneous, "say on stderr what renacer does"),
        .init(.help, "h", ["help"], .none, .miscellaneous, "show this help"),
        .init(.version, "V", ["version"], .none, .miscellaneous, "show the version"),
        .init(.tips, nil, ["tips"], .optional("ID,FORMAT"), .miscellaneous, "show a tip at the end"),
        .init(.oldFork, "F", [], .none, .miscellaneous, ""),
        .init(.completions, nil, ["completions"], .required("SHELL"), .miscellaneous, "", values: ["bash", "zsh", "fish"]),
    ]
}
