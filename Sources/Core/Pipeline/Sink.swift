/// Renders a trace. Life: `start` → `consume`… → `finish`.
///
/// A sink that fails throws once from where it happened; the pipeline reports it, stops
/// feeding that sink and lets the tracee and the other sinks go on.
public protocol Sink: AnyObject {
    /// What counting calls in the kernel would do for it in place of events; nil: it needs events.
    var aggregation: Aggregation? { get }
    func start() throws(TraceError)
    /// The event and what it borrows is valid during the call only.
    func consume(_ event: borrowing Event) throws(TraceError)
    /// A detector concluded something.
    func report(_ finding: Finding) throws(TraceError)
    /// A detector analysed the whole trace: asked for before `finish`.
    func present(_ analysis: CallAnalysis) throws(TraceError)
    /// The tracer is about to wait: a terminal should now show everything.
    func idle() throws(TraceError)
    /// An interval of the pipeline is over (`Pipeline.init`): what changes should be shown anew.
    func refresh(_ account: Account) throws(TraceError)
    /// Flushes; safe to call twice, and without `start`.
    func finish(_ account: Account) throws(TraceError)
}

extension Sink {
    public var aggregation: Aggregation? { nil }
    public func start() throws(TraceError) {}
    public func report(_ finding: Finding) throws(TraceError) {}
    public func present(_ analysis: CallAnalysis) throws(TraceError) {}
    public func idle() throws(TraceError) {}
    public func refresh(_ account: Account) throws(TraceError) {}
}
