/// What a trace is of, for sinks that say so.
public struct RunDescription: Sendable {
    /// renacer's own version.
    public var version: String
    /// The program and its arguments; empty if none was started.
    public var command: [String] = []
    /// Processes that were attached to.
    public var attached: [Int32] = []
    /// The backend's name.
    public var backend = ""
    public var clock: TraceClock

    public init(version: String, clock: TraceClock = TraceClock()) {
        self.version = version
        self.clock = clock
    }
}
