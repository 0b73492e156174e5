/// Where a text sink's bytes go.
public protocol TextOutput: AnyObject {
    /// Writes everything, waiting if it must.
    func write(_ bytes: UnsafeRawBufferPointer) throws(TraceError)
    /// Flushes and closes; waits for a command at the other end of a pipe.
    func close() throws(TraceError)
}

/// Collects what was written: for tests.
public final class CapturedOutput: TextOutput {
    public private(set) var bytes: [UInt8] = []
    public init() {}
    public func write(_ b: UnsafeRawBufferPointer) throws(TraceError) { bytes.append(contentsOf: b) }
    public func close() throws(TraceError) {}
    public var text: String { String(decoding: bytes, as: UTF8.self) }
}
