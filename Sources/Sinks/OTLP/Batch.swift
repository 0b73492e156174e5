import RenacerProtobuf

/// Items of one signal in the form of a request, filled one by one.
///
/// One thread at a time has it: the one that fills it, then the exporter's.
final class Batch: @unchecked Sendable {
    let signal: OTLPOptions.Signal
    let writer: ProtobufWriter
    /// Spans, log records or metrics in it.
    var items = 0
    /// When its first item came, ns of CLOCK_MONOTONIC.
    var since: UInt64 = 0
    private let resourceMark: Int
    private let scopeMark: Int
    private let emptyCount: Int

    /// gRPC's frame stands before a message: a byte that says whether it is compressed, four of length.
    static let frameLength = 5

    init(_ signal: OTLPOptions.Signal, resource: [(name: String, value: String)], version: String) {
        self.signal = signal
        // No item of ordinary size makes it grow, which would double it.
        let writer = ProtobufWriter(capacity: signal == .traces ? Exporter.batchLimit + (16 << 10) : 16 << 10)
        let frame = [UInt8](repeating: 0, count: Self.frameLength)
        frame.withUnsafeBytes { writer.append($0) }
        let tags = BatchTags(signal)
        resourceMark = writer.beginLong(tags.resources)
        let start = writer.begin(tags.resource)
        for (name, value) in resource {
            let attribute = writer.begin(Proto.Resource.attributes)
            writer.string(Proto.KeyValue.key, name)
            let content = writer.begin(Proto.KeyValue.value)
            writer.string(Proto.AnyValue.stringValue, value)
            writer.end(content)
            writer.end(attribute)
        }
        writer.end(start)
        scopeMark = writer.beginLong(tags.scopes)
        let scope = writer.begin(tags.scope)
        writer.string(Proto.InstrumentationScope.name, "renacer")
        writer.string(Proto.InstrumentationScope.version, version)
        writer.end(scope)
        emptyCount = writer.count
        self.writer = writer
    }

    var count: Int { writer.count }

    /// Fills in what depends on the whole; the batch is a request then.
    func seal() {
        writer.endLong(scopeMark)
        writer.endLong(resourceMark)
        let length = UInt32(truncatingIfNeeded: writer.count - Self.frameLength)
        writer.replace(at: 0, with: [0] + withUnsafeBytes(of: length.bigEndian) { Array($0) })
    }

    /// Makes it empty, to be filled anew.
    func reset() {
        writer.truncate(to: emptyCount)
        items = 0
    }

    /// The message without gRPC's frame.
    var message: UnsafeRawBufferPointer { .init(rebasing: writer.bytes[Self.frameLength...]) }
}

/// The fields that a request of a signal is made of.
struct BatchTags {
    let resources: Tag, resource: Tag, scopes: Tag, scope: Tag, item: Tag
    let schema: MessageSchema

    init(_ signal: OTLPOptions.Signal) {
        switch signal {
        case .traces:
            resources = Proto.ExportTraceServiceRequest.resourceSpans
            resource = Proto.ResourceSpans.resource
            scopes = Proto.ResourceSpans.scopeSpans
            scope = Proto.ScopeSpans.scope
            item = Proto.ScopeSpans.spans
            schema = Proto.ExportTraceServiceRequest.schema
        case .logs:
            resources = Proto.ExportLogsServiceRequest.resourceLogs
            resource = Proto.ResourceLogs.resource
            scopes = Proto.ResourceLogs.scopeLogs
            scope = Proto.ScopeLogs.scope
            item = Proto.ScopeLogs.logRecords
            schema = Proto.ExportLogsServiceRequest.schema
        case .metrics:
            resources = Proto.ExportMetricsServiceRequest.resourceMetrics
            resource = Proto.ResourceMetrics.resource
            scopes = Proto.ResourceMetrics.scopeMetrics
            scope = Proto.ScopeMetrics.scope
            item = Proto.ScopeMetrics.metrics
            schema = Proto.ExportMetricsServiceRequest.schema
        }
    }
}
