/// Where the tracee keeps a part of a message.
struct Span {
    var address: UInt64
    var count: Int

    /// What follows the first `n` bytes.
    func dropping(_ n: Int) -> Span {
        let n = min(max(n, 0), count)
        return Span(address: address &+ UInt64(n), count: count - n)
    }

    func prefix(_ n: Int) -> Span { Span(address: address, count: min(n, count)) }
}

/// The attributes of one kind of netlink message, or of one attribute that nests others:
/// for each number its name and what its value means.
final class AttributeTable: Sendable {
    let names: ConstantTable
    private let kinds: [AttributeKind?]
    /// What every other number means.
    private let other: AttributeKind?

    init(_ names: ConstantTable, _ kinds: [Int: AttributeKind] = [:]) {
        self.names = names
        var list = [AttributeKind?](repeating: nil, count: (kinds.keys.max() ?? -1) + 1)
        for (number, kind) in kinds { list[number] = kind }
        self.kinds = list
        other = nil
    }

    subscript(_ number: Int) -> AttributeKind? { number < kinds.count ? kinds[number] : other }

    /// Any number, each with attributes of one table: an array by another name.
    init(each table: @escaping @Sendable () -> AttributeTable) {
        names = .unnamedAttributes
        kinds = []
        other = .nested(table)
    }
}

extension ConstantTable {
    static let unnamedAttributes = ConstantTable("", "")
}

/// What an attribute's value means. A value too short for its kind prints as bytes.
indirect enum AttributeKind: Sendable {
    /// Numbers: unsigned, signed, hexadecimal.
    case u8, u16, u32, u64, s32, s64, x8, x16, x32, x64
    /// A user; all ones is -1.
    case uid
    /// In network byte order.
    case be16, be32, be64
    /// Characters, a NUL at the end left out.
    case string
    case fd
    /// A user or group id.
    case id
    case ifindex
    /// A hardware address of the message's interface.
    case hardwareAddress
    /// An address of the message's family.
    case address
    case in4, in6
    /// One of several constants in so many bytes; `limited`: the value may not have more than eight.
    case enumerated(ConstantTable, Int, limited: Bool = false)
    case flags(ConstantTable, Int, limited: Bool = false)
    /// A constant in as many bytes as there are, up to eight.
    case variable(ConstantTable)
    /// A time in hundredths or thousandths of a second, in as many bytes as there are.
    case ticks, milliseconds
    case structure(StructLayout)
    /// A structure that is shorter in older kernels: so many bytes, or all.
    case grown(StructLayout, from: Int)
    /// Exactly as many bytes as the structure has.
    case exact(StructLayout)
    case nested(@Sendable () -> AttributeTable)
    /// `[a, b]`: as many bytes, 16-bit, 32-bit or (hexadecimal) 64-bit numbers as there are.
    case bytes, words, unsigneds, hex64s
    /// An array of structures.
    case array(StructLayout)
    /// A number in hexadecimal in as many bytes as there are, up to eight.
    case variableHex
    /// A byte of flags with its names in a comment.
    case numberedFlags(ConstantTable)
    /// A hardware address that is not an interface's.
    case mac
    /// `[[NAME]=value]`: numbers by index, which is named from `from` on.
    case indexed32(ConstantTable, from: UInt64)
    case indexed64(ConstantTable)
    case indexedU32(ConstantTable)
    /// Prints the value itself; false if it does not have the form it should.
    case custom(@Sendable (Decoder, Span, AttributeContext) -> Bool)
}

/// What an attribute's meaning may depend on beyond its number.
struct AttributeContext {
    /// The address family of the message.
    var family: UInt64 = 0
    /// How many bytes a hardware address has at most.
    var hardwareLength = 32
    /// What kind of interface, and a port of what kind of interface, the link is.
    var linkKind = LinkKind.other
    var slaveKind = LinkKind.other
    /// The commands of the generic family that a message is about, for attributes that
    /// lie behind its name.
    var commands = ConstantTable.controlCommands
    var commandsFrom = UInt64.max
    /// How many attributes this one is nested in.
    var depth = 0
    static let deepest = 32
}
