import RenacerCore

/// Writes an encoded message in protobuf's JSON form, with OTLP's one exception: ids are hexadecimal.
///
/// Repeated fields must stand together in the message, as `ProtobufWriter`'s callers write them. Fields that the
/// schema does not know are left out.
public struct JSONForm {
    private let out: TextBuffer

    public init(_ out: TextBuffer) { self.out = out }

    public func write(_ message: UnsafeRawBufferPointer, _ schema: MessageSchema) { write(message, schema, depth: 0) }

    /// Deeper than any message of ours: hostile ones are cut.
    private static let depthLimit = 200

    private func write(_ message: UnsafeRawBufferPointer, _ schema: MessageSchema, depth: Int) {
        out.ascii("{")
        var reader = ProtobufReader(message)
        var open: UInt32?
        var isFirst = true
        while depth < Self.depthLimit, let field = reader.next() {
            guard let known = schema[field.number] else { continue }
            if open == field.number, known.isRepeated {
                out.ascii(",")
            } else {
                if open != nil { out.ascii("]") }
                open = nil
                if !isFirst { out.ascii(",") }
                isFirst = false
                string(known.name)
                out.ascii(":")
                if known.isRepeated {
                    out.ascii("[")
                    open = field.number
                }
            }
            value(field.value, known, depth)
        }
        if open != nil { out.ascii("]") }
        out.ascii("}")
    }

    private func value(_ value: ProtobufReader.Value, _ field: MessageSchema.Field, _ depth: Int) {
        switch (value, field.kind) {
        case (.bytes(let b), .message(let schema)): write(b, schema(), depth: depth + 1)
        case (.bytes(let b), .string): string(b)
        case (.bytes(let b), .bytes): base64(b)
        case (.bytes(let b), .id): hex(b)
        case (.bytes(let b), _): packed(b, field.kind)
        case (.varint(let v), .bool): out.append(v == 0 ? "false" : "true")
        case (.varint(let v), .int64): quoted { $0.decimal(Int64(bitPattern: v)) }
        case (.varint(let v), .uint64): quoted { $0.decimal(v) }
        case (.varint(let v), _): out.decimal(Int64(Int32(truncatingIfNeeded: v)))
        case (.fixed64(let v), .double): number(Double(bitPattern: v))
        case (.fixed64(let v), .sfixed64): quoted { $0.decimal(Int64(bitPattern: v)) }
        case (.fixed64(let v), _): quoted { $0.decimal(v) }
        case (.fixed32(let v), _): out.decimal(UInt64(v))
        }
    }

    /// Numbers of a repeated field in one piece.
    private func packed(_ bytes: UnsafeRawBufferPointer, _ kind: MessageSchema.Kind) {
        let numbers: [ProtobufReader.Value]
        switch kind {
        case .double, .fixed64, .sfixed64:
            numbers = stride(from: 0, to: bytes.count - 7, by: 8).map {
                .fixed64(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt64.self)))
            }
        case .fixed32:
            numbers = stride(from: 0, to: bytes.count - 3, by: 4).map {
                .fixed32(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)))
            }
        default:
            var reader = ProtobufReader(bytes), found: [ProtobufReader.Value] = []
            while let v = reader.varint() { found.append(.varint(v)) }
            numbers = found
        }
        for (i, n) in numbers.enumerated() {
            if i > 0 { out.ascii(",") }
            value(n, .init(0, "", kind), 0)
        }
    }

    private func quoted(_ body: (TextBuffer) -> Void) {
        out.ascii("\"")
        body(out)
        out.ascii("\"")
    }

    private func number(_ v: Double) {
        if v.isFinite { out.append("\(v)") } else { out.append(v.isNaN ? "\"NaN\"" : v < 0 ? "\"-Infinity\"" : "\"Infinity\"") }
    }

    private func string(_ s: String) {
        var s = s
        s.withUTF8 { string(UnsafeRawBufferPointer($0)) }
    }

    private func string(_ s: UnsafeRawBufferPointer) {
        out.ascii("\"")
        out.reserve(s.count)
        for b in s {
            switch b {
            case 0x22, 0x5c:
                out.ascii("\\")
                out.byte(b)
            case 0x0a: out.append("\\n")
            case 0..<0x20, 0x7f:
                out.append("\\u")
                out.hexDigits(UInt64(b), width: 4)
            default: out.byte(b)
            }
        }
        out.ascii("\"")
    }

    private func hex(_ b: UnsafeRawBufferPointer) {
        quoted { out in for byte in b { out.hexDigits(UInt64(byte), width: 2) } }
    }

    private func base64(_ b: UnsafeRawBufferPointer) {
        let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        quoted { out in
            var i = 0
            while i < b.count {
                let n = min(3, b.count - i)
                var word = 0
                for j in 0..<3 { word = word << 8 | (j < n ? Int(b[i + j]) : 0) }
                for j in 0..<4 {
                    if j <= n { out.byte(alphabet.utf8Start[(word >> (18 - 6 * j)) & 63]) } else { out.ascii("=") }
                }
                i += 3
            }
        }
    }
}
