import RenacerCore
import RenacerProtobuf

/// A span that is under way: sent when it ends, since only then its end is known.
class OpenSpan {
    let id: SpanID
    /// ns of CLOCK_MONOTONIC
    let start: UInt64
    /// Encoded `Span.events`.
    private(set) var events: [UInt8] = []
    private var eventCount = 0
    private(set) var droppedEvents: UInt64 = 0

    init(_ id: SpanID, start: UInt64) {
        self.id = id
        self.start = start
    }

    /// OpenTelemetry's own default: a span that lives long must not grow for ever. Log records tell of all.
    private static let eventLimit = 128

    /// Adds an event that is encoded already.
    func add(event: UnsafeRawBufferPointer) {
        guard eventCount < Self.eventLimit else {
            droppedEvents += 1
            return
        }
        eventCount += 1
        events.append(contentsOf: event)
    }
}

/// The span of a process, from its start or the time it was met to the end of its last thread.
final class ProcessSpan: OpenSpan {
    let pid: Int32
    var parent: SpanID
    var parentPid: Int32 = 0
    /// `comm`, and what it executes.
    var command: [UInt8] = []
    var executable: [UInt8] = []
    var threads = 0
    var end: ProcessEnd?

    init(_ id: SpanID, pid: Int32, parent: SpanID, start: UInt64) {
        self.pid = pid
        self.parent = parent
        super.init(id, start: start)
    }
}

enum ProcessEnd {
    case exited(Int32)
    case killed(Int32, coreDumped: Bool)
}

/// The span of a thread.
final class ThreadSpan: OpenSpan {
    var tid: Int32
    let process: ProcessSpan
    var command: [UInt8] = []
    /// Short calls since the last long one.
    var folded: [StatisticsTable.Key: FoldedCalls] = [:]

    init(_ id: SpanID, tid: Int32, process: ProcessSpan, start: UInt64) {
        self.tid = tid
        self.process = process
        super.init(id, start: start)
    }
}

/// Calls of one kind that became one span.
struct FoldedCalls {
    var start: UInt64
    var end: UInt64
    var statistics = CallStatistics()
}
