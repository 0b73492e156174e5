import Glibc
import RenacerCore
import RenacerGolden

/// `renacer golden record|check|diff`: what a program does, kept to be compared with.
enum Golden {
    /// Exit statuses: the same, differs, could not be told.
    enum Status { static let same: Int32 = 0, differs: Int32 = 1, failed: Int32 = 2 }

    static let usage = """
        Usage: renacer golden record [-o FILE] [--runs=N] [OPTION]... [--] PROGRAM [ARGUMENT]...
           or: renacer golden record [-o FILE] [OPTION]... RECORDING...
           or: renacer golden check FILE [--runs=N] [--against=PROGRAM] [--tolerance=LIST]
                              [--format=KIND] [-o REPORT] [OPTION]... [[--] PROGRAM [ARGUMENT]... | RECORDING...]
           or: renacer golden diff FILE FILE [--tolerance=LIST] [--format=KIND] [-o REPORT]
        Keeps what a program does, and tells what it does otherwise. A recording ('renacer record -y') is a run
        that has been; diff takes recordings in place of golden traces, too.

          --runs=N            how often the program is run: 10 times by record, 5 by check
          --against=PROGRAM   an older build, run by turns with the program: times are compared
                              with its own, not with the golden trace's; 20 runs of each
          --tolerance=LIST    what is still the same: calls=N% (0), p50=N% (20), p95=N% (50)
          --format=KIND       of the report: text, json or github (workflow commands)
          -o FILE             where the golden trace (PROGRAM.golden) or the report is written
        Of the other options those that say what is traced: -f, -e trace=SET, -P, --backend, -s
        (lines of source), -E, -u, --inject ...; check uses those that the golden trace was made with.
        Exit status: 0 the same, 1 different, 2 it could not be told.

        """

    static func run(_ program: String, _ words: [String]) throws(UsageError) -> Int32 {
        let verb = words.first ?? ""
        if ["-h", "--help"].contains(verb) {
            Message.write(usage, to: 1)
            return 0
        }
        do throws(UsageError) {
            switch verb {
            case "record": return try GoldenRequest(program, .record, Array(words.dropFirst())).record()
            case "check": return try GoldenRequest(program, .check, Array(words.dropFirst())).check()
            case "diff": return try GoldenRequest(program, .diff, Array(words.dropFirst())).diff()
            default: throw UsageError("golden takes record, check or diff, not '\(verb)'; see 'renacer golden --help'; to trace a program of that name: renacer -- golden")
            }
        } catch {
            if !error.message.isEmpty { Message.print(error.message, program: program) }
            return Status.failed
        }
    }

    /// Options of `renacer golden` besides those of all traces.
    static let options: [Option] = [
        .init(.runs, nil, ["runs"], .required("N"), .statistics, "how often the program is run"),
        .init(.tolerance, nil, ["tolerance"], .required("LIST"), .statistics, "what is still the same: calls=N%, p50=N%, p95=N%"),
        .init(.against, nil, ["against"], .required("PROGRAM"), .statistics, "an older build, run by turns with the program: times are compared with its own"),
    ]

    static let verbs = ["record", "check", "diff"]

    /// All options that it takes.
    static var allOptions: [Option] {
        options + Option.all.filter { option in (try? admit(GivenOption(option: option, spelling: "", isLong: true, value: nil))) != nil }
    }

    /// Refuses options that say how a trace looks, or whom to trace besides a program.
    static func admit(_ given: GivenOption) throws(UsageError) {
        switch given.option.id {
        case .runs, .tolerance, .against, .output, .sinkFormat, .help, .follow, .backend, .ringSize, .environment, .user, .argv0, .seccomp, .noSeccomp, .placement,
            .tracePath, .expression, .debug, .exact, .qualifier(.trace), .qualifier(.inject), .qualifier(.fault), .qualifier(.traceFds):
            return
        case .source: return
        // `-s` alone asks for lines of source.
        case .stringLimit where given.value == nil: return
        default: throw UsageError("golden: \(given.spelling) would change nothing; see 'renacer golden --help'")
        }
    }
}

extension SinkRegistration {
    /// What `renacer golden` collects: no other command makes it.
    static let golden = SinkRegistration(
        name: "golden", help: "", place: .own("FILE"), needs: { _ in [.decoding, .entries, .places, .files] }, options: []
    ) { (context) throws(UsageError) in throw UsageError("golden: 'renacer golden' makes it") }
}
