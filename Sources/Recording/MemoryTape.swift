/// What was read of a tracee's memory for one call at one of its ends.
///
/// Reads overlap and repeat: what is kept in the end are pieces in order of their addresses that neither touch nor overlap.
public final class MemoryTape {
    private struct Piece {
        var address: UInt64
        var offset: Int
        var count: Int
    }

    private let bytes = ByteWriter(capacity: 64 << 10)
    private var pieces: [Piece] = []

    public init() {}

    public var isEmpty: Bool { pieces.isEmpty }

    func clear() {
        if pieces.isEmpty { return }
        bytes.truncate(to: 0)
        pieces.removeAll(keepingCapacity: true)
    }

    /// Takes note of bytes that were read.
    public func note(_ address: UInt64, _ read: UnsafeRawBufferPointer) {
        guard read.count > 0, address &+ UInt64(read.count) > address else { return }
        // Most reads repeat or go on with one of the last.
        for i in pieces.indices.suffix(4).reversed() {
            let p = pieces[i]
            let offset = address &- p.address
            guard offset <= UInt64(p.count) else { continue }
            if offset + UInt64(read.count) <= UInt64(p.count) { return }
            guard i == pieces.count - 1, bytes.count + read.count <= RecordingFormat.largestMemory else { continue }
            bytes.append(UnsafeRawBufferPointer(rebasing: read[(p.count - Int(offset))...]))
            pieces[i].count = Int(offset) + read.count
            return
        }
        guard bytes.count + read.count <= RecordingFormat.largestMemory else {
            isCut = true
            return
        }
        pieces.append(Piece(address: address, offset: bytes.count, count: read.count))
        bytes.append(read)
    }

    /// More was read than is kept of one event.
    public private(set) var isCut = false

    /// Writes the pieces, in order: address, length, bytes.
    ///
    /// - Parameter words: of the call, of which an argument is often the address.
    /// - Parameter isCounted: their number stands before them.
    func write(to out: ByteWriter, _ words: CallWords, isCounted: Bool = false) {
        if pieces.count > 1 { order() }
        if isCounted { out.varint(UInt64(pieces.count)) }
        var end: UInt64 = 0
        for p in pieces {
            if let i = (0..<6).first(where: { words[$0] == p.address }) {
                out.byte(UInt8(i))
            } else {
                out.byte(6)
                out.difference(p.address, from: end)
            }
            out.varint(UInt64(p.count))
            out.append(UnsafeRawBufferPointer(rebasing: bytes.bytes[p.offset..<p.offset + p.count]))
            end = p.address &+ UInt64(p.count)
        }
    }

    func reset() {
        clear()
        isCut = false
    }

    private func order() {
        var isOrdered = true
        for i in 1..<pieces.count where pieces[i].address <= pieces[i - 1].address &+ UInt64(pieces[i - 1].count) { isOrdered = false }
        if isOrdered { return }
        pieces.sort { ($0.address, $1.count) < ($1.address, $0.count) }
        var merged: [Piece] = []
        for p in pieces {
            guard let last = merged.last else {
                merged.append(moved(p))
                continue
            }
            let offset = p.address - last.address
            guard offset <= UInt64(last.count) else {
                merged.append(moved(p))
                continue
            }
            let known = last.count - Int(offset)
            guard p.count > known else { continue }
            copy(p.offset + known, p.count - known)
            merged[merged.count - 1].count += p.count - known
        }
        pieces = merged
    }

    /// The piece with its bytes at the end, where more can be put behind them.
    private func moved(_ p: Piece) -> Piece {
        let offset = bytes.count
        copy(p.offset, p.count)
        return Piece(address: p.address, offset: offset, count: p.count)
    }

    private func copy(_ offset: Int, _ count: Int) {
        bytes.reserve(count)
        bytes.append(UnsafeRawBufferPointer(rebasing: bytes.bytes[offset..<offset + count]))
    }
}
