import RenacerCore

extension Settings {
    /// What the flags given need of a backend.
    var requirements: [Requirement] {
        let plan = pipeline.plan, decoding = text.decoding
        var needs: [Requirement] = []
        func need(_ feature: Feature, _ origin: String, if isAsked: Bool) {
            if isAsked { needs.append(Requirement(feature, origin: origin)) }
        }
        need(.injection, "--inject", if: !plan.tampering.isEmpty)
        need(.attach, "--attach", if: !plan.target.attach.isEmpty)
        need(.systemWide, "--all", if: plan.target.scope == .all)
        if case .cgroup = plan.target.scope { need(.systemWide, "--cgroup", if: true) }
        need(.seccompFilter, "--seccomp-bpf", if: plan.ptrace.seccomp == .always)
        need(.killOnExit, "--kill-on-exit", if: plan.ptrace.killOnExit)
        need(.detachOnExecve, "--detach-on=execve", if: plan.detachOnExecve)
        need(.placement, "--placement=pin", if: plan.ptrace.placement == .pin)
        need(.lossless, "--exact", if: plan.isExact)
        need(.ringSize, "--ring-size", if: plan.bpf.ringSize != nil)
        need(.systemTime, "--summary-cpu", if: plan.systemTime)
        need(.descriptorPaths, "--trace-path", if: !pipeline.access.paths.isEmpty)
        let sinks = self.needs
        guard sinks.contains(.decoding) else { return needs }
        need(.descriptorPaths, "--decode-fds", if: !decoding.descriptors.isEmpty)
        need(.commands, "--decode-pids=comm", if: decoding.commands || text.commands)
        need(.namespaces, "--decode-pids=pidns", if: decoding.pidNamespaces)
        need(.namespaces, "-e namespace=new", if: decoding.enteredNamespaces)
        need(.virtualCPUs, "-e kvm=vcpu", if: decoding.virtualCPUs)
        need(.instructionPointer, "--instruction-pointer", if: text.instructionPointer && plan.instructionPointer)
        return needs
    }
}
