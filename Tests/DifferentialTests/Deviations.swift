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
            name: "a child's end against its parent's calls",
            reason: "stopped at its birth a child lives longer than its parent takes to wait for it; untraced it may be gone by then",
            programs: ["fork-wait", "fork-tree", "vfork-exec", "stops-and-continues"],
            settle: { lines in lines.filter { !$0.hasPrefix("--- SIGCHLD ") } + lines.filter { $0.hasPrefix("--- SIGCHLD ") } }),
    ]

    static func settle(_ tasks: [[String]], _ program: String) -> [[String]] {
        all.filter { $0.programs.contains(program) }.reduce(tasks) { tasks, deviation in tasks.map(deviation.settle) }
    }

    /// Programs whose traces differ for no good reason yet: all, since exec's arguments are not captured.
    static let pending = Set(StraceDifferentialTests.corpus + StraceDifferentialTests.commands)
}
