import RenacerCore

/// Collects records of bytes and hands them to an output many at a time.
///
/// What an output could not take is whole records, so that the rest stays well-formed; they are counted, and the sink
/// that wrote them tells of it in its own way (`takeLoss`).
public final class RecordOutput {
    /// Where records are written, one after the other.
    public let text = TextBuffer(capacity: 160 << 10)
    private let output: any TextOutput
    /// Written to whenever the tracer waits: somebody may be watching.
    private let isLive: Bool
    /// Events in `text`, and when the first of them was.
    private var pending: UInt64 = 0
    private var from: UInt64 = 0
    private var to: UInt64 = 0
    private var untold: Loss?
    /// Events that the output could not take.
    public private(set) var lost: UInt64 = 0
    private static let flushAt = 128 << 10

    public init(_ output: any TextOutput, isLive: Bool) {
        self.output = output
        self.isLive = isLive
    }

    /// A record is complete.
    ///
    /// - Parameter count: events that it tells of.
    @inline(__always)
    public func end(at time: UInt64, count: UInt64 = 1) throws(TraceError) {
        if pending == 0 { from = time }
        pending += count
        to = time
        if text.count >= Self.flushAt { try flush() }
    }

    /// Hands over what there is.
    public func flush() throws(TraceError) {
        guard text.count > 0 else { return }
        let bytes = text.bytes
        text.truncate(to: 0)
        if try !output.offer(bytes) {
            lost += pending
            let before = untold
            untold = Loss(
                backend: "", cause: .sinkTooSlow, count: pending + (before?.count ?? 0), from: before?.from ?? from, to: to)
        }
        pending = 0
    }

    /// What was lost since this was asked last; nil while nothing was, or nothing goes out yet.
    ///
    /// To be asked between records: the answer is to be written as one.
    public func takeLoss() -> Loss? {
        guard let loss = untold, text.count == 0 else { return nil }
        untold = nil
        return loss
    }

    public func idle() throws(TraceError) { if isLive { try flush() } }

    /// Hands over the end, which is taken even if the queue is full.
    public func finish() throws(TraceError) {
        let bytes = text.bytes
        text.truncate(to: 0)
        try output.force(bytes)
    }

    /// Hands over what records refer to, which is taken even if the queue is full; not while a record is under way.
    public func insist(_ bytes: UnsafeRawBufferPointer) throws(TraceError) { try output.force(bytes) }

    /// Hands over a part of the end.
    public func finishPart() throws(TraceError) { if text.count >= Self.flushAt { try finish() } }
}
