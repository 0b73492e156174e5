// Made by Tools/protos.py of the .proto texts in Protos: not edited by hand.

import RenacerProtobuf

/// Fields of messages, as they stand before their values.
enum Proto {
    enum Trace {
        static var packet: Tag { Tag(1, .lengthDelimited) }
    }
    enum TracePacket {
        static var clockSnapshot: Tag { Tag(6, .lengthDelimited) }
        static var timestamp: Tag { Tag(8, .varint) }
        static var trustedPacketSequenceId: Tag { Tag(10, .varint) }
        static var trackEvent: Tag { Tag(11, .lengthDelimited) }
        static var internedData: Tag { Tag(12, .lengthDelimited) }
        static var sequenceFlags: Tag { Tag(13, .varint) }
        static var tracePacketDefaults: Tag { Tag(59, .lengthDelimited) }
        static var trackDescriptor: Tag { Tag(60, .lengthDelimited) }
    }
    enum TracePacketDefaults {
        static var timestampClockId: Tag { Tag(58, .varint) }
    }
    enum ClockSnapshot {
        static var clocks: Tag { Tag(1, .lengthDelimited) }
        static var primaryTraceClock: Tag { Tag(2, .varint) }
    }
    enum Clock {
        static var clockId: Tag { Tag(1, .varint) }
        static var timestamp: Tag { Tag(2, .varint) }
    }
    enum TrackDescriptor {
        static var uuid: Tag { Tag(1, .varint) }
        static var name: Tag { Tag(2, .lengthDelimited) }
        static var process: Tag { Tag(3, .lengthDelimited) }
        static var thread: Tag { Tag(4, .lengthDelimited) }
        static var parentUuid: Tag { Tag(5, .varint) }
        static var counter: Tag { Tag(8, .lengthDelimited) }
    }
    enum ProcessDescriptor {
        static var pid: Tag { Tag(1, .varint) }
        static var cmdline: Tag { Tag(2, .lengthDelimited) }
        static var processName: Tag { Tag(6, .lengthDelimited) }
    }
    enum ThreadDescriptor {
        static var pid: Tag { Tag(1, .varint) }
        static var tid: Tag { Tag(2, .varint) }
        static var threadName: Tag { Tag(5, .lengthDelimited) }
    }
    enum CounterDescriptor {
        static var unit: Tag { Tag(3, .varint) }
    }
    enum TrackEvent {
        static var categoryIids: Tag { Tag(3, .varint) }
        static var debugAnnotations: Tag { Tag(4, .lengthDelimited) }
        static var type: Tag { Tag(9, .varint) }
        static var nameIid: Tag { Tag(10, .varint) }
        static var trackUuid: Tag { Tag(11, .varint) }
        static var name: Tag { Tag(23, .lengthDelimited) }
        static var counterValue: Tag { Tag(30, .varint) }
        static var flowIds: Tag { Tag(47, .fixed64) }
        static var terminatingFlowIds: Tag { Tag(48, .fixed64) }
    }
    enum DebugAnnotation {
        static var nameIid: Tag { Tag(1, .varint) }
        static var boolValue: Tag { Tag(2, .varint) }
        static var uintValue: Tag { Tag(3, .varint) }
        static var intValue: Tag { Tag(4, .varint) }
        static var doubleValue: Tag { Tag(5, .fixed64) }
        static var stringValue: Tag { Tag(6, .lengthDelimited) }
        static var pointerValue: Tag { Tag(7, .varint) }
        static var name: Tag { Tag(10, .lengthDelimited) }
        static var dictEntries: Tag { Tag(11, .lengthDelimited) }
        static var arrayValues: Tag { Tag(12, .lengthDelimited) }
    }
    enum InternedData {
        static var eventCategories: Tag { Tag(1, .lengthDelimited) }
        static var eventNames: Tag { Tag(2, .lengthDelimited) }
        static var debugAnnotationNames: Tag { Tag(3, .lengthDelimited) }
    }
    enum EventCategory {
        static var iid: Tag { Tag(1, .varint) }
        static var name: Tag { Tag(2, .lengthDelimited) }
    }
    enum EventName {
        static var iid: Tag { Tag(1, .varint) }
        static var name: Tag { Tag(2, .lengthDelimited) }
    }
    enum DebugAnnotationName {
        static var iid: Tag { Tag(1, .varint) }
        static var name: Tag { Tag(2, .lengthDelimited) }
    }
}
