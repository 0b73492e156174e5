import RenacerCore
import RenacerHost

/// What is known of tasks whose records carry nothing but numbers: commands, from records of their changes; and
/// what `/proc` says now, if that was asked for.
final class PerfInspector: TaskInspector {
    /// `/proc` is asked about descriptors, long after the call (`--memory=live`).
    var asksHost = false
    private lazy var host = ProcInspector()
    private var commands = TaskCommands()

    // MARK: Commands

    /// Takes note of a `comm`, as the kernel holds it: with NULs behind.
    func rename(_ tid: Int32, _ comm: UnsafeRawBufferPointer) { commands.rename(tid, comm) }

    /// Asks `/proc` for the `comm` of a task that is only now being traced.
    func meet(_ tid: Int32) { commands.meet(tid, host) }

    func forget(_ tid: Int32) { commands.forget(tid) }

    func command(of tid: Int32, into text: TextBuffer) -> Bool { commands.write(tid, into: text) }

    // MARK: What is now

    func describe(
        fd: Int32, of tid: Int32, _ memory: any TraceeMemory, _ detail: DescriptorDetail, into text: TextBuffer
    ) -> DescriptorName {
        guard asksHost else { return .unknown }
        let name = host.describe(fd: fd, of: tid, memory, detail, into: text)
        if case .unknown = name { return name }
        ((memory as? CapturedStack)?.beyond as? LateMemory.View ?? memory as? LateMemory.View)?.isLate = true
        return name
    }

    func workingDirectory(of tid: Int32, _ memory: any TraceeMemory, into text: TextBuffer) -> DescriptorName {
        asksHost ? host.workingDirectory(of: tid, memory, into: text) : .unknown
    }

    func socketProtocol(fd: Int32, of tid: Int32, _ memory: any TraceeMemory) -> (family: Int32, protocol: Int32)? {
        asksHost ? host.socketProtocol(fd: fd, of: tid, memory) : nil
    }

    func interfaceName(_ index: UInt32, of tid: Int32, into text: TextBuffer) -> Bool {
        asksHost && host.interfaceName(index, of: tid, into: text)
    }

    func genericNetlinkFamily(_ number: UInt16, into text: TextBuffer) -> Bool {
        asksHost && host.genericNetlinkFamily(number, into: text)
    }
}
