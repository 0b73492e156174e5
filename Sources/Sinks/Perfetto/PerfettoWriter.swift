import RenacerCore
import RenacerProtobuf

/// Packets of a Perfetto trace, one after the other in a buffer that is given away when it is large.
///
/// All are of one sequence: names are numbered once, and numbers refer to what was told before.
final class PerfettoWriter {
    let out = ProtobufWriter(capacity: 300 << 10)
    let names = NameInterner()
    private let output: any TextOutput
    private var eventNames = NameInterner()
    private var nextUUID: UInt64 = 1
    private static let flushAt = 256 << 10

    init(_ output: any TextOutput) { self.output = output }

    /// `TrackEvent.Type`
    enum Kind: UInt64 { case begin = 1, end, instant, counter }

    /// What is written of the sequence's state in its first packet, and in those that need it.
    private enum Flags { static let cleared: UInt64 = 1, needed: UInt64 = 2 }

    /// Builtin clocks.
    enum Clock: UInt64 { case realtime = 1, monotonic = 3, boottime = 6 }

    /// - Parameter clocks: all read at one moment.
    func begin(_ clocks: [(Clock, UInt64)]) {
        let packet = out.begin(Proto.Trace.packet)
        let snapshot = out.begin(Proto.TracePacket.clockSnapshot)
        for (clock, time) in clocks {
            let entry = out.begin(Proto.ClockSnapshot.clocks)
            out.varint(Proto.Clock.clockId, clock.rawValue)
            out.varint(Proto.Clock.timestamp, time)
            out.end(entry)
        }
        out.varint(Proto.ClockSnapshot.primaryTraceClock, Clock.monotonic.rawValue)
        out.end(snapshot)
        out.varint(Proto.TracePacket.trustedPacketSequenceId, 1)
        out.varint(Proto.TracePacket.sequenceFlags, Flags.cleared)
        let defaults = out.begin(Proto.TracePacket.tracePacketDefaults)
        out.varint(Proto.TracePacketDefaults.timestampClockId, Clock.monotonic.rawValue)
        out.end(defaults)
        let interned = out.begin(Proto.TracePacket.internedData)
        let category = out.begin(Proto.InternedData.eventCategories)
        out.varint(Proto.EventCategory.iid, 1)
        out.string(Proto.EventCategory.name, "syscall" as Name)
        out.end(category)
        out.end(interned)
        out.end(packet)
    }

    func uuid() -> UInt64 {
        defer { nextUUID += 1 }
        return nextUUID
    }

    /// Says what a track is.
    func track(_ uuid: UInt64, _ body: (ProtobufWriter) -> Void) {
        let packet = out.begin(Proto.Trace.packet)
        out.varint(Proto.TracePacket.trustedPacketSequenceId, 1)
        let descriptor = out.begin(Proto.TracePacket.trackDescriptor)
        out.varint(Proto.TrackDescriptor.uuid, uuid)
        body(out)
        out.end(descriptor)
        out.end(packet)
    }

    /// An event of a track.
    ///
    /// - Parameter name: of a slice or an instant; nil for the end of a slice and for a counter's value.
    func event(_ kind: Kind, _ track: UInt64, at time: UInt64, name: Name? = nil, _ body: (ProtobufWriter) -> Void = { _ in }) {
        let number = name.map { eventNames.number(of: $0) }
        let packet = out.begin(Proto.Trace.packet)
        out.varint(Proto.TracePacket.timestamp, time)
        out.varint(Proto.TracePacket.trustedPacketSequenceId, 1)
        out.varint(Proto.TracePacket.sequenceFlags, Flags.needed)
        tellNewNames()
        let event = out.begin(Proto.TracePacket.trackEvent)
        if kind == .begin || kind == .instant { out.varint(Proto.TrackEvent.categoryIids, 1) }
        out.varint(Proto.TrackEvent.type, kind.rawValue)
        if let number { out.varint(Proto.TrackEvent.nameIid, number) }
        out.varint(Proto.TrackEvent.trackUuid, track)
        body(out)
        out.end(event)
        out.end(packet)
    }

    /// Names are told in the packet that first uses them: before its event is written, or at the latest with it.
    private func tellNewNames() {
        guard eventNames.hasNew || names.hasNew else { return }
        let interned = out.begin(Proto.TracePacket.internedData)
        for (number, name) in eventNames.takeNew() {
            let entry = out.begin(Proto.InternedData.eventNames)
            out.varint(Proto.EventName.iid, number)
            out.string(Proto.EventName.name, name)
            out.end(entry)
        }
        for (number, name) in names.takeNew() {
            let entry = out.begin(Proto.InternedData.debugAnnotationNames)
            out.varint(Proto.DebugAnnotationName.iid, number)
            out.string(Proto.DebugAnnotationName.name, name)
            out.end(entry)
        }
        out.end(interned)
    }

    func flushIfLarge() throws(TraceError) {
        if out.count >= Self.flushAt { try flush() }
    }

    func flush() throws(TraceError) {
        guard out.count > 0 else { return }
        defer { out.truncate(to: 0) }
        try output.write(out.bytes)
    }

    func close() throws(TraceError) {
        try flush()
        try output.close()
    }
}

extension ValueNotation {
    /// Arguments are annotations of a slice.
    static let perfetto = ValueNotation(
        argument: Proto.TrackEvent.debugAnnotations, prefix: "", note: "note", member: Proto.DebugAnnotation.dictEntries,
        element: Proto.DebugAnnotation.arrayValues, name: Proto.DebugAnnotation.name, value: nil, structure: nil, list: nil,
        bool: Proto.DebugAnnotation.boolValue, int: Proto.DebugAnnotation.intValue, uint: Proto.DebugAnnotation.uintValue,
        string: Proto.DebugAnnotation.stringValue, bytes: nil, pointer: Proto.DebugAnnotation.pointerValue)
}

/// Annotations of an event, each a name and a value.
extension ProtobufWriter {
    func annotation(_ name: Name, _ value: (ProtobufWriter) -> Void) {
        let marks = begin(named: name.bytes, as: Proto.TrackEvent.debugAnnotations, .perfetto)
        value(self)
        end(named: marks)
    }

    func annotation(_ name: Name, _ v: Int64) { annotation(name) { $0.signed(Proto.DebugAnnotation.intValue, v) } }
    func annotation(_ name: Name, _ v: UInt64) { annotation(name) { $0.varint(Proto.DebugAnnotation.uintValue, v) } }
    func annotation(_ name: Name, _ v: Double) { annotation(name) { $0.double(Proto.DebugAnnotation.doubleValue, v) } }
    func annotation(_ name: Name, _ v: Bool) { annotation(name) { $0.bool(Proto.DebugAnnotation.boolValue, v) } }
    func annotation(_ name: Name, _ v: Name) { annotation(name) { $0.string(Proto.DebugAnnotation.stringValue, v) } }
    func annotation(_ name: Name, _ v: String) { annotation(name) { $0.string(Proto.DebugAnnotation.stringValue, v) } }
}
