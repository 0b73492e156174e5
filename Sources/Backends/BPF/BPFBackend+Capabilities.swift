import CLinux
import Glibc
import RenacerCore
import RenacerHost

extension BPFBackend {
    public var capabilities: Capabilities {
        Capabilities([
            .memory: .bestEffort("what is not in memory when a call begins is read when it ends"),
            .liveMemory: .unavailable("the bpf backend captures memory at the moment of the call"),
            .wholeBuffers: .bestEffort("of one buffer no more than 16 MiB is captured"),
            .enteredEvents: .exact,
            .order: .bestEffort("under load a call that began 1 MiB of records before its end is told of at its end"),
            .interruptions: .bestEffort("an untraced task sleeps through signals that it ignores"),
            .lossless: .bestEffort("a full ring loses events, each of which is counted; --exact makes the program wait"),
            .backpressure: .exact,
            .signals: .exact,
            .follow: .exact,
            .attach: .exact,
            .systemWide: .exact,
            .descriptorPaths: .bestEffort("descriptors inside of other structures (netlink, bpf, io_uring) stay numbers"),
            .commands: .bestEffort("only traced tasks' commands are known"),
            .namespaces: .bestEffort("ids of tasks that are not traced are looked up when they are shown"),
            .enteredNamespaces: .exact,
            .virtualCPUs: .unavailable("memory that virtual CPUs share with their program is not captured"),
            .instructionPointer: .exact,
            .stacks: .bestEffort("the innermost 8 KiB of a stack are captured: frames further out, and stacks at signals, are missing"),
            .callTimes: .exact,
            .systemTime: .unavailable("a call's CPU time is not measured in the kernel"),
            .kernelFilter: .exact,
            .kernelAggregation: .exact,
            .injection: .unavailable("the bpf backend can't change a call"),
            .detachOnExecve: .exact,
            .killOnExit: .unavailable("tasks do not depend on the bpf backend"),
            .seccompFilter: .unavailable("the bpf backend filters in the kernel by itself"),
            .exitMemory: .unavailable("a process is gone before it can be asked, since nothing stops"),
            .placement: .unavailable("the bpf backend leaves tasks on their CPUs"),
            .ringSize: .exact,
        ], cost: Cost(start: 12_000_000, call: 350))
    }

    public var conditions: Conditions {
        if let need = Self.privilegeNeeded { return Conditions(obstacle: need) }
        if access("/sys/kernel/btf/vmlinux", R_OK) != 0 { return Conditions(obstacle: Self.noTypes(Self.message(errno))) }
        return Conditions()
    }

    static func noTypes(_ reason: String) -> String { "this kernel tells nothing of its types (BTF): \(reason)" }
}
