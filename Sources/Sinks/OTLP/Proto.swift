// Made by Tools/protos.py of the .proto texts in Protos: not edited by hand.

import RenacerProtobuf

/// Fields of messages, as they stand before their values.
enum Proto {
    enum AnyValue {
        static var stringValue: Tag { Tag(1, .lengthDelimited) }
        static var boolValue: Tag { Tag(2, .varint) }
        static var intValue: Tag { Tag(3, .varint) }
        static var doubleValue: Tag { Tag(4, .fixed64) }
        static var arrayValue: Tag { Tag(5, .lengthDelimited) }
        static var kvlistValue: Tag { Tag(6, .lengthDelimited) }
        static var bytesValue: Tag { Tag(7, .lengthDelimited) }

        static let schema: MessageSchema = .init("AnyValue", [
            .init(1, "stringValue", .string),
            .init(2, "boolValue", .bool),
            .init(3, "intValue", .int64),
            .init(4, "doubleValue", .double),
            .init(5, "arrayValue", .message({ ArrayValue.schema })),
            .init(6, "kvlistValue", .message({ KeyValueList.schema })),
            .init(7, "bytesValue", .bytes),
        ])
    }
    enum ArrayValue {
        static var values: Tag { Tag(1, .lengthDelimited) }

        static let schema: MessageSchema = .init("ArrayValue", [
            .init(1, "values", .message({ AnyValue.schema }), isRepeated: true),
        ])
    }
    enum KeyValueList {
        static var values: Tag { Tag(1, .lengthDelimited) }

        static let schema: MessageSchema = .init("KeyValueList", [
            .init(1, "values", .message({ KeyValue.schema }), isRepeated: true),
        ])
    }
    enum KeyValue {
        static var key: Tag { Tag(1, .lengthDelimited) }
        static var value: Tag { Tag(2, .lengthDelimited) }

        static let schema: MessageSchema = .init("KeyValue", [
            .init(1, "key", .string),
            .init(2, "value", .message({ AnyValue.schema })),
        ])
    }
    enum InstrumentationScope {
        static var name: Tag { Tag(1, .lengthDelimited) }
        static var version: Tag { Tag(2, .lengthDelimited) }

        static let schema: MessageSchema = .init("InstrumentationScope", [
            .init(1, "name", .string),
            .init(2, "version", .string),
        ])
    }
    enum Resource {
        static var attributes: Tag { Tag(1, .lengthDelimited) }

        static let schema: MessageSchema = .init("Resource", [
            .init(1, "attributes", .message({ KeyValue.schema }), isRepeated: true),
        ])
    }
    enum ResourceSpans {
        static var resource: Tag { Tag(1, .lengthDelimited) }
        static var scopeSpans: Tag { Tag(2, .lengthDelimited) }
        static var schemaUrl: Tag { Tag(3, .lengthDelimited) }

        static let schema: MessageSchema = .init("ResourceSpans", [
            .init(1, "resource", .message({ Resource.schema })),
            .init(2, "scopeSpans", .message({ ScopeSpans.schema }), isRepeated: true),
            .init(3, "schemaUrl", .string),
        ])
    }
    enum ScopeSpans {
        static var scope: Tag { Tag(1, .lengthDelimited) }
        static var spans: Tag { Tag(2, .lengthDelimited) }

        static let schema: MessageSchema = .init("ScopeSpans", [
            .init(1, "scope", .message({ InstrumentationScope.schema })),
            .init(2, "spans", .message({ Span.schema }), isRepeated: true),
        ])
    }
    enum Span {
        static var traceId: Tag { Tag(1, .lengthDelimited) }
        static var spanId: Tag { Tag(2, .lengthDelimited) }
        static var traceState: Tag { Tag(3, .lengthDelimited) }
        static var parentSpanId: Tag { Tag(4, .lengthDelimited) }
        static var name: Tag { Tag(5, .lengthDelimited) }
        static var kind: Tag { Tag(6, .varint) }
        static var startTimeUnixNano: Tag { Tag(7, .fixed64) }
        static var endTimeUnixNano: Tag { Tag(8, .fixed64) }
        static var attributes: Tag { Tag(9, .lengthDelimited) }
        static var droppedAttributesCount: Tag { Tag(10, .varint) }
        static var events: Tag { Tag(11, .lengthDelimited) }
        static var droppedEventsCount: Tag { Tag(12, .varint) }
        static var status: Tag { Tag(15, .lengthDelimited) }
        static var flags: Tag { Tag(16, .fixed32) }

        static let schema: MessageSchema = .init("Span", [
            .init(1, "traceId", .id),
            .init(2, "spanId", .id),
            .init(3, "traceState", .string),
            .init(4, "parentSpanId", .id),
            .init(5, "name", .string),
            .init(6, "kind", .int32),
            .init(7, "startTimeUnixNano", .fixed64),
            .init(8, "endTimeUnixNano", .fixed64),
            .init(9, "attributes", .message({ KeyValue.schema }), isRepeated: true),
            .init(10, "droppedAttributesCount", .uint32),
            .init(11, "events", .message({ Event.schema }), isRepeated: true),
            .init(12, "droppedEventsCount", .uint32),
            .init(15, "status", .message({ Status.schema })),
            .init(16, "flags", .fixed32),
        ])
    }
    enum Event {
        static var timeUnixNano: Tag { Tag(1, .fixed64) }
        static var name: Tag { Tag(2, .lengthDelimited) }
        static var attributes: Tag { Tag(3, .lengthDelimited) }

        static let schema: MessageSchema = .init("Event", [
            .init(1, "timeUnixNano", .fixed64),
            .init(2, "name", .string),
            .init(3, "attributes", .message({ KeyValue.schema }), isRepeated: true),
        ])
    }
    enum Status {
        static var message: Tag { Tag(2, .lengthDelimited) }
        static var code: Tag { Tag(3, .varint) }

        static let schema: MessageSchema = .init("Status", [
            .init(2, "message", .string),
            .init(3, "code", .int32),
        ])
    }
    enum ResourceLogs {
        static var resource: Tag { Tag(1, .lengthDelimited) }
        static var scopeLogs: Tag { Tag(2, .lengthDelimited) }
        static var schemaUrl: Tag { Tag(3, .lengthDelimited) }

        static let schema: MessageSchema = .init("ResourceLogs", [
            .init(1, "resource", .message({ Resource.schema })),
            .init(2, "scopeLogs", .message({ ScopeLogs.schema }), isRepeated: true),
            .init(3, "schemaUrl", .string),
        ])
    }
    enum ScopeLogs {
        static var scope: Tag { Tag(1, .lengthDelimited) }
        static var logRecords: Tag { Tag(2, .lengthDelimited) }

        static let schema: MessageSchema = .init("ScopeLogs", [
            .init(1, "scope", .message({ InstrumentationScope.schema })),
            .init(2, "logRecords", .message({ LogRecord.schema }), isRepeated: true),
        ])
    }
    enum LogRecord {
        static var timeUnixNano: Tag { Tag(1, .fixed64) }
        static var severityNumber: Tag { Tag(2, .varint) }
        static var severityText: Tag { Tag(3, .lengthDelimited) }
        static var body: Tag { Tag(5, .lengthDelimited) }
        static var attributes: Tag { Tag(6, .lengthDelimited) }
        static var traceId: Tag { Tag(9, .lengthDelimited) }
        static var spanId: Tag { Tag(10, .lengthDelimited) }
        static var observedTimeUnixNano: Tag { Tag(11, .fixed64) }
        static var eventName: Tag { Tag(12, .lengthDelimited) }

        static let schema: MessageSchema = .init("LogRecord", [
            .init(1, "timeUnixNano", .fixed64),
            .init(2, "severityNumber", .int32),
            .init(3, "severityText", .string),
            .init(5, "body", .message({ AnyValue.schema })),
            .init(6, "attributes", .message({ KeyValue.schema }), isRepeated: true),
            .init(9, "traceId", .id),
            .init(10, "spanId", .id),
            .init(11, "observedTimeUnixNano", .fixed64),
            .init(12, "eventName", .string),
        ])
    }
    enum ResourceMetrics {
        static var resource: Tag { Tag(1, .lengthDelimited) }
        static var scopeMetrics: Tag { Tag(2, .lengthDelimited) }
        static var schemaUrl: Tag { Tag(3, .lengthDelimited) }

        static let schema: MessageSchema = .init("ResourceMetrics", [
            .init(1, "resource", .message({ Resource.schema })),
            .init(2, "scopeMetrics", .message({ ScopeMetrics.schema }), isRepeated: true),
            .init(3, "schemaUrl", .string),
        ])
    }
    enum ScopeMetrics {
        static var scope: Tag { Tag(1, .lengthDelimited) }
        static var metrics: Tag { Tag(2, .lengthDelimited) }

        static let schema: MessageSchema = .init("ScopeMetrics", [
            .init(1, "scope", .message({ InstrumentationScope.schema })),
            .init(2, "metrics", .message({ Metric.schema }), isRepeated: true),
        ])
    }
    enum Metric {
        static var name: Tag { Tag(1, .lengthDelimited) }
        static var description: Tag { Tag(2, .lengthDelimited) }
        static var unit: Tag { Tag(3, .lengthDelimited) }
        static var sum: Tag { Tag(7, .lengthDelimited) }
        static var histogram: Tag { Tag(9, .lengthDelimited) }

        static let schema: MessageSchema = .init("Metric", [
            .init(1, "name", .string),
            .init(2, "description", .string),
            .init(3, "unit", .string),
            .init(7, "sum", .message({ Sum.schema })),
            .init(9, "histogram", .message({ Histogram.schema })),
        ])
    }
    enum Sum {
        static var dataPoints: Tag { Tag(1, .lengthDelimited) }
        static var aggregationTemporality: Tag { Tag(2, .varint) }
        static var isMonotonic: Tag { Tag(3, .varint) }

        static let schema: MessageSchema = .init("Sum", [
            .init(1, "dataPoints", .message({ NumberDataPoint.schema }), isRepeated: true),
            .init(2, "aggregationTemporality", .int32),
            .init(3, "isMonotonic", .bool),
        ])
    }
    enum NumberDataPoint {
        static var startTimeUnixNano: Tag { Tag(2, .fixed64) }
        static var timeUnixNano: Tag { Tag(3, .fixed64) }
        static var asInt: Tag { Tag(6, .fixed64) }
        static var attributes: Tag { Tag(7, .lengthDelimited) }

        static let schema: MessageSchema = .init("NumberDataPoint", [
            .init(2, "startTimeUnixNano", .fixed64),
            .init(3, "timeUnixNano", .fixed64),
            .init(6, "asInt", .sfixed64),
            .init(7, "attributes", .message({ KeyValue.schema }), isRepeated: true),
        ])
    }
    enum Histogram {
        static var dataPoints: Tag { Tag(1, .lengthDelimited) }
        static var aggregationTemporality: Tag { Tag(2, .varint) }

        static let schema: MessageSchema = .init("Histogram", [
            .init(1, "dataPoints", .message({ HistogramDataPoint.schema }), isRepeated: true),
            .init(2, "aggregationTemporality", .int32),
        ])
    }
    enum HistogramDataPoint {
        static var startTimeUnixNano: Tag { Tag(2, .fixed64) }
        static var timeUnixNano: Tag { Tag(3, .fixed64) }
        static var count: Tag { Tag(4, .fixed64) }
        static var sum: Tag { Tag(5, .fixed64) }
        static var bucketCounts: Tag { Tag(6, .lengthDelimited) }
        static var explicitBounds: Tag { Tag(7, .lengthDelimited) }
        static var attributes: Tag { Tag(9, .lengthDelimited) }
        static var min: Tag { Tag(11, .fixed64) }
        static var max: Tag { Tag(12, .fixed64) }

        static let schema: MessageSchema = .init("HistogramDataPoint", [
            .init(2, "startTimeUnixNano", .fixed64),
            .init(3, "timeUnixNano", .fixed64),
            .init(4, "count", .fixed64),
            .init(5, "sum", .double),
            .init(6, "bucketCounts", .fixed64, isRepeated: true),
            .init(7, "explicitBounds", .double, isRepeated: true),
            .init(9, "attributes", .message({ KeyValue.schema }), isRepeated: true),
            .init(11, "min", .double),
            .init(12, "max", .double),
        ])
    }
    enum ExportTraceServiceRequest {
        static var resourceSpans: Tag { Tag(1, .lengthDelimited) }

        static let schema: MessageSchema = .init("ExportTraceServiceRequest", [
            .init(1, "resourceSpans", .message({ ResourceSpans.schema }), isRepeated: true),
        ])
    }
    enum ExportLogsServiceRequest {
        static var resourceLogs: Tag { Tag(1, .lengthDelimited) }

        static let schema: MessageSchema = .init("ExportLogsServiceRequest", [
            .init(1, "resourceLogs", .message({ ResourceLogs.schema }), isRepeated: true),
        ])
    }
    enum ExportMetricsServiceRequest {
        static var resourceMetrics: Tag { Tag(1, .lengthDelimited) }

        static let schema: MessageSchema = .init("ExportMetricsServiceRequest", [
            .init(1, "resourceMetrics", .message({ ResourceMetrics.schema }), isRepeated: true),
        ])
    }
    enum ExportResponse {
        static var partialSuccess: Tag { Tag(1, .lengthDelimited) }

        static let schema: MessageSchema = .init("ExportResponse", [
            .init(1, "partialSuccess", .message({ ExportPartialSuccess.schema })),
        ])
    }
    enum ExportPartialSuccess {
        static var rejected: Tag { Tag(1, .varint) }
        static var errorMessage: Tag { Tag(2, .lengthDelimited) }

        static let schema: MessageSchema = .init("ExportPartialSuccess", [
            .init(1, "rejected", .int64),
            .init(2, "errorMessage", .string),
        ])
    }
    enum RpcStatus {
        static var code: Tag { Tag(1, .varint) }
        static var message: Tag { Tag(2, .lengthDelimited) }
        static var details: Tag { Tag(3, .lengthDelimited) }

        static let schema: MessageSchema = .init("RpcStatus", [
            .init(1, "code", .int32),
            .init(2, "message", .string),
            .init(3, "details", .message({ Detail.schema }), isRepeated: true),
        ])
    }
    enum Detail {
        static var typeUrl: Tag { Tag(1, .lengthDelimited) }
        static var value: Tag { Tag(2, .lengthDelimited) }

        static let schema: MessageSchema = .init("Detail", [
            .init(1, "typeUrl", .string),
            .init(2, "value", .bytes),
        ])
    }
    enum RetryInfo {
        static var retryDelay: Tag { Tag(1, .lengthDelimited) }

        static let schema: MessageSchema = .init("RetryInfo", [
            .init(1, "retryDelay", .message({ Duration.schema })),
        ])
    }
    enum Duration {
        static var seconds: Tag { Tag(1, .varint) }
        static var nanos: Tag { Tag(2, .varint) }

        static let schema: MessageSchema = .init("Duration", [
            .init(1, "seconds", .int64),
            .init(2, "nanos", .int32),
        ])
    }
}
