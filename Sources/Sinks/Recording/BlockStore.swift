import RenacerCore
import RenacerRecording

/// Where finished blocks go.
protocol BlockStore: AnyObject {
    /// What is added is in the file at once.
    var isLasting: Bool { get }
    func start() throws(TraceError)
    func add(_ header: BlockHeader, _ payload: UnsafeRawBufferPointer) throws(TraceError)
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

    private func write(_ bytes: UnsafeRawBufferPointer) throws(TraceError) {
        try output.write(bytes)
        position += UInt64(bytes.count)
    }

    private func write(_ bytes: [UInt8]) throws(TraceError) {
        try output.write(bytes)
        position += UInt64(bytes.count)
    }

    func start() throws(TraceError) { try write(header) }

    func add(_ header: BlockHeader, _ payload: UnsafeRawBufferPointer) throws(TraceError) {
        blocks.append(.init(offset: position, header))
        try write(header.encoded(payload))
        try write(payload)
    }

    func snapshot(_ end: RecordingEnd) throws(TraceError) {}

    func finish(_ end: RecordingEnd) throws(TraceError) {
        var end = end
        end.blocks = blocks
        try write(end.encoded(at: position))
        try output.close()
    }
}

extension TextOutput {
    func write(_ bytes: [UInt8]) throws(TraceError) {
        var failure: TraceError?
        bytes.withUnsafeBytes { b in
            do throws(TraceError) { try write(b) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
