import Glibc
import RenacerCore
import RenacerOTLP

extension SinkRegistration {
    static let otlp = SinkRegistration(
        name: "otlp", help: "spans, log records and metrics for an OpenTelemetry collector", place: .service("http[s]://HOST[:PORT]"),
        needs: { $0["traces"] == "false" && $0["logs"] == "false" ? [] : [.decoding, .signals, .entries, .commands, .places] },
        options: [
            .init("protocol", .choice(OTLPOptions.Transport.allCases.map(\.rawValue)), "how messages travel; by the port: 4317 grpc, others http/protobuf"),
            .init("compression", .choice(["gzip", "none"]), "of requests (none)"),
            .init("timeout", .duration, "how long sending may take when the trace has ended (10s)"),
            .init("min-duration", .duration, "fold calls shorter than this into one span with counts"),
            .init("traces", .flag, "send spans (true)"),
            .init("logs", .flag, "send signals, findings and losses as log records (true)"),
            .init("metrics", .flag, "send the summary as metrics (true)"),
            .init("service", .text("NAME"), "the resource's service.name (the program's name)"),
            .init("ca", .text("FILE"), "certificates to trust (the system's)"),
            .init("queue", .size(1 << 20...1 << 40), "bytes that may wait to be sent (32M)"),
        ]
    ) { (context) throws(UsageError) in
        let request = context.request, settings = context.settings
        var options = try request.otlpOptions(for: settings)
        options.isExact = settings.pipeline.plan.isExact
        options.version = Help.number
        options.showsInstructionPointer = settings.text.instructionPointer
        if let trace = settings.trace {
            options.context = trace.own
            options.parent = trace.parent
        }
        if let launch = settings.pipeline.plan.target.launch {
            options.command = launch.arguments
            options.executable = launch.file
        }
        let program = context.program
        return OTLPSink(
            options, decoding: settings.text.decoding, calls: settings.text.calls, inspector: context.inspector, places: context.places,
            realtimeOffset: context.settings.text.realtimeOffset ?? RealTime.offset, report: { Message.print($0, program: program) })
    }
}

extension SinkRequest {
    /// What the request and the environment's OTEL_ variables come to.
    func otlpOptions(for settings: Settings) throws(UsageError) -> OTLPOptions {
        var wanted = OTLPRequest()
        wanted.url = destination
        wanted.transport = self["protocol"].flatMap { OTLPOptions.Transport(rawValue: $0) }
        wanted.compresses = self["compression"].map { $0 == "gzip" }
        wanted.timeout = number("timeout")
        wanted.trusted = self["ca"]
        wanted.service = self["service"]
        wanted.without = Set(OTLPOptions.Signal.allCases.filter { self["\($0)"] == "false" })
        let program = settings.pipeline.plan.target.launch?.arguments.first?.split(separator: "/").last.map(String.init) ?? "renacer"
        do throws(OTLPRefusal) {
            var options = try OTLPOptions(wanted, program: program) { getenv($0).map { String(cString: $0) } }
            options.minimumDuration = number("min-duration") ?? 0
            if let queue = number("queue") { options.queueLimit = Int(queue) }
            return options
        } catch {
            throw UsageError("\(origin): \(error.message)")
        }
    }
}

extension Invocation {
    /// What flags say of all OTLP sinks.
    mutating func configureTelemetry(_ chosen: inout [SinkRequest]) throws(UsageError) {
        let services = chosen.indices.filter { chosen[$0].kind.place.isService }
        if services.isEmpty {
            let flag = otlpTimeout != nil ? "--otlp-timeout" : otlpMinimumDuration != nil ? "--otlp-min-duration" : nil
            if let flag { throw UsageError("\(flag) is for --otlp URL, which was not given") }
            if traceParent == nil { return }
            throw UsageError("--trace-parent is for --otlp URL, which was not given")
        }
        for i in services {
            if let otlpTimeout { try chosen[i].set("timeout=\(otlpTimeout)") }
            if let otlpMinimumDuration { try chosen[i].set("min-duration=\(otlpMinimumDuration)") }
            // What is wrong is said now, not when a file has been emptied.
            _ = try chosen[i].otlpOptions(for: settings)
        }
        var parent = traceParent ?? Self.variable("TRACEPARENT").flatMap { TraceContext(parsing: $0) }
        if parent != nil, traceParent == nil, let state = Self.variable("TRACESTATE") { parent?.state = state }
        settings.trace = (parent?.child() ?? .random(), parent)
    }

    /// The program's own spans, if it sends any, are children of the run's; `-E TRACEPARENT=` has the last word.
    func passTraceContext(_ plan: inout CapturePlan) {
        guard let trace = settings.trace, !environment.contains(where: { $0.hasPrefix("TRACEPARENT") }) else { return }
        plan.target.launch?.environment.removeAll { $0.hasPrefix("TRACEPARENT=") }
        plan.target.launch?.environment.append("TRACEPARENT=\(trace.own.description)")
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension SinkRegistration.Place {
    var isService: Bool {
        if case .service = self { true } else { false }
    }
}
