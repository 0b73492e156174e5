/// Something a sink, a detector or a flag may need of a backend. The raw value is what people read.
public enum Feature: String, Sendable, CaseIterable {
    case memory
    case liveMemory = "memory read late"
    case wholeBuffers = "transferred data"
    case enteredEvents = "entered events"
    case order = "order of events"
    case interruptions = "interrupted calls"
    case lossless
    case backpressure = "waiting for renacer"
    case signals
    case follow = "follow forks"
    case attach
    case systemWide = "system-wide"
    case descriptorPaths = "descriptor paths"
    case commands = "names of commands"
    case namespaces = "pid namespaces"
    case enteredNamespaces = "namespaces entered"
    case virtualCPUs = "virtual CPUs"
    case instructionPointer = "instruction pointer"
    case stacks
    case callTimes = "call times"
    case systemTime = "system time"
    case kernelFilter = "filter in the kernel"
    case kernelAggregation = "summary in the kernel"
    case injection
    case detachOnExecve = "detach on execve"
    case killOnExit = "kill on exit"
    case seccompFilter = "seccomp filter"
    case placement
    case ringSize = "size of the ring"
    case exitMemory = "memory at exit"

    /// What a backend that has it does, for `renacer backends`.
    public var about: String {
        switch self {
        case .memory: "arguments that point into the program's memory are shown"
        case .liveMemory: "memory that does not come with events is read when they are shown (--memory=live)"
        case .wholeBuffers: "what calls read and write is shown in full (--read, --write)"
        case .enteredEvents: "calls are told of when they begin, so that a blocked one is seen"
        case .order: "events of all tasks come in the order in which they happened"
        case .interruptions: "calls end and start anew at signals, ignored ones too, as under strace"
        case .lossless: "every event is delivered, however fast they come"
        case .backpressure: "the program waits when renacer does not keep up (--exact)"
        case .signals: "signals and what they carry"
        case .follow: "children and threads are traced from their first instruction (-f)"
        case .attach: "running processes are traced (-p)"
        case .systemWide: "tasks that nobody named are traced (--all, --cgroup)"
        case .descriptorPaths: "what descriptors refer to at the moment of the call (-y, -P)"
        case .commands: "names of processes beside their ids (-Y)"
        case .namespaces: "ids in other pid namespaces (--decode-pids=pidns)"
        case .enteredNamespaces: "namespaces that calls lead to (-e namespace=new)"
        case .virtualCPUs: "why KVM's virtual CPUs stopped (-e kvm=vcpu)"
        case .instructionPointer: "where in the program a call was made (-i)"
        case .stacks: "the functions and lines of source that led to a call (-k, --source)"
        case .callTimes: "times of calls are their own, without what tracing adds"
        case .systemTime: "CPU time that the kernel spent in a call (--summary-cpu)"
        case .kernelFilter: "calls that nobody wants cost next to nothing (-e trace=)"
        case .kernelAggregation: "calls are counted without an event for each (-c)"
        case .injection: "calls are changed, delayed or failed (--inject)"
        case .detachOnExecve: "a task that executes another program is let go of (-b execve)"
        case .killOnExit: "traced tasks die with renacer (--kill-on-exit)"
        case .seccompFilter: "a seccomp filter stops the program at chosen calls only (--seccomp-bpf)"
        case .placement: "program and renacer share a CPU (--placement)"
        case .exitMemory: "the most memory that a process took is read before it ends (--assert)"
        case .ringSize: "a buffer between the kernel and renacer can be sized (--ring-size)"
        }
    }
}
