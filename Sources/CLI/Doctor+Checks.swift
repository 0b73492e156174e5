import CLinux
import Glibc
import RenacerBPF

// What the backends build upon, one line each.

extension Doctor {
    static func checks() -> [Check] {
        [kernel(), types(), privileges(), ring(), taskStorage(), pidNamespace(), cgroups(), ptraceScope(), traceFileSystem(), perfEvents(), lockedMemory(), openFiles()]
    }

    private static func check(_ name: String, _ isThere: Bool, _ detail: String, fix: String) -> Check {
        Check(name: name, status: isThere ? .ok : .missing, detail: detail, fix: isThere ? "" : fix)
    }

    private static func check(_ name: String, _ answer: BPFSupport.Answer, since version: String) -> Check {
        switch answer {
        case .yes: Check(name: name, status: .ok, detail: "available", fix: "")
        case .no: Check(name: name, status: .missing, detail: "this kernel has none", fix: "bpf needs Linux \(version)")
        case .unknown: Check(name: name, status: .unknown, detail: "may not be asked for", fix: "run it with sudo")
        }
    }

    private static func kernel() -> Check {
        var names = utsname()
        uname(&names)
        let release = withUnsafeBytes(of: &names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let numbers = release.split(whereSeparator: { !$0.isNumber }).prefix(2).compactMap { Int($0) }
        let isNew = numbers.count == 2 && (numbers[0], numbers[1]) >= (5, 17)
        return check("kernel", isNew, "Linux \(release)", fix: "bpf needs Linux 5.17; ptrace 5.3")
    }

    private static func types() -> Check {
        let file = "/sys/kernel/btf/vmlinux"
        return check("kernel types (BTF)", access(file, R_OK) == 0, file, fix: "bpf needs a kernel built with CONFIG_DEBUG_INFO_BTF")
    }

    private static func privileges() -> Check {
        let has = BPFSupport.isPrivileged
        let file = clinux_executed_file().map { String(cString: $0) } ?? "renacer"
        return check(
            "privileges", has, has ? "CAP_BPF and CAP_PERFMON" : "no CAP_BPF or no CAP_PERFMON",
            fix: "for bpf run it with sudo, or once 'setcap cap_bpf,cap_perfmon+ep \(file)'")
    }

    private static func ring() -> Check { check("BPF ring buffer", BPFSupport.ringBuffer, since: "5.8") }
    private static func taskStorage() -> Check { check("BPF task storage", BPFSupport.taskStorage, since: "5.11") }

    private static func pidNamespace() -> Check {
        var info = stat()
        // The kernel gives the first one this number.
        let isFirst = stat("/proc/self/ns/pid", &info) != 0 || info.st_ino == 0xefff_fffc
        return check("pid namespace", isFirst, isFirst ? "the first" : "not the first", fix: "perf_event has to run outside, or in a container with --pid=host")
    }

    private static func cgroups() -> Check {
        let mount = Cgroup.mount()
        return check("cgroup2", mount != nil, mount ?? "not mounted", fix: "for --cgroup: mount -t cgroup2 none /sys/fs/cgroup")
    }

    private static func ptraceScope() -> Check {
        // Without Yama there is no such file, and no restriction.
        let scope = number("/proc/sys/kernel/yama/ptrace_scope") ?? 0
        let isOpen = scope == 0 || scope < 3 && getuid() == 0
        return check("ptrace_scope", isOpen, "\(scope)", fix: scope == 3
            ? "nothing can be traced by ptrace until the next boot" : "for -p run it with sudo, or 'sysctl kernel.yama.ptrace_scope=0'")
    }

    private static func traceFileSystem() -> Check {
        let paths = ["/sys/kernel/tracing/events", "/sys/kernel/debug/tracing/events"]
        let found = paths.first { access($0, R_OK | X_OK) == 0 }
        return check("tracefs", found != nil, found ?? "not readable", fix: "mount -t tracefs none /sys/kernel/tracing, and run it with sudo; ptrace and bpf do without")
    }

    private static func perfEvents() -> Check {
        guard let level = number("/proc/sys/kernel/perf_event_paranoid") else {
            return Check(name: "perf_event_paranoid", status: .missing, detail: "this kernel has no perf events", fix: "ptrace and bpf do without")
        }
        let isOpen = level < 0 || BPFSupport.isPrivileged
        return check("perf_event_paranoid", isOpen, "\(level)", fix: "'sysctl kernel.perf_event_paranoid=-1', or run it with sudo; ptrace and bpf do without")
    }

    private static func lockedMemory() -> Check {
        let limit = softLimit(UInt32(__RLIMIT_MEMLOCK.rawValue))
        // Since Linux 5.11 BPF memory counts against the cgroup's; perf_event_open(2) rings count against this and
        // perf_event_mlock_kb, unless CAP_IPC_LOCK lifts both.
        return Check(name: "locked memory", status: .ok, detail: limit.map { "\($0 >> 10) KiB; bpf does not count against it" } ?? "unlimited", fix: "")
    }

    /// Each CPU takes some descriptors, and with -ff each task one.
    private static func openFiles() -> Check {
        let limit = softLimit(UInt32(RLIMIT_NOFILE.rawValue))
        let isEnough = limit.map { $0 >= 64 + 8 * UInt64(max(sysconf(Int32(_SC_NPROCESSORS_CONF)), 1)) } ?? true
        return check("open files", isEnough, limit.map { "\($0)" } ?? "unlimited", fix: "'ulimit -n 1024'")
    }

    /// nil: unlimited.
    private static func softLimit(_ resource: UInt32) -> UInt64? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(resource), &limit) == 0 else { return nil }
        return limit.rlim_cur == rlim_t.max ? nil : UInt64(limit.rlim_cur)
    }

    private static func number(_ path: String) -> Int? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var value: [CChar] = Array(repeating: 0, count: 32)
        guard fgets(&value, 32, file) != nil else { return nil }
        return Int(String(decoding: value.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
}
