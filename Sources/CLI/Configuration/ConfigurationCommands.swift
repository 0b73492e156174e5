import RenacerConfiguration

/// `renacer config check FILE` and `renacer config show …`.
enum ConfigurationCommands {
    static func run(_ program: String, _ words: [String]) throws(UsageError) -> Int32 {
        switch words.first {
        case "check":
            guard words.count == 2 else { throw UsageError("config check takes a file: renacer config check renacer.toml") }
            return check(program, words[1])
        case "show":
            return try show(program, Array(words.dropFirst()))
        case let other:
            let what = other.map { "not '\($0)'; to trace a program of that name: renacer -- config" } ?? "which is missing"
            throw UsageError("config takes check FILE or show [OPTION]... [--] [PROGRAM [ARGUMENT]...], \(what)")
        }
    }

    /// Tells of everything that is wrong with a file.
    private static func check(_ program: String, _ path: String) -> Int32 {
        var problems = ConfigurationProblems(path)
        let empty = Invocation(program: program, asStrace: false)
        let file = ConfigurationFile.read(path, for: empty, &problems)
        if problems.isEmpty {
            do throws(UsageError) { try weigh(try file.invocation(empty, []), file.command) } catch {
                problems.add(error.message, at: nil)
            }
        }
        if problems.isEmpty {
            Message.write("\(path): nothing is wrong\n", to: 1)
            return 0
        }
        Message.write(problems.description + "\n", to: 2)
        return 1
    }

    /// What options come to together; without a target that of a program.
    private static func weigh(_ invocation: Invocation, _ command: [String]) throws(UsageError) {
        var invocation = invocation
        _ = try invocation.settings(for: command.isEmpty && !invocation.hasTarget ? ["true"] : command)
    }

    private static func show(_ program: String, _ words: [String]) throws(UsageError) -> Int32 {
        var invocation = Invocation(program: program, asStrace: false)
        var given: [GivenOption] = []
        var command = try OptionParser(asStrace: false).parse([program] + words) { (option) throws(UsageError) in
            if option.option.id != .config, option.option.key == nil, option.option.id != .sink, option.option.id != .detector, !option.option.long.isEmpty {
                throw UsageError("config show: \(option.spelling) is nothing that a file says")
            }
            try invocation.purpose.admit(option)
            try invocation.apply(option)
            given.append(option)
        }
        var options = given
        var processors: [TOMLTable] = [], assertions: [TOMLTable] = []
        if let path = invocation.config {
            let file = try ConfigurationFile.read(path, for: invocation)
            invocation = try file.invocation(invocation, given)
            options = file.remaining(given) + given
            processors = file.processors.map(\.table)
            assertions = file.assertionTables
            if command.isEmpty { command = file.command }
        }
        try invocation.resolveSinks()
        try weigh(invocation, command)
        Message.write(
            ConfigurationText.of(
                options: options, sinks: invocation.sinks.filter { !$0.isOption }, detectors: invocation.settings.plugins.detectors,
                processors: processors, assertions: assertions, command: command),
            to: 1)
        return 0
    }
}

extension SinkRequest {
    /// It stands for a flag that has a key of its own, such as `--otlp`.
    var isOption: Bool { !origin.hasPrefix("--sink ") && !origin.hasPrefix("[[sink]]") }
}
