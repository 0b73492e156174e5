/// Reads the fields of a protobuf message, whoever wrote it: what is malformed ends the message.
public struct ProtobufReader {
    /// A field's number and its value.
    public struct Field {
        public let number: UInt32
        public let value: Value
    }

    public enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        /// A string, bytes, packed numbers or a message: borrowed from what is read.
        case bytes(UnsafeRawBufferPointer)
    }

    private let bytes: UnsafeRawBufferPointer
    private var at = 0
    /// The message ended in the middle of a field, or with one that there cannot be.
    public private(set) var isMalformed = false

    public init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The next field; nil at the end.
    public mutating func next() -> Field? {
        guard at < bytes.count, !isMalformed else { return nil }
        guard let key = varint(), let number = UInt32(exactly: key >> 3), number > 0 else { return fail() }
        switch Tag.WireType(rawValue: UInt32(key & 7)) {
        case .varint:
            guard let v = varint() else { return fail() }
            return Field(number: number, value: .varint(v))
        case .fixed64:
            guard bytes.count - at >= 8 else { return fail() }
            defer { at += 8 }
            return Field(number: number, value: .fixed64(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))))
        case .fixed32:
            guard bytes.count - at >= 4 else { return fail() }
            defer { at += 4 }
            return Field(number: number, value: .fixed32(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))))
        case .lengthDelimited:
            guard let length = varint(), length <= UInt64(bytes.count - at) else { return fail() }
            let start = at
            at += Int(length)
            return Field(number: number, value: .bytes(UnsafeRawBufferPointer(rebasing: bytes[start..<at])))
        case nil: return fail()
        }
    }

    /// A number without a field, as packed ones are.
    public mutating func varint() -> UInt64? {
        var v: UInt64 = 0, shift: UInt64 = 0
        while at < bytes.count, shift < 70 {
            let b = bytes[at]
            at += 1
            if shift < 64 { v |= UInt64(b & 0x7f) << shift }
            if b < 0x80 { return v }
            shift += 7
        }
        return nil
    }

    private mutating func fail() -> Field? {
        isMalformed = true
        return nil
    }
}
