import CBPF
import CLinux
import Glibc
import RenacerCore

/// What the kernel lost and sinks have not been told of: its place is where it began.
struct LossLedger {
    /// When it began; nothing is to be told of before.
    var from = UInt64.max
    var to: UInt64 = 0
    /// Per cause, in the order of `causes`.
    var untold: [UInt64] = [0, 0]
    var known: [UInt64] = [0, 0]

    static let causes: [(counter: capture_loss, cause: Loss.Cause)] = [
        (CAPTURE_RING_FULL, .ringFull), (CAPTURE_NO_MEMORY, .taskTableFull),
    ]
}

// Nothing is lost silently: the kernel counts by cause, here losses get their place among the
// events, and at the end the balance is drawn.

extension BPFBackend {
    /// Takes note of what was lost since the last time.
    func checkLoss(_ programs: OpaquePointer) {
        var isNew = false
        for (i, row) in LossLedger.causes.enumerated() {
            let total = cbpf_lost(programs, row.counter)
            guard total > losses.known[i] else { continue }
            losses.untold[i] += total - losses.known[i]
            losses.known[i] = total
            isNew = true
        }
        guard isNew else { return }
        var from = UInt64.max, to: UInt64 = 0
        cbpf_loss_window(programs, &from, &to)
        if to == 0 { (from, to) = (losses.to, max(losses.to, clinux_monotonic_ns())) }
        losses.from = min(losses.from, from)
        losses.to = max(losses.to, to)
    }

    /// Tells of what was lost, behind what happened before.
    func tellOfLosses() {
        for (i, row) in LossLedger.causes.enumerated() where losses.untold[i] > 0 {
            lose(losses.untold[i], row.cause, from: losses.from, to: losses.to)
            losses.untold[i] = 0
        }
        losses.from = .max
        hasLost = true
    }

    func lose(_ count: UInt64, _ cause: Loss.Cause, from: UInt64, to: UInt64) {
        account.lost[cause, default: 0] += count
        append(to, 0, 0, .loss(Loss(backend: name, cause: cause, count: count, from: from, to: to)))
    }

    /// Forgets tasks that are gone, should records of their ends have been lost.
    func forgetTheDead() {
        guard hasLost else { return }
        hasLost = false
        for task in tasks.values where !task.isAlive { forget(task) }
    }

    /// A task of an id that is another's now: the record of its end was lost.
    func forget(_ task: TracedTask) {
        tasks[task.tid] = nil
        last = nil
        records.forget(task.tid)
        let left = (threads[task.pid] ?? 1) - 1
        threads[task.pid] = left > 0 ? left : nil
    }

    /// Whether records are still to come of what was seen: those that are being written, on
    /// another CPU, just now.
    func isOwed(_ programs: OpaquePointer) -> Bool {
        // What is behind a limit is never taken up.
        guard !isAtLimit, !isBalanced(programs) else { return false }
        let now = clinux_monotonic_ns()
        if balanceDeadline == 0 { balanceDeadline = now + Self.mostDelay }
        guard now < balanceDeadline else { return false }
        sched_yield()
        return true
    }

    /// ns that a record may take from being counted to being there: its CPU may be taken from it meanwhile, by interrupts
    /// or by the machine's host.
    private static let mostDelay: UInt64 = 1_000_000_000

    private func isBalanced(_ programs: OpaquePointer) -> Bool {
        let seen = cbpf_seen(programs)
        checkLoss(programs)
        return seen == account.delivered + cutCalls + losses.known.reduce(0, +)
    }

    /// Draws the balance when nothing more will come.
    func settle(_ programs: OpaquePointer) {
        guard !isSettled else { return }
        isSettled = true
        checkLoss(programs)
        if losses.from != .max { tellOfLosses() }
        let missed = cbpf_missed(programs)
        if missed > 0 { lose(missed, .nesting, from: 0, to: clinux_monotonic_ns()) }
        // What is behind a limit is left out on purpose.
        guard !isAtLimit else { return }
        let known = account.delivered + cutCalls + losses.known.reduce(0, +)
        account.imbalance = Int64(bitPattern: cbpf_seen(programs) &- known)
    }
}
