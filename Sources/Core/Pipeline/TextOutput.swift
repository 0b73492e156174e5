/// Where a text sink's bytes go.
public protocol TextOutput: AnyObject {
    /// Writes everything, waiting if it must.
    func write(_ bytes: UnsafeRawBufferPointer) throws(TraceError)
    /// Writes everything, or nothing if that would take more than a bounded queue.
    ///
    /// - Returns: false if nothing was written.
    func offer(_ bytes: UnsafeRawBufferPointer) throws(TraceError) -> Bool
    /// Takes everything at the end of a trace, whatever is queued.
    func force(_ bytes: UnsafeRawBufferPointer) throws(TraceError)
    /// Flushes and closes; waits for a command at the other end of a pipe.
    func close() throws(TraceError)
}

extension TextOutput {
    public func offer(_ bytes: UnsafeRawBufferPointer) throws(TraceError) -> Bool {
        try write(bytes)
        return true
    }
    public func force(_ bytes: UnsafeRawBufferPointer) throws(TraceError) { try write(bytes) }
}

/// Collects what was written: for tests.
public final class CapturedOutput: TextOutput {
    public private(set) var bytes: [UInt8] = []
    public init() {}
    public func write(_ b: UnsafeRawBufferPointer) throws(TraceError) { bytes.append(contentsOf: b) }
    public func close() throws(TraceError) {}
    public var text: String { String(decoding: bytes, as: UTF8.self) }
}
