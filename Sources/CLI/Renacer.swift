import CLinux
import Glibc

@main
enum Renacer {
    // `main`, and top-level code, belong to the main actor. Closures in them make the linker add
    // Swift's concurrency runtime and Dispatch, which set themselves up at every start (0.1 ms).
    static func main() { start() }

    private static func start() -> Never {
        clinux_keep_standard_descriptors()
        let arguments = Self.arguments
        // Messages start with argv[0] as it is, or the file executed if there is none.
        let program = arguments.first.flatMap { $0.isEmpty ? nil : $0 }
            ?? clinux_executed_file().map { String(cString: $0) } ?? "renacer"
        do throws(UsageError) {
            try run(program, asStrace: program.hasSuffix("strace"), arguments)
        } catch {
            if !error.message.isEmpty { Message.print(error.message, program: program) }
            if error.suggestsHelp { Message.write("Try '\(program) -h' for more information.\n", to: 2) }
            exit(error.status)
        }
    }

    /// The words renacer was started with, its own name first.
    static var arguments: [String] {
        guard var next = clinux_arguments() else { return [] }
        var words: [String] = []
        while let word = next.pointee {
            words.append(String(cString: word))
            next += 1
        }
        return words
    }

    private static func run(_ program: String, asStrace: Bool, _ arguments: [String]) throws(UsageError) -> Never {
        if !asStrace, arguments.count > 1, let command = Subcommand.named(arguments[1]) {
            exit(try command.run(program, Array(arguments.dropFirst(2))))
        }
        try trace(program, asStrace: asStrace, arguments, .trace)
    }

    /// Does what options and a command say, and ends renacer as that ends.
    ///
    /// - Parameter arguments: `argv`: options start at the second.
    static func trace(
        _ program: String, asStrace: Bool = false, _ arguments: [String], _ purpose: Purpose
    ) throws(UsageError) -> Never {
        var invocation = Invocation(program: program, asStrace: asStrace)
        invocation.purpose = purpose
        let parser = OptionParser(asStrace: asStrace)
        func parse(_ handle: (GivenOption) throws(UsageError) -> Void) throws(UsageError) -> [String] {
            var command = try parser.parse(arguments, handle)
            // A recording may stand before, between and behind options.
            while purpose == .replay, let next = command.firstIndex(where: { $0.hasPrefix("-") && $0 != "-" }) {
                command = try Array(command[..<next]) + parser.parse([program] + command[next...], handle)
            }
            return command
        }
        var command = try parse { (given) throws(UsageError) in
            try purpose.admit(given)
            try invocation.apply(given)
            if invocation.isHelp {
                Message.write(Help.text(program: program, asStrace: asStrace), to: 1)
                exit(0)
            }
        }
        if let path = invocation.config {
            var given: [GivenOption] = []
            _ = try parse { (option) throws(UsageError) in given.append(option) }
            let file = try ConfigurationFile.read(path, for: invocation)
            invocation = try file.invocation(invocation, given)
            if command.isEmpty { command = file.command }
        }
        if invocation.isVersion {
            Message.write(Help.version, to: 1)
            exit(0)
        }
        if let shell = invocation.completions {
            guard let script = Completions.script(for: shell) else {
                throw UsageError("invalid --completions argument: '\(shell)'", help: true)
            }
            Message.write(script, to: 1)
            exit(0)
        }
        if let tips = invocation.settings.tips, tips.format != .none, command.isEmpty, !invocation.hasTarget {
            Message.write(tips.text, to: 2)
            exit(0)
        }
        var settings: Settings
        do throws(UsageError) {
            if purpose == .replay { try invocation.openRecording(command) }
            settings = try invocation.settings(for: purpose == .replay ? [] : command)
            if let recording = settings.recording {
                try invocation.checkOutputs(recording)
                settings.notices += invocation.describe(recording)
            }
        } catch {
            for line in invocation.settings.notices { Message.print(line, program: program) }
            throw error
        }
        for line in settings.notices { Message.print(line, program: program) }
        var run = Run(program: program, asStrace: asStrace, settings: settings)
        let end = try run()
        if let tips = settings.tips { Message.write(tips.text, to: 2) }
        switch end {
        case .exit(let status): exit(status)
        case .dieOf(let signal):
            // The program has dumped its core if it wanted to; renacer's is of no use.
            var none = rlimit()
            setrlimit(__rlimit_resource_t(UInt32(RLIMIT_CORE.rawValue)), &none)
            clinux_die_of(signal)
            exit(128 + signal)
        }
    }
}
