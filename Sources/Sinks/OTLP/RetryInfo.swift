import RenacerProtobuf

/// A collector's `google.rpc.RetryInfo`: it will take what it has turned away, and when
/// (https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-throttling).
struct RetryInfo: Equatable {
    /// ns; 0: it leaves that to us.
    var delay: UInt64

    /// - Parameter details: `grpc-status-details-bin`, base64 of a `google.rpc.Status`; whoever wrote it, what is
    ///   malformed holds no `RetryInfo`.
    init?(details: String) {
        guard let bytes = Self.base64Decoded(details), let found = bytes.withUnsafeBytes({ Self.find(in: $0) }) else { return nil }
        self = found
    }

    private init(_ message: UnsafeRawBufferPointer) {
        var info = ProtobufReader(message), seconds: UInt64 = 0, nanos: UInt64 = 0
        while let field = info.next() {
            guard field.number == Proto.RetryInfo.retryDelay.number, case .bytes(let duration) = field.value else { continue }
            var parts = ProtobufReader(duration)
            while let part = parts.next() {
                guard case .varint(let v) = part.value else { continue }
                // A time that has passed is no delay, and a year is as good as for ever.
                let value = UInt64(min(max(Int64(bitPattern: v), 0), 1_000_000_000))
                if part.number == Proto.Duration.seconds.number { seconds = min(value, 31_536_000) }
                if part.number == Proto.Duration.nanos.number { nanos = value }
            }
        }
        delay = seconds * 1_000_000_000 + nanos
    }

    private static func find(in status: UnsafeRawBufferPointer) -> RetryInfo? {
        var found: RetryInfo?
        var reader = ProtobufReader(status)
        while let field = reader.next() {
            guard field.number == Proto.RpcStatus.details.number, case .bytes(let any) = field.value else { continue }
            var isRetryInfo = false, value = UnsafeRawBufferPointer(start: nil, count: 0)
            var parts = ProtobufReader(any)
            while let part = parts.next() {
                guard case .bytes(let b) = part.value else { continue }
                if part.number == Proto.Detail.typeUrl.number { isRetryInfo = String(decoding: b, as: UTF8.self).hasSuffix("/google.rpc.RetryInfo") }
                if part.number == Proto.Detail.value.number { value = b }
            }
            if isRetryInfo, !parts.isMalformed { found = RetryInfo(value) }
        }
        return reader.isMalformed ? nil : found
    }

    /// Base64 (RFC 4648), whose padding gRPC leaves out; nil if it is not that. Of several values, joined by commas, the first.
    static func base64Decoded(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = [], bits: UInt32 = 0, count = 0
        for c in text.utf8.prefix(while: { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "=") }) {
            let digit: UInt8
            switch c {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = c - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = c - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = c - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): digit = 62
            case UInt8(ascii: "/"): digit = 63
            default: return nil
            }
            bits = bits << 6 | UInt32(digit)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }
}
