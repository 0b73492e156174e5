/// A kernel structure as rows of fields, for 64-bit tracees (x86_64 and aarch64 agree
/// wherever one layout serves both).
public final class StructLayout: Sendable {
    /// `sizeof`.
    public let size: Int
    public let fields: [Field]

    /// The memory that fields printed by code lead to.
    public let capture: Capture?

    public init(size: Int, capture: Capture? = nil, _ fields: [Field]) {
        self.capture = capture
        self.size = size
        self.fields = fields
    }

    /// One field of a structure.
    public struct Field: Sendable {
        /// When a field is shown.
        public enum Visibility: Sendable {
            case always
            /// Only with `-v`; otherwise `...` stands for it at the end.
            case verbose
            /// Only when not zero.
            case nonzero
            /// Only when the structure's bytes say so.
            case when(@Sendable (Bytes) -> Bool)
            /// With `-v`, or when the structure's bytes say so; nothing stands for it otherwise.
            case verboseOr(@Sendable (Bytes) -> Bool)
            /// As `when`, and only with `-v`.
            case verboseWhen(@Sendable (Bytes) -> Bool)
        }
        public let name: Name
        /// Bytes from the start of the structure.
        public let offset: Int
        /// Bytes it takes: 1, 2, 4 or 8.
        public let width: Int
        public let kind: ValueKind
        public let visibility: Visibility
        /// Prints the field from the whole structure, where one value is not enough.
        let body: (@Sendable (Decoder, Bytes) -> Void)?
        /// Whether this structure has the field at all, as its other fields tell.
        let condition: (@Sendable (Bytes) -> Bool)?

        public init(
            _ name: Name, _ offset: Int, _ kind: ValueKind, width: Int? = nil,
            _ visibility: Visibility = .always, when condition: (@Sendable (Bytes) -> Bool)? = nil
        ) {
            self.name = name
            self.offset = offset
            self.kind = kind
            self.width = width ?? kind.width
            self.visibility = visibility
            body = nil
            self.condition = condition
        }

        /// A field that code prints, given the structure's bytes.
        public init(
            _ name: Name, _ visibility: Visibility = .always, when condition: (@Sendable (Bytes) -> Bool)? = nil,
            _ body: @escaping @Sendable (Decoder, Bytes) -> Void
        ) {
            self.name = name
            offset = 0
            kind = .int
            width = 0
            self.visibility = visibility
            self.body = body
            self.condition = condition
        }

        /// Fields that code names and prints, such as those of a union's member.
        public init(rest visibility: Visibility, _ body: @escaping @Sendable (Decoder, Bytes) -> Void) {
            self.init("", visibility, body)
        }
    }
}
