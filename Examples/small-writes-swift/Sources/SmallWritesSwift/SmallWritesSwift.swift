import PluginKit

@_cdecl("renacer_plugin_v1")
public func plugin(_ host: PluginHost) -> PluginExport { export("small-writes-swift", version: "0.1", SmallWritesSwift.self) }

/// Finds tasks that write a few bytes at a time.
final class SmallWritesSwift: Detector {
    static let name = "small-writes-swift"
    static let summary = "tasks that write a few bytes at a time"
    static let options = [
        Option("small", .bytes, default: "64", "a write of fewer bytes is small"),
        Option("count", .integer, default: "100", "so many small writes are a finding", minimum: 1, maximum: 1e9),
    ]
    static let subscriptions = [Subscription(.calls, of: "write")]
    static let rules = ["small-writes"]

    private let host: Host
    private let small: UInt64, count: UInt64
    private var writes = 0, bytes: Int64 = 0, time: UInt64 = 0
    private var window: (from: UInt64, to: UInt64)?
    private var tasks: Set<Int32> = []

    init(_ host: Host) throws {
        self.host = host
        small = host.integer("small") ?? 64
        count = host.integer("count") ?? 100
    }

    func consume(_ event: Event) throws {
        guard let written = event.result, written < Int64(small) else { return }
        writes += 1
        bytes += written
        time += event.duration ?? 0
        window = (window?.from ?? event.time, event.time)
        tasks.insert(event.tid)
    }

    func finish(_ account: Account) throws {
        guard writes >= Int(count), let window else { return }
        var finding = Finding(
            rule: "small-writes", severity: .low, confidence: 0.9, from: window.from, to: window.to,
            title: "Many small writes")
        finding.tasks = tasks.sorted()
        finding.evidence = [
            ("Writes", .number(Double(writes)), ""), ("Bytes", .number(Double(bytes)), ""),
            ("Time in them", .number(Double(time) / 1e6), "ms"),
        ]
        finding.reason = "every write costs a call, whatever its size"
        finding.advice = "collect them in a buffer"
        host.report(finding)
    }
}
