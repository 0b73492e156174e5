/// Where events come from: ptrace, eBPF, perf_event, a recording, a test.
///
/// Life: `prepare` → `start` → `nextBatch`… → `stop`. All calls come from one thread,
/// because the kernel takes ptrace requests only from the thread that attached.
/// `stop` is safe at any point and twice, and leaves every task as if it had never
/// been traced.
public protocol Backend: AnyObject {
    /// `ptrace`, `bpf`, …: as `--backend` spells it.
    var name: Name { get }
    /// What it can do where it works, feature by feature, and what it takes: a declaration that looks at nothing.
    var capabilities: Capabilities { get }
    /// What this machine and the privileges at hand take away of that. Asked before `prepare`; touches nothing.
    var conditions: Conditions { get }
    /// Answers questions about tasks while their events are consumed.
    var inspector: any TaskInspector { get }
    /// `CLOCK_REALTIME` minus `CLOCK_MONOTONIC` where and when its events happened, ns; nil: here and now.
    var realtimeOffset: Int64? { get }
    /// What was seen, delivered and lost so far.
    var account: Account { get }

    /// Takes the plan; acquires what may fail. No task is touched.
    func prepare(_ plan: CapturePlan) throws(TraceError)
    /// Launches or attaches. The launched program has run no instruction of its own.
    func start() throws(TraceError)
    /// Waits for events until `deadline` (`CLOCK_MONOTONIC` ns; nil: for ever).
    ///
    /// The batch and everything its events borrow is valid until the next call, and tasks
    /// whose memory is read live stay stopped until then.
    func nextBatch(deadline: UInt64?) throws(TraceError) -> Delivery
    /// Decides, where given, which calls may be tampered with.
    func limitTampering(to filter: any EventFilter)
    /// Tells `observer` of every change of what is mapped into a traced process (`CapturePlan.stacks`).
    func observeMappings(_ observer: any MappingObserver)
    /// Whether it does so.
    var tellsOfMappings: Bool { get }
    /// Lets go of every task at the next `nextBatch`, which delivers that; they go on.
    func endAtLimit()
    /// The same, because the time that was asked for is over.
    func endAtDuration()
    /// Lets go of every task.
    func stop()
}

extension Backend {
    public var conditions: Conditions { Conditions() }
    public var realtimeOffset: Int64? { nil }
    public func endAtLimit() {}
    public func limitTampering(to filter: any EventFilter) {}
    public func observeMappings(_ observer: any MappingObserver) {}
    public var tellsOfMappings: Bool { false }
}

/// What a machine and privileges leave of a backend.
public struct Conditions: Sendable {
    /// Why it traces nothing here, and what to do about it; nil if it works.
    public var obstacle: String?
    /// Features that are less than declared, each with what to do in its reason.
    public var restrictions: [Feature: Capability] = [:]
    public init(obstacle: String? = nil) { self.obstacle = obstacle }
}

/// What `nextBatch` came back with. A timeout is a status, not an error.
public enum Delivery {
    case events(Batch)
    /// Nothing happened before the deadline, or a signal asked renacer to look around.
    case nothing
    /// No traced task is left, or tracing was stopped; `exitStatus` is renacer's own.
    case end(TraceeEnd?)
}

/// How the launched program ended.
public enum TraceeEnd: Equatable, Sendable {
    case exited(Int32)
    case killed(Int32)
}

/// Events in order; reused from one delivery to the next.
public final class Batch {
    public var events: [Event] = []
    public init() { events.reserveCapacity(64) }

    /// Empties it for what comes next: 1 ns for the one event that is usually here, 7 with `removeAll`.
    public func reset() { while !events.isEmpty { events.removeLast() } }
}

/// The balance of a trace: `seen == delivered + counted.calls + lost`.
public struct Account: Sendable, Equatable {
    public var delivered: UInt64 = 0
    /// Calls that were not delivered but counted in the kernel, as `CapturePlan.aggregation` says.
    public var counted = StatisticsTable()
    public var lost: [Loss.Cause: UInt64] = [:]
    /// Events that the backend saw, but neither delivered nor counted as lost, by its own count: 0
    /// unless it is wrong.
    public var imbalance: Int64 = 0
    public var totalLost: UInt64 { lost.values.reduce(0, +) }
    public var seen: UInt64 { delivered + counted.calls + totalLost }
    public init() {}
}

/// An error that a person sees: one line, and renacer's exit status.
public struct TraceError: Error, CustomStringConvertible, Equatable {
    /// What failed, on what, why and what to do.
    public let description: String
    public let exitStatus: Int32
    /// What was asked for makes no sense: of a detector that starts it ends the trace before it begins.
    public let isRefusal: Bool
    public init(_ description: String, exitStatus: Int32 = 1, isRefusal: Bool = false) {
        self.description = description
        self.isRefusal = isRefusal
        self.exitStatus = exitStatus
    }
}
