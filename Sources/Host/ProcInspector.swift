import CLinux
import Glibc
import RenacerCore

/// Answers questions about tasks from `/proc`, netlink's socket diagnosis and the
/// tasks' namespaces. Exact as long as the task is stopped.
public final class ProcInspector: TaskInspector {
    let files = ProcFiles()
    private lazy var sockets = SocketDiagnosis()
    private lazy var namespaces = PidNamespaces()
    lazy var genericFamilies = GenericNetlink()

    public init() {}

    deinit { files.deallocate() }

    public func workingDirectory(of tid: Int32, _ memory: any TraceeMemory, into text: TextBuffer) -> DescriptorName {
        let link = files.name(namespaces.entry(of: tid), "cwd")
        guard let target = files.link(link) else { return .unknown }
        return path(target, of: link, into: text)
    }

    public func command(of tid: Int32, into text: TextBuffer) -> Bool {
        guard let comm = files.read(files.name(namespaces.entry(of: tid), "comm")), comm.count > 1 else { return false }
        // Names of kernel threads are longer here than TASK_COMM_LEN lets others be.
        text.angled(UnsafeRawBufferPointer(rebasing: comm.dropLast().prefix(15)))
        return true
    }

    public func translate(_ id: Int32, _ kind: PidKind, seenBy tid: Int32) -> Int32? {
        namespaces.translate(id, kind, seenBy: tid)
    }

    public func link(_ name: StaticString, of tid: Int32, into text: TextBuffer) -> Bool {
        guard let target = files.link(files.name(namespaces.entry(of: tid), name)) else { return false }
        text.append(target)
        return true
    }

    public func registers(of tid: Int32, into registers: UnsafeMutableBufferPointer<UInt64>, _ instructionPointer: inout UInt64) -> Bool {
        registers.count >= Int(clinux_register_count) && clinux_registers(tid, registers.baseAddress, &instructionPointer) == 0
    }

    // MARK: Descriptors

    public func describe(
        fd: Int32, of tid: Int32, _ memory: any TraceeMemory, _ detail: DescriptorDetail, into text: TextBuffer
    ) -> DescriptorName {
        let link = files.name(namespaces.entry(of: tid), "fd", fd)
        guard let target = files.link(link) else { return .unknown }
        if target.first == 0x2f {
            guard detail.contains(.device) || detail.contains(.path) else { return .unknown }
            let result = path(target, of: link, into: text)
            if detail.contains(.device), device(fd, tid, text) { return result }
            guard detail.contains(.path) else {
                text.truncate(to: 0)
                return .unknown
            }
            return result
        }
        if detail.contains(.socket), let inode = Self.number(target, after: "socket:[") {
            if describe(socket: inode, fd, tid, into: text) { return .known }
        }
        if target.elementsEqual("anon_inode:[pidfd]".utf8) || target.starts(with: "pidfd:".utf8),
            detail.contains(.pidfd), let pid = information("Pid", fd, tid), !pid.hasPrefix("-") {
            text.append("pid:")
            text.append(String(pid))
            return .known
        }
        if target.elementsEqual("anon_inode:[eventfd]".utf8), detail.contains(.eventfd), eventfd(fd, tid, text) {
            return .known
        }
        if target.elementsEqual("anon_inode:[signalfd]".utf8), detail.contains(.signalfd),
            let mask = information("sigmask", fd, tid).flatMap({ UInt64($0, radix: 16) }) {
            text.signalfd(mask)
            return .known
        }
        guard detail.contains(.path), let again = files.link(files.name(namespaces.entry(of: tid), "fd", fd)) else { return .unknown }
        text.angled(again)
        return .known
    }

    public func process(pidfd: Int32, of tid: Int32) -> Int32? {
        information("Pid", pidfd, tid).flatMap { Int32($0) }.flatMap { $0 > 0 ? $0 : nil }
    }

    public func socketProtocol(fd: Int32, of tid: Int32, _ memory: any TraceeMemory) -> (family: Int32, protocol: Int32)? {
        guard let target = files.link(files.name(namespaces.entry(of: tid), "fd", fd)),
            let inode = Self.number(target, after: "socket:[")
        else { return nil }
        if let p = sockets.netlinkProtocol(inode) { return (AF_NETLINK, p) }
        // One that has no address yet is not told of; its name is.
        var name = [CChar](repeating: 0, count: 16)
        let n = getxattr(files.name(namespaces.entry(of: tid), "fd", fd), "system.sockprotoname", &name, name.count)
        return n > 0 && strncmp(name, "NETLINK", name.count) == 0 ? (AF_NETLINK, -1) : nil
    }

    /// A path from `/proc`, and whether the kernel says that it is gone.
    private func path(
        _ target: UnsafeRawBufferPointer, of link: UnsafePointer<CChar>, into text: TextBuffer
    ) -> DescriptorName {
        let suffix = " (deleted)"
        guard target.count > suffix.utf8.count, target.suffix(suffix.utf8.count).elementsEqual(suffix.utf8),
            !files.isTarget(target, of: link)
        else {
            text.angled(target)
            return .known
        }
        text.angled(UnsafeRawBufferPointer(rebasing: target.dropLast(suffix.utf8.count)))
        return .deleted
    }

    /// `<char 1:3>` behind a device's path.
    private func device(_ fd: Int32, _ tid: Int32, _ text: TextBuffer) -> Bool {
        var s = stat()
        guard stat(files.name(namespaces.entry(of: tid), "fd", fd), &s) == 0 else { return false }
        let type = s.st_mode & S_IFMT
        guard type == S_IFCHR || type == S_IFBLK else { return false }
        let number = DeviceNumber(UInt64(s.st_rdev))
        text.device(isCharacter: type == S_IFCHR, major: number.major, minor: number.minor)
        return true
    }

    private func eventfd(_ fd: Int32, _ tid: Int32, _ text: TextBuffer) -> Bool {
        guard let count = information("eventfd-count", fd, tid).flatMap({ UInt64($0, radix: 16) }),
            let id = information("eventfd-id", fd, tid).flatMap({ Int64($0) })
        else { return false }
        text.eventfd(count: count, id: id, semaphore: information("eventfd-semaphore", fd, tid).flatMap { UInt64($0) })
        return true
    }

    private func information(_ key: StaticString, _ fd: Int32, _ tid: Int32) -> Substring? {
        files.read(files.name(namespaces.entry(of: tid), "fdinfo", fd)).flatMap { files.value(key, in: $0) }
    }

    private func describe(socket inode: UInt64, _ fd: Int32, _ tid: Int32, into text: TextBuffer) -> Bool {
        var name = [CChar](repeating: 0, count: 64)
        let n = getxattr(files.name(namespaces.entry(of: tid), "fd", fd), "system.sockprotoname", &name, name.count - 1)
        guard n > 0 else { return false }
        let proto = String(decoding: name.prefix(n).prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return sockets.describe(inode, proto, into: text)
    }

    /// The number in `socket:[123]`.
    static func number(_ s: UnsafeRawBufferPointer, after prefix: String) -> UInt64? {
        guard s.starts(with: prefix.utf8) else { return nil }
        var v: UInt64 = 0
        for c in s.dropFirst(prefix.utf8.count) {
            guard c >= 0x30, c <= 0x39 else { break }
            v = v &* 10 &+ UInt64(c - 0x30)
        }
        return v
    }
}
