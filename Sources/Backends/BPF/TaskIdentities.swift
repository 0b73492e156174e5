import CBPF
import RenacerCore
import RenacerHost

/// What tasks are called in pid namespaces, pid_namespaces(7), and which namespaces they are in, as the kernel told
/// when each was born or began to be traced.
struct TaskIdentities {
    private struct Number: Hashable {
        let namespace: UInt32
        let number: Int32
    }

    private struct Identity {
        /// Its process, as the tracer knows it.
        var pid: Int32
        /// The pid namespace whose numbers the task itself speaks of.
        var home: UInt32
        var numbers: [Number]
        /// By `enum capture_namespace`.
        var namespaces: [UInt32]
    }

    private lazy var own: UInt32 = TaskIdentity.innerPidNamespace ?? Self.first
    private static let first: UInt32 = 0xefff_fffc

    /// The tracer's ids of tasks, by what others call them.
    private var tasks: [Number: Int32] = [:]
    private var identities: [Int32: Identity] = [:]
    /// Tasks that have ended, whose ids are still spoken of: parents wait for them. The oldest is forgotten first.
    private var ended: [Int32] = []
    private static let mostEnded = 1024

    mutating func learn(_ record: capture_identity, staysAlive: Bool) {
        let tid = Int32(bitPattern: record.header.tid)
        let levels = min(Int(record.levels), Int(CAPTURE_LEVELS))
        guard tid > 0, levels > 0 else { return }
        let seen = withUnsafeBytes(of: record.seen) { $0.bindMemory(to: capture_number.self).prefix(levels).map {
            Number(namespace: $0.namespace, number: Int32(bitPattern: $0.number))
        } }
        let namespaces = withUnsafeBytes(of: record.namespaces) { Array($0.bindMemory(to: UInt32.self)) }
        forget(tid)
        // Deeper than is looked, what it speaks of is not known.
        let home = Int(record.levels) == levels ? seen[levels - 1].namespace : 0
        identities[tid] = Identity(pid: Int32(bitPattern: record.header.pid), home: home, numbers: seen, namespaces: namespaces)
        for number in seen { tasks[number] = tid }
        if !staysAlive { end(tid) }
    }

    /// Takes note of a task's end; what it was called is known a while longer.
    mutating func end(_ tid: Int32) {
        guard identities[tid] != nil else { return }
        ended.append(tid)
        guard ended.count > 2 * Self.mostEnded else { return }
        let alive = Set(ended.suffix(Self.mostEnded))
        for tid in ended.dropLast(Self.mostEnded) where !alive.contains(tid) { forget(tid) }
        ended.removeFirst(ended.count - Self.mostEnded)
    }

    private mutating func forget(_ tid: Int32) {
        guard let former = identities.removeValue(forKey: tid) else { return }
        // Another task may be called so by now.
        for number in former.numbers where tasks[number] == tid { tasks[number] = nil }
    }

    /// The tracer's id of what task `tid` calls `id`; nil if it is the same or unknown.
    ///
    /// - Parameter other: asked if nothing was told of either.
    mutating func translate(_ id: Int32, _ kind: PidKind, seenBy tid: Int32, else other: () -> Int32?) -> Int32? {
        guard id > 0 else { return nil }
        guard let home = identities[tid]?.home, home != 0 else { return other() }
        guard home != own else { return nil }
        guard let found = tasks[Number(namespace: home, number: id)] else { return other() }
        // Processes, groups and sessions are called as their leaders are.
        guard kind == .tid || identities[found]?.pid == found else { return nil }
        return found
    }

    /// The inode of the namespace that a name in `/proc/PID` leads to; nil if it is not known.
    func namespace(_ name: StaticString, of tid: Int32) -> UInt32? {
        guard let identity = identities[tid] else { return nil }
        let inode: UInt32
        switch name.description {
        case "ns/pid": inode = identity.home
        default:
            guard let place = Self.places[name.description], place < identity.namespaces.count else { return nil }
            inode = identity.namespaces[place]
        }
        return inode == 0 ? nil : inode
    }

    private static let places: [String: Int] = [
        "ns/cgroup": Int(CAPTURE_CGROUP_NAMESPACE.rawValue), "ns/ipc": Int(CAPTURE_IPC_NAMESPACE.rawValue),
        "ns/mnt": Int(CAPTURE_MNT_NAMESPACE.rawValue), "ns/net": Int(CAPTURE_NET_NAMESPACE.rawValue),
        "ns/time": Int(CAPTURE_TIME_NAMESPACE.rawValue), "ns/user": Int(CAPTURE_USER_NAMESPACE.rawValue),
        "ns/uts": Int(CAPTURE_UTS_NAMESPACE.rawValue),
    ]
}
