import RenacerCore
import RenacerProtobuf

// What happens at a moment: an event of a span, and a log record.

/// Something that happened, before it is written in either form.
struct Moment {
    var name: Name
    /// ns of CLOCK_MONOTONIC
    var time: UInt64
    var severity: Severity
    /// What a log record says; the name, if empty.
    var body = ""

    /// `SeverityNumber`
    enum Severity: UInt64 {
        case info = 9, info2 = 10, warn = 13, error = 17

        var text: Name {
            switch self {
            case .info, .info2: "INFO"
            case .warn: "WARN"
            case .error: "ERROR"
            }
        }
    }
}

extension OTLPSink {
    /// - Parameter attributes: writes them to fields of that tag.
    func moment(_ moment: Moment, _ span: OpenSpan, _ attributes: (ProtobufWriter, Tag) -> Void) {
        scratch.truncate(to: 0)
        let event = scratch.begin(Proto.Span.events)
        scratch.fixed64(Proto.Event.timeUnixNano, realtime(moment.time))
        scratch.string(Proto.Event.name, moment.name)
        attributes(scratch, Proto.Event.attributes)
        scratch.end(event)
        span.add(event: scratch.bytes)
        exporter.add(.logs) { w in
            let record = w.begin(Proto.ScopeLogs.logRecords)
            w.fixed64(Proto.LogRecord.timeUnixNano, realtime(moment.time))
            w.fixed64(Proto.LogRecord.observedTimeUnixNano, realtime(moment.time))
            w.varint(Proto.LogRecord.severityNumber, moment.severity.rawValue)
            w.string(Proto.LogRecord.severityText, moment.severity.text)
            let body = w.begin(Proto.LogRecord.body)
            if moment.body.isEmpty { w.string(Proto.AnyValue.stringValue, moment.name) } else { w.string(Proto.AnyValue.stringValue, moment.body) }
            w.end(body)
            attributes(w, Proto.LogRecord.attributes)
            w.id(Proto.LogRecord.traceId, options.context.trace)
            w.id(Proto.LogRecord.spanId, span.id)
            w.string(Proto.LogRecord.eventName, moment.name)
            w.end(record)
        }
    }

    func took(_ signal: Signal, _ event: borrowing Event) {
        let thread = thread(event.tid, event.pid, event.time)
        let name = Self.signalName(signal.number)
        let m = Moment(name: signal.isStop ? "signal.stop" : "signal", time: event.time, severity: .info, body: "\(name)")
        let info = signal.info
        moment(m, thread) { w, field in
            w.attribute(field, "syscall.signal", name)
            w.attribute(field, "thread.id", Int64(thread.tid))
            // siginfo_t: si_code, and of signals that somebody sent the sender's id (sigaction(2)).
            guard let info, info.count >= 20 else { return }
            let code = info.loadUnaligned(fromByteOffset: 8, as: Int32.self)
            w.attribute(field, "syscall.signal.code", Int64(code))
            if code <= 0 { w.attribute(field, "syscall.signal.pid", Int64(info.loadUnaligned(fromByteOffset: 16, as: Int32.self))) }
        }
    }

    func took(_ loss: Loss) {
        let m = Moment(name: "loss", time: loss.to, severity: .warn, body: "lost \(loss.count) events: \(loss.cause.rawValue)")
        moment(m, root) { w, field in
            w.attribute(field, "syscall.lost", loss.count)
            w.attribute(field, "syscall.lost.cause", loss.cause.rawValue)
            w.attribute(field, "syscall.lost.from", realtime(loss.from))
            w.attribute(field, "syscall.lost.to", realtime(loss.to))
        }
    }

    public func report(_ finding: Finding) throws(TraceError) {
        let severity: Moment.Severity = switch finding.severity {
        case .information: .info
        case .low: .info2
        case .medium: .warn
        case .high: .error
        }
        let span = finding.tasks.lazy.compactMap { self.threads[$0] }.first ?? root
        moment(Moment(name: "finding", time: finding.to, severity: severity, body: finding.title), span) { w, field in
            w.attribute(field, "syscall.finding.detector", finding.detector)
            w.attribute(field, "syscall.finding.rule", finding.rule)
            w.attribute(field, "syscall.finding.severity", finding.severity.rawValue)
            w.attribute(field, "syscall.finding.confidence", finding.confidence)
            if finding.isInconclusive { w.attribute(field, "syscall.finding.inconclusive", true) }
            w.attribute(field, "syscall.finding.title", finding.title)
            if !finding.reason.isEmpty { w.attribute(field, "syscall.finding.reason", finding.reason) }
            if !finding.advice.isEmpty { w.attribute(field, "syscall.finding.advice", finding.advice) }
            w.attribute(field, "syscall.finding.from", realtime(finding.from))
            w.attribute(field, "syscall.finding.to", realtime(finding.to))
            if !finding.tasks.isEmpty { w.attribute(field, "syscall.finding.tasks", finding.tasks.map { String($0) }) }
            if !finding.evidence.isEmpty { w.attribute(field, "syscall.finding.evidence") { evidence(finding, $0) } }
        }
    }

    /// A structure of measurements by name.
    private func evidence(_ finding: Finding, _ w: ProtobufWriter) {
        let list = w.begin(Proto.AnyValue.kvlistValue)
        for (e, key) in zip(finding.evidence, finding.evidenceKeys) {
            let pair = w.begin(Proto.KeyValueList.values)
            w.string(Proto.KeyValue.key, key)
            let value = w.begin(Proto.KeyValue.value)
            switch e.value {
            case .number(let v): w.double(Proto.AnyValue.doubleValue, v)
            case .text(let v): w.string(Proto.AnyValue.stringValue, v)
            }
            w.end(value)
            w.end(pair)
        }
        w.end(list)
    }
}
