import CLinux
import Glibc
import RenacerCore

/// Translates ids of a tracee's pid namespace to the tracer's. pid_namespaces(7).
///
/// The kernel lists a task's ids in every namespace it is visible in (`NSpid:` of
/// `/proc/PID/status`), outermost first, so the id at the depth of the tracee's namespace
/// is what the tracee calls that task.
///
/// `/proc` itself may show another namespace than the tracer's, one further out: then a
/// task's directory there has another number than the tracer has for it.
final class PidNamespaces {
    private let files = ProcFiles()
    private let own: UInt
    /// How far the tracer's namespace lies below that of `/proc`.
    private let depth: Int
    /// The numbers in `/proc` of tasks met, by the tracer's ids.
    private var entries: [Int32: Int32] = [:]

    init() {
        let files = self.files
        own = clinux_namespace(Self.path("/proc/self/ns/pid"), 0)
        let levels = files.read(Self.path("/proc/self/status")).flatMap { files.value("NSpid", in: $0) }
        depth = max(levels.map { Self.numbers($0).count - 1 } ?? 0, 0)
    }

    deinit { files.deallocate() }

    /// A literal as a C string: it ends in NUL.
    private static func path(_ s: StaticString) -> UnsafePointer<CChar> {
        UnsafeRawPointer(s.utf8Start).assumingMemoryBound(to: CChar.self)
    }

    private static func numbers(_ line: Substring) -> [Int32] {
        line.split(whereSeparator: { $0 == "\t" || $0 == " " }).compactMap { Int32($0) }
    }

    /// The number in `/proc` of the task that the tracer calls `tid`.
    func entry(of tid: Int32) -> Int32 {
        guard depth > 0 else { return tid }
        if let known = entries[tid], isEntry(known, of: tid) { return known }
        let found = search(.tid) { isEntry($0, of: tid) ? $0 : nil } ?? tid
        entries[tid] = found
        return found
    }

    private func isEntry(_ candidate: Int32, of tid: Int32) -> Bool {
        let all = ids(candidate, .tid)
        guard all.count > depth, all[depth] == tid else { return false }
        return namespace(of: candidate, above: all.count - 1 - depth) == own
    }

    /// The pid namespace of a task, or the one `levels` above it; 0 if it cannot be told.
    private func namespace(of entry: Int32, above levels: Int = 0) -> UInt {
        clinux_namespace(files.name(entry, "ns/pid"), Int32(levels))
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
        return Self.numbers(line)
    }

    func translate(_ id: Int32, _ kind: PidKind, seenBy tid: Int32) -> Int32? {
        guard id > 0 else { return nil }
        let task = entry(of: tid)
        let theirs = namespace(of: task)
        guard theirs != 0, theirs != own else { return nil }
        let level = ids(task, .tid).count - 1
        guard level > depth else { return nil }
        func match(_ candidate: Int32) -> Int32? {
            let all = ids(candidate, kind)
            guard all.count > level, all[level] == id else { return nil }
            guard namespace(of: candidate, above: all.count - 1 - level) == theirs else { return nil }
            return all[depth]
        }
        // The tracee most often speaks of itself and its relatives.
        return match(task) ?? search(kind, match)
    }

    /// What `match` says of the first task it knows: processes, and threads where a
    /// thread's id is meant.
    private func search(_ kind: PidKind, _ match: (Int32) -> Int32?) -> Int32? {
        guard let proc = opendir("/proc") else { return nil }
        defer { closedir(proc) }
        while let entry = readdir(proc) {
            guard let candidate = Self.number(entry) else { continue }
            if let found = match(candidate) { return found }
            if kind == .tid, let found = thread(of: candidate, match) { return found }
        }
        return nil
    }

    private func thread(of process: Int32, _ match: (Int32) -> Int32?) -> Int32? {
        guard let tasks = opendir(files.name(process, "task")) else { return nil }
        defer { closedir(tasks) }
        while let entry = readdir(tasks) {
            if let tid = Self.number(entry), tid != process, let found = match(tid) { return found }
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
