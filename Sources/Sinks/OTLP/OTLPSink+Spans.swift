import CLinux
import Glibc
import RenacerCore
import RenacerProtobuf

// Spans as messages.

extension OTLPSink {
    /// `SPAN_KIND_INTERNAL`
    private static let kind: UInt64 = 1
    /// `STATUS_CODE_ERROR`
    private static let error: UInt64 = 2

    private func span(
        _ w: ProtobufWriter, _ id: SpanID, parent: SpanID?, start: UInt64, end: UInt64, name: (ProtobufWriter) -> Void,
        _ body: (ProtobufWriter) -> Void
    ) {
        let span = w.begin(Proto.ScopeSpans.spans)
        w.id(Proto.Span.traceId, options.context.trace)
        w.id(Proto.Span.spanId, id)
        if let parent { w.id(Proto.Span.parentSpanId, parent) }
        name(w)
        w.varint(Proto.Span.kind, Self.kind)
        w.fixed64(Proto.Span.startTimeUnixNano, realtime(start))
        w.fixed64(Proto.Span.endTimeUnixNano, realtime(max(start, end)))
        body(w)
        w.end(span)
    }

    private func events(_ w: ProtobufWriter, of span: OpenSpan) {
        span.events.withUnsafeBytes { w.append($0) }
        if span.droppedEvents > 0 { w.varint(Proto.Span.droppedEventsCount, span.droppedEvents) }
    }

    private func failed(_ w: ProtobufWriter, _ type: Name, _ message: (ProtobufWriter) -> Void) {
        w.attribute(Proto.Span.attributes, "error.type", type)
        let status = w.begin(Proto.Span.status)
        message(w)
        w.varint(Proto.Status.code, Self.error)
        w.end(status)
    }

    // MARK: Calls

    func send(_ call: AssembledCall, _ thread: ThreadSpan) {
        let id = ids.next()
        exporter.add(.traces) { w in
            let start = call.start == 0 ? thread.start : call.start
            span(w, id, parent: thread.id, start: start, end: call.end, name: { name(call.call, $0) }) { w in
                w.attribute(Proto.Span.attributes, "syscall.number", Int64(call.call.number))
                if call.call.personality != .native { w.attribute(Proto.Span.attributes, "syscall.personality", "\(call.call.personality)") }
                w.append(values.bytes)
                outcome(call, w)
                about(call, w)
            }
        }
    }

    func name(_ call: Call, _ w: ProtobufWriter) {
        if let name = call.name { w.string(Proto.Span.name, name) } else { w.string(Proto.Span.name, Self.unknownName(call.number)) }
    }

    static func unknownName(_ number: Int) -> String {
        number == Call.unknownNumber ? "???" : "syscall_0x\(String(UInt32(truncatingIfNeeded: number), radix: 16))"
    }

    private func outcome(_ call: AssembledCall, _ w: ProtobufWriter) {
        let field = Proto.Span.attributes
        switch call.call.outcome {
        case .returned(let value):
            w.attribute(field, "syscall.result", value)
            if !values.result.isEmpty {
                w.attribute(field, "syscall.result.name") { $0.append(values.result) }
            }
        case .failed(let number):
            w.attribute(field, "syscall.result", -1 as Int64)
            w.attribute(field, "syscall.errno", Int64(number))
            let name = ConstantTable.errors.name(of: UInt64(UInt32(bitPattern: number)))
            failed(w, name ?? "errno") { w in
                if let meaning = ConstantTable.restartMeaning(number) {
                    w.string(Proto.Status.message, meaning)
                } else if let text = clinux_error_text(number) {
                    w.string(Proto.Status.message, UnsafeRawBufferPointer(start: text, count: strlen(text)))
                }
            }
        case .unfinished: w.attribute(field, "syscall.outcome", "unfinished" as Name)
        case .unavailable: w.attribute(field, "syscall.outcome", "unavailable" as Name)
        case .detached: w.attribute(field, "syscall.outcome", "detached" as Name)
        }
    }

    private func about(_ call: AssembledCall, _ w: ProtobufWriter) {
        let field = Proto.Span.attributes
        if !call.knowsEntry { w.attribute(field, "syscall.entry_unseen", true) }
        if call.isLate { w.attribute(field, "syscall.memory_late", true) }
        if call.call.tampering.contains(.injected) { w.attribute(field, "syscall.injected", true) }
        if call.call.tampering.contains(.arguments) { w.attribute(field, "syscall.injected.arguments", true) }
        if call.call.tampering.contains(.delayed) { w.attribute(field, "syscall.delayed", true) }
        if options.showsInstructionPointer, call.call.instructionPointer != 0 {
            w.attribute(field, "syscall.instruction_pointer") { $0.write(address: call.call.instructionPointer, .otlp) }
        }
        if let places { place(call.place, places.options, w) }
    }

    /// By the semantic conventions for source code: https://opentelemetry.io/docs/specs/semconv/registry/attributes/code/
    private func place(_ place: CallPlace, _ shown: PlaceFinder.Options, _ w: ProtobufWriter) {
        let field = Proto.Span.attributes
        if let function = place.source?.function { w.attribute(field, "code.function.name", function) }
        if case .line(let line) = place.source {
            w.attribute(field, "code.file.path", line.path)
            w.attribute(field, "code.line.number", Int64(line.line))
        }
        if let stack = place.stack, !stack.frames.isEmpty {
            w.attribute(field, "code.stacktrace", stack.lines(shown.lines).joined(separator: "\n"))
        }
    }

    /// Short calls of one kind as one span.
    func send(_ calls: FoldedCalls, _ key: StatisticsTable.Key, _ thread: ThreadSpan) {
        let id = ids.next(), s = calls.statistics
        exporter.add(.traces) { w in
            span(w, id, parent: thread.id, start: calls.start, end: calls.end, name: { name(key, $0) }) { w in
                let field = Proto.Span.attributes
                w.attribute(field, "syscall.number", Int64(key.number))
                w.attribute(field, "syscall.count", s.calls)
                w.attribute(field, "syscall.errors", s.errors)
                w.attribute(field, "syscall.duration.total", s.wall.total)
                w.attribute(field, "syscall.duration.min", s.wall.minimum)
                w.attribute(field, "syscall.duration.max", s.wall.maximum)
            }
        }
    }

    private func name(_ key: StatisticsTable.Key, _ w: ProtobufWriter) {
        if let row = SyscallTable.lookup(key.number, key.personality) {
            w.string(Proto.Span.name, row.name)
        } else {
            w.string(Proto.Span.name, Self.unknownName(key.number))
        }
    }

    // MARK: Tasks

    func send(_ thread: ThreadSpan, end: UInt64) {
        exporter.add(.traces) { w in
            let name = thread.command.isEmpty ? Array("thread".utf8) : thread.command
            span(w, thread.id, parent: thread.process.id, start: thread.start, end: end, name: { text($0, name) }) { w in
                w.attribute(Proto.Span.attributes, "thread.id", Int64(thread.tid))
                if !thread.command.isEmpty { w.attribute(Proto.Span.attributes, "thread.name", bytes: thread.command) }
                w.attribute(Proto.Span.attributes, "process.pid", Int64(thread.process.pid))
                events(w, of: thread)
            }
        }
    }

    /// A name that came from a tracee: always text.
    private func text(_ w: ProtobufWriter, _ bytes: [UInt8]) {
        w.string(Proto.Span.name, String(decoding: bytes, as: UTF8.self))
    }

    func send(_ process: ProcessSpan, end: UInt64) {
        exporter.add(.traces) { w in
            let name = process.command.isEmpty ? Array("process".utf8) : process.command
            span(w, process.id, parent: process.parent, start: process.start, end: end, name: { text($0, name) }) { w in
                let field = Proto.Span.attributes
                w.attribute(field, "process.pid", Int64(process.pid))
                if process.parentPid != 0 { w.attribute(field, "process.parent_pid", Int64(process.parentPid)) }
                if !process.command.isEmpty { w.attribute(field, "process.command", bytes: process.command) }
                if !process.executable.isEmpty {
                    w.attribute(field, "process.executable.path", bytes: process.executable)
                    let name = process.executable.split(separator: 0x2f).last.map { Array($0) } ?? []
                    w.attribute(field, "process.executable.name", bytes: name)
                }
                ending(process.end, w)
                events(w, of: process)
            }
        }
    }

    /// How a process ended; other than with 0 is an error.
    private func ending(_ end: ProcessEnd?, _ w: ProtobufWriter) {
        switch end {
        case .exited(let status):
            w.attribute(Proto.Span.attributes, "process.exit.code", Int64(status))
            if status != 0 { failed(w, "exit") { $0.string(Proto.Status.message, "exited with \(status)") } }
        case .killed(let number, let coreDumped):
            let name = Self.signalName(number)
            w.attribute(Proto.Span.attributes, "process.exit.signal", name)
            failed(w, name) { $0.string(Proto.Status.message, "killed by \(name)\(coreDumped ? " (core dumped)" : "")") }
        case nil: break
        }
    }

    static func signalName(_ number: Int32) -> Name {
        ConstantTable.signals.name(of: UInt64(UInt32(bitPattern: number))) ?? "signal"
    }

    func sendRoot(end: UInt64, _ account: Account) {
        exporter.add(.traces) { w in
            let name = options.command.first.map { $0.split(separator: "/").last.map(String.init) ?? $0 } ?? "renacer"
            span(w, root.id, parent: options.parent?.span, start: root.start, end: end, name: { $0.string(Proto.Span.name, name) }) { w in
                let field = Proto.Span.attributes
                if !options.command.isEmpty {
                    w.attribute(field, "process.command_args", options.command)
                    w.attribute(field, "process.executable.path", options.executable)
                }
                if account.totalLost > 0 { w.attribute(field, "renacer.lost", account.totalLost) }
                ending(self.end, w)
                events(w, of: root)
                if let state = options.parent?.state, !state.isEmpty { w.string(Proto.Span.traceState, state) }
                w.fixed32(Proto.Span.flags, options.context.isSampled ? 1 : 0)
            }
        }
    }
}
