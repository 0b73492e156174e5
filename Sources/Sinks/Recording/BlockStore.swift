import RenacerCore
import RenacerRecording

/// Where finished blocks go.
protocol BlockStore: AnyObject {
    /// What is added is in the file at once.
    var isLasting: Bool { get }
    func start() throws(TraceError)
    /// Takes a block, or none of it.
    ///
    /// - Parameter isLast: it is taken however long those before it wait for a slow reader.
    /// - Returns: false if the block is lost.
    func add(_ header: BlockHeader, _ payload: UnsafeRawBufferPointer, isLast: Bool) throws(TraceError) -> Bool
    /// Writes what there is to a file of its own.
    func snapshot(_ end: RecordingEnd) throws(TraceError)
    /// Writes the end; the index is the store's to fill in.
    func finish(_ end: RecordingEnd) throws(TraceError)
}

/// Writes each block as it comes.
final class StreamingStore: BlockStore {
    private let header: [UInt8]
    private let output: any TextOutput
    private var position: UInt64 = 0
    private var blocks: [RecordingEnd.Entry] = []
    let isLasting = true

    init(_ header: [UInt8], _ output: any TextOutput) {
        self.header = header
        self.output = output
    }

    func start() throws(TraceError) {
        try output.force(header)
        position = UInt64(header.count)
    }

    func add(_ header: BlockHeader, _ payload: UnsafeRawBufferPointer, isLast: Bool) throws(TraceError) -> Bool {
        // In one piece: the queue before a pipe takes all that is offered to it at once, or nothing.
        var bytes = header.encoded(payload)
        let size = bytes.count + payload.count
        bytes.reserveCapacity(size)
        bytes.append(contentsOf: payload)
        if isLast {
            try output.force(bytes)
        } else if try !output.offer(bytes) {
            return false
        }
        blocks.append(.init(offset: position, header))
        position += UInt64(size)
        return true
    }

    func snapshot(_ end: RecordingEnd) throws(TraceError) {}

    func finish(_ end: RecordingEnd) throws(TraceError) {
        var end = end
        end.blocks = blocks
        try output.force(end.encoded(at: position))
        try output.close()
    }
}

extension TextOutput {
    /// Has everything written, whatever is queued.
    func force(_ bytes: [UInt8]) throws(TraceError) { try bytes.handed { (b) throws(TraceError) in try force(b) } }

    /// Has everything written, or nothing, which is false.
    func offer(_ bytes: [UInt8]) throws(TraceError) -> Bool { try bytes.handed { (b) throws(TraceError) in try offer(b) } }
}

extension [UInt8] {
    fileprivate func handed<R>(_ body: (UnsafeRawBufferPointer) throws(TraceError) -> R) throws(TraceError) -> R {
        let result = withUnsafeBytes { bytes -> Result<R, TraceError> in
            do throws(TraceError) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
