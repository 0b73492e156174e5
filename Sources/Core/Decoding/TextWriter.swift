/// Writes strace's notation into a buffer.
public final class TextWriter: ValueWriter {
    private var buffer: TextBuffer
    private let main: TextBuffer
    private let note: TextBuffer
    private let escaping: StringEscaping
    private let constants: ConstantStyle
    private let argumentNames: Bool
    private let color: Bool
    /// Nothing stands yet in the innermost open bracket.
    private var isFirst = true
    private var noteSavedFirst = true
    /// Names written of the symbolic value under way.
    private var symbols = 0

    public init(
        _ buffer: TextBuffer, escaping: StringEscaping = .octal, constants: ConstantStyle = .abbrev,
        argumentNames: Bool = false, color: Bool = false
    ) {
        self.buffer = buffer
        main = buffer
        note = TextBuffer(capacity: 256)
        self.escaping = escaping
        self.constants = constants
        self.argumentNames = argumentNames
        self.color = color
    }

    /// Starts a call's arguments.
    ///
    /// - Parameter afterFirst: arguments were printed before: a separator is due.
    public func begin(afterFirst: Bool) {
        buffer = main
        isFirst = !afterFirst
        note.truncate(to: 0)
    }

    /// Starts the printing of a result; what was noted is kept.
    public func begin(resultOf call: borrowing Call) {
        buffer = main
        isFirst = true
    }

    /// Whether something was printed since the innermost bracket opened.
    public var isAfterFirst: Bool { !isFirst }

    /// What is to be said behind the result, empty if nothing.
    public var noteText: UnsafeRawBufferPointer { note.bytes }

    private func separate() {
        if isFirst { isFirst = false } else { buffer.append(", ") }
    }

    public func argument(_ name: Name) {
        separate()
        if argumentNames && !name.isEmpty {
            buffer.append(name)
            buffer.ascii("=")
        }
    }

    /// The separator is printed when the argument is: `read(3 <unfinished ...>`.
    public func pause() {}

    private func open(_ c: Unicode.Scalar) {
        buffer.ascii(c)
        isFirst = true
    }

    private func close(_ c: Unicode.Scalar) {
        buffer.ascii(c)
        isFirst = false
    }

    public func beginStructure() { open("{") }
    public func endStructure() { close("}") }
    public func beginArray() { open("[") }
    public func endArray() { close("]") }
    public func member() {
        if isFirst { isFirst = false } else { buffer.ascii(" ") }
    }
    public func element() { separate() }
    public func more() {
        separate()
        buffer.append("...")
    }
    public func changed() { buffer.append(" => ") }

    public func field(_ name: Name) {
        separate()
        buffer.append(name)
        buffer.ascii("=")
    }

    public func element(index: Name) {
        separate()
        buffer.ascii("[")
        buffer.append(index)
        buffer.append("]=")
    }

    public func beginCall(_ name: Name) {
        buffer.append(name)
        open("(")
    }
    public func endCall() { close(")") }

    public func signed(_ v: Int64) { buffer.decimal(v) }
    public func unsigned(_ v: UInt64) { buffer.decimal(v) }
    public func hex(_ v: UInt64, prefixZero: Bool) { buffer.hex(v, prefixZero: prefixZero) }
    public func octal(_ v: UInt64, width: Int) {
        if width <= 1 { buffer.octal(v) } else { buffer.octalDigits(v, width: width) }
    }
    public func address(_ v: UInt64) {
        if v == 0 { buffer.append("NULL") } else { buffer.hex(v) }
    }
    public func boolean(_ v: Bool) { buffer.append(v ? "true" : "false") }

    public func beginSymbolic(_ v: UInt64, radix: Radix) -> Bool {
        symbols = 0
        if constants == .abbrev { return true }
        number(v, radix)
        guard constants == .verbose else { return false }
        buffer.append(" /* ")
        return true
    }

    public func symbol(_ name: Name) {
        if symbols > 0 { buffer.ascii("|") }
        symbols += 1
        if color { buffer.append("\u{1b}[34m") }
        buffer.append(name)
        if color { buffer.append("\u{1b}[0m") }
    }

    public func bits(_ v: UInt64, radix: Radix) {
        if symbols > 0 { buffer.ascii("|") }
        symbols += 1
        number(v, radix)
    }

    public func unnamed(_ v: UInt64, radix: Radix, _ unknown: Name) {
        number(v, radix)
        guard constants != .raw, !unknown.isEmpty else { return }
        comment(unknown.bytes)
    }

    public func endSymbolic() {
        if constants == .verbose { buffer.append(" */") }
    }

    public func string(_ bytes: UnsafeRawBufferPointer, truncated: Bool, escaping: StringEscaping?) {
        if color { buffer.append("\u{1b}[35m") }
        buffer.ascii("\"")
        buffer.escaped(bytes, escaping ?? self.escaping)
        buffer.ascii("\"")
        if color { buffer.append("\u{1b}[0m") }
        if truncated { buffer.append("...") }
    }

    public func annotation(_ bytes: UnsafeRawBufferPointer) {
        buffer.ascii("<")
        buffer.append(bytes)
        buffer.ascii(">")
    }

    public func comment(_ text: UnsafeRawBufferPointer) {
        buffer.append(" /* ")
        buffer.append(text)
        buffer.append(" */")
    }

    public func verbatim(_ bytes: UnsafeRawBufferPointer) { buffer.append(bytes) }

    public func beginNote() {
        note.truncate(to: 0)
        buffer = note
        noteSavedFirst = isFirst
        isFirst = true
    }

    public func endNote() {
        buffer = main
        isFirst = noteSavedFirst
    }
}

/// `-X`: how constants are shown.
public enum ConstantStyle: UInt8, Sendable {
    /// `0x1`
    case raw
    /// `PROT_READ`
    case abbrev
    /// `0x1 /* PROT_READ */`
    case verbose
}
