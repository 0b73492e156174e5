/// Numbers of the `.rnt` format; `Docs/recording.md` describes it byte by byte.
public enum RecordingFormat {
    /// The first bytes of a recording. A byte above 127, both kinds of line end and an end-of-file character show
    /// at once when a file was transferred as text.
    public static let magic: [UInt8] = [0x89, 0x52, 0x4e, 0x54, 0x0d, 0x0a, 0x1a, 0x0a]
    public static let version: UInt16 = 1
    /// Reads as 0xfffe where bytes are in the wrong order.
    static let byteOrder: UInt16 = 0xfeff
    /// The magic, the version, the byte order, the length of the fields and the checksum.
    public static let preambleSize = 20
    /// More than any header has.
    public static let largestHeader = 1 << 20

    /// `RBLK`
    static let blockMagic: UInt32 = 0x4b4c_4252
    public static let blockHeaderSize = 36
    /// The largest payload that is written or read.
    public static let largestBlock = 32 << 20
    /// Memory kept of one event, at most.
    static let largestMemory = 16 << 20
    /// A payload that is no longer than this is worth a block of its own.
    public static let usualBlock = 64 << 10

    /// The last bytes of a whole recording: `RNTEND` and two NULs, behind the offset of the end block.
    static let trailerMagic: UInt64 = 0x0000_444e_4554_4e52
    public static let trailerSize = 16

    enum BlockType: UInt8 {
        case events = 1
        case end = 2
    }

    enum RecordKind: UInt8 {
        case entered = 1
        /// The end of a call whose entry stands in the same block.
        case ended = 2
        /// A call, or the end of one, with all that is known of it.
        case call = 3
        case signal = 4
        case process = 5
        case loss = 6
        /// An answer about a task, for the event that follows.
        case fact = 7
    }

    /// Bits of a record's first byte, above its kind.
    enum Flag {
        static let otherTask: UInt8 = 0x10
        static let memory: UInt8 = 0x20
        static let extras: UInt8 = 0x40
        static let special: UInt8 = 0x80
    }

    /// Bits of the byte that says what else is told of a call.
    enum Extra {
        static let exitTime: UInt8 = 1
        static let systemTime: UInt8 = 2
        static let tampering: UInt8 = 4
        static let interrupted: UInt8 = 8
        static let unknownEntry: UInt8 = 16
        static let late: UInt8 = 32
    }

    /// Calls that are remembered within a block, so that the next of the same kind says only what is different.
    static let slots = 64
    enum Slot {
        static let isNew: UInt8 = 0x40
        static let hasChanges: UInt8 = 0x80
    }

    /// Words of a call that are told as differences: six arguments, instruction and stack pointer.
    static let words = 8
}
