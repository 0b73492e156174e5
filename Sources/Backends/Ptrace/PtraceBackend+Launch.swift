import CLinux
import Glibc
import RenacerCore

extension PtraceBackend {
    /// Starts the program, seizes it before it has run, and lets it go to its exec.
    func launch(_ launch: CapturePlan.Launch) throws(TraceError) {
        let invoked = String(cString: clinux_invocation_name())
        var channel: Int32 = -1
        var filter = seccompFilter()
        if !filter.isEmpty, plan.ptrace.seccomp == .automatic, clinux_split() != 0 { filter = [] }
        let file = strdup(launch.file)
        let l = UnsafeMutablePointer<clinux_launch>.allocate(capacity: 1)
        l.initialize(to: clinux_launch())
        l.pointee.file = UnsafePointer(file)
        l.pointee.argv = UnsafePointer(Self.immortal(launch.arguments))
        l.pointee.envp = UnsafePointer(Self.immortal(launch.environment))
        l.pointee.standard_output = launch.standardOutput ?? -1
        l.pointee.daemonize = Int32(launch.daemonize.rawValue)
        l.pointee.name = clinux_invocation()
        l.pointee.failure_status = invoked.hasSuffix("strace") ? 1 : 0
        if !filter.isEmpty {
            l.pointee.filter = UnsafeRawPointer(Self.immortal(filter))
            l.pointee.filter_count = UInt16(filter.count)
            l.pointee.no_new_privileges = plan.ptrace.seccomp == .always ? 1 : 0
        }
        if let user = launch.user { Self.become(user, launch.file, &l.pointee) }
        let pid = clinux_launch(l, &channel)
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
        clinux_launch_go(channel)
        awaitStart(pid)
        // The program was there before its tracer.
        if launch.daemonize != .no { deliver(task, clinux_monotonic_ns(), .process(.attached())) }
        if filter.isEmpty, plan.target.attach.isEmpty, launch.daemonize == .no { placement.begin(task) }
        _ = clinux_resume_to_syscall(pid, 0)
    }

    /// Waits for the stop that the program's process makes of its own accord: from there on
    /// every call of it is seen.
    private func awaitStart(_ pid: Int32) {
        var status: Int32 = 0
        while clinux_wait(pid, &status, nil, 0) == pid {
            guard case .signal(let signal) = Stop(status: status), signal != SIGSTOP else { return }
            _ = clinux_resume(pid, signal)
        }
    }

    /// A set-user-id program has its owner's effective identity, which it would not get
    /// from exec while it is traced.
    private static func become(_ user: CapturePlan.Launch.User, _ path: String, _ l: inout clinux_launch) {
        var file = stat()
        let known = stat(path, &file) == 0
        let groups = groups(of: user)
        l.has_user = 1
        l.uid = user.uid
        l.gid = user.gid
        l.effective_uid = known && file.st_mode & S_ISUID != 0 ? file.st_uid : user.uid
        l.effective_gid = known && file.st_mode & S_ISGID != 0 ? file.st_gid : user.gid
        l.groups = UnsafePointer(immortal(groups))
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

    // What a starting process reads from the tracer's memory is never freed: should the
    // tracer let go of it early, nothing tells when its exec is done.

    private static func immortal<T>(_ values: [T]) -> UnsafeMutablePointer<T> {
        let memory = UnsafeMutableBufferPointer<T>.allocate(capacity: max(values.count, 1))
        _ = memory.initialize(from: values)
        return memory.baseAddress ?? .allocate(capacity: 1)
    }

    /// A NULL-terminated array of C strings.
    private static func immortal(_ strings: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
        immortal(strings.map { strdup($0) } + [nil])
    }
}
