import RenacerCore

/// What the CSV sink writes.
public struct CSVOptions {
    /// The argument registers too, in columns of their own.
    public var raw = false
    /// No single calls: the table of statistics (`-c`).
    public var summaryOnly = false
    public var decoding = DecodingOptions()
    /// Calls and signals that are shown.
    public var calls = CallSelection()
    public var signals: SignalSet = .all
    /// Where calls were made, in columns of their own; nil if that is not shown.
    public var places: PlaceFinder?
    public var clock: TraceClock

    public init(clock: TraceClock) { self.clock = clock }
}
