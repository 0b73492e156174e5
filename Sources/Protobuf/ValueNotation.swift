import RenacerCore

/// How a format of protobuf messages spells named and nested values: the fields that stand for each.
///
/// OTLP's `KeyValue` and Perfetto's `DebugAnnotation` say the same things by other numbers.
public struct ValueNotation: Sendable {
    /// An argument of a call: a named value in the message that describes the call.
    public var argument: Tag
    /// What stands before an argument's name.
    public var prefix: Name
    /// The name of what a call says behind its result.
    public var note: Name
    /// A named value within a structure, and a value within a list.
    public var member: Tag
    public var element: Tag
    /// A named value's name, and the message that holds its value; nil if that is the named value itself.
    public var name: Tag
    public var value: Tag?
    /// The message that holds a structure's members, and a list's elements; nil if that is the value itself.
    public var structure: Tag?
    public var list: Tag?
    public var bool: Tag
    public var int: Tag
    public var uint: Tag?
    public var string: Tag
    /// Bytes that are not text; nil: they are written as a string with escapes.
    public var bytes: Tag?
    /// An address; nil: it is written as a string, `0x…`.
    public var pointer: Tag?

    public init(
        argument: Tag, prefix: Name, note: Name, member: Tag, element: Tag, name: Tag, value: Tag?, structure: Tag?, list: Tag?,
        bool: Tag, int: Tag, uint: Tag?, string: Tag, bytes: Tag?, pointer: Tag?
    ) {
        self.argument = argument
        self.prefix = prefix
        self.note = note
        self.member = member
        self.element = element
        self.name = name
        self.value = value
        self.structure = structure
        self.list = list
        self.bool = bool
        self.int = int
        self.uint = uint
        self.string = string
        self.bytes = bytes
        self.pointer = pointer
    }
}

/// Numbers for names that come again and again, so that a trace holds each of them once.
///
/// Names are told apart by where they are: a `Name` never moves.
public final class NameInterner {
    private var numbers: [UnsafeRawPointer?: UInt64] = [:]
    /// Names that were numbered since `takeNew`.
    private var fresh: [(number: UInt64, name: Name)] = []

    public init() {}

    public func number(of name: Name) -> UInt64 {
        if let known = numbers[name.bytes.baseAddress] { return known }
        let number = UInt64(numbers.count + 1)
        numbers[name.bytes.baseAddress] = number
        fresh.append((number, name))
        return number
    }

    public var hasNew: Bool { !fresh.isEmpty }

    /// The names that a reader does not know yet.
    public func takeNew() -> [(number: UInt64, name: Name)] {
        defer { fresh = [] }
        return fresh
    }
}

/// Writes single values as a notation has them.
extension ProtobufWriter {
    /// Opens a named value; `end(named:)` closes it.
    public func begin(named name: UnsafeRawBufferPointer, prefix: Name = "", as tag: Tag, _ n: ValueNotation) -> (outer: Int, inner: Int) {
        let outer = begin(tag)
        let start = begin(n.name)
        append(prefix.bytes)
        append(name)
        end(start)
        return (outer, n.value.map { begin($0) } ?? -1)
    }

    public func end(named marks: (outer: Int, inner: Int)) {
        if marks.inner >= 0 { end(marks.inner) }
        end(marks.outer)
    }

    public func write(signed v: Int64, _ n: ValueNotation) { signed(n.int, v) }

    /// What no signed number can hold is written in decimal.
    public func write(unsigned v: UInt64, _ n: ValueNotation) {
        if let uint = n.uint {
            varint(uint, v)
        } else if v <= UInt64(Int64.max) {
            varint(n.int, v)
        } else {
            string(n.string, String(v))
        }
    }

    public func write(address v: UInt64, _ n: ValueNotation) {
        if let pointer = n.pointer { return varint(pointer, v) }
        let start = begin(n.string)
        hexadecimal(v)
        end(start)
    }

    /// `0x…`, as text.
    func hexadecimal(_ v: UInt64) {
        reserve(20)
        base[count] = 0x30
        base[count + 1] = 0x78
        count += 2
        var shift = max((63 - v.leadingZeroBitCount) / 4 * 4, 0)
        while shift >= 0 {
            let d = UInt8(truncatingIfNeeded: v >> UInt64(shift)) & 15
            base[count] = d < 10 ? 0x30 + d : 0x57 + d
            count += 1
            shift -= 4
        }
    }

    /// Bytes of a tracee: text if they are UTF-8.
    ///
    /// - Parameter truncated: a character cut at their end is left out.
    /// - Returns: whether they were written with escapes.
    @discardableResult
    public func write(string v: UnsafeRawBufferPointer, truncated: Bool = false, _ n: ValueNotation) -> Bool {
        let length = UTF8Prefix.length(of: v)
        // Who keeps strings only ends them at a NUL, as Perfetto's tables do.
        if n.bytes != nil || !v.contains(0), length == v.count || truncated && UTF8Prefix.isCutCharacter(v, from: length) {
            string(n.string, UnsafeRawBufferPointer(rebasing: v[..<length]))
        } else if let bytes = n.bytes {
            string(bytes, v)
        } else {
            let start = begin(n.string)
            escaped(v)
            end(start)
            return true
        }
        return false
    }

    /// Bytes with `\xNN` for those that are not printable ASCII.
    func escaped(_ v: UnsafeRawBufferPointer) {
        reserve(v.count * 4)
        for b in v {
            if b >= 0x20, b < 0x7f, b != 0x5c {
                base[count] = b
                count += 1
                continue
            }
            base[count] = 0x5c
            if b == 0x5c {
                base[count + 1] = b
                count += 2
                continue
            }
            base[count + 1] = 0x78
            for (i, d) in [b >> 4, b & 15].enumerated() { base[count + 2 + i] = d < 10 ? 0x30 + d : 0x57 + d }
            count += 4
        }
    }
}

/// How much of some bytes is UTF-8.
enum UTF8Prefix {
    /// Bytes up to the first that no UTF-8 text has there (Unicode, table 3-7).
    static func length(of b: UnsafeRawBufferPointer) -> Int {
        var i = 0
        while i < b.count {
            let first = b[i]
            if first < 0x80 {
                i += 1
                continue
            }
            let (more, low, high) = continuation(first)
            guard more > 0, i + more < b.count, b[i + 1] >= low, b[i + 1] <= high else { return i }
            var j = 2
            while j <= more {
                if b[i + j] & 0xc0 != 0x80 { return i }
                j += 1
            }
            i += more + 1
        }
        return i
    }

    /// Whether nothing but the start of one character follows.
    static func isCutCharacter(_ b: UnsafeRawBufferPointer, from i: Int) -> Bool {
        guard i < b.count else { return true }
        let (more, low, high) = continuation(b[i])
        guard more > 0, i + more >= b.count else { return false }
        if i + 1 < b.count, b[i + 1] < low || b[i + 1] > high { return false }
        return b[min(i + 2, b.count)...].allSatisfy { $0 & 0xc0 == 0x80 }
    }

    /// How many bytes follow a first one, and between which the second lies.
    private static func continuation(_ first: UInt8) -> (Int, UInt8, UInt8) {
        switch first {
        case 0xc2...0xdf: (1, 0x80, 0xbf)
        case 0xe0: (2, 0xa0, 0xbf)
        case 0xe1...0xec, 0xee, 0xef: (2, 0x80, 0xbf)
        case 0xed: (2, 0x80, 0x9f)
        case 0xf0: (3, 0x90, 0xbf)
        case 0xf1...0xf3: (3, 0x80, 0xbf)
        case 0xf4: (3, 0x80, 0x8f)
        default: (0, 0, 0)
        }
    }
}
