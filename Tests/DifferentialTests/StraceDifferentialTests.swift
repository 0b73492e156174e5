import Foundation
import Testing

/// What renacer prints for real programs is what strace prints for them.
@Suite(.timeLimit(.minutes(20))) struct StraceDifferentialTests {
    /// The programs of `Tests/Corpus/corpus.c`.
    static let corpus: [String] = ((try? Tracers.run([Tracers.corpus]))?.output ?? "").split(separator: "\n").map(String.init)

    @Test func theCorpusIsThere() { #expect(Self.corpus.count >= 40) }

    @Test(.enabled(if: Tracers.strace != nil, "strace is not installed"), arguments: corpus)
    func corpusProgramsPrintTheSameLines(_ program: String) throws {
        try compare([], [Tracers.corpus, program])
    }

    /// strace 6.1 itself dies of a call without a name in a summary.
    @Test(
        .enabled(if: Tracers.strace != nil, "strace is not installed"),
        arguments: corpus.filter { $0 != "unknown-calls" })
    func countsOfTheSummaryAgree(_ program: String) throws {
        let strace = try #require(Tracers.strace)
        try Comparison.expectEqualCounts {
            try (Tracers.counts(strace, [], program), Tracers.counts(Tracers.asStrace, [], program))
        }
    }

    static let commands: [String] = [
        "true", "false", "echo hello", "cat /etc/hostname", "ls /", "ls -l /etc/hostname", "pwd", "id -u", "uname -a",
        "wc -c /etc/passwd", "head -1 /etc/passwd", "sort /etc/passwd", "grep root /etc/passwd", "sed -n 1p /etc/passwd",
        "dd if=/dev/zero of=/dev/null bs=64 count=20 status=none", "sleep 0.01", "touch -r /etc/hostname /dev/null",
        "sh -c 'echo a | cat | wc -c'", "sh -c 'cd / && ls >/dev/null && exit 3'", "sh -c 'kill -TERM $$'",
        "sh -c '(exit 5); echo $?'", "sh -c 'for i in 1 2 3; do /bin/true; done'", "sh -c 'exec /bin/echo x'",
        "sh -c 'trap \"echo caught\" USR1; kill -USR1 $$; :'", "sh -c 'exec 3</etc/hostname; read x <&3; echo $x'",
        "nice -n 1 true", "env -i /bin/true", "find /etc/init.d -type f", "basename /a/b",
        "seq 3", "expr 1 + 1", "cut -d: -f1 /etc/passwd", "tr a b", "stat /etc", "readlink -f /proc/self/cwd",
"xargs -a /etc/hostname echo", "tail -n 1 /etc/passwd",
        "cc -fsyntax-only -x c /dev/null", "/usr/bin/python3 -S -c 'print(sum(range(10)))'",
    ]

    @Test(.enabled(if: Tracers.strace != nil, "strace is not installed"), arguments: commands)
    func commandsPrintTheSameLines(_ command: String) throws {
        try compare([], ["/bin/sh", "-c", "exec " + command])
    }

    private func compare(_ options: [String], _ command: [String]) throws {
        let strace = try #require(Tracers.strace)
        try Comparison.expectEqual {
            var theirs = try Tracers.trace(strace, options, command)
            theirs.tasks = theirs.tasks.map { (pid: $0.pid, lines: $0.lines.map(Notation.modernise)) }
            var sides = (Comparison.Side("strace", theirs), Comparison.Side("renacer", try Tracers.trace(Tracers.asStrace, options, command)))
            // Of a pipe's processes each ends when it likes, and the shell learns of it in the midst of anything.
            if command.last?.contains("|") == true {
                sides.0.tasks = sides.0.tasks.map(Deviation.endsOfChildrenLast)
                sides.1.tasks = sides.1.tasks.map(Deviation.endsOfChildrenLast)
            }
            return sides
        }
    }
}
