/// What a program does, as some runs of it showed: what every run did, and what only some did.
public struct GoldenTrace {
    /// The program and its arguments.
    public var command: [String] = []
    /// Options of the trace, as words of a command line.
    public var options: [String] = []
    /// The backend that the runs were traced with.
    public var backend = ""
    /// renacer's version.
    public var version = ""
    public var runs = 0
    /// How runs ended, each way once.
    public var endings: [String] = []
    /// Nanoseconds of each run.
    public var wallTimes: [UInt64] = []
    public var tasks: [GoldenTask] = []
    /// Times by name of the call, the most time first.
    public var timings: [GoldenTiming] = []

    public init() {}
}

/// A task, or the threads of a process that share their work in ever new ways.
public struct GoldenTask: Sendable, Equatable {
    public var label: String
    /// What it does, if that has an order; `counts` otherwise.
    public var calls: [GoldenCall] = []
    /// How often each call was made, in any order.
    public var counts: [GoldenCount] = []
    public var isOrdered = true

    public init(label: String) { self.label = label }

    /// The process that a label belongs to: that of a thread without `/thread#2`.
    static func process(_ label: String) -> String {
        guard let slash = label.lastIndex(of: "/"), label[slash...].hasPrefix("/thread") else { return label }
        return String(label[..<slash])
    }

    var isThread: Bool { Self.process(label) != label }
}

/// A place in what a task does.
public struct GoldenCall: Sendable, Equatable {
    public var call: CanonicalCall
    /// Runs that did it there.
    public var seen: Int

    public init(call: CanonicalCall, seen: Int) {
        self.call = call
        self.seen = seen
    }
}

/// How often a call was made in a run, at least and at most.
public struct GoldenCount: Sendable, Equatable {
    public var call: CanonicalCall
    public var least: Int
    public var most: Int

    public init(call: CanonicalCall, least: Int, most: Int) {
        self.call = call
        self.least = least
        self.most = most
    }
}

/// How long calls of one name took, run by run.
public struct GoldenTiming: Sendable, Equatable {
    /// Files and lines of source that are kept of a name.
    static let mostObjects = 8

    public var name: String
    /// A value for each run that made such a call: number of calls, ns in all, ns at P5, P50 and P95.
    public var calls: [UInt64] = []
    public var totals: [UInt64] = []
    /// Empty in a golden trace that is older than this.
    public var floors: [UInt64] = []
    public var medians: [UInt64] = []
    public var tails: [UInt64] = []
    /// What the calls were about, in the middle one of the runs.
    public var objects: [ObjectTime] = []

    public init(name: String) { self.name = name }
}

extension GoldenTrace {
    /// What some runs of one program have in common.
    ///
    /// - Parameter runs: at least one.
    public init(of runs: [TracedRun]) {
        self.runs = runs.count
        for run in runs where !endings.contains(run.ending) { endings.append(run.ending) }
        wallTimes = runs.map(\.wallTime)
        tasks = Self.tasks(of: runs)
        timings = Self.timings(of: runs)
    }

    // MARK: Tasks

    private static func tasks(of runs: [TracedRun]) -> [GoldenTask] {
        var labels: [String] = [], known: Set<String> = []
        for run in runs { for task in run.tasks where known.insert(task.label).inserted { labels.append(task.label) } }
        let byLabel = runs.map { run in Dictionary(run.tasks.map { ($0.label, $0.calls) }) { a, _ in a } }
        let all = labels.map { label in consensus(label, byLabel.map { $0[label] ?? [] }) }
        // Threads that share their work differ as a group if one of them differs.
        var groups: [String: [GoldenTask]] = [:]
        for task in all where task.isThread { groups[GoldenTask.process(task.label), default: []].append(task) }
        let unsteady = Set(groups.filter { $0.value.count > 1 && $0.value.contains { !isSteady($0, runs.count) } }.keys)
        var result: [GoldenTask] = [], done: Set<String> = []
        for task in all {
            let process = GoldenTask.process(task.label)
            if task.isThread, unsteady.contains(process) {
                guard done.insert(process).inserted, let members = groups[process] else { continue }
                let labels = Set(members.map(\.label))
                result.append(counted(group(process), runs.map { run in run.tasks.filter { labels.contains($0.label) }.flatMap(\.calls) }))
            } else {
                result.append(isSteady(task, runs.count, atLeast: 0.8) ? task : counted(task.label, byLabel.map { $0[task.label] ?? [] }))
            }
        }
        return result
    }

    static func group(_ process: String) -> String { process + "/threads" }

    /// Whether the share of calls that every run made at the same place is large.
    private static func isSteady(_ task: GoldenTask, _ runs: Int, atLeast share: Double = 1) -> Bool {
        if !task.isOrdered { return false }
        let steady = task.calls.reduce(0) { $0 + ($1.seen == runs ? 1 : 0) }
        return Double(steady) >= share * Double(task.calls.count)
    }

    /// Puts runs over each other: calls that belong together become one.
    private static func consensus(_ label: String, _ runs: [[CanonicalCall]]) -> GoldenTask {
        var task = GoldenTask(label: label)
        var merged: [GoldenCall] = []
        for (i, run) in runs.enumerated() {
            if i == 0 {
                merged = run.map { GoldenCall(call: $0, seen: 1) }
                continue
            }
            guard let alignment = Alignment(merged.map(\.call.text), run.map(\.text)) else { return counted(label, runs) }
            var next: [GoldenCall] = []
            next.reserveCapacity(merged.count)
            var a = 0, b = 0
            for (x, y) in alignment.pairs + [(merged.count, run.count)] {
                next += merged[a..<x]
                next += run[b..<y].map { GoldenCall(call: $0, seen: 1) }
                if x < merged.count {
                    var both = merged[x]
                    both.seen += 1
                    if both.call.source == 0 { both.call.source = run[y].source }
                    next.append(both)
                }
                (a, b) = (x + 1, y + 1)
            }
            merged = next
        }
        task.calls = merged
        return task
    }

    /// The same without order.
    private static func counted(_ label: String, _ runs: [[CanonicalCall]]) -> GoldenTask {
        var task = GoldenTask(label: label)
        task.isOrdered = false
        var order: [CanonicalCall] = [], counts: [Int32: [Int]] = [:]
        for (i, run) in runs.enumerated() {
            for call in run {
                if counts[call.text] == nil {
                    order.append(call)
                    counts[call.text] = Array(repeating: 0, count: runs.count)
                }
                counts[call.text]?[i] += 1
            }
        }
        task.counts = order.map { call in
            let all = counts[call.text] ?? []
            return GoldenCount(call: call, least: all.min() ?? 0, most: all.max() ?? 0)
        }
        return task
    }

    // MARK: Times

    private static func timings(of runs: [TracedRun]) -> [GoldenTiming] {
        var result: [GoldenTiming] = []
        for name in Set(runs.flatMap(\.times.keys)) {
            var timing = GoldenTiming(name: name)
            let all = runs.compactMap { $0.times[name] }
            for times in all {
                timing.calls.append(times.calls)
                timing.totals.append(times.total)
                timing.floors.append(times.floor)
                timing.medians.append(times.median)
                timing.tails.append(times.tail)
            }
            timing.objects = all.sorted { $0.total < $1.total }[all.count / 2].objects
            result.append(timing)
        }
        func worth(_ t: GoldenTiming) -> UInt64 { t.totals.reduce(0, &+) }
        return result.sorted { (worth($1), $0.name) < (worth($0), $1.name) }
    }
}
