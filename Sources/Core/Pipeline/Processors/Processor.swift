/// A stage between backend and sinks that decides which calls go on.
///
/// It is asked when a call is entered and, if it could not say then, when the call ends; of one whose entry was not
/// delivered only at its end. What is neither a call nor a signal always goes on.
public protocol Processor: AnyObject {
    /// - Returns: nil if only the call's end tells.
    func enter(_ event: inout Event, _ call: borrowing Call) -> Bool?
    func end(_ event: inout Event, _ call: borrowing Call) -> Verdict
    /// Whether a signal goes on.
    func admits(_ signal: borrowing Signal) -> Bool
    /// The call that a task was in is of no interest any more.
    func forget(_ tid: Int32)
    /// What there is to say of what it did.
    ///
    /// - Parameters: the times of the first and the last event.
    func conclude(_ from: UInt64, _ to: UInt64) -> [Finding]
}

extension Processor {
    public func admits(_ signal: borrowing Signal) -> Bool { true }
    public func forget(_ tid: Int32) {}
    public func conclude(_ from: UInt64, _ to: UInt64) -> [Finding] { [] }
}

/// What becomes of a call.
public enum Verdict {
    case pass, drop
    /// It is counted, and not shown by itself.
    case fold
}

/// Processors in their order.
public final class ProcessorChain: EventFilter {
    private let processors: [any Processor]
    /// Of calls under way, which processor has still to decide; -1: none goes on.
    private var pending: [Int32: Int] = [:]
    private var first: UInt64 = 0
    private var last: UInt64 = 0

    public init(_ processors: [any Processor]) { self.processors = processors }

    public func admits(_ event: inout Event) -> Bool {
        if first == 0 { first = event.time }
        last = event.time
        switch event.body {
        case .syscallEntered(let call):
            var next = 0
            while next < processors.count {
                guard let goesOn = processors[next].enter(&event, call) else { break }
                if !goesOn {
                    pending[event.tid] = -1
                    return false
                }
                next += 1
            }
            pending[event.tid] = next
            return true
        case .syscall(let call): return end(&event, call)
        case .signal(let signal): return processors.allSatisfy { $0.admits(signal) }
        case .process(.exited), .process(.killed), .process(.detached):
            pending[event.tid] = nil
            for p in processors { p.forget(event.tid) }
            return true
        default: return true
        }
    }

    private func end(_ event: inout Event, _ call: Call) -> Bool {
        let start = pending.removeValue(forKey: event.tid)
        if start == -1 {
            for p in processors { p.forget(event.tid) }
            return false
        }
        let from = start ?? 0
        for p in processors[..<from] { p.forget(event.tid) }
        for (i, p) in processors.enumerated() where i >= from {
            let verdict = p.end(&event, call)
            if case .pass = verdict { continue }
            for p in processors[(i + 1)...] { p.forget(event.tid) }
            var changed = call
            changed.treatment = if case .fold = verdict { .folded } else { .withdrawn }
            event.body = .syscall(changed)
            // Sinks that were told of its entry have to hear of it; so do those that count it.
            if case .fold = verdict { return true }
            return start != nil
        }
        return true
    }

    public func conclude() -> [Finding] { processors.flatMap { $0.conclude(first, last) } }
}
