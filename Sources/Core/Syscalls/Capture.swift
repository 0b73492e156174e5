/// What of a tracee's memory a decoder function reads, where the kind of its argument does
/// not tell: stated beside the function, in the row.
///
/// Backends that read memory in the kernel capture what the rows say and no more. Unless a
/// statement says when, memory is read at entry of what the kernel reads, and otherwise at
/// exit: if the call did not fail, or with `inout_` in any case.
public indirect enum Capture: Sendable {
    /// The function looks at the value alone.
    case nothing
    /// What an argument of this kind leads to.
    case like(ValueKind)
    /// So many units of `scale` bytes, and `plus` bytes; at most `most`.
    case memory(Amount, scale: Int = 1, plus: Int = 0, most: Int = 4096)
    /// As many bytes of a buffer as are shown.
    case buffer(Amount)
    /// The same of what a socket carries, all of it if it is netlink's; and whether it is.
    case message(Amount)
    /// `struct iovec`s and what is shown of each.
    case vectors(Amount)
    /// A NUL-terminated string of at most so many bytes.
    case string(most: Int)
    /// A NULL-terminated array of strings.
    case strings
    /// A NULL-terminated array of pointers that are not followed.
    case pointers
    /// What the pointer at this offset leads to, if it is not null.
    case through(Int, Capture)
    /// What is so many bytes behind.
    case at(Int, Capture)
    /// What is so many bytes above the stack pointer, wherever the argument leads.
    case stack(Int, Capture)
    /// The same of every element of an array, `stride` bytes apart; at most `most` of them.
    case each(Amount, stride: Int, most: Int = 64, Capture)
    /// The same of every structure of a chain whose links are at an offset.
    case chain(next: Int, most: Int, Capture)
    /// Only where an argument has this value under this mask.
    case when(argument: Int, mask: UInt64 = 0xffff_ffff, is: UInt64, Capture)
    /// Only where a field has this value under this mask.
    case whenField(Int, width: Int = 4, mask: UInt64 = .max, is: UInt64, Capture)
    /// Only where structures are shown in full.
    case verbose(Capture)
    /// Only where structures are shortened.
    case abbreviated(Capture)
    /// What kind of thing a descriptor is, where decoding depends on it.
    case kind(argument: Int)
    /// What descriptors refer to that lie `stride` bytes apart.
    case descriptors(Amount, stride: Int)
    /// What descriptors in an `fd_set` refer to, of as many as an argument says.
    case descriptorSet(argument: Int)
    case all([Capture])

    /// Before the call, whatever the argument's direction.
    case atEntry(Capture)
    /// After the call, if it did not fail.
    case atExit(Capture)
    /// After the call, if it failed, too.
    case afterAll(Capture)
    /// Before the call and, if it did not fail, after it.
    case both(Capture)

    /// How much there is.
    public enum Amount: Sendable {
        case argument(Int)
        case result
        case constant(Int)
        /// In the 32 bits that an argument points to.
        case pointee(argument: Int)
        /// In a field: behind `through`, of the structure that holds the pointer; otherwise of
        /// the structure at hand.
        case field(Int, width: Int = 4)
        /// In 32 bits of the structure that an argument points to.
        case fieldOf(argument: Int, Int)
        /// In some bits of an argument.
        case bits(argument: Int, shift: Int, mask: UInt64)
        /// An argument's number of bits, in words of 64.
        case words(argument: Int)
        /// All elements that are shown.
        case shown

        public init(_ length: ValueKind.Length) {
            self = switch length {
            case .argument(let i): .argument(i)
            case .result: .result
            case .constant(let n): .constant(n)
            case .pointee(let i): .pointee(argument: i)
            }
        }
    }

    /// Before the call and after it, whether it failed or not.
    static func always(_ capture: Capture) -> Capture { .all([.atEntry(capture), .afterAll(capture)]) }

    /// What is captured where nothing is stated.
    public static let unknown = Capture.memory(.constant(256))

    /// What the descriptor there refers to.
    public static let descriptor = Capture.descriptors(.constant(1), stride: 4)
    /// So many bytes.
    public static func bytes(_ n: Int) -> Capture { .memory(.constant(n)) }
    /// As many elements of so many bytes as are shown of those that a length says.
    public static func elements(_ bytes: Int, _ n: ValueKind.Length) -> Capture { .like(.array(.sized(.hex, bytes), n)) }
    /// A structure's array of elements of `of` bytes: its address is at `at`, how many they are at `count`.
    public static func array(at: Int, of: Int, count: Int, width: Int = 4) -> Capture {
        .through(at, .memory(.field(count, width: width), scale: of, most: 1 << 16))
    }
    /// A structure's buffer: its address is at `at`, its length at `length`.
    public static func buffer(at: Int, length: Int) -> Capture { .through(at, .buffer(.field(length))) }
    /// Only where an argument has one of these values under the mask.
    public static func when(argument: Int, mask: UInt64 = 0xffff_ffff, in values: [UInt64], _ capture: Capture) -> Capture {
        .all(values.map { .when(argument: argument, mask: mask, is: $0, capture) })
    }
}

/// What a call that does many things (ioctl, prctl, setsockopt) leads to, by what it does.
public struct CaptureVariants: Sendable {
    /// The argument that tells: its low half.
    public let key: Int
    /// A second one, whose low half stands above the first's.
    public let high: Int?
    /// Bits of the key that do not matter: shifted out.
    public let shift: Int
    /// For each key the arguments that there are then, in place of the row's. For other keys
    /// the row's hold.
    public let rows: @Sendable () -> [(key: UInt64, arguments: [Argument])]

    public init(
        by key: Int, high: Int? = nil, shift: Int = 0, _ rows: @escaping @Sendable () -> [(key: UInt64, arguments: [Argument])]
    ) {
        self.key = key
        self.high = high
        self.shift = shift
        self.rows = rows
    }
}
