import Glibc
import RenacerCore

/// Which output a task's lines go to: one for all, or a file each (`-ff`).
public protocol OutputSelector: AnyObject {
    func output(for tid: Int32) throws(TraceError) -> any TextOutput
    /// Whether lines share a terminal or stderr with messages.
    var isStandardError: Bool { get }
    /// Whether every task has an output of its own.
    var isPerTask: Bool { get }
    /// Says something to the person at the terminal: always on stderr.
    func note(_ bytes: UnsafeRawBufferPointer)
    /// The task is gone; a file of its own can be closed.
    func forget(_ tid: Int32)
    func close() throws(TraceError)
}

/// One output for all tasks.
public final class SingleOutput: OutputSelector {
    private let output: any TextOutput
    public let isStandardError: Bool
    public var isPerTask: Bool { false }

    public init(_ output: any TextOutput, isStandardError: Bool) {
        self.output = output
        self.isStandardError = isStandardError
    }

    public func output(for tid: Int32) throws(TraceError) -> any TextOutput { output }
    public func note(_ bytes: UnsafeRawBufferPointer) { _ = Glibc.write(2, bytes.baseAddress, bytes.count) }
    public func forget(_ tid: Int32) {}
    public func close() throws(TraceError) { try output.close() }
}
