import RenacerCore

/// A comparison as a person reads it, as JSON, and as GitHub's annotations.
public struct GoldenReport {
    private let comparison: GoldenComparison
    private let golden: GoldenTrace
    private let current: GoldenTrace
    private let name: String

    private let currentName: String

    /// - Parameter name: the golden trace's file.
    /// - Parameter currentName: what is compared with it: a command, or a recording.
    public init(_ comparison: GoldenComparison, _ golden: GoldenTrace, _ current: GoldenTrace, named name: String, _ currentName: String) {
        self.currentName = currentName
        self.comparison = comparison
        self.golden = golden
        self.current = current
        self.name = name
    }

    // MARK: Text

    public func text() -> TextBuffer {
        let out = TextBuffer(capacity: 4096)
        out.append(comparison.isSame ? "same" : "differs")
        out.append(": \(Self.printable(currentName)) and \(Self.printable(name)) (\(count(golden.runs, "run")) then, \(current.runs) now)\n")
        for d in comparison.differences { write(d, out) }
        for note in comparison.notes { out.append("note: \(note)\n") }
        return out
    }

    private func count(_ n: Int, _ what: String) -> String { "\(n) \(what)\(n == 1 ? "" : "s")" }

    private func write(_ d: Difference, _ out: TextBuffer) {
        out.append(d.isTolerated ? "tolerated: " : "")
        out.append(Self.printable(headline(d)))
        out.append("\n")
        for e in d.examples {
            out.append("    ")
            out.append(Self.printable(e.call))
            if let formerly = e.formerly { out.append(Self.printable("\n        was after \(formerly)\n        is after \(e.after ?? "the beginning")")) }
            else if let after = e.after { out.append(Self.printable("\n        after \(after)")) }
            out.append("\n")
        }
        if d.count > d.examples.count, !d.examples.isEmpty, d.examples.count > 1 || d.kind == .moved { out.append("    and \(d.count - d.examples.count) more\n") }
        guard let s = d.slowdown else { return }
        out.append("    \(s.percentile) \(Self.time(s.before)) then, \(Self.time(s.after)) now; \(Self.percent(s.superiority)) of all pairs of runs agree, p = \(Self.probability(s.p))\n")
        for o in s.objects {
            let before = o.before > 0 ? "\(Self.time(Double(o.before))) then, " : ""
            out.append(Self.printable("    \(o.object.isEmpty ? d.name : o.object): \(before)\(Self.time(Double(o.after))) now\(o.source.isEmpty ? "" : " [\(o.source)]")\n"))
        }
    }

    /// What happened, in a line.
    private func headline(_ d: Difference) -> String {
        let place = (d.task.isEmpty || d.task == "main" ? "" : " in \(d.task)") + (d.source.isEmpty ? "" : " [\(d.source)]")
        switch d.kind {
        case .appeared, .vanished, .moved: return "\(d.kind.rawValue): \(d.name)\(d.count > 1 ? ", \(d.count) times" : "")\(place)"
        case .slowed: return "slowed: \(d.name) by \(Self.percent(d.slowdown?.increase ?? 0))\(place)"
        case .ended: return "ended: \(d.endings?.actual ?? ""), not \(d.endings?.expected ?? "")"
        }
    }

    /// Line feeds stay, what else moves a cursor goes.
    private static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f || $0 == "\n" }))
    }

    private static func percent(_ share: Double) -> String { share.isFinite && abs(share) < 1e6 ? "\(Int((share * 100).rounded())) %" : "?" }

    private static func probability(_ p: Double) -> String {
        let thousandths = Int((p * 10_000).rounded(.up))
        return thousandths >= 10_000 ? "1" : "0." + String(repeating: "0", count: 4 - String(thousandths).count) + String(thousandths)
    }

    static func time(_ ns: Double) -> String {
        let units: [(Double, String)] = [(1e9, "s"), (1e6, "ms"), (1e3, "us")]
        guard let (size, unit) = units.first(where: { ns >= $0.0 }) else { return "\(Int(ns)) ns" }
        return "\(TimingComparison.twoDigits(ns / size)) \(unit)"
    }

    // MARK: JSON

    public func json() -> TextBuffer {
        let out = TextBuffer(capacity: 4096)
        func member(_ key: String, _ value: String, first: Bool = false) {
            if !first { out.ascii(",") }
            out.json(key)
            out.ascii(":")
            out.json(value)
        }
        out.append("{\"format\":\"renacer-golden-v1\",\"same\":\(comparison.isSame)")
        member("golden", name)
        out.append(",\"command\":[")
        for (i, word) in golden.command.enumerated() {
            if i > 0 { out.ascii(",") }
            out.json(word)
        }
        out.append("],\"runs\":{\"golden\":\(golden.runs),\"current\":\(current.runs)},\"differences\":[")
        for (i, d) in comparison.differences.enumerated() {
            out.append(i > 0 ? ",\n{" : "\n{")
            member("kind", d.kind.rawValue, first: true)
            if !d.task.isEmpty { member("task", d.task) }
            if !d.name.isEmpty { member("call", d.name) }
            if !d.source.isEmpty { member("source", d.source) }
            if d.count > 0 { out.append(",\"count\":\(d.count)") }
            out.append(",\"tolerated\":\(d.isTolerated)")
            if let endings = d.endings {
                member("expected", endings.expected)
                member("actual", endings.actual)
            }
            if !d.examples.isEmpty { examples(d.examples, out, member) }
            if let s = d.slowdown { slowdown(s, out, member) }
            out.append("}")
        }
        out.append(comparison.differences.isEmpty ? "],\"notes\":[" : "\n],\"notes\":[")
        for (i, note) in comparison.notes.enumerated() {
            if i > 0 { out.ascii(",") }
            out.json(note)
        }
        out.append("],\"detectable\":[")
        for (i, s) in comparison.sensitivities.enumerated() {
            out.append(i > 0 ? ",{" : "{")
            member("call", s.name, first: true)
            member("percentile", s.percentile)
            out.append(",\"spread\":\(s.spread),\"increase\":\(s.increase)}")
        }
        out.append("]}\n")
        return out
    }

    private func examples(_ all: [Difference.Example], _ out: TextBuffer, _ member: (String, String, Bool) -> Void) {
        out.append(",\"examples\":[")
        for (i, e) in all.enumerated() {
            out.append(i > 0 ? ",{" : "{")
            member("call", e.call, true)
            if let after = e.after { member("after", after, false) }
            if let formerly = e.formerly { member("was_after", formerly, false) }
            out.append("}")
        }
        out.append("]")
    }

    private func slowdown(_ s: Difference.Slowdown, _ out: TextBuffer, _ member: (String, String, Bool) -> Void) {
        member("percentile", s.percentile, false)
        out.append(",\"before_ns\":\(UInt64(s.before)),\"after_ns\":\(UInt64(s.after)),\"increase\":\(s.increase),\"background\":\(s.background)")
        out.append(",\"superiority\":\(s.superiority),\"p\":\(s.p),\"objects\":[")
        for (i, o) in s.objects.enumerated() {
            out.append(i > 0 ? ",{" : "{")
            member("object", o.object, true)
            if !o.source.isEmpty { member("source", o.source, false) }
            out.append(",\"before_ns\":\(o.before),\"after_ns\":\(o.after)}")
        }
        out.append("]")
    }

    // MARK: GitHub

    /// Workflow commands that GitHub shows beside the lines of source, and the text.
    public func gitHub() -> TextBuffer {
        let out = text()
        for d in comparison.differences {
            out.append(d.isTolerated ? "::warning " : "::error ")
            if let colon = d.source.lastIndex(of: ":"), let line = Int(d.source[d.source.index(after: colon)...]), line > 0 {
                out.append("file=\(Self.property(String(d.source[..<colon]))),line=\(line),")
            }
            out.append("title=\(Self.property("golden trace \(name)"))::")
            let what = ([headline(d)] + d.examples.map(\.call)).joined(separator: "\n")
            out.append(what.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A"))
            out.append("\n")
        }
        return out
    }

    private static func property(_ text: String) -> String {
        text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A").replacing(":", with: "%3A").replacing(",", with: "%2C")
    }
}
