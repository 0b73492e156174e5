/// `type = "sample"`: some of the calls, chosen by their number or by chance.
public final class SampleProcessor: Processor {
    public enum Choice: Sendable {
        /// The first of so many, again and again.
        case every(UInt64)
        /// Each with this probability, from 0 to 1; the seed makes it the same in every run.
        case fraction(Double, seed: UInt64)
    }

    private let choice: Choice
    private let syscalls: SyscallSet
    private var state: UInt64
    private var seen: UInt64 = 0
    private var kept: UInt64 = 0

    /// - Parameter syscalls: of which calls; others go on.
    public init(_ choice: Choice, of syscalls: SyscallSet) {
        self.choice = choice
        self.syscalls = syscalls
        state = if case .fraction(_, let seed) = choice { seed } else { 0 }
    }

    public func enter(_ event: inout Event, _ call: borrowing Call) -> Bool? { decide(call) }
    public func end(_ event: inout Event, _ call: borrowing Call) -> Verdict { decide(call) ? .pass : .drop }

    private func decide(_ call: borrowing Call) -> Bool {
        guard syscalls.contains(call) else { return true }
        let isKept = switch choice {
        case .every(let n): seen % n == 0
        case .fraction(let p, _): random() < p
        }
        seen += 1
        if isKept { kept += 1 }
        return isKept
    }

    /// From 0 to below 1, by splitmix64.
    private func random() -> Double {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return Double((z ^ (z >> 31)) >> 11) / Double(1 << 53)
    }

    public func conclude(_ from: UInt64, _ to: UInt64) -> [Finding] {
        guard seen > kept else { return [] }
        return [.processed("sample", "\(kept) of \(seen) calls were taken as a sample", from, to, [("calls", seen), ("kept", kept)])]
    }
}

/// `type = "rate-limit"`: no more calls in an interval than so many.
public final class RateLimitProcessor: Processor {
    private let limit: UInt64
    private let interval: UInt64
    private let syscalls: SyscallSet
    private var start: UInt64 = 0
    private var count: UInt64 = 0
    private var seen: UInt64 = 0
    private var dropped: UInt64 = 0

    /// - Parameters:
    ///   - interval: ns, above 0.
    ///   - syscalls: of which calls; others go on.
    public init(_ limit: UInt64, per interval: UInt64, of syscalls: SyscallSet) {
        self.limit = limit
        self.interval = max(interval, 1)
        self.syscalls = syscalls
    }

    public func enter(_ event: inout Event, _ call: borrowing Call) -> Bool? { decide(call, event.time) }
    public func end(_ event: inout Event, _ call: borrowing Call) -> Verdict { decide(call, event.time) ? .pass : .drop }

    private func decide(_ call: borrowing Call, _ time: UInt64) -> Bool {
        guard syscalls.contains(call) else { return true }
        if start == 0 || time >= start && time - start >= interval {
            start = time
            count = 0
        }
        seen += 1
        count += 1
        if count > limit {
            dropped += 1
            return false
        }
        return true
    }

    public func conclude(_ from: UInt64, _ to: UInt64) -> [Finding] {
        guard dropped > 0 else { return [] }
        return [.processed("rate-limit", "\(dropped) of \(seen) calls were dropped: there were more than \(limit) in \(Duration.text(interval))", from, to, [("calls", seen), ("dropped", dropped)])]
    }
}

/// `type = "aggregate"`: short calls become counts.
public final class AggregateProcessor: Processor {
    private struct Row {
        var calls: UInt64 = 0, errors: UInt64 = 0, total: UInt64 = 0, longest: UInt64 = 0
    }

    private let limit: UInt64
    private let syscalls: SyscallSet
    private var rows: [Name: Row] = [:]

    /// - Parameters:
    ///   - limit: calls shorter than this are folded, ns.
    ///   - syscalls: of which calls; others go on.
    public init(shorterThan limit: UInt64, of syscalls: SyscallSet) {
        self.limit = limit
        self.syscalls = syscalls
    }

    public func enter(_ event: inout Event, _ call: borrowing Call) -> Bool? { syscalls.contains(call) ? nil : true }

    public func end(_ event: inout Event, _ call: borrowing Call) -> Verdict {
        guard syscalls.contains(call), call.outcome.hasResult, call.enterTime != 0 else { return .pass }
        let end = call.exitTime == 0 ? event.time : call.exitTime
        let duration = end >= call.enterTime ? end - call.enterTime : 0
        guard duration < limit else { return .pass }
        var row = rows[call.name ?? "unknown"] ?? Row()
        row.calls += 1
        if call.failed { row.errors += 1 }
        row.total &+= duration
        row.longest = max(row.longest, duration)
        rows[call.name ?? "unknown"] = row
        return .fold
    }

    public func conclude(_ from: UInt64, _ to: UInt64) -> [Finding] {
        rows.sorted { ($0.value.total, $1.key.description) > ($1.value.total, $0.key.description) }.map { name, row in
            var finding = Finding.processed(
                "aggregate", "\(row.calls) calls of \(name) took less than \(Duration.text(limit)) each, \(Duration.text(row.total)) together", from, to,
                [("calls", row.calls), ("errors", row.errors)])
            finding.evidence.insert(.init("call", .text(name.description)), at: 0)
            finding.evidence.append(.init("total", .number(Double(row.total) / 1000), unit: "us"))
            finding.evidence.append(.init("longest", .number(Double(row.longest) / 1000), unit: "us"))
            return finding
        }
    }
}

extension Finding {
    /// What a processor has to say of what it did.
    static func processed(_ rule: String, _ title: String, _ from: UInt64, _ to: UInt64, _ counts: [(String, UInt64)]) -> Finding {
        var finding = Finding(detector: "processor", rule: rule, severity: .information, confidence: 1, from: from, to: to, title: title)
        finding.evidence = counts.map { .init($0.0, .number(Double($0.1))) }
        return finding
    }
}

/// Nanoseconds for a person.
private enum Duration {
    static func text(_ ns: UInt64) -> String {
        for (unit, size) in [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000)] as [(String, UInt64)] where ns >= size {
            let whole = ns / size, rest = ns % size * 1000 / size
            if rest == 0 { return "\(whole) \(unit)" }
            var digits = String(rest)
            digits = String(repeating: "0", count: 3 - digits.count) + digits
            return "\(whole).\(digits) \(unit)"
        }
        return "\(ns) ns"
    }
}
