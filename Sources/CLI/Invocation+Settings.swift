import Glibc
import RenacerCore
import RenacerStraceText
import RenacerSummary
import RenacerSymbols

// Options weighed against each other, in the order in which strace complains.

extension Invocation {
    /// What the whole command line means.
    ///
    /// - Parameter command: the program and its arguments, empty if there is none.
    mutating func settings(for command: [String]) throws(UsageError) -> Settings {
        try checkForms()
        try checkTarget(command)
        resolvePaths()
        try checkCountedForms()
        try checkFollowing()
        try checkSummary()
        applyCounts()
        prepareRecording()
        combineOutput(command)
        try chooseSinks(command)
        noteIneffective()
        try checkLayout()
        try choosePlaces()
        if settings.profiles, !settings.needs.contains(.stacks) {
            throw UsageError("--profile must be given with --flamegraph or --function-time", help: true)
        }
        if settings.profilesKernel {
            if !settings.profiles { throw UsageError("--kernel-stack must be given with --profile", help: true) }
            if let reason = Symbolizer.kernelObstacle { throw UsageError("--kernel-stack: \(reason)") }
        }

        settings.plugins.tasksAreThere = purpose != .replay
        var plan = settings.pipeline.plan
        plan.followForks = follow > 0 || followLong
        let needs = settings.needs, decodes = needs.contains(.decoding)
        plan.instructionPointer = settings.text.instructionPointer && decodes
        plan.stacks = needs.contains(.places) && !settings.places.isEmpty || needs.contains(.stacks)
        // A stack is that of a call's beginning: an exec leaves nothing of it.
        plan.entered = plan.stacks || needs.contains(.entries) || settings.summary?.countsInFlight == true
        plan.ptrace.interruptible = interruptible ?? defaultInterruptible(command)
        plan.memory.isNeeded = decodes || needs.contains(.files) || !settings.pipeline.access.isEmpty
        plan.memory.stringLimit = settings.text.decoding.stringLimit
        plan.memory.verbose = settings.text.decoding.abbreviated.inverted()
        plan.memory.wholeBuffers = !settings.text.dumped.isEmpty
        if decodes { plan.memory.descriptors = settings.text.decoding.descriptors }
        if needs.contains(.files) || !settings.pipeline.access.paths.isEmpty { plan.memory.descriptors.insert(.path) }
        plan.commands = needs.contains(.commands) || decodes && (settings.text.commands || settings.text.decoding.commands)
        let decoding = settings.text.decoding
        plan.identities = decodes && (decoding.pidNamespaces || decoding.enteredNamespaces || decoding.commands)
        plan.signals = needs.contains(.signals) ? settings.text.signals : .none
        if let summary = settings.summary {
            plan.systemTime = !summary.wallClock || summary.columns.contains(.systemTime)
        } else if cpuSummary {
            // For the table of a replay.
            plan.systemTime = true
        }
        try applyProcessors(&plan)
        try widenForRecording(&plan)
        settings.narrowToPlugins(&plan)
        if !command.isEmpty { plan.target.launch = try launch(command) }
        passTraceContext(&plan)
        settings.pipeline.plan = plan
        settings.asStrace = asStrace
        settings.isQuiet = asStrace || quietCount > 0 || quietLong
        settings.text.program = program
        settings.text.shortReads = asStrace
        settings.text.calls = plan.selection
        settings.text.calls.isProvisional = settings.processors.contains(where: \.decidesAtEnd)
        settings.text.marksLateMemory = plan.memory.isLive
        // Of tasks that nobody named, every line has to tell which.
        if plan.target.scope != .named, settings.text.taskPrefix == .whenSeveral { settings.text.taskPrefix = .bracketAlways }
        return settings
    }

    /// Whether something is to be traced besides a program.
    var hasTarget: Bool { !settings.pipeline.plan.target.attach.isEmpty || settings.pipeline.plan.target.scope != .named }

    private static func together(_ a: String, _ b: String) -> UsageError {
        UsageError("\(a) and \(b) cannot be provided simultaneously")
    }

    /// A short form that counts and the long form that names a value exclude each other.
    private func checkForms() throws(UsageError) {
        if stackTrace > 2 { throw UsageError("Too many -k options") }
        if follow > 0 && followLong { throw Self.together("-f", "--follow-forks") }
        if follow > 1 && separately { throw Self.together("-ff", "--output-separately") }
        if daemonize > 0 && daemonizeLong { throw Self.together("-D", "--daemonize") }
    }

    private func checkCountedForms() throws(UsageError) {
        if quietCount > 0 && quietLong { throw Self.together("-q", "-e quiet/--quiet") }
        if absoluteCount > 0 && absoluteLong { throw Self.together("-t", "--absolute-timestamps") }
        if hexCount > 0 && hexLong { throw Self.together("-x", "--strings-in-hex") }
        if descriptorsCount > 0 && descriptorsLong { throw Self.together("-y", "--decode-fds") }
    }

    /// Paths are matched as given and, through symbolic links, as resolved.
    mutating func resolvePaths() {
        let tells = !settings.text.quiet.contains(.pathResolution) && quietCount < 3
        for path in paths {
            settings.pipeline.access.paths.append(path)
            guard let real = realpath(path, nil) else { continue }
            let resolved = String(cString: real)
            free(real)
            if resolved == path { continue }
            settings.pipeline.access.paths.append(resolved)
            if tells { note("Requested path \"\(path)\" resolved into \"\(resolved)\"") }
        }
    }

    private func checkTarget(_ command: [String]) throws(UsageError) {
        let plan = settings.pipeline.plan
        if command.isEmpty {
            if argv0 != nil { throw UsageError("PROG [ARGS] must be specified with --argv0", help: true) }
            if daemonize > 0 || daemonizeLong {
                throw UsageError("PROG [ARGS] must be specified with -D/--daemonize", help: true)
            }
            if !hasTarget, settings.recording == nil { throw UsageError("must have PROG [ARGS] or -p PID", help: true) }
        }
        if daemonize > 3 {
            throw UsageError("Too many -D's (\(daemonize)), maximum supported -D count is 3", help: true)
        }
        if plan.isExact && plan.target.scope != .named {
            throw UsageError("--exact and --all or --cgroup cannot be provided simultaneously: what waits for renacer may be what shows its output")
        }
        if plan.ptrace.killOnExit && !plan.target.attach.isEmpty {
            throw UsageError("--kill-on-exit and -p/--attach are mutually exclusive options")
        }
    }

    private mutating func checkFollowing() throws(UsageError) {
        if oldFork > 0 {
            if follow > 0 || followLong {
                note("deprecated option -F ignored")
            } else {
                note("option -F is deprecated, please use -f/--follow-forks instead")
                follow = 1
            }
        }
        if settings.pipeline.plan.ptrace.seccomp == .always {
            if follow == 0 && !followLong {
                note("--seccomp-bpf cannot be used without -f/--follow-forks, disabling")
                settings.pipeline.plan.ptrace.seccomp = .never
            } else if !settings.pipeline.plan.target.attach.isEmpty {
                note("--seccomp-bpf is not enabled for processes attached with -p")
            } else if settings.pipeline.plan.detachOnExecve {
                note("--seccomp-bpf is not enabled because it is not compatible with -b")
            } else if settings.pipeline.plan.syscallLimit != nil {
                note("--seccomp-bpf is not enabled because it is not compatible with --syscall-limit")
            } else if settings.pipeline.plan.duration != nil {
                note("--seccomp-bpf is not enabled because it is not compatible with --duration")
            }
        } else if asStrace && settings.pipeline.plan.ptrace.seccomp == .automatic {
            // strace installs a filter on demand only.
            settings.pipeline.plan.ptrace.seccomp = .never
        }
        if follow > 1 { separately = true }
    }

    private mutating func checkSummary() throws(UsageError) {
        let either = "(-c/--summary-only or -C/--summary)"
        if summaryOnly && summaryToo {
            throw UsageError("-c/--summary-only and -C/--summary are mutually exclusive", help: true)
        }
        let summarizes = summaryOnly || summaryToo || sinks.contains { $0.kind.name == "summary" }
        if summarizes && separately {
            throw UsageError("\(either) and -ff/--output-separately are mutually exclusive", help: true)
        }
        if !summarizes {
            if wallClock { throw UsageError("-w/--summary-wall-clock must be given with \(either)", help: true) }
            if columns != nil { throw UsageError("-U/--summary-columns must be given with \(either)", help: true) }
            if cpuSummary, purpose != .record { throw UsageError("--summary-cpu must be given with \(either)", help: true) }
        }
        if !summarizes, statsExtended { throw UsageError("--stats-extended must be given with \(either)", help: true) }
        if groupBy != nil, !statsExtended { throw UsageError("--group-by must be given with --stats-extended", help: true) }
        if live && !summaryOnly { throw UsageError("--live must be given with -c/--summary-only", help: true) }
        if let output, let c = output.first, c == "|" || c == "!", separately {
            throw UsageError("piping the output and -ff/--output-separately are mutually exclusive", help: true)
        }
        guard summarizes else { return }
        var options = SummaryOptions()
        options.wallClock = wallClock || !asStrace
        options.countsInFlight = !asStrace
        if let columns { options.columns = columns }
        if cpuSummary, let at = options.columns.firstIndex(of: .totalTime) {
            options.columns.insert(.systemTime, at: at + 1)
        } else if cpuSummary {
            options.columns.insert(.systemTime, at: 0)
        }
        if let sortBy { options.sort = sortBy }
        if let overhead { options.overhead = overhead }
        settings.summary = options
        settings.isLive = live
    }

    /// `-t`, `-x`, `-y`, `-q` by how often they were given.
    private mutating func applyCounts() {
        switch absoluteCount {
        case 0: break
        case 1: timestamp = .init(format: .time, precision: .seconds)
        case 2: timestamp = .init(format: .time, precision: .microseconds)
        default: timestamp = .init(format: .unix, precision: .microseconds)
        }
        let format = timestamp.format ?? (absoluteLong ? .time : .none)
        if format != .none {
            settings.text.absolute = .init(unix: format == .unix, precision: timestamp.precision)
        }
        if hexCount > 0 { settings.text.escaping = hexCount == 1 ? .nonASCII : .all }
        if descriptorsCount > 0 { settings.text.decoding.descriptors = descriptorsCount == 1 ? .path : .all }
        switch quietCount {
        case 0: break
        case 1: settings.text.quiet = [.attach, .personality]
        case 2: settings.text.quiet = [.attach, .personality, .exit]
        default: settings.text.quiet = Self.everyMessage
        }
    }

    private mutating func combineOutput(_ command: [String]) {
        let plan = settings.pipeline.plan
        let follows = follow > 0 || followLong
        settings.pipeline.output.appends = append
        guard let output else { return }
        if output.first == "|" || output.first == "!" {
            settings.pipeline.output.destination = .command(String(output.dropFirst()))
        } else if separately {
            settings.pipeline.output.destination = .filePerTask(output)
        } else {
            settings.pipeline.output.destination = .file(output)
        }
        let always = settings.text.taskPrefix == .bracketAlways
        if separately {
            settings.text.taskPrefix = .never
        } else if follows || always || plan.target.attach.count > 1
            || !plan.target.attach.isEmpty && !command.isEmpty || plan.target.scope != .named {
            settings.text.taskPrefix = .numberAlways
        }
        if plan.target.attach.isEmpty && quietCount == 0 && !quietLong {
            settings.text.quiet.formUnion([.attach, .personality])
        }
    }

    private func defaultInterruptible(_ command: [String]) -> Int? {
        if daemonize > 0 || daemonizeLong { return 4 }
        // Whoever records stops it by a signal.
        if purpose == .record { return nil }
        return output != nil && !command.isEmpty && settings.pipeline.plan.target.attach.isEmpty ? 3 : nil
    }

    /// `-k` and `--source`, for the sinks that show them.
    private mutating func choosePlaces() throws(UsageError) {
        if summaryOnly { stackTrace = 0 }
        settings.text.stackTrace = stackTrace == 0 ? .none : stackTrace == 1 ? .symbols : .sources
        settings.text.inlinedFrames = !asStrace
        settings.places.source = settings.text.source != .none
        settings.places.stack = stackTrace > 0
        settings.places.lines = stackTrace > 1
        settings.places.frameLimit = settings.text.frameLimit
        let flag = stackTrace > 0 ? "-k/--stack-trace" : settings.text.source != .none ? "--source" : nil
        guard let flag, !summaryOnly, !settings.needs.contains(.places) else { return }
        let able = SinkRegistration.all.filter { $0.needs(SinkRequest($0, origin: "")).contains(.places) }.map(\.name)
        throw UsageError("\(flag) has no effect with \(settings.sinks.first?.origin ?? "these sinks"); \(able.joined(separator: " or ")) shows it")
    }

    /// Warns of options that change nothing.
    private mutating func noteIneffective() {
        let text = settings.text
        if summaryOnly {
            let useless: [(Bool, String)] = [
                (text.instructionPointer, "-i/--instruction-pointer"), (stackTrace > 0, "-k/--stack-trace"),
                (text.syscallNumbers, "-n/--syscall-number"), (text.argumentNames, "-N/--arg-names"),
                (text.relative != nil, "-r/--relative-timestamps"), (text.absolute != nil, "-t/--absolute-timestamps"),
                (text.callTime != nil, "-T/--syscall-times"), (!text.decoding.descriptors.isEmpty, "-y/--decode-fds"),
            ]
            for (given, option) in useless where given {
                note("\(option) has no effect with -c/--summary-only")
            }
        }
        if statusOption > 1 {
            note("Only the last of -z/--successful-only/-Z/--failed-only options will take effect. "
                + "See status qualifier for more complex filters.")
        }
        if output == nil {
            if separately && follow == 0 && !followLong { note("--output-separately has no effect without -o/--output") }
            if append { note("-A/--output-append-mode has no effect without -o/--output") }
        }
        if sortBy != nil && settings.summary == nil {
            note("-S/--summary-sort-by has no effect without (-c/--summary-only or -C/--summary)")
        }
        if stackTraceLimit && stackTrace == 0 && !settings.needs.contains(.stacks) {
            note("--stack-trace-frame-limit has no effect without -k/--stack-trace")
        }
    }

    private mutating func note(_ line: String) { settings.notices.append(line) }
}
