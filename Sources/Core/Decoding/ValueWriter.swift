/// Renders what decoders describe.
///
/// A decoder says what a value *is*; a writer decides what that looks like. The text
/// writer appends strace's notation to a buffer, the tree writer builds values. So no
/// format can know less than another.
///
/// Calls nest: every `begin…` is closed by its `end…`. Separators are the writer's.
public protocol ValueWriter: AnyObject {
    /// Starts the next argument of the call.
    func argument(_ name: Name)

    func beginStructure()
    func field(_ name: Name)
    func endStructure()
    func beginArray()
    func element()
    /// An array shown by index: `[3]=`.
    func element(index: UnsafeRawBufferPointer)
    func endArray()
    /// The next member of a set shown in array brackets, set off by blanks: `[3 4]`.
    func member()
    /// A value in the notation of a C call: `makedev(…)`, `htons(…)`.
    func beginCall(_ name: Name)
    func endCall()
    /// Something was left out here: `...` as the next field, element or argument.
    func more()
    /// The value just written was changed by the call into the next: ` => `.
    func changed()

    func signed(_ v: Int64)
    func unsigned(_ v: UInt64)
    /// Hexadecimal; zero is `0`, or `0x0` with `prefixZero`.
    func hex(_ v: UInt64, prefixZero: Bool)
    /// Octal with its leading zero, at least `width` digits.
    func octal(_ v: UInt64, width: Int)
    /// A pointer: `NULL` or its address.
    func address(_ v: UInt64)
    func boolean(_ v: Bool)

    /// Starts a symbolic value. Names follow by `symbol` and `bits` if it returns true.
    ///
    /// - Parameter radix: how the number is written where it is.
    func beginSymbolic(_ v: UInt64, radix: Radix) -> Bool
    /// A name of (a part of) the value.
    func symbol(_ name: Name)
    /// Bits of the value that no name covers.
    func bits(_ v: UInt64, radix: Radix)
    /// The value has no name at all: its number and the comment `/* O_??? */`.
    func unnamed(_ v: UInt64, radix: Radix, _ unknown: Name)
    func endSymbolic()

    /// Bytes as a string in quotes; `truncated` if there are more of them.
    func string(_ bytes: UnsafeRawBufferPointer, truncated: Bool, escaping: StringEscaping?)
    /// What a number just written stands for: `3</etc/passwd>`.
    func annotation(_ bytes: UnsafeRawBufferPointer)
    /// `/* text */` behind the value just written.
    func comment(_ text: UnsafeRawBufferPointer)
    /// Notation of its own that has no structure, such as `st_rdev=makedev`-like words,
    /// `WIFEXITED(s)` or an operator between values.
    func verbatim(_ bytes: UnsafeRawBufferPointer)

    /// What follows, up to `endNote`, is said behind the result in parentheses.
    func beginNote()
    func endNote()
    /// There is a note even if nothing stands in it.
    func emptyNote()
}

/// How a number is written.
public enum Radix: UInt8, Sendable {
    case hex, decimal, unsigned, octal
}

extension ValueWriter {
    public func emptyNote() {}

    public func hex(_ v: UInt64) { hex(v, prefixZero: false) }
    public func octal(_ v: UInt64) { octal(v, width: 1) }
    public func verbatim(_ s: Name) { verbatim(s.bytes) }
    public func comment(_ s: Name) { comment(s.bytes) }
    public func element(index: Name) { element(index: index.bytes) }
    public func string(_ b: UnsafeRawBufferPointer, truncated: Bool) {
        string(b, truncated: truncated, escaping: nil)
    }

    /// Writes `v` as `radix` has it.
    public func number(_ v: UInt64, _ radix: Radix) {
        switch radix {
        case .hex: hex(v)
        case .decimal: signed(Int64(bitPattern: v))
        case .unsigned: unsigned(v)
        case .octal: octal(v)
        }
    }
}
