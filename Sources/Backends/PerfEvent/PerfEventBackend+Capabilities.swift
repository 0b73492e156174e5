import CPerf
import Glibc
import RenacerCore
import RenacerHost

extension PerfEventBackend {
    public var capabilities: Capabilities {
        Capabilities([
            .memory: .unavailable("the kernel's records carry none: pointers print as addresses"),
            .liveMemory: .bestEffort("it is read when the task has gone on, and may have changed"),
            .wholeBuffers: .unavailable("the kernel's records carry no memory"),
            .enteredEvents: .exact,
            .order: .bestEffort("a record that takes longer than 1 ms to reach its ring comes late"),
            .interruptions: .bestEffort("an untraced task sleeps through signals that it ignores"),
            .lossless: .bestEffort("a full ring loses events, each of which is counted"),
            .backpressure: .unavailable("the kernel does not wait when a ring of perf events is full"),
            .signals: .bestEffort("of siginfo the kernel records number, code and error"),
            .follow: .bestEffort("the kernel records nothing more of a task whose exec gives it another user's privileges"),
            .attach: .exact,
            .systemWide: .exact,
            .descriptorPaths: .unavailable("the kernel's records carry no paths; with --memory=live they are looked up later"),
            .commands: .bestEffort("only traced tasks' commands are known"),
            .namespaces: .unavailable("the kernel's records tell nothing of pid namespaces"),
            .enteredNamespaces: .unavailable("the kernel's records tell nothing of namespaces"),
            .virtualCPUs: .unavailable("memory that virtual CPUs share with their program is not recorded"),
            .instructionPointer: .exact,
            .stacks: .bestEffort("the innermost 8 KiB of a stack are recorded: frames further out, and stacks at signals, are missing"),
            .callTimes: .exact,
            .systemTime: .unavailable("a call's CPU time is not recorded by the kernel"),
            .kernelFilter: .exact,
            .kernelAggregation: .unavailable("the kernel records each call"),
            .injection: .unavailable("the perf_event backend can't change a call"),
            .detachOnExecve: .exact,
            .killOnExit: .unavailable("tasks do not depend on the perf_event backend"),
            .seccompFilter: .unavailable("the perf_event backend filters in the kernel by itself"),
            .exitMemory: .unavailable("a process is gone before it can be asked, since nothing stops"),
            .placement: .unavailable("the perf_event backend leaves tasks on their CPUs"),
            .ringSize: .exact,
        ], cost: Cost(start: 100_000_000, call: 1_500))
    }

    public var conditions: Conditions {
        if !TaskIdentity.isInFirstPidNamespace { return Conditions(obstacle: Self.foreignNamespace) }
        let (status, text) = Self.probe
        return status == 0 ? Conditions() : Conditions(obstacle: Self.reason(status, text))
    }

    /// Asked once in a process.
    private static let probe: (status: Int32, text: String) = {
        var error = [CChar](repeating: 0, count: 512)
        let status = cperf_usable(&error, error.count)
        return (status, text(error))
    }()

    static let foreignNamespace = "renacer runs in a pid namespace, whose ids the kernel's tracepoints do not tell"
}
