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

extension StructLayout {
    static let timex = StructLayout(size: 208, [
        .init("modes", 0, .flags(.adjtimexModes)), .init("offset", 8, .long), .init("freq", 16, .long),
        .init("maxerror", 24, .long), .init("esterror", 32, .long), .init("status", 40, .flags(.adjtimexStatus)),
        .init("constant", 48, .long), .init("precision", 56, .long), .init("tolerance", 64, .long),
        .init("time") { d, b in d.timeval(b.slice(72)) },
        .init("tick", 88, .long), .init("ppsfreq", 96, .long), .init("jitter", 104, .long), .init("shift", 112, .int),
        .init("stabil", 120, .long), .init("jitcnt", 128, .long), .init("calcnt", 136, .long),
        .init("errcnt", 144, .long), .init("stbcnt", 152, .long), .init("tai", 160, .int),
    ])
    static let processTimes = StructLayout(size: 32, [
        .init("tms_utime") { d, b in d.clockTicks(b.u64(0)) },
        .init("tms_stime") { d, b in d.clockTicks(b.u64(8)) },
        .init("tms_cutime") { d, b in d.clockTicks(b.u64(16)) },
        .init("tms_cstime") { d, b in d.clockTicks(b.u64(24)) },
    ])
    static let resourceUsage = StructLayout(size: 144, [
        .init("ru_utime") { d, b in d.timeval(b) }, .init("ru_stime") { d, b in d.timeval(b.slice(16)) },
        .init("ru_maxrss", 32, .ulong, .verbose), .init("ru_ixrss", 40, .ulong, .verbose),
        .init("ru_idrss", 48, .ulong, .verbose), .init("ru_isrss", 56, .ulong, .verbose),
        .init("ru_minflt", 64, .ulong, .verbose), .init("ru_majflt", 72, .ulong, .verbose),
        .init("ru_nswap", 80, .ulong, .verbose), .init("ru_inblock", 88, .ulong, .verbose),
        .init("ru_oublock", 96, .ulong, .verbose), .init("ru_msgsnd", 104, .ulong, .verbose),
        .init("ru_msgrcv", 112, .ulong, .verbose), .init("ru_nsignals", 120, .ulong, .verbose),
        .init("ru_nvcsw", 128, .ulong, .verbose), .init("ru_nivcsw", 136, .ulong, .verbose),
    ])
}

extension Decoder {
    /// What is left of a sleep: written only when a signal interrupted it, which shows
    /// as a restart code.
    func remainingSleep(_ address: UInt64, restarts: Bool) {
        if restarts, case .failed(let code) = call.outcome, code >= 512 {
            timespec(address, evenOnError: true)
        } else {
            out.address(address)
        }
    }

    /// A `struct timex`; behind the result the clock's state.
    func timex(_ address: UInt64) {
        structure(address, .timex)
        guard !failed, let name = ConstantTable.adjtimexStates.name(of: UInt64(bitPattern: result)) else { return }
        out.beginNote()
        out.verbatim(name)
        out.endNote()
    }

    /// `[1492358700 /* 2017-… */]`: what time(2) stored; behind the result its date.
    func storedTime(_ address: UInt64) {
        pointee(address, 8) { b in
            out.signed(b.i64(0))
            dateComment(b.i64(0))
        }
        guard !failed else { return }
        scratch.truncate(to: 0)
        guard appendDate(result, fraction: 0, digits: 0, to: scratch) else { return }
        out.beginNote()
        out.verbatim(scratch.bytes)
        out.endNote()
    }
}
