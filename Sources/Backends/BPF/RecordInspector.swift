import CBPF
import Glibc
import RenacerCore
import RenacerHost

/// Answers from what was captured in the kernel: what a descriptor referred to when the call
/// was made, whatever has become of it since.
final class RecordInspector: TaskInspector {
    private var commands = TaskCommands()
    var identities = TaskIdentities()
    /// What does not depend on a task.
    private lazy var host = ProcInspector()
    private var peers = UnixPeers()
    /// A path, put together from its components.
    private let path = TextBuffer(capacity: 4096)

    // MARK: Commands

    /// Takes note of a `comm`, as the kernel holds it: with NULs behind.
    func rename(_ tid: Int32, _ comm: UnsafeRawBufferPointer) { commands.rename(tid, comm) }

    /// Asks `/proc` for the `comm` of a task that is only now being traced.
    func meet(_ tid: Int32) { commands.meet(tid, host) }

    func forget(_ tid: Int32) {
        commands.forget(tid)
        identities.end(tid)
    }

    func command(of tid: Int32, into text: TextBuffer) -> Bool { commands.write(tid, into: text) }

    // MARK: Namespaces

    func translate(_ id: Int32, _ kind: PidKind, seenBy tid: Int32) -> Int32? {
        identities.translate(id, kind, seenBy: tid) { host.translate(id, kind, seenBy: tid) }
    }

    func link(_ name: StaticString, of tid: Int32, into text: TextBuffer) -> Bool {
        guard let namespace = identities.namespace(name, of: tid) else { return false }
        // Without its folder's.
        text.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount).dropFirst(3)))
        text.append(":[")
        text.decimal(UInt64(namespace))
        text.ascii("]")
        return true
    }

    // MARK: Descriptors

    func describe(
        fd: Int32, of tid: Int32, _ memory: any TraceeMemory, _ detail: DescriptorDetail, into text: TextBuffer
    ) -> DescriptorName {
        guard let d = (memory as? RecordMemory)?.descriptor(fd), !d.has(CAPTURE_INCOMPLETE) else { return .unknown }
        if d.has(CAPTURE_PATHLESS) { return describePathless(d, detail, text) }
        guard !detail.isDisjoint(with: [.path, .device]) else { return .unknown }
        let type = mode_t(d.facts.mode) & S_IFMT
        let isDevice = detail.contains(.device) && (type == S_IFCHR || type == S_IFBLK)
        guard isDevice || detail.contains(.path) else { return .unknown }
        write(d, text)
        if isDevice {
            // The kernel's own dev_t: 12 bits and 20.
            text.device(isCharacter: type == S_IFCHR, major: UInt64(d.facts.device >> 20), minor: UInt64(d.facts.device & 0xfffff))
        }
        return d.has(CAPTURE_DELETED) ? .deleted : .known
    }

    func workingDirectory(of tid: Int32, _ memory: any TraceeMemory, into text: TextBuffer) -> DescriptorName {
        describe(fd: Int32(CAPTURE_WORKING_DIRECTORY), of: tid, memory, .path, into: text)
    }

    func socketProtocol(fd: Int32, of tid: Int32, _ memory: any TraceeMemory) -> (family: Int32, protocol: Int32)? {
        guard let d = (memory as? RecordMemory)?.descriptor(fd), d.has(CAPTURE_DETAILED), d.facts.magic == Self.sockets else {
            return nil
        }
        return (Int32(d.facts.socket.family), Int32(d.facts.socket.protocol))
    }

    func isTerminal(fd: Int32, of tid: Int32, _ memory: any TraceeMemory) -> Bool {
        guard let d = (memory as? RecordMemory)?.descriptor(fd) else { return false }
        // Where descriptors are not described, the device alone is known.
        guard d.has(CAPTURE_INCOMPLETE), mode_t(d.facts.mode) & S_IFMT == S_IFCHR else {
            return hasTerminalPath(fd: fd, of: tid, memory)
        }
        return Self.terminals.contains(d.facts.device >> 20)
    }

    /// Major numbers of /dev/tty*, /dev/pts/*, /dev/ptmx and /dev/console, those on USB included.
    private static let terminals: Set<UInt32> = [4, 5, 136, 137, 138, 139, 140, 141, 142, 143, 166, 188, 204]

    /// Components, the last one first, as a path.
    private func write(_ d: CapturedDescriptor, _ text: TextBuffer) {
        path.truncate(to: 0)
        var end = d.names.count
        while end > 0 {
            let start = (d.names[..<(end - 1)].lastIndex(of: 0) ?? -1) + 1
            path.ascii("/")
            path.append(UnsafeRawBufferPointer(rebasing: d.names[start..<(end - 1)]))
            end = start
        }
        if path.count == 0 { path.ascii("/") }
        text.angled(path.bytes)
    }

    // File systems of what has no path: linux/magic.h.
    private static let sockets: UInt32 = 0x534f_434b
    private static let pipes: UInt32 = 0x5049_5045
    private static let anonymous: UInt32 = 0x0904_1934
    private static let namespaces: UInt32 = 0x6e73_6673
    private static let processes: UInt32 = 0x5049_4446
    private static let dmaBuffers: UInt32 = 0x444d_4142

    private func describePathless(_ d: CapturedDescriptor, _ detail: DescriptorDetail, _ text: TextBuffer) -> DescriptorName {
        switch d.facts.magic {
        case Self.sockets:
            if detail.contains(.socket), describeSocket(d, text) { return .known }
            return numbered("socket", d, detail, text)
        case Self.pipes: return numbered("pipe", d, detail, text)
        case Self.namespaces:
            guard detail.contains(.path), !d.lastName.isEmpty else { return .unknown }
            text.angled(d.lastName)
            inode(d, text)
            return .known
        case Self.processes: return describeAnonymous("[pidfd]", d, detail, text)
        case Self.anonymous: return describeAnonymous(nil, d, detail, text)
        // Their names lie elsewhere.
        case Self.dmaBuffers: return .unknown
        default:
            // A file that was never in a directory: shared memory.
            guard detail.contains(.path) else { return .unknown }
            text.ascii("/")
            text.angled(d.firstName)
            return .deleted
        }
    }

    private func numbered(_ kind: StaticString, _ d: CapturedDescriptor, _ detail: DescriptorDetail, _ text: TextBuffer) -> DescriptorName {
        guard detail.contains(.path) else { return .unknown }
        text.append(kind)
        inode(d, text)
        return .known
    }

    private func inode(_ d: CapturedDescriptor, _ text: TextBuffer) {
        text.append(":[")
        text.decimal(d.facts.inode)
        text.ascii("]")
    }

    private func describeAnonymous(
        _ kernelName: StaticString?, _ d: CapturedDescriptor, _ detail: DescriptorDetail, _ text: TextBuffer
    ) -> DescriptorName {
        let name = kernelName.map { UnsafeRawBufferPointer(start: $0.utf8Start, count: $0.utf8CodeUnitCount) } ?? d.firstName
        if d.has(CAPTURE_DETAILED) {
            if detail.contains(.pidfd), name.elementsEqual("[pidfd]".utf8), d.facts.pid > 0 {
                text.append("pid:")
                text.decimal(Int64(d.facts.pid))
                return .known
            }
            if detail.contains(.eventfd), name.elementsEqual("[eventfd]".utf8) {
                let e = d.facts.event
                // EFD_SEMAPHORE
                text.eventfd(count: e.count, id: Int64(Int32(bitPattern: e.id)), semaphore: UInt64(e.flags & 1))
                return .known
            }
            if detail.contains(.signalfd), name.elementsEqual("[signalfd]".utf8) {
                text.signalfd(d.facts.signals)
                return .known
            }
        }
        guard detail.contains(.path) else { return .unknown }
        text.append("anon_inode:")
        text.angled(name)
        return .known
    }

    /// `TCP:[127.0.0.1:80]`, by the protocol's name.
    private func describeSocket(_ d: CapturedDescriptor, _ text: TextBuffer) -> Bool {
        let name = d.firstName
        guard d.has(CAPTURE_DETAILED), !name.isEmpty, !name.elementsEqual("PACKET".utf8) else { return false }
        text.append(name)
        text.append(":[")
        let s = d.facts.socket
        switch Int32(s.family) {
        case AF_INET where s.source_port != 0 && isStreamOrDatagram(name), AF_INET6 where s.source_port != 0 && isStreamOrDatagram(name):
            withUnsafeBytes(of: s.source) { source in
                withUnsafeBytes(of: s.destination) { destination in
                    guard let from = source.baseAddress, let to = destination.baseAddress else { return }
                    text.internetSocket(Int32(s.family), from, port: s.source_port, to: to, port: s.destination_port)
                }
            }
        case AF_UNIX:
            let name = UnsafeRawBufferPointer(rebasing: d.rest.prefix(Int(s.name_length)))
            text.unixSocket(d.facts.inode, peer: peers.last(s.peer, of: d.facts.inode), name: name)
        // Unbound, it has no port, and sock_diag(7) does not know it.
        case AF_NETLINK where s.netlink_port != 0: text.netlinkSocket(UInt64(s.protocol), port: s.netlink_port)
        default: text.decimal(d.facts.inode)
        }
        text.ascii("]")
        return true
    }

    /// sock_diag(7) knows no other internet sockets.
    private func isStreamOrDatagram(_ name: UnsafeRawBufferPointer) -> Bool {
        name.elementsEqual("TCP".utf8) || name.elementsEqual("TCPv6".utf8) || name.elementsEqual("UDP".utf8) || name.elementsEqual("UDPv6".utf8)
    }

    // MARK: What is the same for every task

    func interfaceName(_ index: UInt32, of tid: Int32, into text: TextBuffer) -> Bool {
        host.interfaceName(index, of: tid, into: text)
    }

    func genericNetlinkFamily(_ number: UInt16, into text: TextBuffer) -> Bool {
        host.genericNetlinkFamily(number, into: text)
    }
}
