// -e namespace=new: the namespaces that a call took its task to.

extension Decoder {
    /// Names in `/proc/PID/ns`, sorted, with the flag that makes or chooses each.
    private static let namespaces: [(flag: UInt64, name: StaticString)] = [
        (0x0200_0000, "ns/cgroup"), (0x0800_0000, "ns/ipc"), (0x0002_0000, "ns/mnt"), (0x4000_0000, "ns/net"),
        (0x2000_0000, "ns/pid"), (0x80, "ns/time"), (0x1000_0000, "ns/user"), (0x0400_0000, "ns/uts"),
    ]

    /// `(uts:[4026532177])` behind the result of a call that entered namespaces.
    func enteredNamespaces(_ syscall: Syscall) {
        guard options.enteredNamespaces, !failed else { return }
        let entering: (flags: UInt64, task: Int32)?
        switch syscall.name {
        case "unshare": entering = (call[0], tid)
        case "setns": entering = (call[1], tid)
        case "clone": entering = (call[0] & ~0xff, child)
        case "clone3": entering = (readU64(call[0]) ?? 0, child)
        default: entering = nil
        }
        guard let (flags, task) = entering, Self.namespaces.contains(where: { $0.flag & flags != 0 }) else { return }
        out.beginNote()
        for n in Self.namespaces where n.flag & flags != 0 {
            scratch.truncate(to: 0)
            guard inspector.link(n.name, of: task, into: scratch) else { continue }
            out.element()
            out.verbatim(scratch.bytes)
        }
        out.endNote()
    }

    /// The tracer's id of the child that the call made.
    private var child: Int32 {
        let id = Int32(truncatingIfNeeded: result)
        return inspector.translate(id, .tid, seenBy: tid) ?? id
    }
}
