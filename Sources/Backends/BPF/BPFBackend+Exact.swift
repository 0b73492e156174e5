import CBPF
import CLinux
import Glibc
import RenacerCore

// `--exact`: a larger ring, and a program that waits while renacer does not keep up.

extension BPFBackend {
    /// Bytes of the ring, unless another size is asked for.
    static let ringSize = 8 << 20
    /// The same for an exact trace, and one with stacks, as far as that is no more than a sixteenth of the memory.
    private static let exactRingSize = 64 << 20

    /// Sets the sizes of the ring and, should it fill, makes the group in which the program will wait.
    func prepareRing(_ p: inout cbpf_plan) throws(TraceError) {
        var size = plan.bpf.ringSize ?? (plan.stacks ? Self.bounded(Self.exactRingSize) : Self.ringSize)
        p.least_ring_size = UInt32(plan.bpf.ringSize ?? Self.ringSize)
        // What is counted in the kernel goes through no ring.
        if plan.isExact, plan.aggregation == nil {
            if plan.bpf.ringSize == nil { size = Self.bounded(Self.exactRingSize) }
            p.configuration.alarm = UInt32(size / 2)
            if plan.target.launch != nil { try makeFreezer() }
            for pid in plan.target.attach {
                Self.say("--exact: process \(pid) was not started by renacer and is not made to wait; "
                    + "should the ring be too small, the exit status is 1")
            }
        }
        p.ring_size = UInt32(size)
        p.configuration.watermark = UInt32(min(size / 4, 256 << 10))
    }

    private static func bounded(_ size: Int) -> Int {
        let share = Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE))) / 16
        var size = size
        while size > share, size > ringSize { size /= 2 }
        return size
    }

    private func makeFreezer() throws(TraceError) {
        var error = [CChar](repeating: 0, count: 512)
        freezer = cbpf_make_freezer(&error, error.count)
        guard freezer == nil else { return }
        throw TraceError("--exact: the program cannot be made to wait while renacer does not keep up: "
            + "\(Self.reason(error)); use --backend ptrace, or a large --ring-size without --exact")
    }

    /// Says that the ring is smaller than it was meant to be.
    func noteRing(_ programs: OpaquePointer, wanted: UInt32) {
        let size = cbpf_ring_size(programs)
        if size < wanted { Self.say("--exact: no memory for a ring of \(wanted >> 20) MiB; it has \(size >> 20) MiB") }
    }

    /// Puts the program that is about to start under guard.
    func holdBack(_ pid: Int32, _ programs: OpaquePointer) throws(TraceError) {
        guard let freezer else { return }
        let taken = cbpf_freezer_take(freezer, pid)
        guard taken == 0 else { throw TraceError("--exact: cannot move process \(pid) to its control group: \(Self.message(taken))") }
        let guarded = cbpf_start_guard(programs, freezer)
        guard guarded == 0 else { throw TraceError("--exact: cannot start the guard: \(Self.message(guarded))") }
    }
}
