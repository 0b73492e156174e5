import Glibc

extension StructLayout {
    static let timespec = StructLayout(size: 16, [.init("tv_sec", 0, .long), .init("tv_nsec", 8, .ulong)])
    static let timeval = StructLayout(size: 16, [.init("tv_sec", 0, .long), .init("tv_usec", 8, .ulong)])
    static let itimerspec = StructLayout(size: 32, [
        .init("it_interval") { d, b in d.structure(b, .timespec) },
        .init("it_value") { d, b in d.structure(b.slice(16), .timespec) },
    ])
    static let itimerval = StructLayout(size: 32, [
        .init("it_interval") { d, b in d.structure(b, .timeval) },
        .init("it_value") { d, b in d.structure(b.slice(16), .timeval) },
    ])
    static let timezone = StructLayout(size: 8, [.init("tz_minuteswest", 0, .int), .init("tz_dsttime", 4, .int)])
}

extension Decoder {
    /// `{tv_sec=1, tv_nsec=2}` at an address.
    public func timespec(_ address: UInt64, evenOnError: Bool = false) {
        structure(address, .timespec, evenOnError: evenOnError)
    }
    /// `{tv_sec=1, tv_nsec=2}` in hand: the first 16 bytes of `b`.
    public func timespec(_ b: Bytes) { structure(b, .timespec) }

    /// `{tv_sec=1, tv_usec=2}` at an address.
    public func timeval(_ address: UInt64, evenOnError: Bool = false) {
        structure(address, .timeval, evenOnError: evenOnError)
    }
    /// `{tv_sec=1, tv_usec=2}` in hand: the first 16 bytes of `b`.
    public func timeval(_ b: Bytes) { structure(b, .timeval) }

    /// The comment that tells a point in time in local time: `2017-04-16T16:05:00.987654321+0000`.
    ///
    /// Nothing is said of the epoch itself (0 s, 0 ns) and of times the calendar cannot hold.
    ///
    /// - Parameters:
    ///   - fraction: the part below a second in units of which `digits` decimals make one.
    public func dateComment(_ seconds: Int64, fraction: UInt64 = 0, digits: Int = 0) {
        scratch.truncate(to: 0)
        if appendDate(seconds, fraction: fraction, digits: digits, to: scratch) { out.comment(scratch.bytes) }
    }

    /// Appends what `dateComment` says; false if there is nothing to say.
    func appendDate(_ seconds: Int64, fraction: UInt64, digits: Int, to text: TextBuffer) -> Bool {
        if seconds == 0 && fraction == 0 { return false }
        var limit: UInt64 = 1
        for _ in 0..<digits { limit *= 10 }
        guard digits == 0 || fraction < limit else { return false }
        var t = time_t(seconds)
        var parts = tm()
        guard localtime_r(&t, &parts) != nil else { return false }
        func part(_ format: String) -> Bool {
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { room in
                guard let base = room.baseAddress else { return false }
                let n = strftime(base, room.count, format, &parts)
                text.append(UnsafeRawBufferPointer(start: base, count: n))
                return n > 0
            }
        }
        guard part("%FT%T") else { return false }
        if digits > 0 && fraction > 0 {
            text.ascii(".")
            text.decimal(fraction, width: digits)
        }
        return part("%z")
    }
}
