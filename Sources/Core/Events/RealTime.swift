import CLinux
import Glibc

/// The wall clock's place beside the clock of events.
public enum RealTime {
    /// `CLOCK_REALTIME` minus `CLOCK_MONOTONIC`, ns: taken once, so that every sink shows the same time of an event, and
    /// times of two events are as far apart as they were measured, whatever the wall clock does meanwhile.
    public static let offset: Int64 = {
        // Of some tries the quickest: less lies between its two clocks.
        var best: (width: UInt64, offset: Int64) = (.max, 0)
        for _ in 0..<3 {
            let before = clinux_monotonic_ns()
            var t = timespec()
            clock_gettime(CLOCK_REALTIME, &t)
            let after = clinux_monotonic_ns()
            let real = Int64(t.tv_sec) &* 1_000_000_000 &+ Int64(t.tv_nsec)
            if after &- before < best.width { best = (after &- before, real &- Int64(before &+ (after &- before) / 2)) }
        }
        return best.offset
    }()
}
