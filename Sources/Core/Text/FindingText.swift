// A finding as a person reads it, in every text output.

extension TextBuffer {
    /// Writes a finding: a headline, what was measured, why it matters and what to do.
    ///
    /// Control characters, which names of files may hold, are left out.
    public func append(_ finding: Finding) {
        append(finding.severity == .information || finding.isInconclusive ? "ℹ️ " : "⚠️ ")
        line(finding.title)
        append(" (confidence: ")
        decimal(UInt64(max(0, min(100, (finding.confidence * 100).rounded()))))
        append("%")
        if finding.isInconclusive { append(", inconclusive") }
        append(")\n")
        for e in finding.evidence {
            append("   ")
            line(e.name)
            append(": ")
            switch e.value {
            case .number(let n): number(n)
            case .text(let t): line(t)
            }
            if !e.unit.isEmpty {
                if e.unit != "%" { append(" ") }
                line(e.unit)
            }
            append("\n")
        }
        append("   Rule: ")
        line(finding.detector)
        append("/")
        line(finding.rule)
        append(", severity ")
        append(finding.severity.rawValue)
        append(", window ")
        number(Double(finding.to >= finding.from ? finding.to - finding.from : 0) / 1e6)
        append(" ms")
        if !finding.tasks.isEmpty {
            append(finding.tasks.count == 1 ? ", task " : ", tasks ")
            for (i, task) in finding.tasks.prefix(Self.shownTasks).enumerated() {
                if i > 0 { append(", ") }
                decimal(Int64(task))
            }
            if finding.tasks.count > Self.shownTasks { append(", ...") }
        }
        append("\n")
        if !finding.reason.isEmpty {
            append("   Why: ")
            line(finding.reason)
            append("\n")
        }
        if !finding.advice.isEmpty {
            append("   Recommendation: ")
            line(finding.advice)
            append("\n")
        }
    }

    private static let shownTasks = 16

    /// Whole numbers as such, others with two decimals.
    private func number(_ n: Double) {
        guard n.isFinite, n.magnitude < 1e18 else { append("unknown"); return }
        let hundredths = Int64((n * 100).rounded())
        if hundredths < 0 { ascii("-") }
        decimal(hundredths.magnitude / 100)
        guard hundredths % 100 != 0 else { return }
        ascii(".")
        decimal(hundredths.magnitude % 100, width: 2)
    }

    /// Text without what would move a terminal's cursor.
    private func line(_ s: String) {
        for b in s.utf8 where b >= 0x20 && b != 0x7f { byte(b) }
    }
}
