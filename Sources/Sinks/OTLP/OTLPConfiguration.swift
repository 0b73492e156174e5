// Where telemetry goes and how, from an URL, options and the environment's OTEL_ variables
// (opentelemetry.io/docs/specs/otel/protocol/exporter).

/// What was said of an OTLP sink, before the environment is asked.
public struct OTLPRequest: Sendable {
    /// `http://HOST:PORT`, with or without a path; nil: the environment says.
    public var url: String?
    public var transport: OTLPOptions.Transport?
    public var compresses: Bool?
    /// ns
    public var timeout: UInt64?
    public var trusted: String?
    public var service: String?
    /// Signals that are not wanted.
    public var without: Set<OTLPOptions.Signal> = []

    public init() {}
}

/// One line: what cannot be, and what to say instead.
public struct OTLPRefusal: Error {
    public let message: String
}

extension OTLPOptions {
    /// - Parameter environment: the value of a variable; nil if it is unset.
    /// - Parameter program: what the service is called if nobody says.
    public init(_ request: OTLPRequest, program: String, environment: @escaping (String) -> String?) throws(OTLPRefusal) {
        // An empty variable counts as unset.
        let variable = { (name: String) in environment(name).flatMap { $0.isEmpty ? nil : $0 } }
        let of = { (signal: Signal, name: String) in
            variable("OTEL_EXPORTER_OTLP_\(signal.name.uppercased())_\(name)") ?? variable("OTEL_EXPORTER_OTLP_\(name)")
        }
        for signal in Signal.allCases where !request.without.contains(signal) {
            if signal != .traces || request.url == nil, variable("OTEL_\(signal.name.uppercased())_EXPORTER") == "none" { continue }
            endpoints[signal.rawValue] = try Self.endpoint(signal, request, variable, of)
        }
        let general = try Self.milliseconds(variable("OTEL_EXPORTER_OTLP_TIMEOUT"))
        timeout = request.timeout ?? general ?? timeout
        try Self.resource(request, program, variable).forEach { resource.append($0) }
    }

    private static func endpoint(
        _ signal: Signal, _ request: OTLPRequest, _ variable: (String) -> String?, _ of: (Signal, String) -> String?
    ) throws(OTLPRefusal) -> Endpoint {
        let own = "OTEL_EXPORTER_OTLP_\(signal.name.uppercased())_ENDPOINT"
        let whole = request.url == nil ? variable(own) : nil
        let base = request.url ?? whole ?? variable("OTEL_EXPORTER_OTLP_ENDPOINT")
        guard let base else {
            throw OTLPRefusal(message: "where to? --otlp http://HOST:4318, or the variable OTEL_EXPORTER_OTLP_ENDPOINT")
        }
        let origin = request.url != nil ? "" : whole != nil ? "\(own): " : "OTEL_EXPORTER_OTLP_ENDPOINT: "
        let url = try CollectorURL(base, origin)
        let said = try transport(of(signal, "PROTOCOL"))
        let transport = request.transport ?? said ?? (url.port == 4317 ? .grpc : .protobuf)
        var endpoint = Endpoint(url: url.address(signal, transport, isWhole: whole != nil), transport: transport)
        endpoint.headers = try headers(of(signal, "HEADERS"))
        let compresses = try compression(of(signal, "COMPRESSION"))
        endpoint.compresses = request.compresses ?? compresses
        if let timeout = try milliseconds(of(signal, "TIMEOUT")) { endpoint.timeout = timeout }
        endpoint.trusted = request.trusted ?? of(signal, "CERTIFICATE")
        endpoint.certificate = of(signal, "CLIENT_CERTIFICATE")
        endpoint.key = of(signal, "CLIENT_KEY")
        return endpoint
    }

    private static func transport(_ value: String?) throws(OTLPRefusal) -> Transport? {
        guard let value else { return nil }
        if let transport = Transport(rawValue: value) { return transport }
        throw OTLPRefusal(message: "OTEL_EXPORTER_OTLP_PROTOCOL: '\(value)' is none of grpc, http/protobuf and http/json")
    }

    private static func compression(_ value: String?) throws(OTLPRefusal) -> Bool {
        switch value {
        case nil, "none": return false
        case "gzip": return true
        case let other?: throw OTLPRefusal(message: "OTEL_EXPORTER_OTLP_COMPRESSION: '\(other)' is neither gzip nor none")
        }
    }

    private static func milliseconds(_ value: String?) throws(OTLPRefusal) -> UInt64? {
        guard let value else { return nil }
        guard let ms = UInt64(value), ms > 0, ms <= 86_400_000 else {
            throw OTLPRefusal(message: "OTEL_EXPORTER_OTLP_TIMEOUT: '\(value)' is no number of milliseconds up to a day")
        }
        return ms * 1_000_000
    }

    /// `name=value,…`, percent-encoded as W3C Baggage has it.
    private static func headers(_ value: String?) throws(OTLPRefusal) -> [String] {
        var lines: [String] = []
        for (name, text) in try pairs(value, "OTEL_EXPORTER_OTLP_HEADERS") {
            let line = "\(name.lowercased()): \(text)"
            guard line.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }), !name.utf8.contains(0x3a) else {
                throw OTLPRefusal(message: "OTEL_EXPORTER_OTLP_HEADERS: the header '\(name)' holds what no header may")
            }
            lines.append(line)
        }
        return lines
    }

    private static func pairs(_ value: String?, _ origin: String) throws(OTLPRefusal) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        for part in (value ?? "").split(separator: ",") {
            let name = trimmed(part.prefix { $0 != "=" })
            guard name.count < part.count, !name.isEmpty, part.contains("=") else {
                throw OTLPRefusal(message: "\(origin): '\(part)' is not NAME=VALUE")
            }
            let rest = trimmed(part[part.index(after: part.firstIndex(of: "=") ?? part.startIndex)...])
            pairs.append((name, percentDecoded(rest)))
        }
        return pairs
    }

    private static func trimmed(_ s: Substring) -> String {
        var s = s
        while s.first == " " || s.first == "\t" { s.removeFirst() }
        while s.last == " " || s.last == "\t" { s.removeLast() }
        return String(s)
    }

    static func percentDecoded(_ s: String) -> String {
        var bytes: [UInt8] = [], rest = Array(s.utf8)[...]
        while let b = rest.popFirst() {
            if b == 0x25, rest.count >= 2, let v = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
                bytes.append(v)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(b)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func resource(
        _ request: OTLPRequest, _ program: String, _ variable: (String) -> String?
    ) throws(OTLPRefusal) -> [(name: String, value: String)] {
        var found = try pairs(variable("OTEL_RESOURCE_ATTRIBUTES"), "OTEL_RESOURCE_ATTRIBUTES")
        if let name = request.service ?? variable("OTEL_SERVICE_NAME") {
            found.removeAll { $0.name == "service.name" }
            found.insert(("service.name", name), at: 0)
        } else if !found.contains(where: { $0.name == "service.name" }) {
            found.insert(("service.name", program.isEmpty ? "unknown_service:renacer" : program), at: 0)
        }
        return found
    }
}

/// `http[s]://HOST[:PORT][/PATH]`
struct CollectorURL {
    let base: String
    let port: Int

    init(_ text: String, _ origin: String) throws(OTLPRefusal) {
        let isTLS = text.hasPrefix("https://")
        guard isTLS || text.hasPrefix("http://") else {
            throw OTLPRefusal(message: "\(origin)'\(text)' is no URL of a collector, such as http://localhost:4318")
        }
        let rest = text.dropFirst(isTLS ? 8 : 7)
        let host = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let address = host.split(separator: "@", omittingEmptySubsequences: false).last ?? host
        guard !address.isEmpty, address.first != ":", text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), !rest.contains("?"), !rest.contains("#")
        else { throw OTLPRefusal(message: "\(origin)'\(text)' names no host, or says more than a path") }
        let behind = address.last == "]" ? "" : address.split(separator: ":").dropFirst().last.map(String.init) ?? ""
        guard address.last != ":", behind.isEmpty || UInt16(behind) != nil else { throw OTLPRefusal(message: "\(origin)'\(text)': '\(behind)' is no port") }
        port = Int(behind) ?? (isTLS ? 443 : 80)
        base = rest.last == "/" ? String(text.dropLast()) : text
    }

    /// - Parameter isWhole: the URL is that of the signal already.
    func address(_ signal: OTLPOptions.Signal, _ transport: OTLPOptions.Transport, isWhole: Bool) -> String {
        if transport == .grpc { return base + signal.method }
        if isWhole { return base }
        // Somebody gave the URL of traces for all: those of the others lie beside it.
        let stem = base.hasSuffix("/v1/traces") ? String(base.dropLast("/v1/traces".count)) : base
        return "\(stem)/v1/\(signal.name)"
    }
}
