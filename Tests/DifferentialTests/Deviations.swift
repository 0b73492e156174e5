import Foundation

/// Where traces by the `bpf` and the `ptrace` backend differ although both are right: what one kernel interface
/// cannot tell, or what being stopped changes. `Docs/backends.md` explains each under the same name.
struct Deviation {
    let name: String
    let reason: String
    /// The programs it is about: corpus programs by name, commands as they are written.
    let programs: Set<String>
    /// What makes one task's lines, of either trace, comparable.
    let settle: @Sendable ([String]) -> [String]

    static let all: [Deviation] = [
        Deviation(
            name: "ignored signals interrupt traced calls",
            reason: "the kernel wakes a ptraced task for a signal that it ignores, and its call starts anew",
            programs: ["stops-and-continues"],
            settle: { lines in lines.filter { !$0.hasPrefix("wait4(") || !$0.hasSuffix(" = ? ERESTARTSYS (To be restarted if SA_RESTART is set)") } }),
        Deviation(
            name: "children end sooner",
            reason: "a ptraced child stops at its birth and lives longer than its parent takes to wait; untraced it may be gone by then",
            programs: [
                "fork-wait", "fork-tree", "vfork-exec", "fork-exec", "stops-and-continues", "sh -c 'echo a | cat | wc -c'",
                "sh -c 'cd / && ls >/dev/null && exit 3'", "sh -c '(exit 5); echo $?'",
                "sh -c 'for i in 1 2 3; do /bin/true; done'", "xargs -a /etc/hostname echo", "cc -fsyntax-only -x c /dev/null",
            ],
            settle: endsOfChildrenLast),
        Deviation(
            name: "threads run side by side",
            reason: "stopped in turn, a thread is always still there to be waited for; untraced it may have ended",
            programs: ["threads"],
            settle: { lines in lines.filter { line in !line.hasPrefix("futex(") || !waits.contains { line.contains($0) } } }),
    ]

    /// How a join waits, in words and as it is (`-e raw=`).
    private static let waits = [", FUTEX_WAIT_BITSET|FUTEX_CLOCK_REALTIME, ", ", 0x109, "]

    /// Puts what tells of a child's end behind the rest: the signal and the return from its handler, whose result is
    /// that of the call before.
    static func endsOfChildrenLast(_ lines: [String]) -> [String] {
        var rest: [String] = []
        var ends: [String] = []
        for (i, line) in lines.enumerated() {
            if line.hasPrefix("--- SIGCHLD ") {
                ends.append(line)
            } else if line.hasPrefix("rt_sigreturn("), i > 0, lines[i - 1].hasPrefix("--- SIGCHLD ") {
                ends.append(line.components(separatedBy: " = ")[0])
            } else {
                rest.append(line)
            }
        }
        return rest + ends
    }

    static func settle(_ tasks: [[String]], _ program: String) -> [[String]] {
        all.filter { $0.programs.contains(program) }.reduce(tasks) { tasks, deviation in tasks.map(deviation.settle) }
    }
}
