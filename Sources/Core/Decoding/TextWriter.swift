/// Writes strace's notation into a buffer.
public final class TextWriter: ValueWriter {
    private let buffer: TextBuffer
    private let note: TextBuffer
    /// Where in `buffer` the note under way starts.
    private var noteStart = 0
    private let escaping: StringEscaping
    private let constants: ConstantStyle
    private let argumentNames: Bool
    private let palette: ColorPalette
    private let hasPalette: Bool
    /// Whether parts are painted now: a result has one colour.
    private var color: Bool
    /// Nothing stands yet in the innermost open bracket.
    private var isFirst = true
    private var noteSavedFirst = true
    private var showsEmptyNote = false
    /// Names written of the symbolic value under way.
    private var symbols = 0

    public init(
        _ buffer: TextBuffer, escaping: StringEscaping = .octal, constants: ConstantStyle = .abbrev,
        argumentNames: Bool = false, palette: ColorPalette? = nil
    ) {
        self.buffer = buffer
        note = TextBuffer(capacity: 256)
        self.escaping = escaping
        self.constants = constants
        self.argumentNames = argumentNames
        self.palette = palette ?? ColorPalette()
        hasPalette = palette != nil
        color = hasPalette
    }

    /// Starts a call's arguments.
    ///
    /// - Parameter afterFirst: arguments were printed before: a separator is due.
    public func begin(afterFirst: Bool) {
        color = hasPalette
        isFirst = !afterFirst
        note.truncate(to: 0)
        showsEmptyNote = false
    }

    /// Starts the printing of a result; what was noted is kept.
    public func begin(resultOf call: borrowing Call) {
        color = false
        isFirst = true
    }

    /// Whether something was printed since the innermost bracket opened.
    public var isAfterFirst: Bool { !isFirst }

    /// What is to be said behind the result.
    public var noteText: UnsafeRawBufferPointer { note.bytes }
    public var hasNote: Bool { note.count > 0 || showsEmptyNote }

    private func separate() {
        if isFirst { isFirst = false } else { punctuation(", ") }
    }

    private func punctuation(_ text: StaticString) {
        paint(.punct)
        buffer.append(text)
        unpaint(.punct)
    }

    @inline(__always)
    private func paint(_ role: ColorPalette.Role) {
        if color { palette.begin(role, in: buffer) }
    }

    @inline(__always)
    private func unpaint(_ role: ColorPalette.Role) {
        if color { palette.end(role, in: buffer) }
    }

    public func argument(_ name: Name) {
        separate()
        if argumentNames && !name.isEmpty { named(name) }
    }

    private func named(_ name: Name) {
        paint(.argname)
        buffer.append(name)
        unpaint(.argname)
        punctuation("=")
    }

    private func open(_ c: StaticString) {
        punctuation(c)
        isFirst = true
    }

    private func close(_ c: StaticString) {
        punctuation(c)
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
        named(name)
    }

    public func element(index: UnsafeRawBufferPointer) {
        separate()
        buffer.ascii("[")
        buffer.append(index)
        buffer.append("]=")
    }

    public func beginCall(_ name: Name) {
        paint(.call)
        buffer.append(name)
        unpaint(.call)
        open("(")
    }
    public func endCall() { close(")") }

    public func signed(_ v: Int64) {
        paint(.argval)
        buffer.decimal(v)
        unpaint(.argval)
    }
    public func unsigned(_ v: UInt64) {
        paint(.argval)
        buffer.decimal(v)
        unpaint(.argval)
    }
    public func hex(_ v: UInt64, prefixZero: Bool) {
        paint(.argval)
        buffer.hex(v, prefixZero: prefixZero)
        unpaint(.argval)
    }
    public func octal(_ v: UInt64, width: Int) {
        paint(.argval)
        if width <= 1 { buffer.octal(v) } else { buffer.octalDigits(v, width: width) }
        unpaint(.argval)
    }
    public func address(_ v: UInt64) {
        paint(.argval)
        if v == 0 { buffer.append("NULL") } else { buffer.hex(v) }
        unpaint(.argval)
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
        paint(.const)
        buffer.append(name)
        unpaint(.const)
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
        paint(.argval)
        buffer.ascii("\"")
        buffer.escaped(bytes, escaping ?? self.escaping)
        buffer.ascii("\"")
        unpaint(.argval)
        if truncated { buffer.append("...") }
    }

    public func annotation(_ bytes: UnsafeRawBufferPointer) {
        buffer.ascii("<")
        buffer.append(bytes)
        buffer.ascii(">")
    }

    public func comment(_ text: UnsafeRawBufferPointer) {
        paint(.comment)
        buffer.append(" /* ")
        buffer.append(text)
        buffer.append(" */")
        unpaint(.comment)
    }

    public func verbatim(_ bytes: UnsafeRawBufferPointer) { buffer.append(bytes) }

    public func beginNote() {
        noteStart = buffer.count
        noteSavedFirst = isFirst
        isFirst = true
    }

    public func emptyNote() { showsEmptyNote = true }

    public func endNote() {
        note.truncate(to: 0)
        note.append(UnsafeRawBufferPointer(rebasing: buffer.bytes[noteStart...]))
        buffer.truncate(to: noteStart)
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
