/// A decoded value, as structured sinks, filters and plugins see it.
public indirect enum Value: Equatable, Sendable {
    case null
    case signed(Int64)
    case unsigned(UInt64)
    case address(UInt64)
    case boolean(Bool)
    /// A constant or a set of flags: its number and how strace spells it.
    case symbol(UInt64, String)
    /// Bytes of the tracee; `truncated` if there are more of them.
    case string([UInt8], truncated: Bool)
    case list([Value])
    case record([Field])
    /// `makedev(0x8, 0x1)`
    case call(String, [Value])
    /// Before and after, where the call changed it.
    case changed([Value])
    /// A value and what it stands for: descriptor 3 and its path.
    case annotated(Value, String)
    /// Notation without structure.
    case text(String)
    /// Something was left out here.
    case more

    public struct Field: Equatable, Sendable {
        public var name: String
        public var value: Value
        public init(_ name: String, _ value: Value) {
            self.name = name
            self.value = value
        }
    }
}

/// Builds values from what decoders describe.
public final class TreeWriter: ArgumentWriter {
    /// The arguments of the call so far, by name.
    public private(set) var arguments: [Value.Field] = []
    /// What is said behind the result.
    public private(set) var note: [Value] = []
    /// The result and what it stands for, where that was asked for.
    public private(set) var result: Value?

    private struct Level {
        enum Kind { case arguments, record, list, call(String), note }
        var kind: Kind
        var fields: [Value.Field] = []
        /// Values of the element under way: several where it changed or has operators.
        var pending: [Value] = []
        var name = ""
        var isChanged = false
        var isOpen = false
    }
    private var levels = [Level(kind: .arguments)]
    private var symbol: (value: UInt64, names: [String])?

    public init() {}

    /// Starts a call.
    public func begin() {
        levels = [Level(kind: .arguments)]
        arguments = []
        note = []
        result = nil
        symbol = nil
    }

    private final class State {
        let levels: [Level]
        init(_ levels: [Level]) { self.levels = levels }
    }

    public func suspend() -> AnyObject { State(levels) }

    public func resume(_ state: AnyObject) {
        begin()
        if let state = state as? State { levels = state.levels }
    }

    /// Ends a call's arguments: `arguments` is complete.
    public func end() {
        while levels.count > 1 { pop() }
        settle()
        arguments = levels[0].fields
    }

    private func put(_ v: Value) {
        leaveSymbol()
        levels[levels.count - 1].pending.append(v)
    }

    /// A value of its own stands in place of a symbol, or behind it.
    private func leaveSymbol() {
        guard let s = symbol else { return }
        symbol = nil
        if !s.names.isEmpty { put(.symbol(s.value, s.names.joined(separator: "|"))) }
    }

    /// Closes the element under way.
    private func settle() {
        let i = levels.count - 1
        guard levels[i].isOpen || !levels[i].pending.isEmpty else { return }
        let pending = levels[i].pending
        let value: Value = levels[i].isChanged
            ? .changed(pending) : pending.count == 1 ? pending[0] : pending.isEmpty ? .null : .list(pending)
        levels[i].fields.append(.init(levels[i].name, value))
        levels[i].pending = []
        levels[i].name = ""
        levels[i].isChanged = false
        levels[i].isOpen = false
    }

    private func next(_ name: String) {
        settle()
        levels[levels.count - 1].name = name
        levels[levels.count - 1].isOpen = true
    }

    private func push(_ kind: Level.Kind) { levels.append(Level(kind: kind)) }

    private func pop() {
        guard levels.count > 1 else { return }
        settle()
        let level = levels.removeLast()
        switch level.kind {
        case .arguments: break
        case .record: put(.record(level.fields))
        case .list: put(.list(level.fields.map { $0.name.isEmpty ? $0.value : .record([$0]) }))
        case .call(let name): put(.call(name, level.fields.map(\.value)))
        case .note: note = level.fields.map(\.value)
        }
    }

    public func argument(_ name: Name) { next(name.description) }
    public func beginStructure() {
        leaveSymbol()
        push(.record)
    }
    public func field(_ name: Name) { next(name.description) }
    public func endStructure() { pop() }
    public func beginArray() {
        leaveSymbol()
        push(.list)
    }
    public func element() { next("") }
    public func element(index: UnsafeRawBufferPointer) { next(String(decoding: index, as: UTF8.self)) }
    public func endArray() { pop() }
    public func member() { next("") }
    public func beginCall(_ name: Name) {
        leaveSymbol()
        push(.call(name.description))
    }
    public func endCall() { pop() }
    public func more() {
        settle()
        put(.more)
    }
    public func changed() { levels[levels.count - 1].isChanged = true }

    public func signed(_ v: Int64) { put(.signed(v)) }
    public func unsigned(_ v: UInt64) { put(.unsigned(v)) }
    public func hex(_ v: UInt64, prefixZero: Bool) { put(.unsigned(v)) }
    public func octal(_ v: UInt64, width: Int) { put(.unsigned(v)) }
    public func address(_ v: UInt64) { put(v == 0 ? .null : .address(v)) }
    public func boolean(_ v: Bool) { put(.boolean(v)) }

    public func beginSymbolic(_ v: UInt64, radix: Radix) -> Bool {
        leaveSymbol()
        symbol = (v, [])
        return true
    }
    public func symbol(_ name: Name) { word(name.description) }
    private func word(_ name: String) { if symbol != nil { symbol?.names.append(name) } else { put(.text(name)) } }
    public func bits(_ v: UInt64, radix: Radix) {
        let text = TextBuffer(capacity: 64)
        switch radix {
        case .hex: text.hex(v)
        case .decimal: text.decimal(Int64(bitPattern: v))
        case .unsigned: text.decimal(v)
        case .octal: text.octal(v)
        }
        word(String(decoding: text.bytes, as: UTF8.self))
    }
    public func unnamed(_ v: UInt64, radix: Radix, _ unknown: Name) { put(.unsigned(v)) }
    public func endSymbolic() {
        guard let s = symbol else { return }
        symbol = nil
        put(.symbol(s.value, s.names.joined(separator: "|")))
    }

    public func string(_ bytes: UnsafeRawBufferPointer, truncated: Bool, escaping: StringEscaping?) {
        put(.string(Array(bytes), truncated: truncated))
    }
    public func annotation(_ bytes: UnsafeRawBufferPointer) { annotate(String(decoding: bytes, as: UTF8.self)) }
    public func comment(_ text: UnsafeRawBufferPointer) { annotate(String(decoding: text, as: UTF8.self)) }
    private func annotate(_ text: String) {
        let i = levels.count - 1
        // Within a symbol a comment only says that a part has no name.
        guard symbol == nil, let last = levels[i].pending.popLast() else { return }
        put(.annotated(last, text))
    }
    /// Between the names of a symbol it is part of the spelling; elsewhere a word.
    public func verbatim(_ bytes: UnsafeRawBufferPointer) {
        let text = String(decoding: bytes, as: UTF8.self)
        if let names = symbol?.names {
            symbol?.names = names.dropLast() + [(names.last ?? "") + text]
        } else {
            put(.text(text))
        }
    }

    public func beginResult() { push(.record) }
    public func endResult() {
        settle()
        result = levels.removeLast().fields.first?.value
    }

    public func beginNote() { push(.note) }
    public func endNote() { pop() }
}
