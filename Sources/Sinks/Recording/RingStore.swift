import RenacerCore
import RenacerRecording

/// Keeps the newest blocks in memory, and writes them when it is asked to, or at the end: a flight recorder.
final class RingStore: BlockStore {
    private let header: [UInt8]
    /// Bytes that blocks may take, with their headers.
    private let size: Int
    private let output: any TextOutput
    private let open: (Int) throws(TraceError) -> any TextOutput
    private var blocks: [(header: BlockHeader, bytes: [UInt8])] = []
    private var used = 0
    private var dropped: UInt64 = 0
    private var snapshots = 0
    let isLasting = false

    init(
        _ header: [UInt8], size: Int, _ output: any TextOutput, snapshot: @escaping (Int) throws(TraceError) -> any TextOutput
    ) {
        self.header = header
        self.size = size
        self.output = output
        open = snapshot
    }

    /// Blocks small enough that dropping the oldest costs no more than a sixteenth of what is kept.
    static func blockSize(_ size: Int) -> Int { min(max(size / 16, 1024), RecordingFormat.usualBlock) }

    func start() throws(TraceError) {}

    func add(_ header: BlockHeader, _ payload: UnsafeRawBufferPointer, isLast: Bool) throws(TraceError) -> Bool {
        var bytes = header.encoded(payload)
        bytes.reserveCapacity(bytes.count + payload.count)
        bytes.append(contentsOf: payload)
        used += bytes.count
        blocks.append((header, bytes))
        var gone = 0
        while used > size, gone < blocks.count - 1 {
            used -= blocks[gone].bytes.count
            dropped += UInt64(blocks[gone].header.count)
            gone += 1
        }
        blocks.removeFirst(gone)
        return true
    }

    func snapshot(_ end: RecordingEnd) throws(TraceError) {
        snapshots += 1
        try write(end, to: try open(snapshots))
    }

    func finish(_ end: RecordingEnd) throws(TraceError) { try write(end, to: output) }

    private func write(_ end: RecordingEnd, to output: any TextOutput) throws(TraceError) {
        var end = end
        end.dropped = dropped
        var position = header.count
        try output.force(header)
        for block in blocks {
            end.blocks.append(.init(offset: UInt64(position), block.header))
            try output.force(block.bytes)
            position += block.bytes.count
        }
        try output.force(end.encoded(at: UInt64(position)))
        try output.close()
    }
}
