import RenacerCore

/// Results of assertions as text, JSON or JUnit's XML.
public struct AssertionReport {
    private let results: [AssertionResult]

    public init(_ results: [AssertionResult]) { self.results = results }

    public func text(_ format: AssertionSink.Format) -> TextBuffer {
        let out = TextBuffer(capacity: 4096)
        switch format {
        case .text: text(out)
        case .json: json(out)
        case .junit: junit(out)
        }
        return out
    }

    private func count(_ status: AssertionResult.Status) -> Int { results.reduce(0) { $0 + ($1.status == status ? 1 : 0) } }

    private static func quantity(_ n: Double, _ unit: String) -> String { unit.hasPrefix("%") ? "\(Quantity.number(n))\(unit)" : "\(Quantity.number(n)) \(unit)" }

    // MARK: Text

    private func text(_ out: TextBuffer) {
        for r in results {
            switch r.status {
            case .skipped: continue
            case .passed:
                out.append("✅ Assertion '\(Self.printable(r.assertion.name))' passed: \(Self.printable(Self.verdict(r)))\n")
            case .failed, .warning:
                out.append(r.status == .failed ? "❌ Assertion '" : "⚠️ Assertion '")
                out.append(Self.printable(r.assertion.name))
                out.append(r.status == .failed ? "' FAILED\n" : "' VIOLATED (a warning only)\n")
                for line in Self.details(r) { out.append("   \(Self.printable(line))\n") }
                for finding in r.findings { out.append(finding) }
            }
        }
        let counts = [(count(.passed), "passed"), (count(.failed), "failed"), (count(.warning), "violated as a warning"), (count(.skipped), "not enabled")]
        out.append("\(results.count) assertion\(results.count == 1 ? "" : "s"): \(counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", "))\n")
    }

    /// What was measured, in a few words.
    private static func verdict(_ r: AssertionResult) -> String {
        guard let actual = r.actual, let budget = r.budget else { return r.note }
        let note = r.note.isEmpty ? "" : " (\(r.note))"
        if budget == 0 { return "none\(note)" }
        return budget >= 1e18 ? quantity(actual, r.unit) + note : "\(Quantity.number(actual)) of \(quantity(budget, r.unit))\(note)"
    }

    private static func details(_ r: AssertionResult) -> [String] {
        var lines: [String] = []
        if let actual = r.actual { lines.append("Actual: \(quantity(actual, r.unit))") }
        if let budget = r.budget { lines.append("\(r.isLowerLimit ? "Least" : "Budget"): \(quantity(budget, r.unit))") }
        if let difference = r.difference { lines.append("\(r.isLowerLimit ? "Difference" : "Regression"): \(difference > 0 ? "+" : "")\(Quantity.number(difference.rounded()))%") }
        if !r.note.isEmpty { lines.append(r.note) }
        return lines + r.evidence
    }

    /// Without what would move a terminal's cursor.
    private static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f }))
    }

    // MARK: JSON

    private func json(_ out: TextBuffer) {
        out.append("{\"format\":\"renacer-assertions-v1\",\"passed\":\(count(.failed) == 0),\"assertions\":[")
        for (i, r) in results.enumerated() {
            out.append(i > 0 ? ",\n{" : "\n{")
            out.append("\"name\":")
            out.json(r.assertion.name)
            out.append(",\"type\":")
            out.json(r.assertion.type)
            out.append(",\"file\":")
            out.json(r.assertion.file)
            out.append(",\"line\":\(r.assertion.line),\"status\":\"\(r.status.rawValue)\",\"fail_on_violation\":\(r.assertion.failsOnViolation)")
            number("actual", r.actual, out)
            number(r.isLowerLimit ? "least" : "budget", r.budget, out)
            if r.actual != nil {
                out.append(",\"unit\":")
                out.json(r.unit)
            }
            number("difference_percent", r.difference, out)
            if !r.note.isEmpty {
                out.append(",\"note\":")
                out.json(r.note)
            }
            list("evidence", r.evidence, out)
            list("findings", r.findings.map { "\($0.detector)/\($0.rule): \($0.title)" }, out)
            out.append("}")
        }
        out.append("\n]}\n")
    }

    private func number(_ key: String, _ n: Double?, _ out: TextBuffer) {
        guard let n, n.isFinite, n.magnitude < 1e18 else { return }
        out.append(",\"\(key)\":\(Quantity.number(n))")
    }

    private func list(_ key: String, _ lines: [String], _ out: TextBuffer) {
        guard !lines.isEmpty else { return }
        out.append(",\"\(key)\":[")
        for (i, line) in lines.enumerated() {
            if i > 0 { out.ascii(",") }
            out.json(line)
        }
        out.append("]")
    }

    // MARK: JUnit

    private func junit(_ out: TextBuffer) {
        out.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
        let file = results.first?.assertion.file ?? ""
        out.append("<testsuites><testsuite name=\"\(Self.xml(file))\" tests=\"\(results.count)\" failures=\"\(count(.failed))\" skipped=\"\(count(.skipped))\" errors=\"0\">\n")
        for r in results {
            out.append("<testcase name=\"\(Self.xml(r.assertion.name))\" classname=\"renacer.\(r.assertion.type)\" file=\"\(Self.xml(r.assertion.file))\" line=\"\(r.assertion.line)\"")
            let lines = (Self.details(r) + r.findings.map { "\($0.title) (\($0.detector)/\($0.rule))" }).joined(separator: "\n")
            switch r.status {
            case .passed: out.append("/>\n")
            case .skipped: out.append("><skipped/></testcase>\n")
            case .warning: out.append("><system-out>warning: \(Self.xml(lines))</system-out></testcase>\n")
            case .failed: out.append("><failure message=\"\(Self.xml(Self.details(r).prefix(3).joined(separator: ", ")))\">\(Self.xml(lines))</failure></testcase>\n")
            }
        }
        out.append("</testsuite></testsuites>\n")
    }

    /// What XML 1.0 cannot hold is left out.
    private static func xml(_ text: String) -> String {
        var out = ""
        for c in text.unicodeScalars {
            switch c {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "\n": out += "&#10;"
            case _ where c.value < 0x20 || c.value == 0x7f || c.value == 0xfffe || c.value == 0xffff: continue
            default: out.unicodeScalars.append(c)
            }
        }
        return out
    }
}
