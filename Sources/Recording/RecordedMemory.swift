import RenacerCore

/// A call's memory as a recording holds it: a read is a look-up among pieces in order of their addresses.
public final class RecordedMemory: TraceeMemory {
    private struct Piece {
        var address: UInt64
        var bytes: UnsafeRawBufferPointer
    }

    private var record = EventDecoder.MemoryRecord(bytes: UnsafeRawBufferPointer(start: nil, count: 0), form: .entry)
    private var words = CallWords()
    private var pieces: [Piece] = []
    /// How many of the pieces are those at entry.
    private var entryCount = 0
    private var isParsed = true
    private var isAtExit = false
    /// What the record of the entry holds, of an end that has one of its own; its pieces, once somebody looks back.
    private var entry = UnsafeRawBufferPointer(start: nil, count: 0)
    private var entryPieces: [Piece] = []
    /// Told when the end of the call is looked at, or its entry again.
    private let turned: (Bool) -> Void

    init(turned: @escaping (Bool) -> Void) { self.turned = turned }

    /// Makes it the memory of another call; nothing is looked at before somebody reads.
    ///
    /// - Parameter entry: the pieces of the entry's own record.
    func hold(_ record: EventDecoder.MemoryRecord, _ words: CallWords, entry: UnsafeRawBufferPointer) {
        self.record = record
        self.words = words
        self.entry = entry
        if !entryPieces.isEmpty { entryPieces.removeAll(keepingCapacity: true) }
        isParsed = record.bytes.isEmpty
        if isParsed {
            pieces.removeAll(keepingCapacity: true)
            entryCount = 0
        }
        isAtExit = record.form == .exit
    }

    /// Marked when it was recorded; of an entry that stands alone nobody can tell before its end.
    public var isLate: Bool { record.isLate }

    public func turn(toExit: Bool) {
        isAtExit = toExit || record.form == .exit && entry.isEmpty
        turned(toExit)
    }

    public func read(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        if !isAtExit, record.form == .exit {
            if entryPieces.isEmpty {
                var r = ByteReader(entry)
                while let piece = Self.piece(&r, words, behind: entryPieces.last) { entryPieces.append(piece) }
            }
            return Self.read(address, buffer, entryPieces, entryPieces.indices)
        }
        if !isParsed { parse() }
        return Self.read(address, buffer, pieces, isAtExit ? entryCount..<pieces.count : 0..<entryCount)
    }

    private static func read(_ address: UInt64, _ buffer: UnsafeMutableRawBufferPointer, _ pieces: [Piece], _ range: Range<Int>) -> Int {
        // The last piece that does not begin behind the address.
        var low = range.lowerBound, high = range.upperBound
        while low < high {
            let middle = (low + high) / 2
            if pieces[middle].address <= address { low = middle + 1 } else { high = middle }
        }
        guard low > range.lowerBound, let target = buffer.baseAddress else { return 0 }
        let piece = pieces[low - 1]
        let offset = address - piece.address
        guard offset < UInt64(piece.bytes.count), let source = piece.bytes.baseAddress else { return 0 }
        let n = min(piece.bytes.count - Int(offset), buffer.count)
        target.copyMemory(from: source + Int(offset), byteCount: n)
        return n
    }

    private func parse() {
        isParsed = true
        pieces.removeAll(keepingCapacity: true)
        var r = ByteReader(record.bytes)
        var left = record.form == .both ? r.varint() : record.form == .entry ? .max : 0
        while left > 0, let piece = Self.piece(&r, words, behind: pieces.last) {
            pieces.append(piece)
            left -= 1
        }
        entryCount = pieces.count
        while let piece = Self.piece(&r, words, behind: pieces.count == entryCount ? nil : pieces.last) { pieces.append(piece) }
    }

    /// The next piece; nil at the end, and where what follows is none: they neither overlap nor go back.
    private static func piece(_ r: inout ByteReader, _ words: CallWords, behind former: Piece?) -> Piece? {
        if r.isAtEnd || r.failed { return nil }
        let end = former.map { $0.address &+ UInt64($0.bytes.count) } ?? 0
        let place = r.byte()
        let address = place < 6 ? words[Int(place)] : r.difference(from: end)
        let bytes = r.counted()
        guard !r.failed, former == nil || address >= end, address &+ UInt64(bytes.count) >= address else { return nil }
        return Piece(address: address, bytes: bytes)
    }
}
