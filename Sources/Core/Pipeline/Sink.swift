/// Renders a trace. Life: `start` → `consume`… → `finish`.
///
/// A sink that fails throws once from where it happened; the pipeline reports it, stops
/// feeding that sink and lets the tracee and the other sinks go on.
public protocol Sink: AnyObject {
    /// What it needs of a backend.
    var requirements: [Requirement] { get }
    /// Calls it wants to see end; the planner unites them over all sinks.
    func start() throws(TraceError)
    /// The event and what it borrows is valid during the call only.
    func consume(_ event: borrowing Event) throws(TraceError)
    /// The tracer is about to wait: a terminal should now show everything.
    func idle() throws(TraceError)
    /// Flushes; safe to call twice, and without `start`.
    func finish(_ account: Account) throws(TraceError)
}

extension Sink {
    public var requirements: [Requirement] { [] }
    public func start() throws(TraceError) {}
    public func idle() throws(TraceError) {}
}
