import CLinux
import Glibc
import RenacerCore

extension PtraceBackend {
    /// Starts the program, seizes it before it has run, and lets it go to its exec.
    func launch(_ launch: CapturePlan.Launch) throws(TraceError) {
        let invoked = String(cString: clinux_invocation_name())
        var channel: Int32 = -1
        let argv = CStrings(launch.arguments), environment = CStrings(launch.environment)
        var filter = seccompFilter()
        if !filter.isEmpty, plan.ptrace.seccomp == .automatic, clinux_split() != 0 { filter = [] }
        let pid = launch.file.withCString { file in
            filter.withUnsafeBufferPointer { filter in
                var l = clinux_launch()
                l.file = file
                l.argv = UnsafePointer(argv.pointers)
                l.envp = UnsafePointer(environment.pointers)
                l.standard_output = launch.standardOutput ?? -1
                l.daemonize = Int32(launch.daemonize.rawValue)
                l.name = clinux_invocation()
                l.failure_status = invoked.hasSuffix("strace") ? 1 : 0
                if !filter.isEmpty {
                    l.filter = UnsafeRawPointer(filter.baseAddress)
                    l.filter_count = UInt16(filter.count)
                    l.no_new_privileges = plan.ptrace.seccomp == .always ? 1 : 0
                }
                guard let user = launch.user else { return clinux_launch(&l, &channel) }
                return Self.groups(of: user).withUnsafeBufferPointer { groups in
                    Self.become(user, file, groups, &l)
                    return clinux_launch(&l, &channel)
                }
            }
        }
        if launch.daemonize != .no { debug("new tracer pid is \(getpid())") }
        guard pid > 0 else { throw TraceError("fork: \(Self.message(-pid))") }
        let seized = clinux_seize(pid, options)
        guard seized == 0 else {
            _ = close(channel)
            kill(pid, SIGKILL)
            throw TraceError("PTRACE_SEIZE of \(pid): \(Self.message(Int32(-seized)))")
        }
        launched = pid
        let task = Task(tid: pid, pid: pid, cache: readCache)
        task.isStarting = true
        isKept = !filter.isEmpty && plan.ptrace.seccomp == .automatic
        tasks.insert(task)
        // The program's process waits for the channel; from this stop on every call of it is seen.
        _ = clinux_interrupt(pid)
        var status: Int32 = 0
        _ = clinux_wait(pid, &status, nil, 0)
        // The program was there before its tracer.
        if launch.daemonize != .no { deliver(task, clinux_monotonic_ns(), .process(.attached())) }
        clinux_launch_go(channel)
        _ = clinux_resume_to_syscall(pid, 0)
    }

    /// A set-user-id program has its owner's effective identity, which it would not get
    /// from exec while it is traced.
    private static func become(
        _ user: CapturePlan.Launch.User, _ path: UnsafePointer<CChar>, _ groups: UnsafeBufferPointer<gid_t>,
        _ l: inout clinux_launch
    ) {
        var file = stat()
        let known = stat(path, &file) == 0
        l.has_user = 1
        l.uid = user.uid
        l.gid = user.gid
        l.effective_uid = known && file.st_mode & S_ISUID != 0 ? file.st_uid : user.uid
        l.effective_gid = known && file.st_mode & S_ISGID != 0 ? file.st_gid : user.gid
        l.groups = groups.baseAddress
        l.group_count = groups.count
    }

    private static func groups(of user: CapturePlan.Launch.User) -> [gid_t] {
        var count: Int32 = 64
        var groups = [gid_t](repeating: 0, count: Int(count))
        if getgrouplist(user.name, user.gid, &groups, &count) < 0 {
            groups = [gid_t](repeating: 0, count: Int(max(count, 1)))
            count = Int32(groups.count)
            if getgrouplist(user.name, user.gid, &groups, &count) < 0 { return [user.gid] }
        }
        return Array(groups.prefix(Int(count)))
    }
}

/// A NULL-terminated array of C strings.
private final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointers = .allocate(capacity: count + 1)
        for (i, s) in strings.enumerated() { pointers[i] = strdup(s) }
        pointers[count] = nil
    }

    deinit {
        for i in 0..<count { free(pointers[i]) }
        pointers.deallocate()
    }
}
