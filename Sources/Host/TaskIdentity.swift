import Glibc
import RenacerCore

/// How tasks belong together, as `/proc` tells it.
public enum TaskIdentity {
    /// The process (thread group) of a thread; nil if there is none of that id.
    public static func process(of tid: Int32) -> Int32? {
        read(tid, "status") { files, text in files.value("Tgid", in: text).flatMap { Int32($0) } }
    }

    /// Whether a task is over, though there is still one of that id: a zombie.
    public static func isOver(_ tid: Int32) -> Bool {
        read(tid, "status") { files, text in files.value("State", in: text).map { $0.hasPrefix("Z") || $0.hasPrefix("X") } } ?? false
    }

    /// The processes that the first thread of a process has forked and not yet reaped.
    public static func children(of pid: Int32) -> [Int32] {
        read(pid, "task", pid, "/children") { _, text in
            String(decoding: text, as: UTF8.self).split(separator: " ").compactMap { Int32($0) }
        } ?? []
    }

    /// Whether ids in this process are those that the kernel knows tasks by.
    public static var isInFirstPidNamespace: Bool {
        innerPidNamespace == nil
    }

    /// The inode of this process' pid namespace; nil in the first one.
    public static var innerPidNamespace: UInt32? {
        var namespace = stat()
        // The kernel gives the first one this inode.
        guard stat("/proc/self/ns/pid", &namespace) == 0, namespace.st_ino != 0xefff_fffc else { return nil }
        return UInt32(truncatingIfNeeded: namespace.st_ino)
    }

    /// Whether this process is in a user namespace other than the first.
    public static var isInUserNamespace: Bool {
        var namespace = stat()
        return stat("/proc/self/ns/user", &namespace) == 0 && namespace.st_ino != 0xefff_fffd
    }

    /// The threads of a process.
    public static func threads(of pid: Int32) -> [Int32] {
        guard let directory = opendir("/proc/\(pid)/task") else { return [] }
        defer { closedir(directory) }
        var found: [Int32] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if let tid = Int32(name) { found.append(tid) }
        }
        return found
    }

    /// The call that a thread sleeps in, as `/proc/PID/syscall` tells it.
    public struct BlockedCall {
        public var number: Int
        /// Six of them.
        public var arguments: [UInt64]
        public var stackPointer: UInt64
        public var instructionPointer: UInt64
    }

    /// The call that a thread sleeps in; nil if it runs, or may not be asked.
    public static func call(of tid: Int32) -> BlockedCall? {
        read(tid, "syscall") { _, text in
            let words = String(decoding: text, as: UTF8.self).split { $0 == " " || $0 == "\n" }
            guard words.count == 9, let number = Int(words[0]), number >= 0 else { return nil }
            let values = words.dropFirst().compactMap { UInt64($0.dropFirst(2), radix: 16) }
            guard values.count == 8 else { return nil }
            return BlockedCall(number: number, arguments: Array(values[..<6]), stackPointer: values[6], instructionPointer: values[7])
        }
    }

    /// Whether a process runs a 32-bit program.
    public static func is32Bit(_ pid: Int32) -> Bool {
        let file = open("/proc/\(pid)/exe", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        // The class and the machine: x32's programs are of the other machine.
        var header: [UInt8] = Array(repeating: 0, count: 20)
        guard Glibc.read(file, &header, header.count) == header.count else { return false }
        return header[4] == 1 && !(header[18] == 62 && header[19] == 0)
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
