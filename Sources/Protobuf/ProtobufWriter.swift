import RenacerCore

/// A field of a protobuf message as it stands before its value: number and wire type in one.
public struct Tag: Sendable, Equatable {
    public let rawValue: UInt32

    /// How a value is laid out (protobuf.dev, "Encoding").
    public enum WireType: UInt32, Sendable {
        case varint = 0, fixed64 = 1, lengthDelimited = 2, fixed32 = 5
    }

    @inlinable
    public init(_ number: UInt32, _ type: WireType) { rawValue = number << 3 | type.rawValue }

    /// The same field for another kind of value.
    public var number: UInt32 { rawValue >> 3 }
}

/// Appends protobuf messages to a growable buffer.
///
/// Messages are written front to back without being built first: one that encloses others reserves a byte for its
/// length, and moves what it holds only if that needs more. Not thread-safe; owned by one writer at a time.
public final class ProtobufWriter {
    @usableFromInline var base: UnsafeMutablePointer<UInt8>
    @usableFromInline var capacity: Int
    /// Bytes written so far.
    public var count = 0

    public init(capacity: Int = 4096) {
        self.capacity = max(capacity, 64)
        base = .allocate(capacity: self.capacity)
    }

    deinit { base.deallocate() }

    /// The bytes written so far; valid until the next mutation.
    public var bytes: UnsafeRawBufferPointer { .init(start: base, count: count) }

    /// Makes room for `n` more bytes.
    @inlinable
    public func reserve(_ n: Int) {
        if count + n > capacity { grow(n) }
    }

    @inline(never) @usableFromInline
    func grow(_ n: Int) {
        let larger = max(capacity * 2, count + n)
        let new = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        new.update(from: base, count: count)
        base.deallocate()
        base = new
        capacity = larger
    }

    /// Forgets everything after the first `n` bytes.
    @inlinable
    public func truncate(to n: Int) { count = min(n, count) }

    /// Appends bytes that are encoded already.
    @inlinable
    public func append(_ bytes: UnsafeRawBufferPointer) {
        guard let p = bytes.baseAddress, bytes.count > 0 else { return }
        reserve(bytes.count)
        UnsafeMutableRawPointer(base + count).copyMemory(from: p, byteCount: bytes.count)
        count += bytes.count
    }

    @inlinable
    func put(_ v: UInt64) {
        var rest = v
        while rest >= 0x80 {
            base[count] = UInt8(truncatingIfNeeded: rest) | 0x80
            count += 1
            rest >>= 7
        }
        base[count] = UInt8(truncatingIfNeeded: rest)
        count += 1
    }

    // MARK: Fields

    @inlinable
    public func varint(_ tag: Tag, _ v: UInt64) {
        reserve(16)
        put(UInt64(tag.rawValue))
        put(v)
    }

    /// An `int64`: negative numbers take ten bytes.
    @inlinable
    public func signed(_ tag: Tag, _ v: Int64) { varint(tag, UInt64(bitPattern: v)) }

    @inlinable
    public func bool(_ tag: Tag, _ v: Bool) { varint(tag, v ? 1 : 0) }

    @inlinable
    public func fixed64(_ tag: Tag, _ v: UInt64) {
        reserve(16)
        put(UInt64(tag.rawValue))
        UnsafeMutableRawPointer(base + count).storeBytes(of: v.littleEndian, as: UInt64.self)
        count += 8
    }

    @inlinable
    public func fixed32(_ tag: Tag, _ v: UInt32) {
        reserve(16)
        put(UInt64(tag.rawValue))
        UnsafeMutableRawPointer(base + count).storeBytes(of: v.littleEndian, as: UInt32.self)
        count += 4
    }

    @inlinable
    public func double(_ tag: Tag, _ v: Double) { fixed64(tag, v.bitPattern) }

    /// A `string` or `bytes`; what is given as `string` must be UTF-8.
    @inlinable
    public func string(_ tag: Tag, _ v: UnsafeRawBufferPointer) {
        reserve(16 + v.count)
        put(UInt64(tag.rawValue))
        put(UInt64(v.count))
        append(v)
    }

    @inlinable
    public func string(_ tag: Tag, _ v: Name) { string(tag, v.bytes) }

    @inlinable
    public func string(_ tag: Tag, _ v: StaticString) {
        string(tag, UnsafeRawBufferPointer(start: v.utf8Start, count: v.utf8CodeUnitCount))
    }

    @inlinable
    public func string(_ tag: Tag, _ v: String) {
        var v = v
        v.withUTF8 { string(tag, UnsafeRawBufferPointer($0)) }
    }

    // MARK: Messages in messages

    /// Opens a message, or a string written piece by piece.
    ///
    /// - Returns: what `end` wants.
    @inlinable
    public func begin(_ tag: Tag) -> Int {
        reserve(16)
        put(UInt64(tag.rawValue))
        base[count] = 0
        count += 1
        return count
    }

    /// Closes what `begin` opened, innermost first.
    @inlinable
    public func end(_ start: Int) {
        let length = count - start
        if length < 0x80 {
            base[start - 1] = UInt8(truncatingIfNeeded: length)
        } else {
            widen(start, length)
        }
    }

    @inline(never) @usableFromInline
    func widen(_ start: Int, _ length: Int) {
        var more = 0, rest = length >> 7
        while rest > 0 {
            more += 1
            rest >>= 7
        }
        reserve(more)
        (base + start + more).update(from: base + start, count: length)
        count = start - 1
        put(UInt64(length))
        count = start + more + length
    }

    /// Opens a message of up to 256 MiB whose length is filled in by `endLong` without moving it.
    public func beginLong(_ tag: Tag) -> Int {
        reserve(16)
        put(UInt64(tag.rawValue))
        count += Self.longLength
        return count
    }

    /// Closes what `beginLong` opened, in this buffer or a copy of it.
    public func endLong(_ start: Int) {
        var rest = count - start
        for i in 0..<Self.longLength {
            let last = i == Self.longLength - 1
            base[start - Self.longLength + i] = UInt8(truncatingIfNeeded: rest & 0x7f) | (last ? 0 : 0x80)
            rest >>= 7
        }
    }

    /// Readers take a number with more bytes than it needs.
    private static let longLength = 4

    /// Overwrites bytes that were written before.
    public func replace(at offset: Int, with bytes: [UInt8]) {
        guard offset >= 0, offset + bytes.count <= count else { return }
        for (i, b) in bytes.enumerated() { base[offset + i] = b }
    }
}
