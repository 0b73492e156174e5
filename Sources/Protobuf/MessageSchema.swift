/// What the fields of a message are called and hold: for the JSON form of messages.
///
/// Generated from `.proto` texts by `Tools/protos.py`.
public struct MessageSchema: Sendable {
    public struct Field: Sendable {
        public let number: UInt32
        /// In lower camel case.
        public let name: String
        public let kind: Kind
        public let isRepeated: Bool

        public init(_ number: UInt32, _ name: String, _ kind: Kind, isRepeated: Bool = false) {
            self.number = number
            self.name = name
            self.kind = kind
            self.isRepeated = isRepeated
        }
    }

    public enum Kind: Sendable {
        case bool, string, bytes
        /// Bytes that JSON shows in hexadecimal: ids of traces and spans.
        case id
        /// Numbers of 32 bits and enumerations: JSON numbers.
        case int32, uint32, fixed32
        /// Numbers of 64 bits: JSON strings, since JSON's own numbers may be too coarse.
        case int64, uint64, fixed64, sfixed64
        case double
        /// Looked up when needed: messages may hold their own kind.
        case message(@Sendable () -> MessageSchema)
    }

    public let name: String
    public let fields: [Field]

    public init(_ name: String, _ fields: [Field]) {
        self.name = name
        self.fields = fields
    }

    public subscript(number: UInt32) -> Field? { fields.first { $0.number == number } }
}
