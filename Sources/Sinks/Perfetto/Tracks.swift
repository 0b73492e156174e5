import RenacerCore
import RenacerProtobuf

/// A process and its track.
final class ProcessTrack {
    let uuid: UInt64
    let pid: Int32
    var command: [UInt8] = []
    var threads = 0
    var counters = ByteCounters()

    init(uuid: UInt64, pid: Int32) {
        self.uuid = uuid
        self.pid = pid
    }
}

/// A thread and its track.
final class ThreadTrack {
    let uuid: UInt64
    var tid: Int32
    let process: ProcessTrack
    var command: [UInt8] = []
    /// Flows to children that the call under way made, and the one that ends at the next call.
    var forks: [(flow: UInt64, time: UInt64)] = []
    var flowIn: UInt64?
    /// The futex that the call under way wakes at.
    var wake: (key: FutexWakes.Key, flow: UInt64)?

    init(uuid: UInt64, tid: Int32, process: ProcessTrack) {
        self.uuid = uuid
        self.tid = tid
        self.process = process
    }
}

/// Bytes that a process has read and written so far, as two counter tracks.
struct ByteCounters {
    private struct Counter {
        var uuid: UInt64 = 0
        var total: UInt64 = 0
        var toldAt: UInt64 = 0
        var told: UInt64 = 0
    }

    private var read = Counter()
    private var written = Counter()

    /// Nanoseconds between two values of a counter: a screen shows no more, and each costs 20 bytes.
    private static let interval: UInt64 = 100_000

    private static let reads: [Name] = ["read", "pread64", "readv", "preadv", "preadv2", "recvfrom", "recvmsg"]
    private static let writes: [Name] = [
        "write", "pwrite64", "writev", "pwritev", "pwritev2", "sendto", "sendmsg", "sendfile", "copy_file_range", "splice",
    ]

    mutating func add(_ call: Call, bytes: UInt64, at time: UInt64, _ process: UInt64, _ writer: PerfettoWriter) {
        guard let classes = call.classes, classes.contains(.desc) || classes.contains(.network), let name = call.name else { return }
        if Self.reads.contains(name) { Self.add(&read, "bytes read", bytes, time, process, writer) }
        if Self.writes.contains(name) { Self.add(&written, "bytes written", bytes, time, process, writer) }
    }

    private static func add(
        _ c: inout Counter, _ name: Name, _ bytes: UInt64, _ time: UInt64, _ process: UInt64, _ writer: PerfettoWriter
    ) {
        if c.uuid == 0 {
            c.uuid = writer.uuid()
            writer.track(c.uuid) { w in
                w.string(Proto.TrackDescriptor.name, name)
                w.varint(Proto.TrackDescriptor.parentUuid, process)
                let counter = w.begin(Proto.TrackDescriptor.counter)
                w.varint(Proto.CounterDescriptor.unit, unitBytes)
                w.end(counter)
            }
        }
        c.total &+= bytes
        if time >= c.toldAt + interval { tell(&c, time, writer) }
    }

    /// `UNIT_SIZE_BYTES`
    private static let unitBytes: UInt64 = 3

    private static func tell(_ c: inout Counter, _ time: UInt64, _ writer: PerfettoWriter) {
        c.toldAt = time
        c.told = c.total
        let total = c.total
        writer.event(.counter, c.uuid, at: time) { $0.signed(Proto.TrackEvent.counterValue, Int64(clamping: total)) }
    }

    /// Tells what was not told yet.
    mutating func finish(_ writer: PerfettoWriter, at time: UInt64) {
        if read.told != read.total { Self.tell(&read, time, writer) }
        if written.told != written.total { Self.tell(&written, time, writer) }
    }
}
