import RenacerCore

/// A backend whose events come from a test: everything above a backend runs without a kernel.
///
/// Each step is one delivery. Memory of a step lives as long as the backend.
public final class ScriptedBackend: Backend {
    public let name: Name = "scripted"
    public var capabilities: Capabilities
    public let inspector: any TaskInspector
    public private(set) var account = Account()
    /// The plan it was prepared with.
    public private(set) var plan: CapturePlan?
    /// What happened to it, for tests of the life cycle.
    public private(set) var journal: [String] = []

    private var steps: [Step]
    private var next = 0
    private let batch = Batch()

    /// What one `nextBatch` comes back with.
    public enum Step {
        case events([Event])
        case nothing
        case lost(Loss)
        /// Calls counted so far, all in all; nothing is delivered.
        case counted(StatisticsTable)
        case failure(TraceError)
        case end(TraceeEnd?)
    }

    public init(
        _ steps: [Step], capabilities: Capabilities? = nil, inspector: any TaskInspector = NoInspector()
    ) {
        self.steps = steps
        self.inspector = inspector
        self.capabilities = capabilities ?? Self.everything
    }

    private static var everything: Capabilities {
        var all = Capabilities([:])
        for feature in Feature.allCases { all[feature] = .exact }
        return all
    }

    public func prepare(_ plan: CapturePlan) throws(TraceError) {
        self.plan = plan
        journal.append("prepare")
    }

    public func start() throws(TraceError) { journal.append("start") }

    public func nextBatch(deadline: UInt64?) throws(TraceError) -> Delivery {
        guard next < steps.count else { return .end(nil) }
        defer { next += 1 }
        switch steps[next] {
        case .events(let events):
            batch.events = events
            account.delivered += UInt64(events.count)
            return .events(batch)
        case .nothing: return .nothing
        case .lost(let loss):
            account.lost[loss.cause, default: 0] += loss.count
            batch.events = [Event(time: loss.to, tid: 0, pid: 0, .loss(loss))]
            return .events(batch)
        case .counted(let table):
            account.counted = table
            return .nothing
        case .failure(let error): throw error
        case .end(let end): return .end(end)
        }
    }

    /// A script ends by itself, in no time.
    public func endAtDuration() {}
    public func stop() { journal.append("stop") }
}
