/// Which calls take longer than they did.
///
/// A value per run stands for each call's name, since calls of one run have too much in common to be a sample: what its fastest twentieth
/// took at most, which tells of the work where a disk or a busy machine makes the rest of it wait; the median; and the 95th percentile.
/// The ranks of the runs are tested, one-sided, with all that is tested taken into account, and the increase has to be one that matters.
struct TimingComparison {
    private(set) var differences: [Difference] = []
    private(set) var notes: [String] = []
    private(set) var sensitivities: [Sensitivity] = []

    /// Calls whose time says how long somebody else took, or how long was asked for.
    private static let waits: Set<String> = ["wait4", "waitid", "nanosleep", "clock_nanosleep", "pause", "rt_sigsuspend", "rt_sigtimedwait"]
    /// A share of all time in calls below which nothing is tested.
    private static let leastShare = 0.01
    /// Names that are tested at most: of more, each would need more runs.
    private static let mostNames = 16
    /// Calls of a run from which on its fastest, and its 95th percentile, say more than the median.
    private static let callsForFloor: UInt64 = 5, callsForTail: UInt64 = 20
    /// Of two samples that were taken at different times: the share of pairs of runs that has to agree. Machines drift, so that runs of
    /// one moment are alike and more of them make nothing surer; what drifts less than runs differ is kept out by this.
    private static let leastSuperiority = 0.85
    /// By how much the fastest calls vary where nothing changed.
    private static let floorTolerance = 0.05
    /// Calls that are this much shorter say nothing of how long another one has to take on a busy machine: what waits does not compute.
    private static let comparable = 0.1

    private struct Candidate {
        var name: String
        var percentile: String
        var tolerated: Double
        var before: [Double]
        var after: [Double]
        var background: [Double]
        var share: Double
        var objects: (before: [ObjectTime], after: [ObjectTime])
        /// Of this run's time less what all comparable calls became slower by.
        var corrected: [Double] { zip(after, background).map { $0 / $1 } }
    }

    init(_ times: TimeSamples, _ tolerance: Tolerance) {
        let golden = times.before, current = times.after
        var candidates = Self.candidates(times, tolerance)
        guard !candidates.isEmpty else { return }
        // What takes the most time is tested first: as much as this number of runs can tell.
        let least = RankTest.leastP(golden.runs, current.runs)
        candidates = Array(candidates.prefix(Int(min(times.significance / least, 1000))))
        guard !candidates.isEmpty else {
            notes.append("times were not tested: \(golden.runs) and \(current.runs) runs are too few to tell chance from change; --runs has more")
            return
        }
        let tests = candidates.map { RankTest($0.before, isExceededBy: $0.corrected) }
        let adjusted = RankTest.adjusted(tests.map(\.p))
        for (i, c) in candidates.enumerated() where adjusted[i] <= times.significance {
            if differences.contains(where: { $0.name == c.name }) { continue }
            var slow = Difference.Slowdown(
                percentile: c.percentile, before: Self.median(c.before), after: Self.median(c.after), background: Self.median(c.background),
                increase: Shift.ratio(c.before, c.corrected) - 1, superiority: tests[i].superiority, p: adjusted[i])
            // How much a call suffers on a machine that is slower is known only roughly.
            guard slow.increase > c.tolerated + slow.background - 1, slow.increase * slow.before >= Sensitivity.leastIncrease else { continue }
            if !times.isInTurns {
                guard slow.superiority >= Self.leastSuperiority else { continue }
                // A machine with more to do makes many calls wait, and leaves the fastest ones as they are.
                if !floorRose(c, candidates) {
                    notes.append("\(c.name): \(c.percentile) rose by \(Int((slow.increase * 100).rounded())) %, and its fastest calls take what they took: taken for a busier machine; --against OLDER-PROGRAM, which runs both by turns, tells more")
                    continue
                }
            }
            slow.objects = Self.worst(c.objects.before, c.objects.after)
            var d = Difference(.slowed)
            d.name = c.name
            d.source = slow.objects.first?.source ?? ""
            d.slowdown = slow
            differences.append(d)
        }
        judge(candidates, times)
        let now = Dictionary(current.timings.map { ($0.name, $0) }) { a, _ in a }
        let everything = times.isInTurns ? 1 : Self.median(Self.background(golden, now, of: nil, current.runs))
        if everything > 1 + tolerance.median {
            notes.append("all calls took \(Self.twoDigits(everything)) times as long: the machine had more to do, or is another one; only what slowed beyond that counts")
        }
    }

    private static func candidates(_ times: TimeSamples, _ tolerance: Tolerance) -> [Candidate] {
        let golden = times.before, current = times.after
        let now = Dictionary(current.timings.map { ($0.name, $0) }) { a, _ in a }
        let all = golden.timings.reduce(0.0) { waits.contains($1.name) ? $0 : $0 + mean($1.totals) }
        var result: [Candidate] = [], names = 0
        for timing in golden.timings where !waits.contains(timing.name) && mean(timing.totals) >= leastShare * all {
            guard names < mostNames, let new = now[timing.name] else { continue }
            names += 1
            let background = times.isInTurns ? Array(repeating: 1, count: new.medians.count) : background(golden, now, of: timing, current.runs)
            func add(_ percentile: String, _ tolerated: Double, _ value: (GoldenTiming) -> [UInt64]) {
                let before = value(timing).map { Double($0) }, after = value(new).map { Double($0) }
                guard !before.isEmpty, !after.isEmpty else { return }
                result.append(Candidate(
                    name: timing.name, percentile: percentile, tolerated: tolerated, before: before, after: after, background: background,
                    share: mean(timing.totals) / max(all, 1), objects: (timing.objects, new.objects)))
            }
            let calls = (timing.calls + new.calls).min() ?? 0
            add("P50", tolerance.median) { $0.medians }
            if calls >= callsForFloor { add("P5", tolerance.median) { $0.floors } }
            if calls >= callsForTail { add("P95", tolerance.tail) { $0.tails } }
        }
        return result
    }

    /// Whether the fastest calls of the same name are slower, too; so it is taken to be where they are not known.
    private func floorRose(_ c: Candidate, _ candidates: [Candidate]) -> Bool {
        guard c.percentile != "P5", let floor = candidates.first(where: { $0.name == c.name && $0.percentile == "P5" }) else { return true }
        return Shift.ratio(floor.before, floor.corrected) - 1 > min(c.tolerated, Self.floorTolerance)
    }

    /// What slowdown would have been seen of the calls that take the most time: the least of their percentiles.
    private mutating func judge(_ candidates: [Candidate], _ times: TimeSamples) {
        var names: [String] = []
        for c in candidates where !names.contains(c.name) && c.share >= Sensitivity.leastShare { names.append(c.name) }
        for name in names.prefix(Sensitivity.most) {
            sensitivities += candidates.filter { $0.name == name && $0.percentile != "P95" }
                .compactMap { c in
                    Sensitivity(
                        name, c.percentile, c.before, c.corrected, tolerated: c.tolerated, p: times.significance / Double(candidates.count),
                        superiority: times.isInTurns ? 0.5 : Self.leastSuperiority)
                }
                .min { $0.increase < $1.increase }.map { [$0] } ?? []
        }
        for s in sensitivities where s.isPoor && !differences.contains(where: { $0.name == s.name }) { notes.append(s.note(isInTurns: times.isInTurns)) }
    }

    /// By how much other calls are slower, run by run: the middle one of them; 1 if they are not.
    ///
    /// - Parameter timing: what is compared with others; nil for all calls.
    private static func background(_ golden: GoldenTrace, _ now: [String: GoldenTiming], of timing: GoldenTiming?, _ runs: Int) -> [Double] {
        let least = timing.map { comparable * median($0.medians.map { Double($0) }) } ?? 0
        return (0..<runs).map { run in
            let ratios = golden.timings.compactMap { t -> Double? in
                guard t.name != timing?.name, !waits.contains(t.name), let new = now[t.name], new.medians.indices.contains(run) else { return nil }
                let before = median(t.medians.map { Double($0) })
                return before > 0 && before >= least ? Double(new.medians[run]) / before : nil
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
