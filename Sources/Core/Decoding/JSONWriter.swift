/// Writes what decoders describe as JSON values, straight into a buffer.
///
/// The values are `TreeWriter`'s; Docs/sinks.md tells how each looks. Of a call it keeps the elements of an array
/// without the brackets (`arguments`), and what is said behind the result (`note`).
public final class JSONWriter: ArgumentWriter {
    private let buffer = TextBuffer(capacity: 4096)
    private let noteBuffer = TextBuffer(capacity: 256)
    private let resultBuffer = TextBuffer(capacity: 256)
    private let constants: ConstantStyle
    private var levels: UnsafeMutablePointer<Level>
    private var capacity = 16
    private var depth = 0
    /// Keys of the objects that are open, to tell repeated ones.
    private var keys: [Name] = []
    /// Names written of the symbolic value under way; nil outside of one.
    private var symbols: Int?
    /// Where that value starts.
    private var symbolStart = 0
    /// What is written is the result: only what it stands for is kept.
    private var isResult = false

    /// A bracket that is open, and the element under way in it.
    private struct Level {
        var isObject = false
        /// How many bytes of `]}` close it.
        var close: StaticString = ""
        var hasElements = false
        /// An element was begun, perhaps without a value yet.
        var isOpen = false
        /// The element is a member without a name, which a call in it gives.
        var isUnnamed = false
        /// The element is an object of one key: `{"3":…}`.
        var isIndexed = false
        var isChanged = false
        /// The element is more than a value: one of the last three.
        var isUnusual = false
        /// Where the element's first and last values start.
        var first = 0
        var last = 0
        var values = 0
        /// Keys of the brackets around it.
        var keys = 0
        /// Where it starts: what it is a value of starts there.
        var start = 0
    }

    /// - Parameter constants: `abbrev` writes `"O_RDONLY"`, `raw` the number, `verbose` both.
    public init(constants: ConstantStyle = .abbrev) {
        self.constants = constants
        levels = .allocate(capacity: 16)
        levels.initialize(to: Level())
    }

    deinit { levels.deallocate() }

    /// The arguments, separated by commas, in no brackets; valid until the next mutation.
    public var arguments: UnsafeRawBufferPointer { buffer.bytes }
    /// What is said behind the result: the same; empty if nothing is.
    public var note: UnsafeRawBufferPointer { noteBuffer.bytes }
    /// What the result stands for, a JSON string; empty if it was not asked for or is not known.
    public var resultAnnotation: UnsafeRawBufferPointer { resultBuffer.bytes }

    // MARK: Calls

    public func begin() {
        buffer.truncate(to: 0)
        noteBuffer.truncate(to: 0)
        resultBuffer.truncate(to: 0)
        depth = 0
        levels[0] = Level()
        if !keys.isEmpty { keys.removeAll(keepingCapacity: true) }
        symbols = nil
        isResult = false
    }

    public func end() {
        while depth > 0 { pop() }
        settle()
    }

    private final class State {
        let bytes: [UInt8]
        let levels: [Level]
        let keys: [Name]
        init(_ bytes: [UInt8], _ levels: [Level], _ keys: [Name]) {
            self.bytes = bytes
            self.levels = levels
            self.keys = keys
        }
    }

    public func suspend() -> AnyObject {
        State(Array(buffer.bytes), Array(UnsafeBufferPointer(start: levels, count: depth + 1)), keys)
    }

    public func resume(_ state: AnyObject) {
        begin()
        guard let state = state as? State else { return }
        state.bytes.withUnsafeBytes { buffer.append($0) }
        for (i, level) in state.levels.enumerated() {
            makeRoom(i)
            levels[i] = level
        }
        depth = max(state.levels.count - 1, 0)
        keys = state.keys
    }

    private func makeRoom(_ depth: Int) {
        guard depth >= capacity else { return }
        let larger = UnsafeMutablePointer<Level>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: levels, count: capacity)
        levels.deallocate()
        levels = larger
        capacity *= 2
    }

    // MARK: Elements

    /// Closes the element under way.
    @inline(__always)
    private func settle() {
        guard levels[depth].isOpen else { return }
        guard levels[depth].values != 1 || levels[depth].isUnusual else { return levels[depth].isOpen = false }
        settleUnusual()
    }

    @inline(never)
    private func settleUnusual() {
        if levels[depth].isUnnamed { name(unnamed: "") }
        levels[depth].isOpen = false
        let values = levels[depth].values
        if levels[depth].isChanged {
            if values <= 1 { buffer.insert("[", at: levels[depth].first) }
            buffer.insert("{\"changed\":", at: levels[depth].first)
            buffer.append("]}")
            levels[depth].isChanged = false
        } else if values == 0 {
            buffer.append("null")
        } else if values > 1 {
            buffer.ascii("]")
        }
        if levels[depth].isIndexed {
            buffer.ascii("}")
            levels[depth].isIndexed = false
        }
        levels[depth].isUnusual = false
    }

    /// Starts an element.
    @inline(__always)
    private func next() {
        settle()
        if levels[depth].hasElements { buffer.ascii(",") }
        levels[depth].hasElements = true
        levels[depth].isOpen = true
        levels[depth].values = 0
        levels[depth].first = buffer.count
    }

    private func next(key: Name) {
        next()
        guard levels[depth].isObject else { return }
        if key.isEmpty { (levels[depth].isUnnamed, levels[depth].isUnusual) = (true, true) } else { self.key(key) }
    }

    /// The key of a member that has no name of its own.
    private func name(unnamed key: Name) {
        levels[depth].isUnnamed = false
        self.key(key)
    }

    private func key(_ name: Name) {
        buffer.ascii("\"")
        buffer.append(name)
        var same = 0
        for k in keys[levels[depth].keys...] where k.bytes.count == name.bytes.count && k == name { same += 1 }
        keys.append(name)
        if same > 0 {
            buffer.ascii("_")
            buffer.decimal(UInt64(same + 1))
        }
        buffer.append("\":")
        levels[depth].first = buffer.count
    }

    /// Starts a value of the element under way.
    @inline(__always)
    private func value() {
        if let names = symbols {
            if names == 0 {
                // It stands in the place of the symbol.
                symbols = nil
                buffer.truncate(to: symbolStart)
                return
            }
            endSymbolic()
        }
        if !levels[depth].isOpen { next(key: "") }
        if levels[depth].isUnnamed { name(unnamed: "") }
        if levels[depth].values > 0 { another() }
        levels[depth].values += 1
        levels[depth].last = buffer.count
    }

    /// A value beside others.
    @inline(never)
    private func another() {
        if levels[depth].values == 1 { buffer.insert("[", at: levels[depth].first) }
        buffer.ascii(",")
    }

    private func push(isObject: Bool, close: StaticString) {
        depth += 1
        makeRoom(depth)
        levels[depth] = Level(isObject: isObject, close: close, keys: keys.count, start: buffer.count)
    }

    private func pop() {
        guard depth > 0 else { return }
        settle()
        buffer.append(levels[depth].close)
        if keys.count > levels[depth].keys { keys.removeLast(keys.count - levels[depth].keys) }
        depth -= 1
    }

    public func argument(_ name: Name) { next() }

    public func beginStructure() {
        value()
        buffer.ascii("{")
        push(isObject: true, close: "}")
    }
    public func field(_ name: Name) { next(key: name) }
    public func endStructure() { pop() }

    public func beginArray() {
        value()
        buffer.ascii("[")
        push(isObject: false, close: "]")
    }
    public func element() { next(key: "") }
    public func element(index: UnsafeRawBufferPointer) {
        next()
        buffer.ascii("{")
        buffer.json(text: index)
        buffer.ascii(":")
        (levels[depth].isIndexed, levels[depth].isUnusual) = (true, true)
        levels[depth].first = buffer.count
    }
    public func endArray() { pop() }
    public func member() { next(key: "") }

    public func beginCall(_ name: Name) {
        if !levels[depth].isOpen, symbols == nil { next(key: "") }
        if levels[depth].isUnnamed {
            self.name(unnamed: name)
            value()
            buffer.ascii("[")
            return push(isObject: false, close: "]")
        }
        value()
        buffer.append("{\"")
        buffer.append(name)
        buffer.append("\":[")
        push(isObject: false, close: "]}")
    }
    public func endCall() { pop() }

    public func more() {
        let isObject = levels[depth].isObject
        next(key: "...")
        value()
        buffer.append(isObject ? "true" : "{\"...\":true}")
    }
    public func changed() { (levels[depth].isChanged, levels[depth].isUnusual) = (true, true) }

    // MARK: Values

    public func signed(_ v: Int64) {
        value()
        buffer.decimal(v)
    }
    public func unsigned(_ v: UInt64) {
        value()
        buffer.decimal(v)
    }
    public func hex(_ v: UInt64, prefixZero: Bool) { unsigned(v) }
    public func octal(_ v: UInt64, width: Int) { unsigned(v) }
    public func address(_ v: UInt64) {
        value()
        if v == 0 {
            buffer.append("null")
        } else {
            buffer.append("\"0x")
            buffer.hexDigits(v)
            buffer.ascii("\"")
        }
    }
    public func boolean(_ v: Bool) {
        value()
        buffer.append(v ? "true" : "false")
    }

    public func beginSymbolic(_ v: UInt64, radix: Radix) -> Bool {
        value()
        symbolStart = buffer.count
        switch constants {
        case .raw:
            number(v, isSigned: radix == .decimal)
            return false
        case .abbrev: break
        case .verbose:
            buffer.append("{\"value\":")
            number(v, isSigned: radix == .decimal)
            buffer.append(",\"symbol\":")
        }
        buffer.ascii("\"")
        symbols = 0
        return true
    }
    private func number(_ v: UInt64, isSigned: Bool) {
        if isSigned { buffer.decimal(Int64(bitPattern: v)) } else { buffer.decimal(v) }
    }
    /// Writes a part of the symbol, or a word of its own outside of one.
    @inline(__always)
    private func word(_ body: () -> Void) {
        guard let n = symbols else {
            value()
            buffer.ascii("\"")
            body()
            return buffer.ascii("\"")
        }
        if n > 0 { buffer.ascii("|") }
        symbols = n + 1
        body()
    }
    public func symbol(_ name: Name) { word { buffer.append(name) } }
    public func bits(_ v: UInt64, radix: Radix) { word { part(v, radix) } }
    private func part(_ v: UInt64, _ radix: Radix) {
        switch radix {
        case .hex: buffer.hex(v)
        case .decimal: buffer.decimal(Int64(bitPattern: v))
        case .unsigned: buffer.decimal(v)
        case .octal: buffer.octal(v)
        }
    }
    public func unnamed(_ v: UInt64, radix: Radix, _ unknown: Name) { unsigned(v) }
    public func endSymbolic() {
        guard symbols != nil else { return }
        symbols = nil
        buffer.ascii("\"")
        if constants == .verbose { buffer.ascii("}") }
    }

    /// UTF-8 as a string, other bytes as `{"base64":"…"}`; what was cut short says so.
    public func string(_ bytes: UnsafeRawBufferPointer, truncated: Bool, escaping: StringEscaping?) {
        value()
        var bytes = bytes
        let valid = bytes.utf8Prefix
        var isText = valid == bytes.count
        if truncated, !isText, bytes.count - valid < 4, valid > 0, Self.beginsSequence(bytes[valid], bytes.count - valid) {
            // Cut within a character.
            bytes = UnsafeRawBufferPointer(rebasing: bytes[..<valid])
            isText = true
        }
        if isText, !truncated {
            buffer.ascii("\"")
            buffer.jsonEscaped(bytes)
            buffer.ascii("\"")
            return
        }
        buffer.append(isText ? "{\"string\":\"" : "{\"base64\":\"")
        if isText { buffer.jsonEscaped(bytes) } else { buffer.base64(bytes) }
        buffer.append(truncated ? "\",\"truncated\":true}" : "\"}")
    }

    /// Whether `b` starts a character of more bytes than the `count` that are there.
    private static func beginsSequence(_ b: UInt8, _ count: Int) -> Bool {
        switch b {
        case 0xc2...0xdf: count < 2
        case 0xe0...0xef: count < 3
        case 0xf0...0xf4: count < 4
        default: false
        }
    }

    public func annotation(_ bytes: UnsafeRawBufferPointer) { annotate(bytes) }
    public func comment(_ text: UnsafeRawBufferPointer) { annotate(text) }

    private func annotate(_ text: UnsafeRawBufferPointer) {
        if isResult {
            if resultBuffer.count == 0 { resultBuffer.json(text: text) }
            return
        }
        // Within a symbol a comment only says that a part has no name.
        guard symbols == nil, levels[depth].isOpen, levels[depth].values > 0 else { return }
        buffer.insert("{\"value\":", at: levels[depth].last)
        buffer.append(",\"annotation\":")
        buffer.json(text: text)
        buffer.ascii("}")
    }

    /// Between the names of a symbol it is part of the spelling; elsewhere a word.
    public func verbatim(_ bytes: UnsafeRawBufferPointer) {
        if symbols != nil {
            buffer.jsonEscaped(bytes)
        } else {
            value()
            buffer.json(text: bytes)
        }
    }

    // MARK: Behind the call

    public func beginNote() { push(isObject: false, close: "") }
    public func endNote() {
        let start = levels[depth].start
        pop()
        noteBuffer.truncate(to: 0)
        noteBuffer.append(UnsafeRawBufferPointer(rebasing: buffer.bytes[start...]))
        buffer.truncate(to: start)
    }

    public func beginResult() {
        push(isObject: false, close: "")
        isResult = true
    }
    public func endResult() {
        let start = levels[depth].start
        pop()
        isResult = false
        buffer.truncate(to: start)
    }
}
