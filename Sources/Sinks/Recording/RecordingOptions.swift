import RenacerCore

/// What a recording keeps.
public struct RecordingOptions: Sendable {
    /// Descriptors, commands and namespaces that are wanted, and how long strings are; the rest of a decoder's options
    /// does not matter, because everything is looked at.
    public var decoding = DecodingOptions()
    /// Calls that are kept.
    public var calls = SyscallSet.all
    /// Descriptors whose data are kept in full.
    public var data = MovedData()
    /// Signals that are kept.
    public var signals = SignalSet.all
    /// Signals come with instruction pointers.
    public var instructionPointers = false
    /// Calls come with their CPU time.
    public var systemTime = false
    public var followsChildren = false
    /// Frames of a stack that are kept, where stacks are.
    public var frameLimit = 256
    /// `--ring`: bytes of the newest blocks that are kept, and written in the end; nil: all are written at once.
    public var ring: Int?
    /// The command line, for the header.
    public var arguments: [String] = []
    public var backend = ""
    /// `CLOCK_REALTIME` minus `CLOCK_MONOTONIC`, ns.
    public var realtimeOffset: Int64 = 0

    public init() {}

    /// Bytes of a string that are kept unless `-s` says otherwise. A plain call costs nothing more by it, and few
    /// strings are longer; a program that moves large buffers pays for each with as much of the file.
    public static let usualStringLimit = 1024
}
