import RenacerCore
import RenacerOutput
import RenacerProtobuf

/// Packets of a Perfetto trace, one after the other in a buffer that is given away when it is large.
///
/// All are of one sequence: names are numbered once, and numbers refer to what was told before. What events refer to -
/// tracks and names - goes out ahead of them, and is taken even where events find no room: the rest can be read.
final class PerfettoWriter {
    private let out = ProtobufWriter(capacity: 300 << 10)
    private let state = ProtobufWriter(capacity: 4 << 10)
    let names = NameInterner()
    private let output: RecordOutput
    /// Slices and instants in `out`, and when the first and the last was told.
    private var events: UInt64 = 0
    private var from: UInt64 = 0
    private var to: UInt64 = 0
    private var eventNames = NameInterner()
    private var nextUUID: UInt64 = 1
    private static let flushAt = 256 << 10

    init(_ output: RecordOutput) { self.output = output }

    /// `TrackEvent.Type`
    enum Kind: UInt64 { case begin = 1, end, instant, counter }

    /// What is written of the sequence's state in its first packet, and in those that need it.
    private enum Flags { static let cleared: UInt64 = 1, needed: UInt64 = 2 }

    /// Builtin clocks.
    enum Clock: UInt64 { case realtime = 1, monotonic = 3, boottime = 6 }

    /// - Parameter clocks: all read at one moment.
    func begin(_ clocks: [(Clock, UInt64)]) {
        let packet = state.begin(Proto.Trace.packet)
        let snapshot = state.begin(Proto.TracePacket.clockSnapshot)
        for (clock, time) in clocks {
            let entry = state.begin(Proto.ClockSnapshot.clocks)
            state.varint(Proto.Clock.clockId, clock.rawValue)
            state.varint(Proto.Clock.timestamp, time)
            state.end(entry)
        }
        state.varint(Proto.ClockSnapshot.primaryTraceClock, Clock.monotonic.rawValue)
        state.end(snapshot)
        state.varint(Proto.TracePacket.trustedPacketSequenceId, 1)
        state.varint(Proto.TracePacket.sequenceFlags, Flags.cleared)
        let defaults = state.begin(Proto.TracePacket.tracePacketDefaults)
        state.varint(Proto.TracePacketDefaults.timestampClockId, Clock.monotonic.rawValue)
        state.end(defaults)
        let interned = state.begin(Proto.TracePacket.internedData)
        let category = state.begin(Proto.InternedData.eventCategories)
        state.varint(Proto.EventCategory.iid, 1)
        state.string(Proto.EventCategory.name, "syscall" as Name)
        state.end(category)
        state.end(interned)
        state.end(packet)
    }

    func uuid() -> UInt64 {
        defer { nextUUID += 1 }
        return nextUUID
    }

    /// Says what a track is.
    func track(_ uuid: UInt64, _ body: (ProtobufWriter) -> Void) {
        let packet = state.begin(Proto.Trace.packet)
        state.varint(Proto.TracePacket.trustedPacketSequenceId, 1)
        let descriptor = state.begin(Proto.TracePacket.trackDescriptor)
        state.varint(Proto.TrackDescriptor.uuid, uuid)
        body(state)
        state.end(descriptor)
        state.end(packet)
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
        let event = out.begin(Proto.TracePacket.trackEvent)
        if kind == .begin || kind == .instant { out.varint(Proto.TrackEvent.categoryIids, 1) }
        out.varint(Proto.TrackEvent.type, kind.rawValue)
        if let number { out.varint(Proto.TrackEvent.nameIid, number) }
        out.varint(Proto.TrackEvent.trackUuid, track)
        body(out)
        out.end(event)
        out.end(packet)
        guard kind == .begin || kind == .instant else { return }
        if events == 0 { from = time }
        events += 1
        to = time
    }

    private func tellNewNames() {
        guard eventNames.hasNew || names.hasNew else { return }
        let packet = state.begin(Proto.Trace.packet)
        state.varint(Proto.TracePacket.trustedPacketSequenceId, 1)
        state.varint(Proto.TracePacket.sequenceFlags, Flags.needed)
        let interned = state.begin(Proto.TracePacket.internedData)
        for (number, name) in eventNames.takeNew() {
            let entry = state.begin(Proto.InternedData.eventNames)
            state.varint(Proto.EventName.iid, number)
            state.string(Proto.EventName.name, name)
            state.end(entry)
        }
        for (number, name) in names.takeNew() {
            let entry = state.begin(Proto.InternedData.debugAnnotationNames)
            state.varint(Proto.DebugAnnotationName.iid, number)
            state.string(Proto.DebugAnnotationName.name, name)
            state.end(entry)
        }
        state.end(interned)
        state.end(packet)
    }

    func flushIfLarge() throws(TraceError) {
        if out.count >= Self.flushAt { try flush() }
    }

    /// Hands over what there is; of events that were not taken `takeLoss` tells.
    func flush() throws(TraceError) {
        try handOverState()
        guard events > 0 else { return }
        // Before there are bytes, so that they go out together.
        try output.end(at: from, count: 1)
        output.text.append(out.bytes)
        out.truncate(to: 0)
        let more = events - 1
        events = 0
        try output.end(at: to, count: more)
        try output.flush()
    }

    private func handOverState() throws(TraceError) {
        tellNewNames()
        guard state.count > 0 else { return }
        defer { state.truncate(to: 0) }
        try output.insist(state.bytes)
    }

    /// What was not taken since this was asked last.
    func takeLoss() -> Loss? { output.takeLoss() }
    /// Events that were not taken.
    var lost: UInt64 { output.lost }

    /// Hands over the end, which is taken whatever is queued.
    func finish() throws(TraceError) {
        try handOverState()
        try output.insist(out.bytes)
        out.truncate(to: 0)
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
