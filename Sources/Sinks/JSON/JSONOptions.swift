import RenacerCore

/// What the JSON sink writes, and how.
public struct JSONOptions {
    public enum Layout: Sendable {
        /// One document for the whole trace.
        case document
        /// One object in a line for every event.
        case lines
    }

    public var layout = Layout.document
    /// The argument registers too.
    public var raw = false
    /// No single calls: the summary only (`-c`).
    public var summaryOnly = false
    public var decoding = DecodingOptions()
    /// `-i`: the instruction pointer of each call.
    public var instructionPointer = false
    /// Calls and signals that are shown.
    public var calls = CallSelection()
    public var signals: SignalSet = .all
    /// Where calls were made; nil if that is not shown.
    public var places: PlaceFinder?
    public var run: RunDescription

    public init(run: RunDescription) { self.run = run }
}
