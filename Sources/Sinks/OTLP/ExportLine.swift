import CCurl
import Glibc
import RenacerCore
import RenacerProtobuf

/// The way of one signal to its endpoint: requests under way, and how long to leave a collector alone that is not
/// ready. The exporter's thread's alone.
final class ExportLine {
    let signal: OTLPOptions.Signal
    let endpoint: OTLPOptions.Endpoint
    /// Attempts in a row that came to nothing.
    private(set) var failures = 0
    /// What the last of them was told.
    private(set) var message = ""
    /// No request before this, ns of CLOCK_MONOTONIC.
    private(set) var pausedUntil: UInt64 = 0
    private var slots: [Slot] = []
    /// To be sent again, before any other.
    private var returned: [Batch] = []

    /// A request that can be under way, and what it sends.
    private final class Slot {
        let request: OpaquePointer
        var batch: Batch?
        /// The body where it is not the batch itself.
        var body: Body?
        init(_ request: OpaquePointer) { self.request = request }
    }

    /// Bytes that stay where they are while they are sent.
    private final class Body {
        let bytes: UnsafeMutableRawBufferPointer

        init(_ content: [UInt8]) {
            bytes = .allocate(byteCount: content.count, alignment: 1)
            bytes.copyBytes(from: content)
        }

        deinit { bytes.deallocate() }
    }

    /// Requests under way at once: with a collector far away, one alone would wait most of the time.
    private static let width = 4

    init(_ signal: OTLPOptions.Signal, _ endpoint: OTLPOptions.Endpoint, _ pool: OpaquePointer) {
        self.signal = signal
        self.endpoint = endpoint
        for _ in 0..<(signal == .traces ? Self.width : 1) {
            if let request = Self.request(endpoint, pool) { slots.append(Slot(request)) }
        }
        if slots.isEmpty { message = "libcurl refuses it" }
    }

    private static func request(_ e: OTLPOptions.Endpoint, _ pool: OpaquePointer) -> OpaquePointer? {
        var headers = e.headers
        switch e.transport {
        case .grpc:
            headers += ["Content-Type: application/grpc", "TE: trailers"]
            if e.compresses { headers.append("grpc-encoding: gzip") }
        case .protobuf: headers.append("Content-Type: application/x-protobuf")
        case .json: headers.append("Content-Type: application/json")
        }
        let lines = headers.map { strdup($0) }
        defer { for line in lines { free(line) } }
        return withCStrings([e.url, e.trusted, e.certificate, e.key]) { texts in
            (lines.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { list in
                var settings = ccurl_settings()
                settings.url = texts[0]
                settings.headers = list.baseAddress
                settings.http2 = e.transport == .grpc
                settings.trusted = texts[1]
                settings.certificate = texts[2]
                settings.key = texts[3]
                return ccurl_request_new(pool, &settings)
            }
        }
    }

    private static func withCStrings<R>(_ strings: [String?], _ body: ([UnsafePointer<CChar>?]) -> R) -> R {
        let copies = strings.map { $0.map { strdup($0) } ?? nil }
        defer { for copy in copies { free(copy) } }
        return body(copies.map { UnsafePointer($0) })
    }

    func close() {
        for slot in slots { ccurl_request_free(slot.request) }
        slots = []
    }

    // MARK: Sending

    /// Something is under way, or waits to be sent again.
    var hasWork: Bool { !returned.isEmpty || slots.contains { $0.batch != nil } }

    /// Whether another batch can be sent besides `planned` ones; one at a time tries a collector that was not ready.
    func canSend(at now: UInt64, planned: Int) -> Bool {
        let busy = slots.lazy.filter { $0.batch != nil }.count + planned
        return now >= pausedUntil && busy < (failures > 0 ? min(1, slots.count) : slots.count)
    }

    func takeReturned() -> Batch? { returned.isEmpty ? nil : returned.removeFirst() }
    func putBack(_ batch: Batch) { returned.insert(batch, at: 0) }

    /// Starts a request; false if that failed.
    func send(_ batch: Batch, timeout: UInt64) -> Bool {
        guard let slot = slots.first(where: { $0.batch == nil }) else { return false }
        slot.body = body(of: batch).map { Body($0) }
        slot.batch = batch
        let bytes = slot.body.map { UnsafeRawBufferPointer($0.bytes) } ?? (endpoint.transport == .grpc ? batch.writer.bytes : batch.message)
        // What could not be compressed is JSON or the batch itself; gRPC's frame says it for itself.
        let isCompressed = endpoint.compresses && endpoint.transport != .grpc && bytes.starts(with: [0x1f, 0x8b])
        let result = ccurl_send(slot.request, bytes.baseAddress, bytes.count, isCompressed, max(Int(timeout / 1_000_000), 1))
        if result != 0 { slot.batch = nil }
        return result == 0
    }

    /// The body that differs from the batch's own bytes: compressed, or JSON.
    private func body(of batch: Batch) -> [UInt8]? {
        var json: [UInt8] = []
        if endpoint.transport == .json {
            let text = TextBuffer(capacity: batch.count * 2)
            JSONForm(text).write(batch.message, BatchTags(signal).schema)
            json = Array(text.bytes)
        }
        guard endpoint.compresses else { return json.isEmpty ? nil : json }
        let frame = endpoint.transport == .grpc ? Batch.frameLength : 0
        let compressed = json.isEmpty ? Gzip.compressed(batch.message, frame: frame) : json.withUnsafeBytes { Gzip.compressed($0, frame: 0) }
        guard var compressed else { return json.isEmpty ? nil : json }
        if frame > 0 {
            let length = UInt32(truncatingIfNeeded: compressed.count - frame)
            compressed.replaceSubrange(0..<frame, with: [1] + withUnsafeBytes(of: length.bigEndian) { Array($0) })
        }
        return compressed
    }

    // MARK: Answers

    func owns(_ request: OpaquePointer) -> Bool { slots.contains { $0.request == request } }

    /// What a request that is done has sent; its slot is free then.
    func batch(of request: OpaquePointer) -> Batch? {
        guard let slot = slots.first(where: { $0.request == request }), let batch = slot.batch else { return nil }
        slot.batch = nil
        slot.body = nil
        return batch
    }

    /// Learns from an answer; a batch that is to be sent again waits here.
    func note(_ answer: Answer, _ batch: Batch, at now: UInt64) {
        guard case .retry(let message, let after) = answer else {
            failures = 0
            return
        }
        failures += 1
        self.message = message
        // One that always says "at once" is not asked all the time.
        pausedUntil = now + (after.flatMap { $0 > 0 ? $0 : nil } ?? Self.pause(failures))
        returned.append(batch)
    }

    /// Twice as long after each failure, from 0.1 s to 5 s, up to a quarter more or less: many that were turned
    /// away together come back one by one.
    private static func pause(_ failures: Int) -> UInt64 {
        let base = min(UInt64(100_000_000) << UInt64(min(failures - 1, 6)), 5_000_000_000)
        return UInt64.random(in: base * 3 / 4...base * 5 / 4)
    }

    /// Ends everything.
    ///
    /// - Returns: what was not delivered.
    func giveUp() -> [Batch] {
        var rest = returned
        for slot in slots {
            ccurl_cancel(slot.request)
            if let batch = slot.batch { rest.append(batch) }
            slot.batch = nil
        }
        returned = []
        return rest
    }
}
