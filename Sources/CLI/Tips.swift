/// `--tips`: a piece of advice at the end.
struct Tips {
    enum Format: String { case none, compact, full }
    var format = Format.compact
    /// Which one; nil for any.
    var id: Int?

    private static let all: [(advice: String, example: String)] = [
        ("A narrow set of calls costs next to nothing: other calls do not stop the program.", "-f -e trace=openat,connect"),
        ("A program may be shown only where it touches a file, whatever the call.", "-P /etc/resolv.conf"),
        ("Errors alone often tell the story.", "-Z -f"),
        ("The table shows where the time went; sort it by errors to see what was in vain.", "-c -S errors"),
        ("Descriptors can be shown with the file, socket or device behind them.", "-yy"),
        ("A call can be made to fail, to see whether the program copes.", "-e inject=openat:error=EMFILE:when=3+"),
        ("With a file for each task, threads do not interrupt each other's lines.", "-ff -o trace"),
        ("The trace can go to a pager or a filter without touching the program's own output.", "-o '|grep ENOENT'"),
        ("A running program can be looked at and let go again with Ctrl-C.", "-f -p PID"),
        ("Data that were read or written can be dumped in full.", "-e write=1,2"),
    ]

    var text: String {
        if format == .none { return "" }
        let index = (id ?? Int.random(in: 0..<Self.all.count)) % Self.all.count
        let tip = Self.all[index]
        if format == .compact { return "Tip: \(tip.advice) (\(tip.example))\n" }
        return "\nTip \(index): \(tip.advice)\n    Try: \(tip.example)\n    More is in renacer(1).\n"
    }
}
