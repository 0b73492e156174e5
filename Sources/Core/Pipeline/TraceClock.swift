import CLinux

/// When a trace began, by both of the kernel's clocks: what turns an event's time into the time of day, the same in
/// every sink of a run.
public struct TraceClock: Sendable {
    /// Nanoseconds of `CLOCK_MONOTONIC` when it began; 0: with its first event.
    public let start: UInt64
    /// `CLOCK_REALTIME` minus `CLOCK_MONOTONIC`, ns.
    public let realtimeOffset: Int64

    public init(start: UInt64, realtimeOffset: Int64) {
        self.start = start
        self.realtimeOffset = realtimeOffset
    }

    /// The clock once the first event came.
    public func begun(at time: UInt64) -> TraceClock { start == 0 ? TraceClock(start: time, realtimeOffset: realtimeOffset) : self }

    /// Now.
    public init() {
        start = clinux_monotonic_ns()
        realtimeOffset = RealTime.offset
    }

    /// Nanoseconds since the trace began; negative for what began before it.
    public func elapsed(_ time: UInt64) -> Int64 { Int64(bitPattern: time &- start) }
    /// Nanoseconds since 1970.
    public func unix(_ time: UInt64) -> Int64 { Int64(bitPattern: time) &+ realtimeOffset }
}
