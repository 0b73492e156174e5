import PluginKit

@_cdecl("renacer_plugin_v1")
public func plugin(_ host: PluginHost) -> PluginExport { export("call-lines-swift", version: "0.1", CallLinesSwift.self) }

/// Writes calls as logfmt: a line of key=value pairs for each.
final class CallLinesSwift: Sink {
    static let name = "call-lines-swift"
    static let summary = "calls as lines of key=value"
    static let options = [Option("min", .duration, default: "0ns", "calls that took less are left out")]
    static let subscriptions = [Subscription([.calls, .signals, .losses], of: "all", needsMemory: true)]

    private let host: Host
    private let shortest: UInt64
    private var start: UInt64 = 0

    init(_ host: Host) throws {
        self.host = host
        shortest = host.integer("min") ?? 0
    }

    func consume(_ event: Event) throws {
        if start == 0 { start = event.header.enter_time > 0 ? event.header.enter_time : event.time }
        if event.kind == .calls, event.duration ?? 0 < shortest { return }
        // Nanoseconds since the first one began; one that began earlier may come later.
        var line = "t=\(Int64(event.time) - Int64(start)) tid=\(event.tid)"
        if event.kind == .losses { line += " lost=\(event.header.count)" }
        if let name = event.name { line += event.kind == .signals ? " signal=\(name)" : " call=\(name)" }
        if let arguments = event.arguments { line += " args=\(arguments)" }
        if let result = event.result { line += " result=\(result)" }
        if let error = event.error { line += " error=\(error)" }
        if let duration = event.duration { line += " ns=\(duration)" }
        try host.write(line + "\n")
    }

    /// What detectors conclude, too.
    func report(_ finding: Finding) throws { try host.write("finding=\(finding.detector)/\(finding.rule)\n") }

    func finish(_ account: Account) throws { try host.write("events=\(account.delivered) lost=\(account.lost)\n") }
}
