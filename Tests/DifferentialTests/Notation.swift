import Foundation

/// Where strace 7, whose notation renacer prints, differs from the strace of Debian 12
/// (6.1): lines of 6.1 are rewritten by these rules before they are compared.
struct Notation {
    let pattern: NSRegularExpression
    let replacement: String
    let reason: String

    private init?(_ pattern: String, _ replacement: String, _ reason: String) {
        guard let p = try? NSRegularExpression(pattern: pattern) else { return nil }
        self.pattern = p
        self.replacement = replacement
        self.reason = reason
    }

    static let rules: [Notation] = [
        Notation(
            #"rseq\((ADDRESS\d+|0x[0-9a-f]+), 0x20, 0, "#,
            "rseq({cpu_id_start=0, cpu_id=RSEQ_CPU_ID_UNINITIALIZED, rseq_cs=NULL, flags=0, node_id=0, mm_cid=0, slice_ctrl={request=0, granted=0, __reserved=0}, __reserved=0}, 32, 0, ",
            "6.1 does not decode struct rseq"),
        Notation(#"(, \[\d+)\] => \[(\d+\],)"#, "$1 => $2", "sendfile's offset changes inside its brackets"),
        Notation(#"^(sched_\w+param\(\d+, |sched_setscheduler\(\d+, \w+, )\[(\d+)\]"#, "$1{sched_priority=$2}", "struct sched_param has its field's name"),
        Notation(#"data=\{u32=7, u64=7\}"#, "data=0x7", "epoll data is one number"),
        Notation(#"rt_sigpending\(\[USR1 CONT\]"#, "rt_sigpending([USR1]", "6.1 starts programs with SIGSTOP and SIGCONT"),
    ].compactMap { $0 }

    static func modernise(_ line: String) -> String {
        rules.reduce(line) { s, rule in
            rule.pattern.stringByReplacingMatches(in: s, range: NSRange(s.startIndex..., in: s), withTemplate: rule.replacement)
        }
    }
}
