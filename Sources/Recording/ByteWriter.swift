/// Appends bytes, little-endian integers and integers of variable length to memory of its own.
final class ByteWriter {
    private var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private(set) var count = 0

    init(capacity: Int = 4096) {
        self.capacity = max(capacity, 64)
        base = .allocate(capacity: self.capacity)
    }

    deinit { base.deallocate() }

    /// What was written; valid until the next change.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    func truncate(to n: Int) { count = min(n, count) }

    @inline(__always)
    func reserve(_ n: Int) { if count + n > capacity { grow(n) } }

    @inline(never)
    private func grow(_ n: Int) {
        let larger = max(capacity * 2, count + n)
        let new = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        new.update(from: base, count: count)
        base.deallocate()
        base = new
        capacity = larger
    }

    @inline(__always)
    func byte(_ b: UInt8) {
        reserve(1)
        base[count] = b
        count += 1
    }

    /// Seven bits a byte, the lowest first; the eighth says that more follow (LEB128).
    @inline(__always)
    func varint(_ v: UInt64) {
        reserve(10)
        var rest = v
        var n = count
        while rest >= 0x80 {
            base[n] = UInt8(truncatingIfNeeded: rest) | 0x80
            rest >>= 7
            n += 1
        }
        base[n] = UInt8(truncatingIfNeeded: rest)
        count = n + 1
    }

    /// A signed integer, small ones of either sign in few bytes.
    @inline(__always)
    func zigzag(_ v: Int64) { varint(UInt64(bitPattern: v << 1 ^ v >> 63)) }

    /// What leads from one word to another, modulo 2⁶⁴.
    @inline(__always)
    func difference(_ v: UInt64, from base: UInt64) { zigzag(Int64(bitPattern: v &- base)) }

    func integer<T: FixedWidthInteger>(_ v: T) {
        withUnsafeBytes(of: v.littleEndian) { append($0) }
    }

    func append(_ b: UnsafeRawBufferPointer) {
        guard let p = b.baseAddress, b.count > 0 else { return }
        reserve(b.count)
        UnsafeMutableRawPointer(base + count).copyMemory(from: p, byteCount: b.count)
        count += b.count
    }

    /// Bytes with their number before them.
    func counted(_ b: UnsafeRawBufferPointer) {
        varint(UInt64(b.count))
        append(b)
    }
}

/// Reads what `ByteWriter` wrote, or what somebody made up: beyond the end everything is 0 and `failed` is set.
struct ByteReader {
    private let base: UnsafeRawPointer?
    private(set) var at: Int
    let end: Int
    private(set) var failed = false

    init(_ bytes: UnsafeRawBufferPointer) {
        base = bytes.baseAddress
        at = 0
        end = bytes.count
    }

    var isAtEnd: Bool { at >= end }
    var left: Int { end - at }
    /// The next byte, which stays.
    var peek: UInt8? { at < end ? base?.load(fromByteOffset: at, as: UInt8.self) : nil }

    @inline(__always)
    mutating func byte() -> UInt8 {
        guard at < end, let base else {
            failed = true
            return 0
        }
        let b = base.load(fromByteOffset: at, as: UInt8.self)
        at += 1
        return b
    }

    @inline(__always)
    mutating func varint() -> UInt64 {
        let first = byte()
        return first < 0x80 ? UInt64(first) : varint(after: first)
    }

    private mutating func varint(after first: UInt8) -> UInt64 {
        var v = UInt64(first & 0x7f)
        var shift: UInt64 = 7
        while true {
            let b = byte()
            // The tenth byte has room for one bit.
            if failed || shift == 63 && b > 1 {
                failed = true
                return 0
            }
            v |= UInt64(b & 0x7f) << shift
            if b < 0x80 { return v }
            shift += 7
        }
    }

    @inline(__always)
    mutating func zigzag() -> Int64 {
        let v = varint()
        return Int64(bitPattern: v >> 1) ^ -Int64(bitPattern: v & 1)
    }

    @inline(__always)
    mutating func difference(from base: UInt64) -> UInt64 { base &+ UInt64(bitPattern: zigzag()) }

    /// An id: it has to fit.
    mutating func int32() -> Int32 {
        let v = zigzag()
        if Int32(exactly: v) == nil { failed = true }
        return Int32(truncatingIfNeeded: v)
    }

    mutating func integer<T: FixedWidthInteger>(_: T.Type) -> T {
        guard let base, left >= MemoryLayout<T>.size else {
            failed = true
            return 0
        }
        defer { at += MemoryLayout<T>.size }
        return T(littleEndian: base.loadUnaligned(fromByteOffset: at, as: T.self))
    }

    /// The next `count` bytes.
    mutating func slice(_ count: UInt64) -> UnsafeRawBufferPointer {
        guard let base, count <= UInt64(left) else {
            failed = true
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        defer { at += Int(count) }
        return UnsafeRawBufferPointer(start: base + at, count: Int(count))
    }

    /// Bytes behind their number.
    mutating func counted() -> UnsafeRawBufferPointer { slice(varint()) }
}
