/// Describes system calls to a writer: the one decoder behind every backend and sink.
///
/// Reused for every call of a trace; it allocates nothing per call once its arena has
/// grown. The table's rows drive it (`Decoder+Rows.swift`); dialects are extensions of
/// it, one file each, which use the members of `Decoder+Leaves.swift`,
/// `Decoder+Memory.swift` and the nouns beside them.
public final class Decoder {
    /// Where descriptions go.
    public let out: any ValueWriter
    public let options: DecodingOptions
    public let inspector: any TaskInspector
    /// The call being decoded.
    public internal(set) var call: Call
    public internal(set) var tid: Int32 = 0
    /// Decoding the exit rather than the entry.
    public internal(set) var exiting = false
    /// Set by dialects whose row says `returns: .dialect`.
    public var resultStyle: Syscall.Returns = .decimal
    /// A value that a dialect reads at entry and needs at exit, such as a length that the
    /// call replaces.
    public var kept: UInt64 = 0
    /// More such values, where there are many: those of `recvmmsg`'s messages.
    public var keptWords: [UInt32] = []
    /// Told of a string whose memory ends before its NUL: its address, the bytes read and the bytes wanted.
    public var shortRead: ((_ address: UInt64, _ read: Int, _ wanted: Int) -> Void)?
    /// Replaces what `DecodingOptions.replacements` says; nil if nothing is replaced.
    let replacing: ReplacingWriter?
    /// A call's end is looked at even if nothing is left of its arguments: what its result stands for is shown, or values
    /// are replaced.
    let looksBehindArguments: Bool
    let arena = Arena()
    /// Scratch text for annotations.
    let scratch = TextBuffer(capacity: 4096)

    public init(_ out: any ValueWriter, _ options: DecodingOptions, inspector: any TaskInspector) {
        replacing = options.replacements.map { ReplacingWriter(out, $0, inspector: inspector) }
        self.out = replacing ?? out
        self.options = options
        self.inspector = inspector
        looksBehindArguments = options.replacements != nil || options.enteredNamespaces || options.commands || options.pidNamespaces
            || !options.descriptors.isEmpty
        call = Call(number: -1, arguments: (0, 0, 0, 0, 0, 0), memory: Self.nothing)
    }

    static let nothing = NoMemory()

    public var entering: Bool { !exiting }
    /// The call ended with an error: what it would have written is not there.
    public var failed: Bool { exiting && call.failed }
    /// Structures are shortened (`-v` was not given).
    public var abbreviating: Bool { options.abbreviated.contains(call) }
    /// Pointers are followed.
    public var dereferencing: Bool { options.dereferenced.contains(call) }

    /// Argument `i` of the call, counted from 0.
    public subscript(i: Int) -> UInt64 { call[i] }

    /// The call's result, 0 if it has none.
    public var result: Int64 { call.result }
}
