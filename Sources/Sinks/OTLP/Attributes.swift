import RenacerCore
import RenacerProtobuf

extension ValueNotation {
    /// Arguments are attributes of a span, `syscall.arg.NAME`. Bytes that are not text are text with escapes all the same:
    /// Phoenix 20 drops spans that hold a `bytes_value`.
    static let otlp = ValueNotation(
        argument: Proto.Span.attributes, prefix: "syscall.arg.", note: "syscall.note", member: Proto.KeyValueList.values,
        element: Proto.ArrayValue.values, name: Proto.KeyValue.key, value: Proto.KeyValue.value,
        structure: Proto.AnyValue.kvlistValue, list: Proto.AnyValue.arrayValue, bool: Proto.AnyValue.boolValue,
        int: Proto.AnyValue.intValue, uint: nil, string: Proto.AnyValue.stringValue, bytes: nil, pointer: nil)
}

/// Attributes as OTLP has them: a key and a value of some type, in a field of what they belong to.
extension ProtobufWriter {
    func attribute(_ field: Tag, _ key: Name, _ value: (ProtobufWriter) -> Void) {
        let attribute = begin(field)
        string(Proto.KeyValue.key, key)
        let content = begin(Proto.KeyValue.value)
        value(self)
        end(content)
        end(attribute)
    }

    func attribute(_ field: Tag, _ key: Name, _ v: Int64) { attribute(field, key) { $0.signed(Proto.AnyValue.intValue, v) } }
    func attribute(_ field: Tag, _ key: Name, _ v: UInt64) { attribute(field, key) { $0.write(unsigned: v, .otlp) } }
    func attribute(_ field: Tag, _ key: Name, _ v: Double) { attribute(field, key) { $0.double(Proto.AnyValue.doubleValue, v) } }
    func attribute(_ field: Tag, _ key: Name, _ v: Bool) { attribute(field, key) { $0.bool(Proto.AnyValue.boolValue, v) } }
    func attribute(_ field: Tag, _ key: Name, _ v: String) { attribute(field, key) { $0.string(Proto.AnyValue.stringValue, v) } }
    func attribute(_ field: Tag, _ key: Name, _ v: Name) { attribute(field, key) { $0.string(Proto.AnyValue.stringValue, v) } }
    /// Bytes of a tracee.
    func attribute(_ field: Tag, _ key: Name, bytes v: [UInt8]) {
        v.withUnsafeBytes { b in attribute(field, key) { $0.write(string: b, .otlp) } }
    }
    func attribute(_ field: Tag, _ key: Name, _ v: [String]) {
        attribute(field, key) { w in
            let list = w.begin(Proto.AnyValue.arrayValue)
            for s in v {
                let element = w.begin(Proto.ArrayValue.values)
                w.string(Proto.AnyValue.stringValue, s)
                w.end(element)
            }
            w.end(list)
        }
    }

    func id(_ field: Tag, _ v: TraceID) {
        withUnsafeBytes(of: (v.high.bigEndian, v.low.bigEndian)) { string(field, $0) }
    }

    func id(_ field: Tag, _ v: SpanID) {
        withUnsafeBytes(of: v.value.bigEndian) { string(field, $0) }
    }
}
