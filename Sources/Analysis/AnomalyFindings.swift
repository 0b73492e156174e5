import RenacerCore

// What an anomaly detector says.

extension AnomalyDetector {
    /// Of what nothing has told yet of a kind of call: the worst of it, and how many there are.
    func finding(_ series: CallSeries) -> Finding {
        let a = series.untold
        let severity: Finding.Severity = a.level == 2 ? .high : a.level == 1 ? .medium : .low
        let what = series.kind == .excess ? "\(Self.time(Double(a.value))) longer than it was asked to" : Self.time(Double(a.value))
        var finding = Finding(
            detector: "anomaly", rule: "slow-call", severity: severity, confidence: 1 - 0.5 * options.threshold / max(a.score, options.threshold),
            from: a.time - min(a.duration, a.time), to: a.time,
            title: "\(Self.title(severity)) anomaly: \(Self.name(series)) took \(what), \(Self.tenths(a.score)) deviations above its median of \(Self.time(Double(a.median)))")
        finding.tasks = [a.tid]
        finding.evidence = [
            .init("duration", .number(Double(a.duration) / 1000), unit: "us"),
            .init("median before", .number(Double(a.median) / 1000), unit: "us"),
            .init("deviation before", .number(a.deviation / 1000), unit: "us"),
            .init("deviations above", .number(a.score)),
        ]
        if series.kind == .excess {
            finding.evidence.append(.init("time asked for", .number(Double(a.requested) / 1000), unit: "us"))
            finding.evidence.append(.init("in excess", .number(Double(a.value) / 1000), unit: "us"))
        }
        if series.untoldCount > 1 { finding.evidence.append(.init("others since the last finding", .number(Double(series.untoldCount - 1)))) }
        return finding
    }

    private static func title(_ severity: Finding.Severity) -> String {
        switch severity {
        case .high: "High"
        case .medium: "Medium"
        case .low, .information: "Low"
        }
    }

    static func name(_ series: CallSeries) -> String {
        series.kind == .wait ? "\(series.key.name) (waiting)" : series.key.name
    }

    /// What the whole trace came to: always there, so that "no anomaly" is said and not guessed.
    func closingReport(_ account: Account) -> Finding {
        var judged: UInt64 = 0, unjudged: UInt64 = 0, excess: UInt64 = 0
        var low: UInt64 = 0, medium: UInt64 = 0, high: UInt64 = 0
        for s in table.all {
            judged += s.judged
            unjudged += s.unjudged
            if s.kind == .excess { excess += s.judged + s.unjudged }
            low += s.anomalies.0
            medium += s.anomalies.1
            high += s.anomalies.2
        }
        let all = low + medium + high
        let title = all == 0
            ? "No anomaly among \(judged) calls"
            : "\(all) \(all == 1 ? "anomaly" : "anomalies") among \(judged) calls: \(high) high, \(medium) medium, \(low) low"
        var report = Finding(detector: "anomaly", rule: "report", severity: .information, confidence: 1, from: first, to: last, title: title)
        report.isInconclusive = judged == 0
        report.evidence = [
            .init("anomalies", .number(Double(all))), .init("high", .number(Double(high))), .init("medium", .number(Double(medium))),
            .init("low", .number(Double(low))), .init("calls judged", .number(Double(judged))),
            .init("calls too few of their kind", .number(Double(unjudged))),
            .init("of them with a time that was asked for", .number(Double(excess))),
            .init("waits without end, not judged", .number(Double(waits))),
        ]
        if account.totalLost > 0 { report.evidence.append(.init("events lost", .number(Double(account.totalLost)))) }
        for s in table.all.filter({ $0.anomalyCount > 0 }).sorted(by: { ($0.worst.score, $1.key.name) > ($1.worst.score, $0.key.name) }) {
            let kind = s.kind == .excess ? " in excess" : ""
            report.evidence.append(
                .init(
                    Self.name(s),
                    .text(
                        "\(s.anomalyCount) of \(s.judged) (\(s.anomalies.2) high, \(s.anomalies.1) medium, \(s.anomalies.0) low), "
                            + "worst \(Self.time(Double(s.worst.value)))\(kind) at a median of \(Self.time(Double(s.worst.median))), thread \(s.worst.tid)")))
        }
        return report
    }

    /// `1.2`
    static func tenths(_ value: Double) -> String {
        let t = UInt64(min(max(value, 0) * 10, 1e15).rounded())
        return "\(t / 10).\(t % 10)"
    }

    /// Nanoseconds in the unit that leaves one to three digits before the point.
    static func time(_ ns: Double) -> String {
        if ns < 999.5 { return "\(UInt64(max(ns, 0).rounded())) ns" }
        if ns < 999_950 { return "\(tenths(ns / 1e3)) us" }
        if ns < 999_950_000 { return "\(tenths(ns / 1e6)) ms" }
        return "\(tenths(ns / 1e9)) s"
    }
}
