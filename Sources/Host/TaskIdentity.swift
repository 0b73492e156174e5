import Glibc
import RenacerCore

/// How tasks belong together, as `/proc` tells it.
public enum TaskIdentity {
    /// The process (thread group) of a thread; nil if there is none of that id.
    public static func process(of tid: Int32) -> Int32? {
        read(tid, "status") { files, text in files.value("Tgid", in: text).flatMap { Int32($0) } }
    }

    /// The processes that the first thread of a process has forked and not yet reaped.
    public static func children(of pid: Int32) -> [Int32] {
        read(pid, "task", pid, "/children") { _, text in
            String(decoding: text, as: UTF8.self).split(separator: " ").compactMap { Int32($0) }
        } ?? []
    }

    private static func read<T>(
        _ tid: Int32, _ name: StaticString, _ number: Int32? = nil, _ rest: StaticString = "",
        _ body: (ProcFiles, UnsafeRawBufferPointer) -> T?
    ) -> T? {
        let files = ProcFiles()
        defer { files.deallocate() }
        return files.read(files.name(tid, name, number, rest)).flatMap { body(files, $0) }
    }
}
