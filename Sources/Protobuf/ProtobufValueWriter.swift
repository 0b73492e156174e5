import RenacerCore

/// Writes what decoders describe as protobuf messages, front to back: no values are built in between.
///
/// Where a member turns out to be more than was thought when it began (a value and what the call changed it into,
/// a number and what it stands for) what is written of it is wrapped up again; that is rare and short.
public final class ProtobufValueWriter: ArgumentWriter {
    private let notation: ValueNotation
    private let interner: NameInterner?
    private let nameNumber: Tag
    private let arguments = ProtobufWriter(capacity: 1024)
    private let notes = ProtobufWriter(capacity: 64)
    private let results = ProtobufWriter(capacity: 64)
    /// One of those above.
    private var out: ProtobufWriter
    private var levels: [Level] = []
    /// The innermost open level; those around it are in `levels`.
    private var level = Level(.arguments)
    /// Arguments so far, for those without a name.
    private var index = 0
    /// Names written of the symbolic value under way.
    private var symbols = 0
    private var symbolStart = -1

    private enum Kind { case arguments, structure, list, call, note, result }

    /// Something that holds named values or elements, and its one under way.
    private struct Level {
        var kind: Kind
        /// Where the message of this level starts; -1 if it has none of its own.
        var start = -1
        /// A call's name.
        var call: Name = ""
        var isOpen = false
        var marks = (outer: -1, inner: -1)
        /// Where the value of the member under way starts, how many values it has so far, and where the list of
        /// them starts if there are several.
        var valueStart = 0
        var values = 0
        var listStart = -1
        var name: Name = ""
        /// What is said of the member behind it.
        var extra: Extra?

        init(_ kind: Kind) { self.kind = kind }
    }

    private struct Extra {
        var meaning: [UInt8] = []
        var isTruncated = false
        /// Not text: bytes are written `\xff`, and a backslash `\\`.
        var isEscaped = false
        var index: [UInt8] = []
    }

    /// - Parameter interner: numbers names, which then stand in the field `nameNumber`; nil: names are written out.
    public init(_ notation: ValueNotation, interner: NameInterner? = nil, nameNumber: Tag = Tag(1, .varint)) {
        self.notation = notation
        self.interner = interner
        self.nameNumber = nameNumber
        out = arguments
    }

    /// Starts a call.
    public func begin() {
        arguments.truncate(to: 0)
        notes.truncate(to: 0)
        results.truncate(to: 0)
        out = arguments
        if !levels.isEmpty { levels.removeAll(keepingCapacity: true) }
        level = Level(.arguments)
        index = 0
        symbolStart = -1
    }

    /// Ends a call: `bytes` is complete.
    public func end() {
        while !levels.isEmpty { pop() }
        close()
        arguments.append(notes.bytes)
        notes.truncate(to: 0)
    }

    /// The arguments, each a field of the call's message, and the note.
    public var bytes: UnsafeRawBufferPointer { arguments.bytes }

    /// What is known of a call at entry.
    private final class State {
        let bytes: [UInt8], note: [UInt8], levels: [Level], level: Level, elementStarts: [Int], index: Int
        init(_ w: borrowing ProtobufValueWriter) {
            (bytes, note) = (Array(w.arguments.bytes), Array(w.notes.bytes))
            (levels, level, elementStarts, index) = (w.levels, w.level, w.elementStarts, w.index)
        }
    }

    public func suspend() -> AnyObject { State(self) }

    public func resume(_ state: AnyObject) {
        begin()
        guard let state = state as? State else { return }
        state.bytes.withUnsafeBytes { arguments.append($0) }
        state.note.withUnsafeBytes { notes.append($0) }
        (levels, level, elementStarts, index) = (state.levels, state.level, state.elementStarts, state.index)
    }

    /// What the result stands for, a value without a name; empty if that is not known or was not asked for.
    public var result: UnsafeRawBufferPointer { results.bytes }

    public func beginResult() {
        levels.append(level)
        out = results
        level = Level(.result)
        level.isOpen = true
        startValue()
    }

    public func endResult() {
        if level.listStart >= 0 { out.end(level.listStart) }
        if let meaning = level.extra?.meaning, !meaning.isEmpty {
            results.truncate(to: 0)
            meaning.withUnsafeBytes { results.write(string: $0, notation) }
        } else {
            results.truncate(to: 0)
        }
        level = levels.popLast() ?? Level(.arguments)
        out = arguments
    }

    // MARK: Members

    private func startValue() {
        level.valueStart = out.count
        level.values = 0
        level.listStart = -1
    }

    private func open(_ name: Name) {
        close()
        level.isOpen = true
        level.name = name
        switch level.kind {
        case .arguments:
            if name.isEmpty {
                var number = String(index)
                level.marks = number.withUTF8 { out.begin(named: .init($0), prefix: notation.prefix, as: notation.argument, notation) }
            } else {
                level.marks = begin(name, notation.prefix, notation.argument)
            }
            index += 1
        case .structure: level.marks = begin(name, "", notation.member)
        case .list, .note: level.marks = (out.begin(notation.element), -1)
        // Its arguments are the values of what the call itself is the value of.
        case .call, .result: return
        }
        startValue()
    }

    private func begin(_ name: Name, _ prefix: Name, _ tag: Tag) -> (outer: Int, inner: Int) {
        guard let interner else { return out.begin(named: name.bytes, prefix: prefix, as: tag, notation) }
        let outer = out.begin(tag)
        out.varint(nameNumber, interner.number(of: name))
        return (outer, notation.value.map { out.begin($0) } ?? -1)
    }

    /// Closes the member under way.
    private func close() {
        guard level.isOpen else { return }
        level.isOpen = false
        guard level.kind != .call, level.kind != .result else { return }
        if level.listStart >= 0 { out.end(level.listStart) }
        if level.extra != nil { sayMore() } else { out.end(named: level.marks) }
    }

    /// What a value must be told besides itself stands beside it under a name of its own, or if it has none, in a
    /// structure with it.
    private func sayMore() {
        guard let extra = level.extra else { return }
        level.extra = nil
        let n = notation
        let isNamed = level.kind == .structure || level.kind == .arguments
        if isNamed {
            out.end(named: level.marks)
            let prefix: Name = level.kind == .arguments ? n.prefix : ""
            let tag = level.kind == .arguments ? n.argument : n.member
            add(extra, tag, prefix: prefix, name: Array(level.name.bytes) + Array(".".utf8))
        } else {
            let content = Array(out.bytes[level.valueStart...])
            out.truncate(to: level.valueStart)
            let start = n.structure.map { out.begin($0) }
            let name = extra.index.isEmpty ? Array("value".utf8) : extra.index
            let marks = name.withUnsafeBytes { out.begin(named: $0, as: n.member, n) }
            content.withUnsafeBytes { out.append($0) }
            out.end(named: marks)
            add(extra, n.member, prefix: "", name: [])
            if let start { out.end(start) }
            out.end(named: level.marks)
        }
    }

    private func add(_ extra: Extra, _ tag: Tag, prefix: Name, name: [UInt8]) {
        if !extra.meaning.isEmpty {
            let marks = (name + Array("name".utf8)).withUnsafeBytes { out.begin(named: $0, prefix: prefix, as: tag, notation) }
            extra.meaning.withUnsafeBytes { out.write(string: $0, notation) }
            out.end(named: marks)
        }
        if extra.isTruncated { add(flag: "truncated", tag, prefix: prefix, name: name) }
        if extra.isEscaped { add(flag: "escaped", tag, prefix: prefix, name: name) }
    }

    private func add(flag: String, _ tag: Tag, prefix: Name, name: [UInt8]) {
        let marks = (name + Array(flag.utf8)).withUnsafeBytes { out.begin(named: $0, prefix: prefix, as: tag, notation) }
        out.bool(notation.bool, true)
        out.end(named: marks)
    }

    /// Makes room for the next value of the member under way; `put(done:)` follows it.
    private func put() -> Int {
        if !level.isOpen { open("") }
        if level.values == 0 { return -1 }
        if level.values == 1 {
            let content = Array(out.bytes[level.valueStart...])
            out.truncate(to: level.valueStart)
            if let list = notation.list { level.listStart = out.begin(list) }
            let start = out.begin(notation.element)
            content.withUnsafeBytes { out.append($0) }
            out.end(start)
        }
        return out.begin(notation.element)
    }

    private func put(done start: Int) {
        level.values += 1
        if start >= 0 { out.end(start) }
    }

    private func push(_ kind: Kind, _ start: Int) {
        levels.append(level)
        level = Level(kind)
        level.start = start
    }

    private func pop() {
        guard let outer = levels.popLast() else { return }
        close()
        let ended = level
        level = outer
        if ended.kind == .call { endCall(ended) }
        if ended.kind == .note { return endNote(ended) }
        if ended.kind != .call, ended.start >= 0 { out.end(ended.start) }
        put(done: elementStarts.popLast() ?? -1)
    }

    /// Where the elements start whose values are open levels.
    private var elementStarts: [Int] = []

    // MARK: ValueWriter

    public func argument(_ name: Name) { open(name) }
    public func field(_ name: Name) { open(name) }
    public func element() { open("") }
    public func member() { open("") }

    public func element(index: UnsafeRawBufferPointer) {
        open("")
        level.extra = Extra(index: Array(index))
    }

    public func beginStructure() {
        elementStarts.append(put())
        push(.structure, notation.structure.map { out.begin($0) } ?? -1)
    }
    public func endStructure() { pop() }

    public func beginArray() {
        elementStarts.append(put())
        push(.list, notation.list.map { out.begin($0) } ?? -1)
    }
    public func endArray() { pop() }

    public func beginCall(_ name: Name) {
        elementStarts.append(put())
        let start = out.count
        push(.call, -1)
        level.call = name
        level.valueStart = start
    }
    public func endCall() { pop() }

    /// `htons(80)` is 80; a call of several arguments is a structure of its name and their list.
    private func endCall(_ ended: Level) {
        if ended.listStart >= 0 { out.end(ended.listStart) }
        guard ended.values > 1 else { return }
        let content = Array(out.bytes[ended.valueStart...])
        out.truncate(to: ended.valueStart)
        let start = notation.structure.map { out.begin($0) }
        let marks = out.begin(named: ended.call.bytes, as: notation.member, notation)
        content.withUnsafeBytes { out.append($0) }
        out.end(named: marks)
        if let start { out.end(start) }
    }

    public func more() {
        open(level.kind == .structure || level.kind == .arguments ? "more" : "")
        let start = put()
        if level.kind == .structure || level.kind == .arguments { out.bool(notation.bool, true) } else { out.string(notation.string, "...") }
        put(done: start)
    }

    /// The values of a member that was changed are a list of two.
    public func changed() {}

    public func signed(_ v: Int64) {
        let start = put()
        out.write(signed: v, notation)
        put(done: start)
    }

    public func unsigned(_ v: UInt64) {
        let start = put()
        out.write(unsigned: v, notation)
        put(done: start)
    }

    public func hex(_ v: UInt64, prefixZero: Bool) { unsigned(v) }
    public func octal(_ v: UInt64, width: Int) { unsigned(v) }

    public func address(_ v: UInt64) {
        let start = put()
        if v == 0 { out.string(notation.string, "NULL") } else { out.write(address: v, notation) }
        put(done: start)
    }

    public func boolean(_ v: Bool) {
        let start = put()
        out.bool(notation.bool, v)
        put(done: start)
    }

    public func beginSymbolic(_ v: UInt64, radix: Radix) -> Bool {
        symbolStart = put()
        symbols = out.begin(notation.string)
        return true
    }

    public func symbol(_ name: Name) {
        if out.count > symbols { out.append(("|" as Name).bytes) }
        out.append(name.bytes)
    }

    public func bits(_ v: UInt64, radix: Radix) {
        if out.count > symbols { out.append(("|" as Name).bytes) }
        switch radix {
        case .hex: out.hexadecimal(v)
        case .decimal: append(String(Int64(bitPattern: v)))
        case .unsigned: append(String(v))
        case .octal: append("0" + String(v, radix: 8))
        }
    }

    private func append(_ text: String) {
        var text = text
        text.withUTF8 { out.append(UnsafeRawBufferPointer($0)) }
    }

    public func unnamed(_ v: UInt64, radix: Radix, _ unknown: Name) {
        if symbols > 0 { bits(v, radix: radix) } else { unsigned(v) }
    }

    public func endSymbolic() {
        guard symbols > 0 else { return }
        // A value of which nothing is said is its number: none has no name at all.
        out.end(symbols)
        symbols = 0
        put(done: symbolStart)
        symbolStart = -1
    }

    public func string(_ bytes: UnsafeRawBufferPointer, truncated: Bool, escaping: StringEscaping?) {
        let start = put()
        let isEscaped = out.write(string: bytes, truncated: truncated, notation)
        put(done: start)
        if truncated { extra { $0.isTruncated = true } }
        if isEscaped { extra { $0.isEscaped = true } }
    }

    public func annotation(_ bytes: UnsafeRawBufferPointer) { extra { $0.meaning = Array(bytes) } }
    public func comment(_ text: UnsafeRawBufferPointer) { extra { $0.meaning = Array(text) } }

    private func extra(_ change: (inout Extra) -> Void) {
        guard level.isOpen else { return }
        // A call's arguments have no names of their own.
        if level.kind == .call { return }
        var e = level.extra ?? Extra()
        change(&e)
        level.extra = e
    }

    public func verbatim(_ bytes: UnsafeRawBufferPointer) {
        if symbols > 0 { return out.append(bytes) }
        let start = put()
        out.write(string: bytes, notation)
        put(done: start)
    }

    // MARK: Notes

    public func beginNote() {
        levels.append(level)
        out = notes
        level = Level(.note)
        level.marks = (-1, -1)
        noteMarks = notes.begin(named: notation.note.bytes, as: notation.argument, notation)
        level.start = notation.list.map { notes.begin($0) } ?? -1
    }
    private var noteMarks = (outer: -1, inner: -1)

    public func endNote() {
        // Levels that were left open within it.
        while level.kind != .note, !levels.isEmpty { pop() }
        if level.kind == .note { pop() }
    }

    private func endNote(_ ended: Level) {
        if ended.start >= 0 { notes.end(ended.start) }
        notes.end(named: noteMarks)
        out = arguments
    }
}
