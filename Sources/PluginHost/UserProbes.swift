import CRenacerPlugin
import CUserProbes
import Glibc
import RenacerCore

/// Calls of functions of programs and libraries, from uprobes: what a plugin asked for, of the traced processes.
///
/// Independent of the backend, which tells of system calls only.
final class UserProbes {
    private var handle: OpaquePointer?
    /// Calls that have not returned, by thread, the outermost first.
    private var open: [UInt32: [user_probe_record]] = [:]
    /// Processes whose calls are wanted.
    private var pids: Set<UInt32> = []
    private var lastPid: Int32 = 0
    /// Ids that the plugin gave, by what the kernel says in a record.
    private var ids: [Int32] = []
    private var toldLost: UInt64 = 0
    private var lastTime: UInt64 = 0
    private let files = SymbolFiles()
    private static let ringSize: UInt32 = 4 << 20
    /// So deep that ends were missed.
    private static let deepest = 64

    init() throws(PluginProblem) {
        var step: UnsafePointer<CChar>?
        handle = user_probes_open(Self.ringSize, &step)
        if handle == nil {
            let reason = String(cString: strerror(errno))
            throw PluginProblem("user probes: \(step.map { String(cString: $0) } ?? "bpf"): \(reason)")
        }
    }

    deinit { user_probes_close(handle) }

    /// Probes functions of a file.
    ///
    /// - Returns: how many of them it has.
    func probe(_ path: String, _ functions: [(name: String, id: Int32)]) throws(PluginProblem) -> Int {
        let places = files.places(of: Set(functions.map(\.name)), in: path)
        var offsets: [UInt64] = [], cookies: [UInt64] = []
        for f in functions {
            guard let place = places[f.name] else { continue }
            offsets.append(place)
            cookies.append(UInt64(ids.count))
            ids.append(f.id)
        }
        guard !offsets.isEmpty else { return 0 }
        let status = user_probes_attach(handle, path, offsets, cookies, UInt32(offsets.count))
        guard status == 0 else {
            let why = status == -EINVAL ? "\(String(cString: strerror(-status))) (Linux 6.6 is needed)" : String(cString: strerror(-status))
            throw PluginProblem("user probes: \(path): \(why)")
        }
        return offsets.count
    }

    /// Takes notice of who is traced.
    func follow(_ events: UnsafeMutableBufferPointer<Event>) {
        for i in events.indices {
            if events[i].pid != lastPid {
                lastPid = events[i].pid
                pids.insert(UInt32(bitPattern: lastPid))
            }
            if case .process(.forked(let child, let isThread)) = events[i].body, !isThread { pids.insert(UInt32(bitPattern: child)) }
        }
    }

    func follow(_ views: UnsafeBufferPointer<renacer_event>) { for v in views { pids.insert(UInt32(bitPattern: v.pid)) } }

    /// Calls that have returned since, and what was lost; at the end those too that have not returned.
    func take(isLast: Bool = false) -> [renacer_event] {
        var events: [renacer_event] = []
        var record = user_probe_record()
        while user_probes_next(handle, &record) != 0 {
            lastTime = record.time
            guard pids.contains(record.pid) else { continue }
            if record.cookie & 1 == 0 {
                if open[record.tid]?.count ?? 0 < Self.deepest { open[record.tid, default: []].append(record) }
            } else if let i = open[record.tid]?.lastIndex(where: { $0.cookie == record.cookie & ~1 }), let entry = open[record.tid]?[i] {
                // Those above it were left without a return.
                open[record.tid]?.removeSubrange(i...)
                events.append(view(of: entry, depth: i, end: record.time, result: record.result))
            }
        }
        if isLast {
            for (_, calls) in open { for (i, call) in calls.enumerated() { events.append(view(of: call, depth: i, end: lastTime, result: nil)) } }
            open = [:]
        }
        let lost = user_probes_lost(handle)
        if lost > toldLost {
            var v = renacer_event()
            v.size = UInt32(MemoryLayout<renacer_event>.size)
            v.kind = UInt32(RENACER_LOSS)
            v.time = lastTime
            v.count = lost - toldLost
            toldLost = lost
            events.append(v)
        }
        return events
    }

    private func view(of entry: user_probe_record, depth: Int, end: UInt64, result: UInt64?) -> renacer_event {
        var v = renacer_event()
        v.size = UInt32(MemoryLayout<renacer_event>.size)
        v.kind = UInt32(RENACER_FUNCTION)
        v.time = end
        v.tid = Int32(bitPattern: entry.tid)
        v.pid = Int32(bitPattern: entry.pid)
        let place = Int(entry.cookie >> 1)
        v.code = ids.indices.contains(place) ? ids[place] : -1
        v.status = Int32(depth)
        v.arguments = entry.arguments
        v.result = Int64(bitPattern: result ?? 0)
        v.outcome = UInt16(result == nil ? RENACER_UNFINISHED : RENACER_RETURNED)
        v.enter_time = entry.time
        v.exit_time = end
        return v
    }
}
