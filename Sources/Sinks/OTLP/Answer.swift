import CCurl
import Glibc
import RenacerCore
import RenacerProtobuf

/// What a collector said to a request, and what to do about it.
enum Answer: Equatable {
    /// It took all but `rejected` items.
    case taken(rejected: UInt64, message: String)
    /// It, or the way to it, is not ready: try again, after so many ns if it said so; 0 says nothing.
    case retry(message: String, after: UInt64?)
    /// It will never take this.
    case refused(message: String)

    init(_ answer: ccurl_answer, _ transport: OTLPOptions.Transport) {
        if let error = answer.error {
            self = .retry(message: String(cString: error), after: nil)
            return
        }
        let after = answer.retry_after >= 0 ? UInt64(answer.retry_after) * 1_000_000_000 : nil
        let body = UnsafeRawBufferPointer(start: answer.body, count: answer.count)
        guard (200..<300).contains(answer.status) else {
            let detail = transport == .json ? JSONScan.string("message", in: body) : transport == .protobuf ? Self.field(2, of: body) : ""
            let message = "HTTP \(answer.status)" + (detail.isEmpty ? "" : ": \(detail)")
            self = [429, 502, 503, 504].contains(answer.status) ? .retry(message: message, after: after) : .refused(message: message)
            return
        }
        switch transport {
        case .grpc: self = Self.grpc(answer, body, after)
        case .protobuf: self = Self.taken(Self.partialSuccess(body))
        case .json:
            let rejected = ["rejectedSpans", "rejectedLogRecords", "rejectedDataPoints"].lazy
                .compactMap { JSONScan.number($0, in: body) }.first ?? 0
            self = .taken(rejected: rejected, message: JSONScan.string("errorMessage", in: body))
        }
    }

    private static func grpc(_ answer: ccurl_answer, _ body: UnsafeRawBufferPointer, _ after: UInt64?) -> Answer {
        if answer.grpc_status == 0 {
            return taken(partialSuccess(body.count > Batch.frameLength ? .init(rebasing: body[Batch.frameLength...]) : .init(start: nil, count: 0)))
        }
        let text = OTLPOptions.percentDecoded(answer.grpc_message.map { String(cString: $0) } ?? "")
        let status = Int(answer.grpc_status)
        // A stream that ends without a status was cut off.
        guard names.indices.contains(status) else { return .retry(message: "an answer without a gRPC status", after: after) }
        let name = names[status]
        let message = "gRPC \(name)" + (text.isEmpty ? "" : ": \(text)")
        let info = RetryInfo(details: answer.grpc_details.map { String(cString: $0) } ?? "")
        let isRetried = retried.contains(name) || name == "RESOURCE_EXHAUSTED" && info != nil
        return isRetried ? .retry(message: message, after: info?.delay ?? after) : .refused(message: message)
    }

    /// By status (grpc.io, "Status codes").
    private static let names = [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
        "UNAUTHENTICATED",
    ]
    /// Those that OTLP's specification calls retryable; RESOURCE_EXHAUSTED is with a `RetryInfo` only.
    private static let retried: Set = ["CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS"]

    private static func taken(_ partial: (rejected: UInt64, message: String)) -> Answer {
        .taken(rejected: partial.rejected, message: partial.message)
    }

    private static func partialSuccess(_ body: UnsafeRawBufferPointer) -> (rejected: UInt64, message: String) {
        var result = (rejected: UInt64(0), message: "")
        var outer = ProtobufReader(body)
        while let field = outer.next() {
            guard field.number == Proto.ExportResponse.partialSuccess.number, case .bytes(let b) = field.value else { continue }
            var inner = ProtobufReader(b)
            while let f = inner.next() {
                if f.number == Proto.ExportPartialSuccess.rejected.number, case .varint(let v) = f.value {
                    result.rejected = UInt64(max(Int64(bitPattern: v), 0))
                }
                if f.number == Proto.ExportPartialSuccess.errorMessage.number, case .bytes(let m) = f.value { result.message = Self.line(m) }
            }
        }
        return result
    }

    /// A string field of a message; empty if there is none.
    private static func field(_ number: UInt32, of body: UnsafeRawBufferPointer) -> String {
        var reader = ProtobufReader(body), found = ""
        while let f = reader.next() {
            if f.number == number, case .bytes(let b) = f.value { found = line(b) }
        }
        return reader.isMalformed ? "" : found
    }

    /// What somebody else wrote, as part of a line.
    static func line(_ bytes: UnsafeRawBufferPointer) -> String {
        let text = String(decoding: bytes.prefix(300), as: UTF8.self)
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : $0 }))
    }
}

/// Finds single values in a small JSON answer, wherever they stand in it.
enum JSONScan {
    /// The string value of a key; empty if there is none.
    static func string(_ key: String, in body: UnsafeRawBufferPointer) -> String {
        guard var at = value(of: key, in: body), at < body.count, body[at] == 0x22 else { return "" }
        at += 1
        var bytes: [UInt8] = []
        while at < body.count, body[at] != 0x22 {
            if body[at] == 0x5c { at += 1 }
            if at < body.count { bytes.append(body[at]) }
            at += 1
        }
        return bytes.withUnsafeBytes { Answer.line($0) }
    }

    /// The number of a key, which may stand in a string.
    static func number(_ key: String, in body: UnsafeRawBufferPointer) -> UInt64? {
        guard var at = value(of: key, in: body) else { return nil }
        if at < body.count, body[at] == 0x22 { at += 1 }
        return UInt64(String(decoding: body[at...].prefix { (0x30...0x39).contains($0) }.prefix(20), as: UTF8.self))
    }

    private static func value(of key: String, in body: UnsafeRawBufferPointer) -> Int? {
        let name = Array("\"\(key)\"".utf8)
        guard body.count > name.count else { return nil }
        for start in 0..<(body.count - name.count) where body[start..<(start + name.count)].elementsEqual(name) {
            var at = start + name.count
            while at < body.count, body[at] == 0x20 || body[at] == 0x3a || body[at] == 0x0a || body[at] == 0x0d || body[at] == 0x09 { at += 1 }
            return at
        }
        return nil
    }
}
