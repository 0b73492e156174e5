/// What of a tracee's memory a decoder function reads, where the kind of its argument does
/// not tell: stated beside the function, in the row.
///
/// Backends that read memory in the kernel capture what the rows say and no more.
public indirect enum Capture: Sendable {
    /// What an argument of this kind leads to.
    case like(ValueKind)
    /// `scale` bytes for each unit of a length, at most `most`.
    case memory(ValueKind.Length, scale: Int = 1, most: Int = 4096)
    /// A NUL-terminated string of at most so many bytes.
    case string(most: Int)
    /// A NULL-terminated array of strings.
    case strings
    /// What a pointer in the structure leads to: at this offset, if it is not null.
    case through(Int, Capture)
    /// Only where an argument has this value under this mask.
    case when(argument: Int, mask: UInt64 = 0xffff_ffff, is: UInt64, Capture)
    /// What descriptors refer to that lie `stride` bytes apart.
    case descriptors(ValueKind.Length, stride: Int)
    /// What descriptors in an `fd_set` refer to, of as many as an argument says.
    case descriptorSet(argument: Int)
    case all([Capture])

    /// What is captured where nothing is stated.
    public static let unknown = Capture.memory(.constant(256))
}
