@_exported import CRenacerPlugin

/// What a plugin in Swift is made of: a `Detector` or a `Sink`.
///
/// Export it with one line, at the top level of the plugin's module:
///
///     @_cdecl("renacer_plugin_v1") public func plugin(_ host: PluginHost) -> PluginExport { export("my-plugin", version: "1.0", MyDetector.self) }
///
/// All functions are called on one thread, one at a time. What they throw is shown with the component's name, and ends it;
/// the trace goes on.
public protocol Component: AnyObject {
    /// As `--detector` or `--sink` spells it: lower case, digits and hyphens.
    static var name: String { get }
    /// One line.
    static var summary: String { get }
    static var options: [Option] { get }
    /// Events that it wants; nothing else is captured for it.
    static var subscriptions: [Subscription] { get }

    /// - Parameter host: serves this instance, as long as it lives.
    init(_ host: Host) throws
    /// The event is valid during the call only.
    func consume(_ event: Event) throws
    /// The trace is over: the last chance to report, or to write.
    func finish(_ account: Account) throws
    /// The tracer is about to wait.
    func idle() throws
}

extension Component {
    public static var options: [Option] { [] }
    public func idle() throws {}
}

/// Looks at events and reports findings.
public protocol Detector: Component {
    /// All rules that its findings may name, so that a user who misspells one is told. None: it does not say.
    static var rules: [String] { get }
}

extension Detector {
    public static var rules: [String] { [] }
}

/// Is given what is shown of a trace, and writes it: `--sink NAME[:DESTINATION][,OPTION=VALUE...]`.
public protocol Sink: Component {
    /// Who opens what it writes to.
    static var output: SinkOutput { get }
    /// A detector concluded something.
    func report(_ finding: Finding) throws
}

extension Sink {
    public static var output: SinkOutput { .stream }
    public func report(_ finding: Finding) throws {}
}

public enum SinkOutput: UInt32, Sendable {
    /// renacer does, as for its own sinks: `Host.write`.
    case stream
    /// The sink does: `Host.destination` says what.
    case own
}
