import CLinux
import Glibc
import RenacerCore

extension PtraceBackend {
    /// The filter for the program to be launched; empty if it is to stop at every call.
    func seccompFilter() -> [UInt64] {
        if let reason = reasonAgainstFilter() {
            if plan.ptrace.seccomp != .never { debug("no seccomp filter: \(reason)") }
            return []
        }
        // Who shows stacks has to know what is mapped.
        let wanted: WatchList.Mark = plan.stacks ? [.deliver, .tamper, .remapping] : [.deliver, .tamper]
        let filter = SeccompFilter.program { [watch] number, personality in
            !watch.mark(number, personality).isDisjoint(with: wanted)
        }
        guard filter.count <= 4096 else {
            debug("no seccomp filter: too long")
            return []
        }
        // Without its tracer a filtered task's calls fail, so that one dies with it.
        if plan.ptrace.seccomp == .always { options |= UInt(clinux_option_exitkill) }
        options |= UInt(clinux_option_seccomp)
        placement.isForbidden = true
        return filter
    }

    private func reasonAgainstFilter() -> String? {
        if plan.ptrace.seccomp == .never { return "forbidden" }
        if !plan.followForks { return "children are not followed" }
        if !plan.target.attach.isEmpty { return "running processes are attached to" }
        if plan.detachOnExecve { return "tasks are let go of at exec" }
        if plan.syscallLimit != nil || plan.duration != nil { return "tasks are let go of at a limit" }
        guard plan.ptrace.seccomp == .automatic else { return nil }
        if !maySplit || plan.target.launchesDaemonized { return "nobody stands in front of the tracer" }
        if plan.systemTime || !isNarrow { return "most calls are traced" }
        let mayFilter = clinux_has_no_new_privileges() != 0 || Self.hasAdminCapability
        if !mayFilter { return "the program would lose the privileges that set-user-id files give" }
        return nil
    }

    /// At most half of the native calls stop.
    private var isNarrow: Bool {
        let all = SyscallTable.all(.native)
        return all.count { plan.syscalls.contains($0.number, .native) } * 2 <= all.count
    }

    private static var hasAdminCapability: Bool {
        let sysAdmin: UInt64 = 21
        return ((ProcPath.status(getpid(), "CapEff:", radix: 16) ?? 0) >> sysAdmin) & 1 == 1
    }
}
