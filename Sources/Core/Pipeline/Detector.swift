/// Looks at events and concludes findings, which reach every sink.
///
/// Life: `start` → `consume`… → `finish`, on the pipeline's thread. A detector that fails throws once from where it
/// happened; the pipeline reports it and feeds it no more, and the trace goes on.
public protocol Detector: AnyObject {
    /// As `--detector` spells it.
    var name: String { get }
    /// What it needs of a backend.
    var requirements: [Requirement] { get }
    /// - Parameter report: takes findings, until `finish` returns.
    func start(_ report: @escaping (Finding) -> Void) throws(TraceError)
    /// The event and what it borrows is valid during the call only.
    func consume(_ event: borrowing Event) throws(TraceError)
    /// The tracer is about to wait.
    func idle() throws(TraceError)
    /// The last chance to report; safe to call twice, and without `start`.
    func finish(_ account: Account) throws(TraceError)
}

extension Detector {
    public var requirements: [Requirement] { [] }
    public func idle() throws(TraceError) {}
}
