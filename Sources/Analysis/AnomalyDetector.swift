import RenacerCore

/// Finds calls that took far longer than calls of their kind take at that time (`--anomaly-detection`).
///
/// Each kind of call has a window of its newest durations. A call is compared with median and median absolute deviation of
/// that window *before* it joins it, so that it does not excuse itself; both bear up to half of a window of anomalies. Of a
/// call that was asked to take time - a sleep, a poll with a timeout - only what exceeds that time counts. In steady state
/// nothing is allocated but what it takes to sort a window, when a call may be an anomaly.
public final class AnomalyDetector: Detector {
    public let name = "anomaly"
    /// Rules that its findings name.
    public static let rules = ["slow-call", "report"]
    /// Times of calls are compared, and some are known from memory only.
    public let requirements = [
        Requirement(.callTimes, origin: "--anomaly-detection", .wanted), Requirement(.memory, origin: "--anomaly-detection", .wanted),
        Requirement(.lossless, origin: "--anomaly-detection", .wanted),
    ]
    public let subscription: Subscription
    let options: AnomalyOptions
    let table: SeriesTable
    private var reader: RequestedTimeReader
    /// Calls that are looked at; nil: all.
    private let calls: SyscallSet?
    /// Where each native number keeps the time it is asked for; 255 before it was met.
    private let arguments: UnsafeMutablePointer<UInt8>
    private static let argumentCount = 512
    /// What calls under way were asked for, by thread, if that is in memory.
    private var requested: [Int32: RequestedTime] = [:]
    private var report: (Finding) -> Void = { _ in }
    /// What the trace was like, for the report: calls that are not judged because nobody can tell what they were to take.
    private(set) var waits: UInt64 = 0
    private(set) var first: UInt64 = 0
    private(set) var last: UInt64 = 0
    private var isFinished = false
    /// `CLOCK_REALTIME` minus `CLOCK_MONOTONIC`, ns, where and when events happened: some calls wait until a time of day.
    public var realtimeOffset: Int64 {
        get { reader.realtimeOffset }
        set { reader.realtimeOffset = newValue }
    }

    /// - Parameter calls: which are looked at.
    public init(_ options: AnomalyOptions, calls: SyscallSet) {
        self.options = options
        self.calls = calls == .all ? nil : calls
        let timed = TimeArgument.inMemory(among: calls)
        subscription = Subscription(syscalls: calls, entered: timed, memory: timed)
        table = SeriesTable(options)
        reader = RequestedTimeReader()
        arguments = .allocate(capacity: Self.argumentCount)
        arguments.initialize(repeating: 255, count: Self.argumentCount)
    }

    deinit { arguments.deallocate() }

    public func start(_ report: @escaping (Finding) -> Void) throws(TraceError) { self.report = report }

    // MARK: Events

    public func consume(_ event: borrowing Event) throws(TraceError) {
        switch event.body {
        case .syscall(let call): judge(call, tid: event.tid, at: event.time)
        case .syscallEntered(let call):
            let argument = argument(of: call)
            guard argument.isInMemory else { return }
            requested[event.tid] = reader.time(argument, of: call, start: event.time)
        case .process(.exited), .process(.killed), .process(.detached), .process(.superseded):
            if !requested.isEmpty { requested[event.tid] = nil }
        default: break
        }
    }

    private func argument(of call: Call) -> TimeArgument {
        // 32-bit calls have other structures.
        guard call.personality != .compat32 else { return .none }
        let number = call.personality == .x32 ? call.number & ~SyscallTable.x32Bit : call.number
        guard call.personality == .native, number >= 0, number < Self.argumentCount else {
            return call.name.map { TimeArgument($0) } ?? .none
        }
        if let known = TimeArgument(rawValue: arguments[number]) { return known }
        let found = call.name.map { TimeArgument($0) } ?? .none
        arguments[number] = found.rawValue
        return found
    }

    private func judge(_ call: Call, tid: Int32, at time: UInt64) {
        let end = call.exitTime == 0 ? time : call.exitTime
        let argument = argument(of: call)
        let asked = argument.isInMemory && !requested.isEmpty ? requested.removeValue(forKey: tid) : nil
        switch call.outcome {
        case .returned, .failed: break
        case .unfinished, .unavailable, .detached: return
        }
        // What no table names may be any number.
        guard call.enterTime > 0, end >= call.enterTime, call.name != nil else { return }
        if let calls, !calls.contains(call) { return }
        if first == 0 { first = call.enterTime }
        last = max(last, end)
        let duration = end - call.enterTime
        guard argument != .none else { return score(duration, of: call, .whole, 0, duration, tid, end) }
        switch asked ?? reader.time(argument, of: call, start: call.enterTime) {
        case .none:
            let waits = argument == .futex && RequestedTimeReader.futexWaits(call[1])
            score(duration, of: call, waits ? .wait : .whole, 0, duration, tid, end)
        case .atMost(let time):
            score(duration > time ? duration - time : 0, of: call, .excess, time, duration, tid, end)
        case .unlimited: waits += 1
        }
    }

    @inline(__always)
    private func score(
        _ value: UInt64, of call: Call, _ kind: CallSeries.Kind, _ requested: UInt64, _ duration: UInt64, _ tid: Int32, _ time: UInt64
    ) {
        let series = table.find(call.number, call.personality, kind)
        defer { series.pointee.window.add(value) }
        guard series.pointee.window.count >= AnomalyOptions.leastSamples else {
            series.pointee.unjudged += 1
            return
        }
        series.pointee.judged += 1
        guard value >= series.pointee.shortestAnomaly else { return }
        let median = series.pointee.window.median
        // Half of all calls end here.
        guard value > median else { return }
        let excess = Double(value - median), least = AnomalyOptions.leastDeviation(median: median, kind)
        // Nearly all others end here, before the window's deviation is looked for.
        guard excess / least >= options.threshold else { return }
        // A deviation of 1.4826 times the median one is the standard deviation, where values are distributed normally.
        let deviation = max(1.4826 * Double(series.pointee.window.deviation), least)
        let score = excess / deviation
        guard score >= options.threshold else { return }
        found(
            Anomaly(
                score: score, value: value, requested: requested, median: median, deviation: deviation, time: time, duration: duration,
                tid: tid, level: options.level(score)), series)
    }

    @inline(never)
    private func found(_ anomaly: Anomaly, _ series: UnsafeMutablePointer<CallSeries>) {
        series.pointee.count(level: anomaly.level)
        if anomaly.score > series.pointee.worst.score { series.pointee.worst = anomaly }
        if anomaly.score > series.pointee.untold.score { series.pointee.untold = anomaly }
        series.pointee.untoldCount += 1
        let isDue = series.pointee.toldAt.map { anomaly.time >= $0 &+ AnomalyOptions.interval } ?? true
        let isWorse = anomaly.level > series.pointee.toldLevel || anomaly.score >= series.pointee.toldScore * 4
        guard isDue || isWorse else { return }
        let finding = finding(series.pointee)
        series.pointee.toldAt = anomaly.time
        series.pointee.toldLevel = max(series.pointee.toldLevel, anomaly.level)
        series.pointee.toldScore = max(series.pointee.toldScore, anomaly.score)
        series.pointee.untoldCount = 0
        series.pointee.untold = Anomaly()
        report(finding)
    }

    // MARK: End

    public func finish(_ account: Account) throws(TraceError) {
        guard !isFinished else { return }
        isFinished = true
        // Nothing was traced: the program could not be started.
        guard account.seen > 0 || table.count > 0 else { return }
        report(closingReport(account))
    }
}
