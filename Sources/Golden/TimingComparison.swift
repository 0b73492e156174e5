/// Which calls take longer than in a golden trace.
///
/// A value per run stands for each call's name: its median, and its 95th percentile where there are enough calls. What everything
/// became slower by, as on a machine that has more to do, is taken off first. Then the ranks of the runs are tested, one-sided, with all
/// that is tested taken into account, and the increase has to be one that matters.
struct TimingComparison {
    private(set) var differences: [Difference] = []
    private(set) var notes: [String] = []

    /// Calls whose time says how long somebody else took, or how long was asked for.
    private static let waits: Set<String> = ["wait4", "waitid", "nanosleep", "clock_nanosleep", "pause", "rt_sigsuspend", "rt_sigtimedwait"]
    /// A share of all time in calls below which nothing is tested.
    private static let leastShare = 0.01
    /// Names that are tested at most: of more, each would need more runs.
    private static let mostNames = 16
    /// Calls of a run from which on their 95th percentile is one.
    private static let callsForTail: UInt64 = 20
    /// ns: stops and switches of a tracer are of this size.
    private static let leastIncrease = 10_000.0

    private struct Candidate {
        var name: String
        var percentile: String
        var tolerated: Double
        var before: [Double]
        var after: [Double]
        var background: [Double]
        var objects: (before: [ObjectTime], after: [ObjectTime])
    }

    init(_ golden: GoldenTrace, _ current: GoldenTrace, _ tolerance: Tolerance) {
        let now = Dictionary(current.timings.map { ($0.name, $0) }) { a, _ in a }
        let all = golden.timings.reduce(0.0) { $0 + Self.mean($1.totals) }
        var candidates: [Candidate] = []
        for timing in golden.timings where !Self.waits.contains(timing.name) && Self.mean(timing.totals) >= Self.leastShare * all {
            guard candidates.count < Self.mostNames, let new = now[timing.name] else { continue }
            let background = Self.background(golden, now, except: timing.name, current.runs)
            func candidate(_ percentile: String, _ tolerated: Double, _ value: (GoldenTiming) -> [UInt64]) -> Candidate {
                Candidate(
                    name: timing.name, percentile: percentile, tolerated: tolerated, before: value(timing).map { Double($0) },
                    after: value(new).map { Double($0) }, background: background, objects: (timing.objects, new.objects))
            }
            candidates.append(candidate("P50", tolerance.median) { $0.medians })
            if (timing.calls + new.calls).allSatisfy({ $0 >= Self.callsForTail }) { candidates.append(candidate("P95", tolerance.tail) { $0.tails }) }
        }
        guard !candidates.isEmpty else { return }
        let least = RankTest.leastP(golden.runs, current.runs) * Double(candidates.count)
        if least > Tolerance.significance {
            notes.append("times were not tested: \(golden.runs) and \(current.runs) runs are too few to tell chance from change; --runs has more")
            return
        }
        let tests = candidates.map { c in
            RankTest(c.before, isExceededBy: zip(c.after, c.background).map { $0 / $1 })
        }
        let adjusted = RankTest.adjusted(tests.map(\.p))
        for (i, c) in candidates.enumerated() where adjusted[i] <= Tolerance.significance {
            if differences.contains(where: { $0.name == c.name }) { continue }
            var slow = Difference.Slowdown(
                percentile: c.percentile, before: Self.median(c.before), after: Self.median(c.after), background: Self.median(c.background),
                superiority: tests[i].superiority, p: adjusted[i])
            guard slow.increase > c.tolerated, slow.after / slow.background - slow.before >= Self.leastIncrease else { continue }
            slow.objects = Self.worst(c.objects.before, c.objects.after)
            var d = Difference(.slowed)
            d.name = c.name
            d.source = slow.objects.first?.source ?? ""
            d.slowdown = slow
            differences.append(d)
        }
        let everything = Self.median(Self.background(golden, now, except: "", current.runs))
        if everything > 1 + tolerance.median {
            notes.append("all calls took \(Self.twoDigits(everything)) times as long: the machine had more to do, or is another one; only what slowed beyond that counts")
        }
    }

    /// By how much all other calls are slower, run by run: the middle one of them; 1 if they are not.
    private static func background(_ golden: GoldenTrace, _ now: [String: GoldenTiming], except name: String, _ runs: Int) -> [Double] {
        (0..<runs).map { run in
            let ratios = golden.timings.compactMap { t -> Double? in
                guard t.name != name, !waits.contains(t.name), let new = now[t.name], new.medians.indices.contains(run) else { return nil }
                let before = median(t.medians.map { Double($0) })
                return before > 0 ? Double(new.medians[run]) / before : nil
            }
            return ratios.count >= 3 ? max(1, median(ratios)) : 1
        }
    }

    /// What became slower by the most time, call by call.
    private static func worst(_ before: [ObjectTime], _ after: [ObjectTime]) -> [(object: String, source: String, before: UInt64, after: UInt64)] {
        let former = Dictionary(before.map { ($0.object, $0) }) { a, _ in a }
        func increase(_ o: ObjectTime) -> Double { (Double(o.mean) - Double(former[o.object]?.mean ?? 0)) * Double(o.calls) }
        return after.filter { increase($0) > 0 }.sorted { increase($0) > increase($1) }.prefix(3)
            .map { ($0.object, $0.source.isEmpty ? former[$0.object]?.source ?? "" : $0.source, former[$0.object]?.mean ?? 0, $0.mean) }
    }

    private static func mean(_ values: [UInt64]) -> Double { values.reduce(0.0) { $0 + Double($1) } / Double(max(values.count, 1)) }

    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard let last = sorted.last else { return 0 }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : middle == 0 ? last : (sorted[middle - 1] + sorted[middle]) / 2
    }

    static func twoDigits(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "?" }
        let hundredths = Int64((value * 100).rounded())
        let rest = abs(hundredths) % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
