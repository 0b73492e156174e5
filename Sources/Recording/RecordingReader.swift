import RenacerCore

/// Bytes in their order: a file, a pipe, a test's.
public protocol ByteSource: AnyObject {
    /// Reads up to as many bytes as there is room for; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(TraceError) -> Int
}

/// Reads a recording from its beginning, block by block.
///
/// What a file claims of lengths is believed only as far as its bytes go.
public final class RecordingReader {
    public private(set) var header = RecordingHeader()
    /// What the end block says; nil before it was reached.
    public private(set) var end: RecordingEnd?
    /// Whole blocks that were read.
    public private(set) var blocks: UInt64 = 0

    private let source: any ByteSource
    private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 8)

    public init(_ source: any ByteSource) { self.source = source }

    deinit { buffer.deallocate() }

    /// Why reading ends here.
    public enum Failure: Error {
        case recording(RecordingError)
        case file(TraceError)
    }

    /// Fills the buffer from `start` on with `count` bytes, or as many as there are.
    private func fill(_ start: Int, _ count: Int) throws(Failure) -> Int {
        var done = 0
        while done < count {
            // Grows with what has come, not with what is promised.
            if buffer.count < start + done + 1 { grow() }
            let room = UnsafeMutableRawBufferPointer(rebasing: buffer[(start + done)..<min(buffer.count, start + count)])
            do throws(TraceError) {
                let n = try source.read(into: room)
                if n <= 0 { break }
                done += n
            } catch { throw .file(error) }
        }
        return done
    }

    private func grow() {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 2, alignment: 8)
        larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
        buffer.deallocate()
        buffer = larger
    }

    private func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[range]) }

    /// Reads the header.
    public func open() throws(Failure) {
        let found = try fill(0, RecordingFormat.preambleSize)
        do throws(RecordingError) {
            let count = try RecordingHeader.fields(bytes(0..<found)).count
            let more: Int
            do throws(Failure) { more = try fill(found, count) } catch { throw RecordingError.cutInHeader }
            header = try RecordingHeader(bytes(0..<found), bytes(found..<found + more))
        } catch { throw .recording(error) }
    }

    /// Reads the next block of events.
    ///
    /// - Returns: its header and payload, valid until the next call; nil behind the last.
    public func next() throws(Failure) -> (BlockHeader, UnsafeRawBufferPointer)? {
        if end != nil { return nil }
        let size = RecordingFormat.blockHeaderSize
        let found = try fill(0, size)
        if found == 0 { throw .recording(.noEnd) }
        guard found == size else { throw .recording(.cutInBlock(found: found, of: size)) }
        guard let block = BlockHeader(bytes(0..<size)) else { throw .recording(.damagedBlock) }
        let length = try fill(size, block.length)
        guard length == block.length else { throw .recording(.cutInBlock(found: size + length, of: size + block.length)) }
        let payload = bytes(size..<size + length)
        guard block.matches(bytes(0..<size), payload) else { throw .recording(.damagedBlock) }
        guard block.isEnd else {
            blocks += 1
            return (block, payload)
        }
        do throws(RecordingError) { end = try RecordingEnd(payload) } catch { throw .recording(error) }
        return nil
    }
}
