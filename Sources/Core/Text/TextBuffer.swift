/// A growable byte buffer with the number and escape writers that text output needs.
///
/// It never formats through `String` or stdio: a `sprintf` line costs nine times
/// what these writers do. Not thread-safe; owned by one sink.
public final class TextBuffer {
    @usableFromInline var base: UnsafeMutablePointer<UInt8>
    @usableFromInline var capacity: Int
    @usableFromInline var used = 0
    /// Bytes written so far.
    @inlinable public var count: Int { used }

    public init(capacity: Int = 64 << 10) {
        self.capacity = max(capacity, 64)
        base = .allocate(capacity: self.capacity)
    }

    deinit { base.deallocate() }

    /// The bytes written so far; valid until the next mutation.
    @inlinable public var bytes: UnsafeRawBufferPointer { .init(start: base, count: used) }

    /// Makes room for `n` more bytes.
    @inlinable @inline(__always)
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
    @inlinable public func truncate(to n: Int) { used = min(n, used) }

    @inlinable @inline(__always)
    public func byte(_ b: UInt8) {
        reserve(1)
        base[count] = b
        used += 1
    }

    @inlinable @inline(__always)
    public func ascii(_ c: Unicode.Scalar) { byte(UInt8(truncatingIfNeeded: c.value)) }

    /// What literals are taken for: their bytes are copied where they are written down, without a call.
    @inlinable @inline(__always)
    public func append(_ s: StaticString) {
        let n = s.utf8CodeUnitCount
        reserve(n)
        (base + count).update(from: s.utf8Start, count: n)
        used += n
    }

    @_disfavoredOverload @inlinable @inline(__always)
    public func append(_ n: Name) { append(n.bytes) }

    public func append(_ b: UnsafeRawBufferPointer) {
        guard let p = b.baseAddress, b.count > 0 else { return }
        reserve(b.count)
        UnsafeMutableRawPointer(base + count).copyMemory(from: p, byteCount: b.count)
        used += b.count
    }

    /// Writes in between: what stood at `offset` and behind moves up.
    public func insert(_ s: StaticString, at offset: Int) {
        let n = s.utf8CodeUnitCount, offset = max(0, min(offset, count))
        reserve(n)
        (base + offset + n).update(from: base + offset, count: count - offset)
        (base + offset).update(from: s.utf8Start, count: n)
        used += n
    }

    @_disfavoredOverload
    public func append(_ s: String) {
        var s = s
        s.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Writes `n` spaces; nothing if `n` is not positive.
    public func spaces(_ n: Int) {
        guard n > 0 else { return }
        reserve(n)
        (base + count).update(repeating: 0x20, count: n)
        used += n
    }

    /// Writes `v` in decimal, padded on the left with zeros to `width` digits.
    public func decimal(_ v: UInt64, width: Int) {
        let start = used
        decimal(v)
        let missing = width - (used - start)
        guard missing > 0 else { return }
        reserve(missing)
        (base + start + missing).update(from: base + start, count: used - start)
        (base + start).update(repeating: 0x30, count: missing)
        used += missing
    }

    /// Writes `v` in decimal.
    ///
    /// Two digits at a time from a table, eight without a branch: a record of a call holds nine numbers.
    public func decimal(_ v: UInt64) {
        reserve(24)
        if v < 10_000 { return upToFour(UInt32(truncatingIfNeeded: v)) }
        if v < 100_000_000 {
            let n = UInt32(truncatingIfNeeded: v)
            upToFour(n / 10_000)
            return four(n % 10_000)
        }
        var high = v / 100_000_000
        if high >= 100_000_000 {
            upToFour(UInt32(truncatingIfNeeded: high / 100_000_000))
            high %= 100_000_000
            four(UInt32(truncatingIfNeeded: high / 10_000))
            four(UInt32(truncatingIfNeeded: high % 10_000))
        } else if high >= 10_000 {
            let n = UInt32(truncatingIfNeeded: high)
            upToFour(n / 10_000)
            four(n % 10_000)
        } else {
            upToFour(UInt32(truncatingIfNeeded: high))
        }
        let low = UInt32(truncatingIfNeeded: v % 100_000_000)
        four(low / 10_000)
        four(low % 10_000)
    }

    /// Below 100, with a zero before a single digit.
    @inline(__always)
    private func two(_ n: UInt32) {
        let digits: StaticString = """
            00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960616263646566676869\
            707172737475767778798081828384858687888990919293949596979899
            """
        let pair = UnsafeRawPointer(digits.utf8Start + Int(n) * 2).loadUnaligned(as: UInt16.self)
        UnsafeMutableRawPointer(base + used).storeBytes(of: pair, as: UInt16.self)
        used += 2
    }

    /// Below 10,000, as four digits.
    @inline(__always)
    private func four(_ n: UInt32) {
        two(n / 100)
        two(n % 100)
    }

    /// Below 10,000, without zeros before it.
    @inline(__always)
    private func upToFour(_ n: UInt32) {
        if n < 10 { return digit(n) }
        if n < 100 { return two(n) }
        if n < 1000 { digit(n / 100) } else { two(n / 100) }
        two(n % 100)
    }

    @inline(__always)
    private func digit(_ n: UInt32) {
        base[used] = UInt8(truncatingIfNeeded: 0x30 + n)
        used += 1
    }

    public func decimal(_ v: Int64) {
        if v < 0 { byte(0x2d) }
        decimal(v.magnitude)
    }

    /// Writes `v` in lower-case hexadecimal without prefix, at least `width` digits.
    public func hexDigits(_ v: UInt64, width: Int = 1) {
        let digits = max(width, (64 - v.leadingZeroBitCount + 3) / 4)
        reserve(digits)
        var shift = (digits - 1) * 4
        while shift >= 0 {
            let d = shift < 64 ? UInt8((v >> UInt64(shift)) & 15) : 0
            base[count] = d < 10 ? 0x30 + d : 0x57 + d
            used += 1
            shift -= 4
        }
    }

    /// Writes `0x…`; zero is `0` unless `prefixZero`, as printf's `%#x` has it.
    public func hex(_ v: UInt64, prefixZero: Bool = false) {
        if v == 0 && !prefixZero { byte(0x30); return }
        append("0x")
        hexDigits(v)
    }

    /// Writes `v` in octal, at least `width` digits, without prefix.
    public func octalDigits(_ v: UInt64, width: Int = 1) {
        let digits = max(width, (64 - v.leadingZeroBitCount + 2) / 3)
        reserve(digits)
        var shift = (digits - 1) * 3
        while shift >= 0 {
            base[count] = 0x30 + UInt8(truncatingIfNeeded: (shift < 64 ? v >> UInt64(shift) : 0) & 7)
            used += 1
            shift -= 3
        }
    }

    /// Writes `v` as C's `%#o`: a leading `0` before non-zero digits.
    public func octal(_ v: UInt64) {
        if v != 0 { byte(0x30) }
        octalDigits(v)
    }
}
