import RenacerCore

/// What stands before a block's payload.
public struct BlockHeader: Sendable, Equatable {
    /// It is the last one, and holds the account and the index.
    public var isEnd: Bool
    /// Bytes of the payload.
    public var length: Int
    /// Events in it.
    public var count: UInt32
    /// `CLOCK_MONOTONIC` ns of its earliest and its latest event.
    public var first: UInt64
    public var last: UInt64
    public var checksum: UInt32 = 0

    init(isEnd: Bool, length: Int, count: UInt32, first: UInt64, last: UInt64) {
        self.isEnd = isEnd
        self.length = length
        self.count = count
        self.first = first
        self.last = last
    }

    /// - Returns: nil if these are not the `blockHeaderSize` bytes before a block.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        var r = ByteReader(bytes)
        let magic = r.integer(UInt32.self)
        let type = r.integer(UInt32.self)
        let length = r.integer(UInt32.self)
        count = r.integer(UInt32.self)
        first = r.integer(UInt64.self)
        last = r.integer(UInt64.self)
        checksum = r.integer(UInt32.self)
        guard !r.failed, magic == RecordingFormat.blockMagic, length <= RecordingFormat.largestBlock else { return nil }
        self.length = Int(length)
        switch RecordingFormat.BlockType(rawValue: UInt8(truncatingIfNeeded: type)) {
        case .events where type < 256: isEnd = false
        case .end where type < 256: isEnd = true
        default: return nil
        }
    }

    /// Whether header and payload are what was written.
    public func matches(_ header: UnsafeRawBufferPointer, _ payload: UnsafeRawBufferPointer) -> Bool {
        var crc = CRC32C()
        crc.update(UnsafeRawBufferPointer(rebasing: header[..<(RecordingFormat.blockHeaderSize - 4)]))
        crc.update(payload)
        return crc.value == checksum
    }

    /// The bytes of the header, the checksum included.
    public func encoded(_ payload: UnsafeRawBufferPointer) -> [UInt8] {
        let out = ByteWriter()
        out.integer(RecordingFormat.blockMagic)
        out.integer(UInt32((isEnd ? RecordingFormat.BlockType.end : .events).rawValue))
        out.integer(UInt32(length))
        out.integer(count)
        out.integer(first)
        out.integer(last)
        var crc = CRC32C()
        crc.update(out.bytes)
        crc.update(payload)
        out.integer(crc.value)
        return Array(out.bytes)
    }
}

/// The last block: what there was in all, and where which events are.
public struct RecordingEnd: Sendable, Equatable {
    public var account = Account()
    /// Events that were dropped from the ring before the first block.
    public var dropped: UInt64 = 0
    public var blocks: [Entry] = []

    /// Where a block starts in the file, and what it holds.
    public struct Entry: Sendable, Equatable {
        public var offset: UInt64
        public var count: UInt32
        public var first: UInt64
        public var last: UInt64

        public init(offset: UInt64, _ header: BlockHeader) {
            self.offset = offset
            count = header.count
            first = header.first
            last = header.last
        }

        init(offset: UInt64, count: UInt32, first: UInt64, last: UInt64) {
            self.offset = offset
            self.count = count
            self.first = first
            self.last = last
        }
    }

    /// No trace has more of anything: sums of what a file says never overflow.
    static let most: UInt64 = 1 << 56

    public init() {}

    /// Events in all blocks.
    public var count: UInt64 { blocks.reduce(0) { $0 &+ UInt64($1.count) } }

    /// The block with its header, and the trailer.
    ///
    /// - Parameter offset: where it will stand.
    public func encoded(at offset: UInt64) -> [UInt8] {
        let out = ByteWriter()
        out.varint(account.delivered)
        out.varint(dropped)
        out.zigzag(account.imbalance)
        let lost = account.lost.filter { $0.value > 0 }.sorted { $0.key.code < $1.key.code }
        out.varint(UInt64(lost.count))
        for (cause, count) in lost {
            out.byte(cause.code)
            out.varint(count)
        }
        out.varint(UInt64(blocks.count))
        var before = Entry(offset: 0, count: 0, first: 0, last: 0)
        for b in blocks {
            out.varint(b.offset &- before.offset)
            out.varint(UInt64(b.count))
            out.difference(b.first, from: before.first)
            out.difference(b.last, from: b.first)
            before = b
        }
        let header = BlockHeader(
            isEnd: true, length: out.count, count: UInt32(truncatingIfNeeded: blocks.count),
            first: blocks.first?.first ?? 0, last: blocks.last?.last ?? 0)
        let trailer = ByteWriter()
        trailer.integer(offset)
        trailer.integer(RecordingFormat.trailerMagic)
        return header.encoded(out.bytes) + Array(out.bytes) + Array(trailer.bytes)
    }

    /// - Parameter payload: of an end block whose checksum was right.
    public init(_ payload: UnsafeRawBufferPointer) throws(RecordingError) {
        var r = ByteReader(payload)
        account.delivered = min(r.varint(), Self.most)
        dropped = r.varint()
        account.imbalance = max(min(r.zigzag(), Int64(Self.most)), -Int64(Self.most))
        let causes = r.varint()
        for _ in 0..<min(causes, UInt64(Loss.Cause.allCases.count)) {
            guard let cause = Loss.Cause(code: r.byte()) else { throw .damagedBlock }
            account.lost[cause] = min(r.varint(), Self.most)
        }
        var left = r.varint()
        var before = Entry(offset: 0, count: 0, first: 0, last: 0)
        // Every entry takes four bytes at least: a number that is too large ends with them.
        while left > 0, !r.failed {
            let offset = before.offset &+ r.varint()
            let count = UInt32(truncatingIfNeeded: r.varint())
            let first = r.difference(from: before.first)
            before = Entry(offset: offset, count: count, first: first, last: r.difference(from: first))
            blocks.append(before)
            left -= 1
        }
        guard !r.failed, r.isAtEnd else { throw .damagedBlock }
    }

    /// The offset of the end block that the last `RecordingFormat.trailerSize` bytes of a file tell; nil if they do not.
    public static func offset(_ trailer: UnsafeRawBufferPointer) -> UInt64? {
        var r = ByteReader(trailer)
        let offset = r.integer(UInt64.self)
        return r.integer(UInt64.self) == RecordingFormat.trailerMagic && !r.failed ? offset : nil
    }
}
