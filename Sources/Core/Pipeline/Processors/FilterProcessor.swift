/// Calls that go on, by what they are, what they touch and how they end.
public struct CallFilter: Sendable {
    public var syscalls = SyscallSet.all
    public var selection = CallSelection()
    public var access = AccessSelection()
    public var signals = SignalSet.all
    public init() {}

    public var isAll: Bool { choosesByNumber && syscalls.isAll }

    /// Nothing but the numbers of calls tells what goes on.
    public var choosesByNumber: Bool { selection.isAll && access.isEmpty && signals == .all }
}

/// `type = "filter"`: what a `CallFilter` admits.
public final class FilterProcessor: Processor {
    private var filter: CallFilter
    private let access: AccessFilter?

    public init(_ filter: CallFilter, inspector: any TaskInspector) {
        self.filter = filter
        // What was folded before goes on as such: whoever counts it counts what the filter is for.
        self.filter.selection.countsFolded = true
        access = filter.access.isEmpty ? nil : AccessFilter(filter.access, inspector: inspector)
    }

    public func enter(_ event: inout Event, _ call: borrowing Call) -> Bool? {
        guard filter.syscalls.contains(call), access?.admits(&event) ?? true else { return false }
        return filter.selection.isAll ? true : nil
    }

    public func end(_ event: inout Event, _ call: borrowing Call) -> Verdict {
        let touches = access?.admits(&event) ?? true
        guard touches, filter.syscalls.contains(call) else { return .drop }
        return filter.selection.admits(call, at: event.time) ? .pass : .drop
    }

    public func admits(_ signal: borrowing Signal) -> Bool { filter.signals.contains(signal.number) }

    public func forget(_ tid: Int32) { access?.forget(tid) }
}
