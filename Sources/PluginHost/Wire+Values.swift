import RenacerCore

// What crosses between renacer and a process for plugins.

extension Wire {
    func put(_ f: Finding) {
        for s in [f.detector, f.rule, f.title, f.reason, f.advice] { put(s) }
        put(UInt64(Finding.Severity.allCases.firstIndex(of: f.severity) ?? 0))
        put(f.confidence)
        put(f.isInconclusive)
        put(f.from)
        put(f.to)
        put(UInt64(f.tasks.count))
        for t in f.tasks { put(UInt64(UInt32(bitPattern: t))) }
        put(UInt64(f.evidence.count))
        for e in f.evidence {
            put(e.name)
            put(e.unit)
            switch e.value {
            case .number(let n):
                put(true)
                put(n)
            case .text(let s):
                put(false)
                put(s)
            }
        }
    }

    func finding() -> Finding {
        let detector = text(), rule = text(), title = text(), reason = text(), advice = text()
        let severity = Finding.Severity.allCases[Int(min(number(), 3))]
        let confidence = real(), isInconclusive = flag()
        var f = Finding(detector: detector, rule: rule, severity: severity, confidence: confidence, from: number(), to: number(), title: title)
        f.isInconclusive = isInconclusive
        f.reason = reason
        f.advice = advice
        for _ in 0..<count() { f.tasks.append(Int32(bitPattern: UInt32(truncatingIfNeeded: number()))) }
        for _ in 0..<count() {
            let name = text(), unit = text()
            f.evidence.append(.init(name, flag() ? .number(real()) : .text(text()), unit: unit))
        }
        return f
    }

    func put(_ c: Component) {
        put(UInt64(c.kind?.rawValue ?? 0))
        put(c.name)
        put(c.description)
        put(c.opensItsOutput)
        put(UInt64(c.options.count))
        for o in c.options {
            put(o.name)
            put(UInt64(o.kind.rawValue))
            put(o.defaultValue)
            put(o.help)
            put(o.minimum)
            put(o.maximum)
            put(o.choices.joined(separator: "|"))
        }
        put(UInt64(c.subscriptions.count))
        for s in c.subscriptions {
            put(UInt64(s.kinds))
            put(s.calls)
            put(UInt64(s.needs))
            put(s.given)
        }
        put(UInt64(c.rules.count))
        for r in c.rules { put(r) }
    }

    func component() -> Component {
        var c = Component(kind: Component.Kind(rawValue: UInt32(truncatingIfNeeded: number())), name: text(), description: text())
        c.opensItsOutput = flag()
        for _ in 0..<count() {
            c.options.append(ComponentOption(
                name: text(), kind: .init(rawValue: UInt32(truncatingIfNeeded: number())) ?? .text, defaultValue: text(), help: text(),
                minimum: real(), maximum: real(), choices: text().split(separator: "|").map(String.init)))
        }
        for _ in 0..<count() {
            let kinds = UInt32(truncatingIfNeeded: number()), calls = text(), needs = UInt32(truncatingIfNeeded: number()), given = text()
            // It was compiled where the plugin was loaded.
            let set = calls.isEmpty ? SyscallSet.none : (try? TraceExpression.compile(calls)) ?? .none
            c.subscriptions.append(.init(kinds: kinds, calls: calls, needs: needs, syscalls: set, given: given))
        }
        for _ in 0..<count() { c.rules.append(text()) }
        return c
    }
}
