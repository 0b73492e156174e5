import RenacerCore
import RenacerStraceText

// Flags that lay out strace's lines: where no sink writes any they would change nothing.

extension Invocation {
    /// Refuses what only lines of text show, if none are written.
    ///
    /// `-c` stands in place of the lines too, and has notes in place of this, as in strace.
    func checkLayout() throws(UsageError) {
        guard !summaryOnly, !settings.showsTrace, purpose == .trace || purpose == .replay else { return }
        let text = settings.text
        let times = ["json", "jsonl", "csv", "html", "otlp", "perfetto"]
        // Of some the sinks that say the same in their own way: it is in every trace of theirs.
        let flags: [(isGiven: Bool, name: String, shownBy: [String])] = [
            (text.column != TextOptions().column, "-a/--columns", []),
            (text.absolute != nil, "-t/--absolute-timestamps", []),
            (text.relative != nil, "-r/--relative-timestamps", []),
            (text.callTime != nil, "-T/--syscall-times", times),
            (text.escaping != .octal, "-x/--strings-in-hex", []),
            (text.syscallNumbers, "-n/--syscall-number", ["json", "jsonl", "csv", "otlp"]),
            (text.argumentNames, "-N/--arg-names", ["otlp", "perfetto"]),
            (text.taskPrefix == .bracketAlways, "--always-show-pid", times),
            (text.instructionPointer, "-i/--instruction-pointer", ["json", "jsonl", "otlp", "recording"]),
            (text.decoding.constants != .abbrev, "-X/--const-print-style", ["json", "jsonl", "csv", "html"]),
            (!text.dumped.reads.isEmpty, "-e read", ["recording"]),
            (!text.dumped.writes.isEmpty, "-e write", ["recording"]),
            (settings.color == .always, "--color=always", []),
        ]
        let chosen = settings.sinks.filter { !$0.isSummary }.map(\.kind.name)
        for flag in flags where flag.isGiven && !chosen.contains(where: flag.shownBy.contains) {
            let others = flag.shownBy.isEmpty ? "" : " or \(flag.shownBy.joined(separator: ", "))"
            throw UsageError("\(flag.name) has no effect with \(settings.sinks.first?.origin ?? "--assert"): leave it out, or add --sink strace\(others)")
        }
    }
}
