import CLinux
import CMappings
import Glibc
import RenacerCore

/// What processes map, in order of time: for calls that are looked at when their process may have gone on, or be gone.
public final class MappingLog {
    enum Change {
        case mapped(MapsLine)
        case executed
        case forked(child: Int32)
        case exited
    }

    private let log: OpaquePointer
    /// What was gathered, but lies behind the time that was asked for; the next to hand out is first.
    private var waiting: [(time: UInt64, pid: Int32, change: Change)] = []
    private var next = 0
    private var gathered: UInt64 = 0

    /// - Throws: the kernel does not tell; that takes `CAP_PERFMON`.
    public init() throws(TraceError) {
        var status: Int32 = 0
        guard let log = cmappings_open(&status) else {
            throw TraceError("what programs map cannot be followed: perf_event_open: \(String(cString: strerror(-status)))")
        }
        self.log = log
    }

    deinit { cmappings_close(log) }

    /// Hands over everything that happened up to a time, once.
    ///
    /// - Parameter time: `CLOCK_MONOTONIC`, ns.
    /// - Returns: false if something is missing.
    func advance(to time: UInt64, _ body: (Int32, Change) -> Void) -> Bool {
        if time > gathered { gather() }
        while next < waiting.count, waiting[next].time <= time {
            body(waiting[next].pid, waiting[next].change)
            next += 1
        }
        return cmappings_lost(log) == 0
    }

    private func gather() {
        gathered = clinux_monotonic_ns()
        let count = cmappings_gather(log)
        guard count > 0 else { return }
        waiting.removeFirst(next)
        next = 0
        for i in 0..<count {
            guard let record = cmappings_at(log, i)?.pointee else { continue }
            let change: Change = switch UInt32(record.kind) {
            case CMAPPINGS_MAP.rawValue:
                .mapped(MapsLine(
                    start: record.start, end: record.start &+ record.length, offset: record.offset, inode: record.inode,
                    path: record.path.map { String(cString: $0) } ?? ""))
            case CMAPPINGS_EXEC.rawValue: .executed
            case CMAPPINGS_FORK.rawValue: .forked(child: record.other)
            default: .exited
            }
            waiting.append((record.time, record.pid, change))
        }
    }
}
