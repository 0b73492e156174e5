import Glibc
import RenacerCore

/// Translates ids of a tracee's pid namespace to the tracer's. pid_namespaces(7).
///
/// The kernel lists a task's ids in every namespace it is visible in (`NSpid:` of
/// `/proc/PID/status`), outermost first, so the id at the depth of the tracee's namespace
/// is what the tracee calls that task.
final class PidNamespaces {
    private let files = ProcFiles()
    private let own: [UInt8]?

    init() {
        own = files.link(files.name(getpid(), "ns/pid")).map(Array.init)
    }

    deinit { files.deallocate() }

    private func namespace(of tid: Int32) -> [UInt8]? {
        files.link(files.name(tid, "ns/pid")).map(Array.init)
    }

    private func key(_ kind: PidKind) -> StaticString {
        switch kind {
        case .tid: "NSpid"
        case .pid: "NStgid"
        case .pgid: "NSpgid"
        case .sid: "NSsid"
        }
    }

    /// The ids of a task for a kind, outermost namespace first.
    private func ids(_ tid: Int32, _ kind: PidKind) -> [Int32] {
        guard let status = files.read(files.name(tid, "status")), let line = files.value(key(kind), in: status) else {
            return []
        }
        return line.split(whereSeparator: { $0 == "\t" || $0 == " " }).compactMap { Int32($0) }
    }

    func translate(_ id: Int32, _ kind: PidKind, seenBy tid: Int32) -> Int32? {
        guard id > 0, let theirs = namespace(of: tid), theirs != own else { return nil }
        let depth = ids(tid, .tid).count - 1
        guard depth > 0 else { return nil }
        // The tracee most often speaks of itself and its relatives.
        if let match = match(tid, id, kind, depth, theirs) { return match }
        guard let proc = opendir("/proc") else { return nil }
        defer { closedir(proc) }
        while let entry = readdir(proc) {
            guard let candidate = Self.number(entry) else { continue }
            if let match = match(candidate, id, kind, depth, theirs) { return match }
            if kind == .tid, let match = thread(of: candidate, id, depth, theirs) { return match }
        }
        return nil
    }

    private func match(_ candidate: Int32, _ id: Int32, _ kind: PidKind, _ depth: Int, _ theirs: [UInt8]) -> Int32? {
        let all = ids(candidate, kind)
        guard all.count > depth, all[depth] == id else { return nil }
        guard all.count > depth + 1 || namespace(of: candidate) == theirs else { return nil }
        return all[0]
    }

    private func thread(of process: Int32, _ id: Int32, _ depth: Int, _ theirs: [UInt8]) -> Int32? {
        guard ids(process, .tid).count > depth, let tasks = opendir(files.name(process, "task")) else { return nil }
        defer { closedir(tasks) }
        while let entry = readdir(tasks) {
            if let tid = Self.number(entry), let match = match(tid, id, .tid, depth, theirs) { return match }
        }
        return nil
    }

    private static func number(_ entry: UnsafeMutablePointer<dirent>) -> Int32? {
        withUnsafeBytes(of: &entry.pointee.d_name) { name in
            var v: Int32 = 0
            for c in name {
                if c == 0 { break }
                guard c >= 0x30, c <= 0x39 else { return nil }
                v = v &* 10 &+ Int32(c - 0x30)
            }
            return v > 0 ? v : nil
        }
    }
}
