// Reading the tracee.

extension Decoder {
    /// All `count` bytes from `address`, or nil.
    public func read(_ address: UInt64, _ count: Int) -> Bytes? {
        guard count >= 0, count <= 1 << 24 else { return nil }
        let buffer = arena.allocate(max(count, 1))
        guard let base = buffer.baseAddress else { return nil }
        if count > 0, call.memory.read(address, into: UnsafeMutableRawBufferPointer(start: base, count: count)) != count {
            arena.keep(0, of: buffer)
            return nil
        }
        return Bytes(base: base, count: count)
    }

    /// As many of the bytes from `address` as can be read, at most `limit`; nil if none.
    public func readSome(_ address: UInt64, _ limit: Int) -> Bytes? {
        guard limit > 0 else { return nil }
        let buffer = arena.allocate(min(limit, 1 << 24))
        guard let base = buffer.baseAddress else { return nil }
        let n = call.memory.read(address, into: UnsafeMutableRawBufferPointer(start: base, count: buffer.count))
        arena.keep(max(n, 0), of: buffer)
        return n > 0 ? Bytes(base: base, count: n) : nil
    }

    /// The beginning of a string, its NUL included: as many of its bytes as can be read, at most `limit`; nil if none.
    func readString(_ address: UInt64, _ limit: Int) -> Bytes? {
        guard limit > 0 else { return nil }
        let buffer = arena.allocate(min(limit, 1 << 24))
        guard let base = buffer.baseAddress else { return nil }
        let n = call.memory.readString(address, into: UnsafeMutableRawBufferPointer(start: base, count: buffer.count))
        // With a generous `-s` every short string asks for megabytes.
        arena.keep(max(n, 0), of: buffer)
        return n > 0 ? Bytes(base: base, count: n) : nil
    }

    /// The 32-bit value at `address`.
    public func readU32(_ address: UInt64) -> UInt32? { read(address, 4)?.u32(0) }
    /// The 64-bit value at `address`.
    public func readU64(_ address: UInt64) -> UInt64? { read(address, 8)?.u64(0) }

    /// Whether a pointer may be followed now: it is not null, structures are followed,
    /// and the call did not fail.
    public func follows(_ address: UInt64, evenOnError: Bool = false) -> Bool {
        address != 0 && dereferencing && (evenOnError || !failed)
    }

    /// Reads `count` bytes and describes them; prints the address (or `NULL`) if the
    /// pointer cannot be followed.
    ///
    /// - Parameter evenOnError: the kernel wrote it although the call failed, or it is an
    ///   input read at exit.
    /// - Returns: whether `body` ran.
    @discardableResult
    public func object(_ address: UInt64, _ count: Int, evenOnError: Bool = false, _ body: (Bytes) -> Void) -> Bool {
        guard follows(address, evenOnError: evenOnError), let b = read(address, count) else {
            out.address(address)
            return false
        }
        body(b)
        return true
    }

    /// `[x]`: what a pointer to a scalar of `size` bytes points to.
    @discardableResult
    public func pointee(_ address: UInt64, _ size: Int, evenOnError: Bool = false, _ body: (Bytes) -> Void) -> Bool {
        object(address, size, evenOnError: evenOnError) { b in
            out.beginArray()
            out.element()
            body(b)
            out.endArray()
        }
    }

    /// `[a, b, ...]`: `count` elements of `stride` bytes, each described by `body`.
    ///
    /// Shortened to `-s` elements unless `-v`, and to `most` in any case. Where reading stops short, the address of
    /// the first unreadable element follows in a comment; where nothing can be read, only
    /// the address is printed.
    ///
    /// - Parameter index: names each element: `[[IO_WQ_BOUND]=1]`.
    public func array(
        _ address: UInt64, count: Int, stride: Int, evenOnError: Bool = false, limit most: Int = .max,
        index: ConstantTable? = nil, _ body: (Bytes) -> Void
    ) {
        if address != 0 && count <= 0 {
            out.beginArray()
            out.endArray()
            return
        }
        let (size, overflow) = UInt64(max(count, 0)).multipliedReportingOverflow(by: UInt64(max(stride, 1)))
        guard follows(address, evenOnError: evenOnError), !overflow, address &+ size > address else {
            out.address(address)
            return
        }
        let limit = min(abbreviating ? options.stringLimit : Int.max, most)
        var opened = false
        for i in 0..<count {
            let at = address &+ UInt64(i) &* UInt64(stride)
            guard at >= address, let b = read(at, stride) else {
                if !opened {
                    out.address(address)
                    return
                }
                unreadableRest(at)
                break
            }
            if !opened {
                out.beginArray()
                opened = true
            }
            if i >= limit {
                out.more()
                break
            }
            if let index { element(UInt64(i), index) } else { out.element() }
            body(b)
        }
        out.endArray()
    }

    /// Starts an element that its index names.
    private func element(_ index: UInt64, _ table: ConstantTable) {
        let name = table.name(of: index)
        let isNumber = name == nil || options.constants != .abbrev
        scratch.truncate(to: 0)
        if isNumber { scratch.decimal(index) }
        if options.constants != .raw {
            if isNumber { scratch.append(" /* ") }
            scratch.append(name ?? table.unknown)
            if isNumber { scratch.append(" */") }
        }
        out.element(index: scratch.bytes)
    }

    /// `... /* 0x7f… */`: the rest of an array could not be read from there on.
    public func unreadableRest(_ address: UInt64) {
        out.more()
        scratch.truncate(to: 0)
        scratch.hex(address)
        out.comment(scratch.bytes)
    }
}
