/// Looks at events and concludes findings, which reach every sink.
///
/// Life: `start` → `consume`… → `finish`, on the pipeline's thread. A detector that fails throws once from where it
/// happened; the pipeline reports it and feeds it no more, and the trace goes on.
public protocol Detector: AnyObject {
    /// As `--detector` spells it.
    var name: String { get }
    /// What it needs of a backend.
    var requirements: [Requirement] { get }
    /// Which events it looks at; others need not be captured for it.
    var subscription: Subscription { get }
    /// - Parameter report: takes findings, until `finish` returns.
    func start(_ report: @escaping (Finding) -> Void) throws(TraceError)
    /// The event and what it borrows is valid during the call only.
    func consume(_ event: borrowing Event) throws(TraceError)
    /// Events that came together, in order; they and what they borrow are valid during the call only.
    func consume(_ events: UnsafeMutableBufferPointer<Event>) throws(TraceError)
    /// The tracer is about to wait.
    func idle() throws(TraceError)
    /// The last chance to report; safe to call twice, and without `start`.
    func finish(_ account: Account) throws(TraceError)
    /// What it made of the whole trace, asked for after `finish`; nil if it makes no such thing.
    var analysis: CallAnalysis? { get }
}

extension Detector {
    public var requirements: [Requirement] { [] }
    public var subscription: Subscription { .everything }
    public var analysis: CallAnalysis? { nil }
    public func consume(_ events: UnsafeMutableBufferPointer<Event>) throws(TraceError) {
        for i in events.indices { try consume(events[i]) }
    }
    public func idle() throws(TraceError) {}
}

/// Events that a detector looks at.
public struct Subscription: Sendable, Equatable {
    /// Calls it is told of when they end.
    public var syscalls: SyscallSet
    /// Of these it is told when they are entered, too.
    public var entered: SyscallSet
    /// Of these it reads memory that arguments lead to.
    public var memory: SyscallSet
    public var signals: Bool
    /// It asks where calls were made from.
    public var stacks = false

    public static let everything = Subscription(syscalls: .all, entered: .all, memory: .all, signals: true)

    public init(syscalls: SyscallSet = .none, entered: SyscallSet = .none, memory: SyscallSet = .none, signals: Bool = false) {
        self.syscalls = syscalls
        self.entered = entered
        self.memory = memory
        self.signals = signals
    }

    public mutating func formUnion(_ other: Subscription) {
        syscalls.formUnion(other.syscalls)
        entered.formUnion(other.entered)
        memory.formUnion(other.memory)
        signals = signals || other.signals
        stacks = stacks || other.stacks
    }
}
