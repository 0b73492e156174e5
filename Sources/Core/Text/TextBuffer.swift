/// A growable byte buffer with the number and escape writers that text output needs.
///
/// It never formats through `String` or stdio: a `sprintf` line costs nine times
/// what these writers do. Not thread-safe; owned by one sink.
public final class TextBuffer {
    private var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    /// Bytes written so far.
    public private(set) var count = 0

    public init(capacity: Int = 64 << 10) {
        self.capacity = max(capacity, 64)
        base = .allocate(capacity: self.capacity)
    }

    deinit { base.deallocate() }

    /// The bytes written so far; valid until the next mutation.
    public var bytes: UnsafeRawBufferPointer { .init(start: base, count: count) }

    /// Makes room for `n` more bytes.
    @inline(__always)
    public func reserve(_ n: Int) {
        if count + n > capacity { grow(n) }
    }

    @inline(never)
    private func grow(_ n: Int) {
        let larger = max(capacity * 2, count + n)
        let new = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        new.update(from: base, count: count)
        base.deallocate()
        base = new
        capacity = larger
    }

    /// Forgets everything after the first `n` bytes.
    public func truncate(to n: Int) { count = min(n, count) }

    @inline(__always)
    public func byte(_ b: UInt8) {
        reserve(1)
        base[count] = b
        count += 1
    }

    @inline(__always)
    public func ascii(_ c: Unicode.Scalar) { byte(UInt8(truncatingIfNeeded: c.value)) }

    /// What literals are taken for: their bytes are copied where they are written down, without a call.
    @inline(__always)
    public func append(_ s: StaticString) {
        let n = s.utf8CodeUnitCount
        reserve(n)
        (base + count).update(from: s.utf8Start, count: n)
        count += n
    }

    @_disfavoredOverload @inline(__always)
    public func append(_ n: Name) { append(n.bytes) }

    public func append(_ b: UnsafeRawBufferPointer) {
        guard let p = b.baseAddress, b.count > 0 else { return }
        reserve(b.count)
        UnsafeMutableRawPointer(base + count).copyMemory(from: p, byteCount: b.count)
        count += b.count
    }

    /// Writes in between: what stood at `offset` and behind moves up.
    public func insert(_ s: StaticString, at offset: Int) {
        let n = s.utf8CodeUnitCount, offset = max(0, min(offset, count))
        reserve(n)
        (base + offset + n).update(from: base + offset, count: count - offset)
        (base + offset).update(from: s.utf8Start, count: n)
        count += n
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
        count += n
    }

    /// Writes `v` in decimal, padded on the left with zeros to `width` digits.
    public func decimal(_ v: UInt64, width: Int = 1) {
        reserve(24 + width)
        if v < 10, width == 1 {
            base[count] = UInt8(truncatingIfNeeded: 0x30 + v)
            count += 1
            return
        }
        var digits = 1
        var limit: UInt64 = 10
        while v >= limit {
            digits += 1
            if digits == 20 { break }
            limit &*= 10
        }
        digits = max(digits, width)
        var i = count + digits
        var rest = v
        // Two digits for each long division.
        while i > count + 1 {
            let pair = UInt32(truncatingIfNeeded: rest % 100)
            rest /= 100
            i -= 2
            base[i] = UInt8(truncatingIfNeeded: 0x30 + pair / 10)
            base[i + 1] = UInt8(truncatingIfNeeded: 0x30 + pair % 10)
        }
        if i > count { base[count] = UInt8(truncatingIfNeeded: 0x30 + rest % 10) }
        count += digits
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
            count += 1
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
            count += 1
            shift -= 3
        }
    }

    /// Writes `v` as C's `%#o`: a leading `0` before non-zero digits.
    public func octal(_ v: UInt64) {
        if v != 0 { byte(0x30) }
        octalDigits(v)
    }
}
