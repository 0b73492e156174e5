/// What an OTLP sink sends, where and how.
public struct OTLPOptions: Sendable {
    /// How messages travel.
    public enum Transport: String, Sendable, CaseIterable {
        case grpc
        case protobuf = "http/protobuf"
        case json = "http/json"
    }

    /// A kind of telemetry, each of which has an endpoint of its own.
    public enum Signal: Int, Sendable, CaseIterable {
        case traces, logs, metrics

        /// What one item of it is called.
        var noun: String { ["spans", "log records", "metrics"][rawValue] }
        var name: String { ["traces", "logs", "metrics"][rawValue] }
        /// The service and method of gRPC, which is also the path.
        var method: String {
            let service = ["trace.v1.Trace", "logs.v1.Logs", "metrics.v1.Metrics"][rawValue]
            return "/opentelemetry.proto.collector.\(service)Service/Export"
        }
    }

    /// Where one kind of telemetry goes.
    public struct Endpoint: Sendable, Equatable {
        /// The whole URL, the path of the signal or the method included.
        public var url: String
        public var transport: Transport
        /// `name: value`
        public var headers: [String] = []
        public var compresses = false
        /// Nanoseconds after which a request is given up and tried again.
        public var timeout: UInt64 = 10_000_000_000
        /// Files: certificates to trust, one to show, and its key.
        public var trusted: String?
        public var certificate: String?
        public var key: String?

        public init(url: String, transport: Transport) {
            self.url = url
            self.transport = transport
        }
    }

    /// By signal; nil: that signal is not sent.
    public var endpoints: [Endpoint?] = [nil, nil, nil]
    /// Attributes of the resource: who speaks.
    public var resource: [(name: String, value: String)] = []
    /// The root span's own context, and what it is a child of.
    public var context = TraceContext.random()
    public var parent: TraceContext?
    /// The command, for the root span; empty when running processes are traced.
    public var command: [String] = []
    /// The file that is executed.
    public var executable = ""
    /// Calls shorter than this many nanoseconds are folded; 0: none is.
    public var minimumDuration: UInt64 = 0
    /// `-i`
    public var showsInstructionPointer = false
    /// Nanoseconds that sending may take once the trace has ended.
    public var timeout: UInt64 = 10_000_000_000
    /// Bytes that wait to be sent.
    public var queueLimit = 32 << 20
    /// When that is full the program waits; otherwise what comes is dropped and counted.
    public var isExact = false
    /// The version of renacer.
    public var version = ""

    public init() {}

    public subscript(signal: Signal) -> Endpoint? { endpoints[signal.rawValue] }
}
