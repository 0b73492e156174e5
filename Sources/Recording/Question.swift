import RenacerCore

/// Something that decoding asked about a task (`TaskInspector`), as a key: what is known under it holds until it changes.
public struct Question: Hashable, Sendable {
    public enum Kind: UInt8, Sendable {
        /// The path of descriptor `number`.
        case path = 1
        /// What else there is to say of descriptor `number`: the answer's number is the bit of `DescriptorDetail`.
        case detail
        case workingDirectory
        case command
        /// A link below `/proc/TID`; `number` is a hash of its name (`hash(_:)`).
        case link
        /// Another's id: `number` is the id and, above 32 bits, its kind.
        case translation
        case pidfd
        /// The answer's number is the family and, above 32 bits, the protocol.
        case socketProtocol
        case isTerminal
        case interface
        case virtualCPU
        case genericFamily
        /// The stack of the call that the task is in, or with `number` 1 of the signal that it takes: `RecordedStack`.
        case stack
        /// The line that made the call: the text is a `SourceLine`, or the answer's number that of a place.
        case source
        /// Place `number` in a program's code: `RecordedLocation`.
        case place
    }

    public var kind: Kind
    /// 0 where no task is asked about.
    public var tid: Int32
    public var number: Int64

    public init(_ kind: Kind, _ tid: Int32, _ number: Int64 = 0) {
        self.kind = kind
        self.tid = tid
        self.number = number
    }

    /// FNV-1a.
    public static func hash(_ name: StaticString) -> Int64 {
        var h: UInt64 = 0xcbf2_9ce4_8422_2325
        for c in UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount) { h = (h ^ UInt64(c)) &* 0x100_0000_01b3 }
        return Int64(bitPattern: h)
    }
}

/// What an inspector said.
public struct Answer: Equatable, Sendable {
    public enum Status: UInt8, Sendable {
        case unknown = 0
        case known = 1
        /// Known, and no file of that name is left.
        case deleted = 2
    }

    public var status: Status
    public var number: Int64
    public var text: [UInt8]

    public init(_ status: Status, number: Int64 = 0, text: [UInt8] = []) {
        self.status = status
        self.number = number
        self.text = text
    }

    static let statusMask: UInt8 = 3
    static let hasNumber: UInt8 = 4
    static let hasText: UInt8 = 8
}

extension Question {
    /// What another task's id is to the tracer.
    public static func translation(_ id: Int32, _ kind: PidKind, seenBy tid: Int32) -> Question {
        let code: Int64 = switch kind {
        case .tid: 0
        case .pid: 1
        case .pgid: 2
        case .sid: 3
        }
        return Question(.translation, tid, code << 32 | Int64(id) & 0xffff_ffff)
    }
}
