import RenacerCore

/// `comm` of the traced tasks as of the event that is consumed, where records tell of its changes.
public struct TaskCommands {
    private var commands: [Int32: [UInt8]] = [:]

    public init() {}

    /// Takes note of a `comm`, as the kernel holds it: with NULs behind.
    public mutating func rename(_ tid: Int32, _ comm: UnsafeRawBufferPointer) { commands[tid] = Array(comm.prefix { $0 != 0 }) }

    /// Asks `/proc` for the `comm` of a task that is only now being traced.
    public mutating func meet(_ tid: Int32, _ host: ProcInspector) {
        let text = TextBuffer(capacity: 64)
        if host.command(of: tid, into: text) { commands[tid] = Array(text.bytes) }
    }

    public mutating func forget(_ tid: Int32) { commands[tid] = nil }

    /// Writes it as it stands between angle brackets; false if it is not known.
    public func write(_ tid: Int32, into text: TextBuffer) -> Bool {
        guard let comm = commands[tid] else { return false }
        comm.withUnsafeBytes { text.angled($0) }
        return true
    }
}
