// struct iovec: readv(2), sendmsg(2), …

extension Decoder {
    /// `[{iov_base=…, iov_len=…}, …]`: `count` buffers.
    ///
    /// - Parameters:
    ///   - limit: how many bytes the buffers hold altogether, where the kernel filled them;
    ///     nil if each is full.
    ///   - base: prints a buffer, given its address and the bytes in it; by default as a
    ///     string.
    public func iovecs(
        _ address: UInt64, count: UInt64, limit: UInt64? = nil, evenOnError: Bool = true,
        _ base: (Decoder, _ address: UInt64, _ count: UInt64) -> Void = { $0.buffer($1, $2, evenOnError: true) }
    ) {
        var left = limit
        array(address, count: Int(clamping: count), stride: 16, evenOnError: evenOnError) { b in
            let start = b.u64(0)
            let length = b.u64(8)
            let held = min(length, left ?? length)
            if let rest = left { left = rest - held }
            structure {
                field("iov_base")
                base(self, start, held)
                field("iov_len")
                out.unsigned(length)
            }
        }
    }
}
