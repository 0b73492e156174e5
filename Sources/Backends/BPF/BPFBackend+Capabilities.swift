import RenacerCore

extension BPFBackend {
    public var capabilities: Capabilities {
        Capabilities([
            .memory: .exact,
            .enteredEvents: .exact,
            .descriptorPaths: .exact,
            .signals: .exact,
            .attach: .exact,
            .follow: .exact,
            .injection: .unavailable("the bpf backend can't change a call"),
            .instructionPointer: .exact,
            .systemTime: .unavailable("a call's CPU time is not measured in the kernel"),
            .lossless: .bestEffort("a full ring loses events, each of which is counted; --exact makes the program wait instead"),
            .ringSize: .exact,
            .systemWide: .exact,
            .commands: .bestEffort("only traced tasks' commands are known"),
            .namespaces: .unavailable("pid namespaces are not looked at in the kernel"),
            .virtualCPUs: .unavailable("memory that virtual CPUs share with their program is not captured"),
            .seccompFilter: .unavailable("the bpf backend filters in the kernel by itself"),
            .killOnExit: .unavailable("tasks do not depend on the bpf backend"),
            .detachOnExecve: .exact,
            .placement: .unavailable("the bpf backend leaves tasks on their CPUs"),
            .stacks: .unavailable("not offered by this backend"),
            .kernelFilter: .exact,
            .kernelAggregation: .exact,
        ])
    }
}
