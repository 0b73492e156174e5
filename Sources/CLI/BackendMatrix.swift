import RenacerCore

/// `renacer backends`: what each backend can do on this machine, and why not more.
enum BackendMatrix {
    static func run(_ words: [String]) throws(UsageError) -> Int32 {
        let format = try ReportFormat.parse(words, of: "backends")
        let backends = BackendRegistration.all.map { kind in
            var candidate = Planner.Candidate(kind.make())
            candidate.examine()
            return candidate
        } + [BackendRegistration.replay]
        Message.write(format == .json ? json(backends) : text(backends), to: 1)
        return 0
    }

    private static let width = 100

    private static func text(_ backends: [Planner.Candidate]) -> String {
        let nameWidth = Feature.allCases.reduce(0) { max($0, $1.rawValue.count) } + 2
        let cellWidth = 13
        var out = ""
        for b in backends {
            let cost = b.capabilities.cost
            var line = b.obstacle.map { "does not work here: \($0)" } ?? "works here"
            if b.obstacle == nil, cost != .unknown { line += "; starts in about \(time(cost.start)), adds about \(time(cost.call)) to a call" }
            out += Report.wrapped("\(b.name): \(line)", indent: 0, width: width)
        }
        out += "\n" + Report.padded("feature", nameWidth) + trimmed(backends.map { Report.padded($0.name, cellWidth) }.joined()) + "\n"
        for feature in Feature.allCases {
            let met = backends.map { $0.support(for: feature) }
            out += "\n" + Report.padded(feature.rawValue, nameWidth)
            out += trimmed(met.map { Report.padded($0.fidelity.rawValue, cellWidth) }.joined()) + "\n"
            out += Report.wrapped(feature.about, indent: 4, width: width)
            for (b, capability) in zip(backends, met) where !capability.reason.isEmpty && b.obstacle == nil {
                out += Report.wrapped("\(b.name): \(capability.reason)", indent: 4, width: width)
            }
        }
        return out
    }

    private static func trimmed(_ s: String) -> String {
        var s = Substring(s)
        while s.last == " " { s.removeLast() }
        return String(s)
    }

    private static func time(_ ns: UInt64) -> String {
        let (unit, name): (UInt64, String) = ns >= 1_000_000 ? (1_000_000, "ms") : ns >= 1000 ? (1000, "us") : (1, "ns")
        let tenths = ns / unit * 10 + ns % unit * 10 / unit
        return "\(tenths / 10)" + (tenths % 10 == 0 ? "" : ".\(tenths % 10)") + " \(name)"
    }

    private static func json(_ backends: [Planner.Candidate]) -> String {
        let rows = backends.map { b in
            let cost = b.capabilities.cost
            let figures = cost == .unknown ? "null" : "{\"start_ns\":\(cost.start),\"call_ns\":\(cost.call)}"
            return "{\"name\":\(Report.quoted(b.name)),\"works\":\(b.obstacle == nil),"
                + "\"obstacle\":\(b.obstacle.map(Report.quoted) ?? "null"),\"cost\":\(figures)}"
        }
        let features = Feature.allCases.map { feature in
            let support = backends.map { b in
                let met = b.support(for: feature)
                return "{\"backend\":\(Report.quoted(b.name)),\"fidelity\":\(Report.quoted(met.fidelity.rawValue)),"
                    + "\"reason\":\(Report.quoted(met.reason))}"
            }
            return "{\"name\":\(Report.quoted(feature.rawValue)),\"about\":\(Report.quoted(feature.about)),\"support\":\(Report.list(support))}"
        }
        return "{\"backends\":\(Report.list(rows)),\"features\":\(Report.list(features))}\n"
    }
}
