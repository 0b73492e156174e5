import CLinux
import Glibc
import RenacerCore

/// A program about to start, held before its exec.
public struct ProgramLaunch {
    /// Its process id.
    public let pid: Int32
    private let channel: Int32

    /// How it waits for its tracer, once let go.
    public enum Hold: Sendable {
        /// It stops itself: for a tracer that has seized it, and whose exec gives a
        /// set-user-id program no identity.
        case stops
        /// It goes straight to its exec.
        case runs
    }

    /// - Parameter filter: a seccomp filter, as `struct sock_filter` in memory order; empty for none.
    public init(
        _ launch: CapturePlan.Launch, _ hold: Hold, filter: [UInt64] = [], noNewPrivileges: Bool = false
    ) throws(TraceError) {
        let invoked = String(cString: clinux_invocation_name())
        var channel: Int32 = -1
        let l = UnsafeMutablePointer<clinux_launch>.allocate(capacity: 1)
        l.initialize(to: clinux_launch())
        l.pointee.file = UnsafePointer(strdup(launch.file))
        l.pointee.argv = UnsafePointer(Self.immortal(launch.arguments))
        l.pointee.envp = UnsafePointer(Self.immortal(launch.environment))
        l.pointee.standard_output = launch.standardOutput ?? -1
        l.pointee.daemonize = Int32(launch.daemonize.rawValue)
        l.pointee.name = clinux_invocation()
        l.pointee.failure_status = invoked.hasSuffix("strace") ? 1 : 0
        l.pointee.stops = hold == .stops ? 1 : 0
        if !filter.isEmpty {
            l.pointee.filter = UnsafeRawPointer(Self.immortal(filter))
            l.pointee.filter_count = UInt16(filter.count)
            l.pointee.no_new_privileges = noNewPrivileges ? 1 : 0
        }
        if let user = launch.user { Self.become(user, hold == .stops ? launch.file : nil, &l.pointee) }
        pid = clinux_launch(l, &channel)
        guard pid > 0 else { throw TraceError("fork: \(String(cString: strerror(-pid)))") }
        self.channel = channel
    }

    /// Lets it go.
    public func go() { clinux_launch_go(channel) }

    /// Ends it before it began.
    public func abandon() {
        _ = close(channel)
        kill(pid, SIGKILL)
    }

    /// - Parameter path: a file that exec will not give its set-user-id owner's identity.
    private static func become(_ user: CapturePlan.Launch.User, _ path: String?, _ l: inout clinux_launch) {
        var file = stat()
        let known = path.map { stat($0, &file) == 0 } ?? false
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
