/// What a program does otherwise than its golden trace says.
public struct GoldenComparison {
    public private(set) var differences: [Difference] = []
    /// What there is to know besides.
    public private(set) var notes: [String] = []
    /// How much slower the calls that take the most time would have to be to be told.
    public private(set) var sensitivities: [Sensitivity] = []
    /// Those of `notes` that the times are said by.
    private var timeNotes: [String] = []
    private let texts: TextTable
    private let tolerance: Tolerance
    private static let mostExamples = 3

    /// Whether the program is as it was.
    public var isSame: Bool { differences.allSatisfy(\.isTolerated) }

    /// - Parameter texts: that of both traces.
    /// - Parameter times: what times are compared of; nil for those of the two, which are not run again.
    public init(_ golden: GoldenTrace, _ current: GoldenTrace, _ tolerance: Tolerance, _ texts: TextTable, times: TimeSamples? = nil) {
        self.texts = texts
        self.tolerance = tolerance
        compareEndings(golden, current)
        compareTasks(golden, current)
        compareTimes(times ?? TimeSamples(golden, current, significance: TimeSamples.once))
        tolerateFew(golden)
    }

    /// Whether something looks slow, and should be run again before it is told.
    public var looksSlow: Bool { differences.contains { $0.kind == .slowed } }

    /// Tells what is slow from a second look at it and all runs together.
    ///
    /// - Parameter times: those of the first look.
    /// - Parameter again: those of the second one; of runs by turns, both programs'.
    public mutating func lookAgain(_ times: TimeSamples, _ again: TimeSamples) {
        var all = times
        all.after = times.after.withTimes(of: again.after)
        if times.isInTurns { all.before = times.before.withTimes(of: again.before) }
        all.significance = TimeSamples.secondLook
        let found = TimingComparison(all, tolerance)
        // A moment that was busy is none the second time. Of runs by turns there are no such moments.
        let second = times.isInTurns ? found : TimingComparison(again, tolerance)
        differences.removeAll { $0.kind == .slowed }
        differences += found.differences.filter { d in second.differences.contains { $0.name == d.name } }
        notes.removeAll { timeNotes.contains($0) }
        notes += found.notes
        sensitivities = found.sensitivities
    }

    private mutating func compareTimes(_ times: TimeSamples) {
        if !times.before.backend.isEmpty, !times.after.backend.isEmpty, times.before.backend != times.after.backend {
            notes.append("times were not compared: those of \(times.before.backend) are not those of \(times.after.backend)")
            return
        }
        let timing = TimingComparison(times, tolerance)
        differences += timing.differences
        notes += timing.notes
        timeNotes = timing.notes
        sensitivities = timing.sensitivities
    }

    private mutating func compareEndings(_ golden: GoldenTrace, _ current: GoldenTrace) {
        for ending in current.endings where !golden.endings.contains(ending) {
            var d = Difference(.ended)
            d.endings = (golden.endings.joined(separator: " or "), ending)
            differences.append(d)
        }
    }

    // MARK: Tasks

    private mutating func compareTasks(_ golden: GoldenTrace, _ current: GoldenTrace) {
        let (before, after) = Self.harmonized(golden.tasks, current.tasks, golden.runs, current.runs)
        let now = Dictionary(after.map { ($0.label, $0) }) { a, _ in a }
        var known: Set<String> = []
        for task in before {
            known.insert(task.label)
            compare(task, golden.runs, now[task.label] ?? GoldenTask(label: task.label), current.runs)
        }
        for task in after where !known.contains(task.label) { compare(GoldenTask(label: task.label), golden.runs, task, current.runs) }
    }

    /// Threads that one of the traces only knows as a group are a group in both.
    private static func harmonized(
        _ a: [GoldenTask], _ b: [GoldenTask], _ aRuns: Int, _ bRuns: Int
    ) -> ([GoldenTask], [GoldenTask]) {
        var groups: Set<String> = []
        for task in a + b where task.label.hasSuffix("/threads") { groups.insert(GoldenTask.process(task.label)) }
        func grouped(_ tasks: [GoldenTask], _ runs: Int) -> [GoldenTask] {
            var result: [GoldenTask] = [], groupOf: [String: Int] = [:]
            for task in tasks {
                let process = GoldenTask.process(task.label)
                guard task.isThread, groups.contains(process) else {
                    result.append(task)
                    continue
                }
                let label = GoldenTrace.group(process)
                if groupOf[label] == nil {
                    groupOf[label] = result.count
                    var group = GoldenTask(label: label)
                    group.isOrdered = false
                    result.append(group)
                }
                if let at = groupOf[label] { result[at].counts = sum(result[at].counts, counts(task, runs)) }
            }
            return result
        }
        return (grouped(a, aRuns), grouped(b, bRuns))
    }

    /// How often each call was made, whatever the order.
    private static func counts(_ task: GoldenTask, _ runs: Int) -> [GoldenCount] {
        if !task.isOrdered { return task.counts }
        var places: [Int32: Int] = [:], result: [GoldenCount] = []
        for c in task.calls {
            let at = places[c.call.text] ?? result.count
            if at == result.count {
                places[c.call.text] = at
                result.append(GoldenCount(call: c.call, least: 0, most: 0))
            }
            result[at].most += 1
            if c.seen == runs { result[at].least += 1 }
        }
        return result
    }

    private static func sum(_ a: [GoldenCount], _ b: [GoldenCount]) -> [GoldenCount] {
        var result = a, places: [Int32: Int] = [:]
        for (i, c) in a.enumerated() { places[c.call.text] = i }
        for c in b {
            if let at = places[c.call.text] {
                result[at].least += c.least
                result[at].most += c.most
            } else {
                result.append(c)
            }
        }
        return result
    }

    private mutating func compare(_ golden: GoldenTask, _ goldenRuns: Int, _ current: GoldenTask, _ currentRuns: Int) {
        if golden.isOrdered, current.isOrdered {
            // What only a minority of runs did is noise.
            let done = current.calls.filter { $0.seen * 2 > currentRuns }
            let required = golden.calls.filter { $0.seen == goldenRuns }
            if let alignment = Alignment(required.map(\.call.text), done.map(\.call.text)) {
                return compareOrdered(golden, required, goldenRuns, done, alignment)
            }
        }
        compareCounts(golden.label, Self.counts(golden, goldenRuns), Self.counts(current, currentRuns))
    }

    /// - Parameter required: what every run of the golden trace did.
    private mutating func compareOrdered(_ golden: GoldenTask, _ required: [GoldenCall], _ runs: Int, _ done: [GoldenCall], _ alignment: Alignment) {
        struct Place { var call: CanonicalCall; var after: String? }
        var lost: [Place] = [], new: [Place] = []
        // What some runs of the golden trace did somewhere may be done elsewhere.
        var spare: [Int32: Int] = [:]
        for c in golden.calls where c.seen < runs { spare[c.call.text, default: 0] += 1 }
        var a = 0, b = 0
        for (x, y) in alignment.pairs + [(required.count, done.count)] {
            for i in a..<x {
                lost.append(Place(call: required[i].call, after: i > 0 ? texts[required[i - 1].call.text] : nil))
            }
            for i in b..<y {
                let text = done[i].call.text
                if let n = spare[text], n > 0 {
                    spare[text] = n - 1
                } else {
                    new.append(Place(call: done[i].call, after: i > 0 ? texts[done[i - 1].call.text] : nil))
                }
            }
            (a, b) = (x + 1, y + 1)
        }
        // The same call at another place has moved.
        var lostByText: [Int32: [Int]] = [:]
        for i in lost.indices.reversed() { lostByText[lost[i].call.text, default: []].append(i) }
        var found: Set<Int> = []
        for place in new {
            if let former = lostByText[place.call.text]?.popLast() {
                found.insert(former)
                add(.moved, golden.label, place.call, .init(texts[place.call.text], after: place.after, formerly: lost[former].after ?? "the beginning"), 1)
            } else {
                add(.appeared, golden.label, place.call, .init(texts[place.call.text], after: place.after), 1)
            }
        }
        for i in lost.indices where !found.contains(i) {
            add(.vanished, golden.label, lost[i].call, .init(texts[lost[i].call.text], after: lost[i].after), 1)
        }
    }

    private mutating func compareCounts(_ label: String, _ golden: [GoldenCount], _ current: [GoldenCount]) {
        let before = Dictionary(golden.map { ($0.call.text, $0) }) { a, _ in a }
        let after = Dictionary(current.map { ($0.call.text, $0) }) { a, _ in a }
        for c in current {
            let known = before[c.call.text]
            // What varied may vary as much again.
            let most = (known?.most ?? 0) + (known.map { $0.most - $0.least } ?? 0)
            if c.least > most { add(.appeared, label, c.call, .init(texts[c.call.text]), c.least - (known?.most ?? 0)) }
        }
        for c in golden {
            let most = after[c.call.text]?.most ?? 0
            if most < c.least - (c.most - c.least) { add(.vanished, label, c.call, .init(texts[c.call.text]), c.least - most) }
        }
    }

    /// Adds to the difference of the same kind, task, call and place, or begins one.
    private mutating func add(_ kind: Difference.Kind, _ label: String, _ call: CanonicalCall, _ example: Difference.Example, _ count: Int) {
        let name = String(texts[call.text].prefix { $0 != "(" }), source = texts[call.source]
        let same = differences.firstIndex { $0.kind == kind && $0.task == label && $0.name == name && $0.source == source }
        var d = same.map { differences[$0] } ?? Difference(kind)
        if same == nil { (d.task, d.name, d.source) = (label, name, source) }
        d.count += count
        if d.examples.count < Self.mostExamples { d.examples.append(example) }
        if let same { differences[same] = d } else { differences.append(d) }
    }

    /// Differences of a few calls among many, as far as that is tolerated.
    private mutating func tolerateFew(_ golden: GoldenTrace) {
        guard tolerance.calls > 0 else { return }
        var all: [String: Int] = [:], changed: [String: Int] = [:]
        for task in golden.tasks {
            for c in task.calls { all[String(texts[c.call.text].prefix { $0 != "(" }), default: 0] += 1 }
            for c in task.counts { all[String(texts[c.call.text].prefix { $0 != "(" }), default: 0] += c.most }
        }
        for d in differences { changed[d.name, default: 0] += d.count }
        for i in differences.indices where [.appeared, .vanished, .moved].contains(differences[i].kind) {
            let name = differences[i].name
            differences[i].isTolerated = Double(changed[name] ?? 0) <= tolerance.calls * Double(all[name] ?? 0)
        }
    }
}
