/// One argument of a system call: a column of a table row.
public struct Argument: Sendable {
    /// When the value is there to be read.
    public enum Direction: Sendable {
        /// The kernel reads it: shown at entry.
        case `in`
        /// The kernel writes it: shown at exit, its address if the call failed.
        case out
        /// Both: shown at exit, if the call failed too.
        case inout_
    }

    /// The manual page's name of the argument, shown with `-N`.
    public let name: Name
    public let kind: ValueKind
    public let direction: Direction
    /// Whether this call has the argument at all (`open` has a mode only when it creates).
    public let condition: (@Sendable (borrowing Call) -> Bool)?
    /// The register it is in, where that is not its place in the row: rows may offer
    /// several readings of one register, of which conditions pick one.
    public let register: Int?
    /// The memory it leads to, where its kind does not tell.
    public let capture: Capture?

    public init(
        _ name: Name, _ kind: ValueKind, _ direction: Direction = .in, register: Int? = nil, capture: Capture? = nil,
        when condition: (@Sendable (borrowing Call) -> Bool)? = nil
    ) {
        self.capture = capture
        self.name = name
        self.kind = kind
        self.direction = direction
        self.condition = condition
        self.register = register
    }
}

extension Argument {
    public static func int(_ n: Name) -> Argument { .init(n, .int) }
    public static func uint(_ n: Name) -> Argument { .init(n, .uint) }
    public static func long(_ n: Name) -> Argument { .init(n, .long) }
    public static func ulong(_ n: Name) -> Argument { .init(n, .ulong) }
    public static func size(_ n: Name) -> Argument { .init(n, .ulong) }
    public static func hex(_ n: Name) -> Argument { .init(n, .hex) }
    public static func hex32(_ n: Name) -> Argument { .init(n, .hex32) }
    public static func octal(_ n: Name) -> Argument { .init(n, .octal) }
    public static func address(_ n: Name, capture: Capture? = nil) -> Argument { .init(n, .address, capture: capture) }
    public static func fd(_ n: Name) -> Argument { .init(n, .fd) }
    public static func dirfd(_ n: Name) -> Argument { .init(n, .dirfd) }
    public static func tid(_ n: Name) -> Argument { .init(n, .tid) }
    public static func pid(_ n: Name) -> Argument { .init(n, .pid) }
    public static func pgid(_ n: Name) -> Argument { .init(n, .pgid) }
    public static func id(_ n: Name) -> Argument { .init(n, .id) }
    public static func signal(_ n: Name) -> Argument { .init(n, .signal) }
    public static func device(_ n: Name) -> Argument { .init(n, .device) }
    public static func clock(_ n: Name) -> Argument { .init(n, .clock) }
    public static func path(_ n: Name) -> Argument { .init(n, .path) }
    public static func string(_ n: Name) -> Argument { .init(n, .string) }
    public static func permissions(
        _ n: Name, when condition: (@Sendable (borrowing Call) -> Bool)? = nil
    ) -> Argument { .init(n, .permissions, when: condition) }
    public static func flags(_ n: Name, _ t: ConstantTable) -> Argument { .init(n, .flags(t)) }
    public static func flags64(_ n: Name, _ t: ConstantTable) -> Argument { .init(n, .flags64(t)) }
    public static func enumerated(_ n: Name, _ t: ConstantTable) -> Argument { .init(n, .enumerated(t)) }
    public static func enumerated64(_ n: Name, _ t: ConstantTable) -> Argument { .init(n, .enumerated64(t)) }
    public static func bytes(
        _ n: Name, _ d: Direction = .in, length: ValueKind.Length
    ) -> Argument { .init(n, .bytes(length), d) }
    public static func structure(_ n: Name, _ l: StructLayout, _ d: Direction = .in) -> Argument {
        .init(n, .structure(l), d)
    }
    public static func pointee(_ n: Name, _ k: ValueKind, _ d: Direction = .in) -> Argument {
        .init(n, .pointee(k), d)
    }
    public static func array(
        _ n: Name, _ k: ValueKind, _ d: Direction = .in, count: ValueKind.Length
    ) -> Argument { .init(n, .array(k, count), d) }
    public static func structures(
        _ n: Name, _ l: StructLayout, _ d: Direction = .in, count: ValueKind.Length
    ) -> Argument { .init(n, .structures(l, count), d) }
    public static func custom(
        _ n: Name, _ d: Direction = .in, capture: Capture? = nil, _ f: @escaping @Sendable (Decoder, UInt64) -> Void
    ) -> Argument { .init(n, .custom(f), d, capture: capture) }
}
