/// What is known about a task beyond its registers and memory: names of its
/// descriptors, its command, its place in pid namespaces.
///
/// A backend that stops its tracees answers from `/proc`; one that does not answers from
/// what it captured with the memory of the call that is asked about. "Unknown" is always a
/// valid answer.
public protocol TaskInspector: AnyObject {
    /// Writes what descriptor `fd` of task `tid` refers to, in strace's notation and
    /// without the angle brackets, if `detail` asks for it.
    ///
    /// - Parameter memory: that of the call; of no use for descriptors of another task.
    func describe(
        fd: Int32, of tid: Int32, _ memory: any TraceeMemory, _ detail: DescriptorDetail, into text: TextBuffer
    ) -> DescriptorName
    /// Writes the working directory of a task.
    func workingDirectory(of tid: Int32, _ memory: any TraceeMemory, into text: TextBuffer) -> DescriptorName
    /// Writes the `comm` of a task.
    func command(of tid: Int32, into text: TextBuffer) -> Bool
    /// Writes what the link `name` below `/proc/TID` of a task says.
    func link(_ name: StaticString, of tid: Int32, into text: TextBuffer) -> Bool
    /// The tracer's id for what task `tid` calls `id`; nil if it is the same or unknown.
    func translate(_ id: Int32, _ kind: PidKind, seenBy tid: Int32) -> Int32?
    /// The process, as the tracer knows it, that a pidfd of task `tid` stands for.
    func process(pidfd: Int32, of tid: Int32) -> Int32?
    /// The protocol of a socket, to choose a netlink decoder; nil if it is none.
    func socketProtocol(fd: Int32, of tid: Int32, _ memory: any TraceeMemory) -> (family: Int32, protocol: Int32)?
    /// Whether a descriptor is a terminal, to tell requests that other drivers have, too.
    func isTerminal(fd: Int32, of tid: Int32, _ memory: any TraceeMemory) -> Bool
    /// Writes the name of the network interface with this index.
    func interfaceName(_ index: UInt32, of tid: Int32, into text: TextBuffer) -> Bool
    /// Where a task mapped the `struct kvm_run` of a virtual CPU's descriptor.
    func virtualCPU(fd: Int32, of tid: Int32) -> UInt64?
    /// Reads the registers of a stopped task, numbered as DWARF does for the architecture, and its instruction pointer.
    ///
    /// - Parameter registers: room for 33.
    /// - Returns: false if they cannot be read.
    func registers(of tid: Int32, into registers: UnsafeMutableBufferPointer<UInt64>, _ instructionPointer: inout UInt64) -> Bool
    /// Writes the name of the generic netlink family with this number.
    func genericNetlinkFamily(_ number: UInt16, into text: TextBuffer) -> Bool
}

extension TaskInspector {
    public func describe(
        fd: Int32, of tid: Int32, _ memory: any TraceeMemory, _ detail: DescriptorDetail, into text: TextBuffer
    ) -> DescriptorName { .unknown }
    public func workingDirectory(of tid: Int32, _ memory: any TraceeMemory, into text: TextBuffer) -> DescriptorName { .unknown }
    public func command(of tid: Int32, into text: TextBuffer) -> Bool { false }
    public func link(_ name: StaticString, of tid: Int32, into text: TextBuffer) -> Bool { false }
    public func translate(_ id: Int32, _ kind: PidKind, seenBy tid: Int32) -> Int32? { nil }
    public func process(pidfd: Int32, of tid: Int32) -> Int32? { nil }
    public func socketProtocol(fd: Int32, of tid: Int32, _ memory: any TraceeMemory) -> (family: Int32, protocol: Int32)? { nil }
    public func isTerminal(fd: Int32, of tid: Int32, _ memory: any TraceeMemory) -> Bool {
        hasTerminalPath(fd: fd, of: tid, memory)
    }
    public func interfaceName(_ index: UInt32, of tid: Int32, into text: TextBuffer) -> Bool { false }
    public func virtualCPU(fd: Int32, of tid: Int32) -> UInt64? { nil }
    public func genericNetlinkFamily(_ number: UInt16, into text: TextBuffer) -> Bool { false }
    public func registers(of tid: Int32, into registers: UnsafeMutableBufferPointer<UInt64>, _ instructionPointer: inout UInt64) -> Bool { false }
}

extension TaskInspector {
    /// Whether a descriptor's path is that of a terminal.
    public func hasTerminalPath(fd: Int32, of tid: Int32, _ memory: any TraceeMemory) -> Bool {
        let path = TextBuffer()
        guard case .known = describe(fd: fd, of: tid, memory, .path, into: path) else { return false }
        let terminals: [Name] = ["/dev/tty", "/dev/pts/", "/dev/ptmx", "/dev/console"]
        return terminals.contains { path.bytes.starts(with: $0.bytes) }
    }
}

/// Whether the name of what a descriptor refers to was written.
public enum DescriptorName: Sendable {
    case unknown, known
    /// The name is known, but no file of that name is left.
    case deleted
}

/// Knows nothing.
public final class NoInspector: TaskInspector {
    public init() {}
}

/// Which identifier a number is.
public enum PidKind: Sendable { case tid, pid, pgid, sid }

/// `-e decode-fds=`: which kinds of descriptor are explained, and how far.
public struct DescriptorDetail: OptionSet, Sendable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    public static let path = DescriptorDetail(rawValue: 1 << 0)
    public static let socket = DescriptorDetail(rawValue: 1 << 1)
    public static let device = DescriptorDetail(rawValue: 1 << 2)
    public static let eventfd = DescriptorDetail(rawValue: 1 << 3)
    public static let pidfd = DescriptorDetail(rawValue: 1 << 4)
    public static let signalfd = DescriptorDetail(rawValue: 1 << 5)
    public static let all: DescriptorDetail = [.path, .socket, .device, .eventfd, .pidfd, .signalfd]
}
