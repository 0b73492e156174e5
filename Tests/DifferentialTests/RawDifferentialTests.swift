import Foundation
import Testing

/// What needs no memory of the program is the same whatever the backend: which calls, in which order in each
/// thread, their arguments as they are, their results, signals and ends.
@Suite(.timeLimit(.minutes(20)), .enabled(if: Tracers.refusalOfPerfEvents == nil, "\(Tracers.refusalOfPerfEvents ?? "")"))
struct RawDifferentialTests {
    private static let others = ["ptrace"] + (Tracers.refusalOfBPF == nil ? ["bpf"] : [])

    @Test(arguments: StraceDifferentialTests.corpus, others)
    func corpusProgramsMakeTheSameCalls(_ program: String, _ other: String) throws {
        try compare(program, [Tracers.corpus, program], other)
    }

    /// Of a pipe's processes the shell learns the ends now one by one, now together.
    @Test(arguments: StraceDifferentialTests.commands.filter { !$0.contains("|") }, others)
    func commandsMakeTheSameCalls(_ command: String, _ other: String) throws {
        try compare(command, ["/bin/sh", "-c", "exec " + command], other)
    }

    @Test(arguments: StraceDifferentialTests.corpus)
    func countsOfTheSummaryAgree(_ program: String) throws {
        try Comparison.expectEqualCounts {
            try (
                Tracers.counts(Tracers.asStrace, ["--backend", "ptrace", "-w"], program),
                Tracers.counts(Tracers.asStrace, ["--backend", "perf_event", "-w"], program)
            )
        }
    }

    private func compare(_ program: String, _ command: [String], _ other: String) throws {
        try Comparison.expectEqual { try (side(other, program, command), side("perf_event", program, command)) }
    }

    private func side(_ backend: String, _ program: String, _ command: [String]) throws -> Comparison.Side {
        var side = Comparison.Side(backend, try Tracers.trace(Tracers.asStrace, ["--backend", backend, "-e", "raw=all"], command))
        side.tasks = Deviation.settle(side.tasks, program).map { $0.map(Self.headOfSignal) }
        return side
    }

    /// Of a signal's siginfo perf events tell the number and the code.
    private static func headOfSignal(_ line: String) -> String {
        guard line.hasPrefix("--- SIG"), let code = line.range(of: ", si_code=") else { return line }
        let rest = line[code.upperBound...].prefix { $0 != "," && $0 != "}" }
        return line[..<code.upperBound] + rest + "} ---"
    }
}
