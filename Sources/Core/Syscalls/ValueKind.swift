/// What a value means, be it a system call's argument, a field of a structure or an
/// element of an array. The decoder prints from it; a capture plan is derived from it.
///
/// 32-bit kinds look at the low half of a register, as the kernel does. Only kinds made of
/// others are boxed: looking at any other counts no reference.
public enum ValueKind: Sendable {
    // Numbers.
    /// Signed 32-bit, decimal.
    case int
    /// Unsigned 32-bit, decimal.
    case uint
    /// Signed 64-bit, decimal.
    case long
    /// Unsigned 64-bit, decimal.
    case ulong
    /// Low 32 bits, hexadecimal; zero is `0`.
    case hex32
    /// 64 bits, hexadecimal; zero is `0`.
    case hex
    /// Low 32 bits, octal.
    case octal
    /// A pointer whose target is not shown: `NULL` or its address.
    case address

    // Kernel nouns.
    /// A file descriptor.
    case fd
    /// A directory descriptor that a path is relative to: `AT_FDCWD` is named.
    case dirfd
    /// A thread id.
    case tid
    /// A process (thread group) id.
    case pid
    /// A process group id.
    case pgid
    /// A session id.
    case sid
    /// A user or group id; -1 is shown as such.
    case id
    /// A signal number, named.
    case signal
    /// Permission bits in octal with the file type named, as in `st_mode`.
    case mode
    /// Permission bits only, in octal, as the mode argument of `open(2)`.
    case permissions
    /// A device number: `makedev(0x8, 0x1)`.
    case device
    /// A clock id.
    case clock

    // Symbols.
    /// A set of bits (low 32 bits).
    case flags(ConstantTable)
    /// A set of bits (64 bits).
    case flags64(ConstantTable)
    /// One of several constants (low 32 bits), hexadecimal when not named.
    case enumerated(ConstantTable)
    /// One of several constants (64 bits), hexadecimal when not named.
    case enumerated64(ConstantTable)

    /// Another kind in this many bytes of memory: 1, 2, 4 or 8.
    indirect case sized(ValueKind, Int)

    // Pointers.
    /// A NUL-terminated path, never shortened.
    case path
    /// A NUL-terminated string that names no file here (a link's content), never shortened.
    case text
    /// A NUL-terminated string, shortened to `-s`.
    case string
    /// A buffer shown as a string, shortened to `-s`.
    case bytes(Length)
    /// A pointer to `struct iovec`s, as many as the first length says; what is in them is
    /// the second length if the kernel filled them, all of them otherwise.
    case vectors(Length, filled: Length?)
    /// A pointer to a structure.
    case structure(StructLayout)
    /// A pointer to one value: `[42]`.
    indirect case pointee(ValueKind)
    /// A pointer to an array of values.
    indirect case array(ValueKind, Length)
    /// A pointer to an array of structures.
    case structures(StructLayout, Length)

    /// A pointer to a socket address of a length.
    case sockaddr(Length)
    /// A pointer to a `struct msghdr`.
    case msghdr
    /// A pointer to an array of `struct mmsghdr`, as many as an argument says.
    case mmsghdr(Length)

    /// Whatever no row can say: the function prints the raw value it is given.
    case custom(@Sendable (Decoder, UInt64) -> Void)

    /// Where a buffer's or an array's length is found.
    public enum Length: Sendable {
        /// In an argument of the call (counted from 0).
        case argument(Int)
        /// In the call's result.
        case result
        /// A fixed number.
        case constant(Int)
        /// In the `unsigned int`/`size_t` that an argument points to.
        case pointee(argument: Int)
    }

    /// Bytes one such value takes in memory.
    public var width: Int {
        switch self {
        case .long, .ulong, .hex, .address, .flags64, .enumerated64, .path, .text, .string, .bytes, .vectors,
            .structure, .pointee, .array, .structures, .sockaddr, .msghdr, .mmsghdr, .custom: 8
        case .sized(_, let bytes): bytes
        default: 4
        }
    }

    /// Whether the value is signed, so that a narrow one is widened with its sign.
    var isSigned: Bool {
        switch self {
        case .int, .long: true
        case .sized(let k, _): k.isSigned
        default: false
        }
    }

    /// Bytes that a pointer of this kind leads to; 1 where only its target tells.
    var pointeeSize: Int {
        switch self {
        case .structure(let layout): layout.size
        case .pointee(let k): k.width
        case .array(let k, .constant(let n)), .sized(.array(let k, .constant(let n)), _): k.width * n
        default: 1
        }
    }
}
