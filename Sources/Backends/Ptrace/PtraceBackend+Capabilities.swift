import RenacerCore

extension PtraceBackend {
    public var capabilities: Capabilities {
        Capabilities([
            .memory: .exact,
            .enteredEvents: .exact,
            .descriptorPaths: .exact,
            .signals: .exact,
            .attach: .exact,
            .follow: .exact,
            .injection: .exact,
            .instructionPointer: .exact,
            .systemTime: .bestEffort("the kernel tells a process' CPU time, not a call's: other threads count in"),
            .lossless: .exact,
            .ringSize: .unavailable("ptrace has no ring: the program waits for each of its events to be read"),
            .systemWide: .unavailable("ptrace stops single tasks"),
            .stacks: .unavailable("not offered by this backend"),
            .kernelFilter: .bestEffort("a seccomp filter, for launched programs whose children are followed"),
            .commands: .exact,
            .namespaces: .exact,
            .virtualCPUs: .exact,
            .seccompFilter: .exact,
            .killOnExit: .exact,
            .detachOnExecve: .exact,
            .placement: .exact,
            .kernelAggregation: .unavailable("every call stops the task"),
        ])
    }
}
