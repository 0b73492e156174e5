import RenacerCore

/// What a recording says of itself before its first event.
public struct RecordingHeader: Sendable, Equatable {
    /// `CLOCK_REALTIME` minus `CLOCK_MONOTONIC` when it was made, ns.
    public var realtimeOffset: Int64 = 0
    /// The architecture whose system calls it numbers, as ELF has it (`e_machine`).
    public var machine: UInt16 = Self.ownMachine
    /// `uname -n` and `uname -r`.
    public var node = ""
    public var kernel = ""
    public var backend = ""
    /// The command line that made it.
    public var arguments: [String] = []
    /// Bytes of a string, and elements of an array, that were kept.
    public var stringLimit = 0
    /// What was kept of the things that descriptors refer to.
    public var descriptors: DescriptorDetail = []
    public var contents: Contents = []
    /// Calls and signals that were recorded.
    public var calls = SyscallSet.all
    public var signals = SignalSet.all
    /// Descriptors whose data were kept in full.
    public var data = MovedData()

    public init() {}

    /// Of a recording that has all that can be recorded.
    public static var complete: RecordingHeader {
        var header = RecordingHeader()
        header.stringLimit = .max
        header.descriptors = .all
        header.contents = Contents(rawValue: .max)
        header.data = MovedData(reads: .all, writes: .all)
        return header
    }

    /// What was recorded because somebody asked for it.
    public struct Contents: OptionSet, Sendable {
        public let rawValue: UInt64
        public init(rawValue: UInt64) { self.rawValue = rawValue }
        /// Children and other threads were followed (`-f`).
        public static let children = Contents(rawValue: 1 << 0)
        /// Commands of tasks (`-Y`).
        public static let commands = Contents(rawValue: 1 << 1)
        /// Ids in other pid namespaces (`--pidns-translation`).
        public static let pidNamespaces = Contents(rawValue: 1 << 2)
        /// Namespaces that calls entered (`-e namespace=new`).
        public static let enteredNamespaces = Contents(rawValue: 1 << 3)
        /// Why virtual CPUs stopped (`-e kvm=vcpu`).
        public static let virtualCPUs = Contents(rawValue: 1 << 4)
        /// CPU time of calls (`--summary-cpu`).
        public static let systemTime = Contents(rawValue: 1 << 5)
        /// Instruction pointers of signals, too (`-i`).
        public static let instructionPointers = Contents(rawValue: 1 << 6)
        /// Only the newest blocks were kept (`--ring`).
        public static let ring = Contents(rawValue: 1 << 7)
        /// Where in the program calls were made (`-k`, `--source`).
        public static let stacks = Contents(rawValue: 1 << 8)
    }

    /// `EM_X86_64`, `EM_AARCH64`
    public static var ownMachine: UInt16 {
        #if arch(x86_64)
        62
        #else
        183
        #endif
    }

    private enum Field: UInt64 {
        case realtimeOffset = 1, machine, node, kernel, backend, argument, stringLimit, descriptors, contents
        case calls, signals, reads, writes
    }

    /// The first bytes of the file.
    public func encoded() -> [UInt8] {
        let fields = ByteWriter()
        let value = ByteWriter()
        func put(_ field: Field, _ body: () -> Void) {
            value.truncate(to: 0)
            body()
            fields.varint(field.rawValue)
            fields.counted(value.bytes)
        }
        func put(_ field: Field, _ text: String) {
            put(field) {
                var text = text
                text.withUTF8 { value.append(UnsafeRawBufferPointer($0)) }
            }
        }
        put(.realtimeOffset) { value.zigzag(realtimeOffset) }
        put(.machine) { value.varint(UInt64(machine)) }
        put(.node, node)
        put(.kernel, kernel)
        put(.backend, backend)
        put(.stringLimit) { value.varint(UInt64(max(stringLimit, 0))) }
        put(.descriptors) { value.varint(UInt64(descriptors.rawValue)) }
        put(.contents) { value.varint(contents.rawValue) }
        if !calls.isAll {
            put(.calls) {
                value.byte(calls.includesUnknown ? 1 : 0)
                for word in calls.words { value.varint(word) }
            }
        }
        if signals != .all { put(.signals) { value.varint(signals.mask) } }
        for (field, descriptors) in [(Field.reads, data.reads), (.writes, data.writes)] where !descriptors.isEmpty {
            let (isInverted, listed) = descriptors.members
            put(field) {
                value.byte(isInverted ? 1 : 0)
                for fd in listed { value.zigzag(Int64(fd)) }
            }
        }
        for argument in arguments where fields.count + argument.utf8.count < RecordingFormat.largestHeader / 2 {
            put(.argument, argument)
        }
        let out = ByteWriter()
        RecordingFormat.magic.withUnsafeBytes { out.append($0) }
        out.integer(RecordingFormat.version)
        out.integer(RecordingFormat.byteOrder)
        out.integer(UInt32(fields.count))
        var crc = CRC32C()
        crc.update(UnsafeRawBufferPointer(rebasing: out.bytes[8...]))
        crc.update(fields.bytes)
        out.integer(crc.value)
        out.append(fields.bytes)
        return Array(out.bytes)
    }

    /// What the first `RecordingFormat.preambleSize` bytes say: how many bytes of fields follow, and their checksum.
    public static func fields(_ preamble: UnsafeRawBufferPointer) throws(RecordingError) -> (count: Int, checksum: UInt32) {
        let magic = RecordingFormat.magic
        guard preamble.prefix(magic.count).elementsEqual(magic) else {
            throw preamble.isEmpty || magic.starts(with: preamble) ? .cutInHeader : .foreign
        }
        guard preamble.count >= RecordingFormat.preambleSize else { throw .cutInHeader }
        var r = ByteReader(UnsafeRawBufferPointer(rebasing: preamble[magic.count...]))
        let version = r.integer(UInt16.self)
        let order = r.integer(UInt16.self)
        let count = r.integer(UInt32.self)
        let checksum = r.integer(UInt32.self)
        // The order first: it decides what the version reads as.
        guard order == RecordingFormat.byteOrder else { throw .damagedHeader }
        guard version == RecordingFormat.version else { throw .unknownVersion(version) }
        guard count <= RecordingFormat.largestHeader else { throw .damagedHeader }
        return (Int(count), checksum)
    }

    /// - Parameter preamble: the bytes that `fields(_:)` has looked at.
    /// - Parameter fields: as many bytes as it said.
    public init(_ preamble: UnsafeRawBufferPointer, _ fields: UnsafeRawBufferPointer) throws(RecordingError) {
        let (count, checksum) = try Self.fields(preamble)
        guard fields.count == count else { throw .cutInHeader }
        var crc = CRC32C()
        crc.update(UnsafeRawBufferPointer(rebasing: preamble[8..<16]))
        crc.update(fields)
        guard crc.value == checksum else { throw .damagedHeader }
        var r = ByteReader(fields)
        while !r.isAtEnd {
            let tag = r.varint()
            var value = ByteReader(r.counted())
            guard !r.failed else { throw .damagedHeader }
            switch Field(rawValue: tag) {
            case .realtimeOffset: realtimeOffset = value.zigzag()
            case .machine: machine = UInt16(truncatingIfNeeded: value.varint())
            case .node: node = Self.text(&value)
            case .kernel: kernel = Self.text(&value)
            case .backend: backend = Self.text(&value)
            case .argument: arguments.append(Self.text(&value))
            case .stringLimit: stringLimit = Int(min(value.varint(), 1 << 30))
            case .descriptors: descriptors = DescriptorDetail(rawValue: UInt16(truncatingIfNeeded: value.varint()))
            case .contents: contents = Contents(rawValue: value.varint())
            case .calls:
                let includesUnknown = value.byte() != 0
                var words: [UInt64] = []
                while !value.isAtEnd, !value.failed { words.append(value.varint()) }
                calls = SyscallSet(words: words, includesUnknown: includesUnknown)
            case .signals: signals = SignalSet(mask: value.varint())
            case .reads: data.reads = Self.descriptors(&value)
            case .writes: data.writes = Self.descriptors(&value)
            // A later writer knows more; what it says there changes no meaning of what is known here.
            case nil: break
            }
            if value.failed { throw .damagedHeader }
        }
        guard machine == Self.ownMachine else { throw .otherMachine(machine) }
    }

    private static func descriptors(_ r: inout ByteReader) -> DescriptorSet {
        let isInverted = r.byte() != 0
        var listed: Set<Int32> = []
        while !r.isAtEnd, !r.failed { listed.insert(r.int32()) }
        return DescriptorSet(listed, inverted: isInverted)
    }

    private static func text(_ r: inout ByteReader) -> String { String(decoding: r.slice(UInt64(r.left)), as: UTF8.self) }
}

/// Why a recording cannot be read, or not to its end.
public enum RecordingError: Error, Equatable {
    case foreign
    case cutInHeader
    case damagedHeader
    case unknownVersion(UInt16)
    case otherMachine(UInt16)
    /// It ends in the middle of a block: bytes of it that are there, and that should be.
    case cutInBlock(found: Int, of: Int)
    /// It ends between two blocks, without the last.
    case noEnd
    /// A block's checksum is wrong, or what it says makes no sense.
    case damagedBlock
}
