import RenacerCore

extension BPFBackend {
    public var capabilities: Capabilities {
        Capabilities([
            .memory: .exact,
            .enteredEvents: .exact,
            .descriptorPaths: .unavailable("paths are not captured in the kernel yet"),
            .signals: .exact,
            .attach: .exact,
            .follow: .exact,
            .injection: .unavailable("the bpf backend can't change a call"),
            .instructionPointer: .exact,
            .systemTime: .unavailable("a call's CPU time is not measured in the kernel"),
            .lossless: .bestEffort("a full ring loses events; each is counted"),
            .systemWide: .exact,
            .stacks: .unavailable("not offered by this backend"),
            .kernelFilter: .exact,
            .kernelAggregation: .exact,
        ])
    }
}
