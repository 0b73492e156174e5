import Glibc
import RenacerCore

extension PtraceBackend {
    public var capabilities: Capabilities {
        Capabilities([
            .memory: .exact,
            .liveMemory: .unavailable("the ptrace backend reads memory at the moment of the call"),
            .wholeBuffers: .exact,
            .enteredEvents: .exact,
            .order: .exact,
            .interruptions: .exact,
            .lossless: .exact,
            .backpressure: .exact,
            .signals: .exact,
            .follow: .exact,
            .attach: .exact,
            .systemWide: .unavailable("ptrace stops single tasks"),
            .descriptorPaths: .exact,
            .commands: .exact,
            .namespaces: .exact,
            .enteredNamespaces: .exact,
            .virtualCPUs: .exact,
            .instructionPointer: .exact,
            .stacks: .exact,
            .callTimes: .bestEffort("a call's time includes that of its stops, some microseconds"),
            .systemTime: .bestEffort("the kernel tells a process' CPU time, not a call's: other threads count in"),
            .kernelFilter: .bestEffort("a seccomp filter, for launched programs whose children are followed"),
            .kernelAggregation: .unavailable("every call stops the task"),
            .injection: .exact,
            .detachOnExecve: .exact,
            .killOnExit: .exact,
            .seccompFilter: .exact,
            .placement: .exact,
            .exitMemory: .exact,
            .ringSize: .unavailable("ptrace has no ring: the program waits for each of its events to be read"),
        ], cost: Cost(start: 1_500_000, call: 7_500))
    }

    /// Yama's ptrace_scope(5) stands between processes of one user.
    public var conditions: Conditions {
        var result = Conditions()
        guard geteuid() != 0, let scope = Self.ptraceScope, scope > 0 else { return result }
        let way = "run it with sudo, or 'sysctl kernel.yama.ptrace_scope=0'"
        result.restrictions[.attach] = scope == 1
            ? .bestEffort("kernel.yama.ptrace_scope is 1, which allows descendants only: \(way)")
            : .unavailable("kernel.yama.ptrace_scope is \(scope): \(way)")
        if scope >= 3 { result.obstacle = "kernel.yama.ptrace_scope is 3, which forbids ptrace until the next boot" }
        return result
    }

    private static var ptraceScope: Int? {
        let fd = open("/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return nil }
        defer { close(fd) }
        var digit: UInt8 = 0
        return read(fd, &digit, 1) == 1 ? Int(digit) - 0x30 : nil
    }
}
