import Foundation
import Testing

/// What a collector gets, by every road: opentelemetry-proto decodes it, gRPC's own server or Python's takes it.
@Suite(.enabled(if: Receiver.python != nil)) struct OTLPTests {
    struct Road: Sendable, CustomTestStringConvertible {
        var kind: String
        var options: String
        var testDescription: String { options }
    }

    static let roads = [
        Road(kind: "grpc", options: "protocol=grpc"),
        Road(kind: "grpc", options: "protocol=grpc,compression=gzip"),
        Road(kind: "http", options: "protocol=http/protobuf"),
        Road(kind: "http", options: "protocol=http/protobuf,compression=gzip"),
        Road(kind: "http", options: "protocol=http/json"),
    ]

    /// A run whose text lies beside what a collector got.
    private func trace(
        _ road: Road, _ arguments: [String], environment: [String: String] = [:], receiver: [String] = []
    ) throws -> (received: Received, text: [Substring], outcome: Renacer.Outcome) {
        let collector = try Receiver(arguments: [road.kind] + receiver)
        let file = Renacer.scratch()
        let outcome = try Renacer.run(
            ["--sink", "strace:\(file)", "--sink", "otlp:http://127.0.0.1:\(collector.port),timeout=300s,\(road.options)"] + arguments,
            environment: environment)
        return (try collector.finish(), Renacer.text(file).split(separator: "\n"), outcome)
    }

    @Test(arguments: roads) func everyCallArrivesOnce(_ road: Road) throws {
        let (got, text, outcome) = try trace(road, ["-f", "-qq", "--", "sh", "-c", "/bin/cat /etc/hostname; exit 3"])
        #expect(outcome.status == 3)
        #expect(outcome.errors == "")
        let calls = text.filter { $0.contains("(") && !$0.contains("resumed>") && !$0.contains(" --- ") && !$0.hasPrefix("---") }
        #expect(got.calls.count == calls.count)
        #expect(Set(got.spans.map(\.id)).count == got.spans.count)
        // In the text's order, call by call: the spans' starts are the lines' order.
        let names = calls.map { line in
            let call = line.hasPrefix("[") ? line.drop { $0 != "]" }.dropFirst(2) : line
            return String(call.prefix { $0 != "(" })
        }
        #expect(got.calls.sorted { ($0.start, $0.end) < ($1.start, $1.end) }.map(\.name) == names)
        #expect(got.resources.allSatisfy { $0["service.name"] == .string("sh") })
    }

    @Test func theTreeIsThatOfTheTasks() throws {
        let (got, _, _) = try trace(Self.roads[2], ["-f", "-qq", "--", "sh", "-c", "/bin/true; /bin/true; kill -9 $$"])
        let root = try #require(got.roots.first)
        #expect(got.roots.count == 1)
        #expect(root.parent == "")
        #expect(Set(got.spans.map(\.trace)) == [root.trace])
        let byID = Dictionary(uniqueKeysWithValues: got.spans.map { ($0.id, $0) })
        for span in got.spans where span.id != root.id {
            let parent = try #require(byID[span.parent])
            #expect(parent.start <= span.start && span.end <= parent.end, "\(span.name) in \(parent.name)")
        }
        let threads = Set(got.threads.map(\.id)), processes = Set(got.processes.map(\.id))
        #expect(got.calls.allSatisfy { threads.contains($0.parent) })
        #expect(got.threads.allSatisfy { processes.contains($0.parent) })
        // The shell is the command's process, and its children are its.
        let shell = try #require(got.processes.first { $0.parent == root.id })
        #expect(got.processes.filter { $0.parent == shell.id }.count == 2)
        #expect(shell.attributes["process.exit.signal"] == .string("SIGKILL"))
        #expect(shell.status == 2)
        #expect(root.message == "killed by SIGKILL")
        let child = try #require(got.processes.first { $0.parent == shell.id })
        #expect(child.attributes["process.parent_pid"] == shell.attributes["process.pid"])
        #expect(child.attributes["process.executable.name"] == .string("true"))
        #expect(child.attributes["process.exit.code"] == .int(0))
    }

    @Test func timesAndValuesAreTheTexts() throws {
        let (got, text, _) = try trace(
            Self.roads[2], ["-qq", "-ttt", "-T", "-e", "trace=openat,read,close", "--", "cat", "/etc/hostname", "/no/such/file"])
        let calls = got.calls.sorted { $0.start < $1.start }
        #expect(calls.count == text.filter { $0.contains("(") }.count)
        for (line, span) in zip(text, calls) {
            // 1700000000.123456 openat(… <0.000123>
            let at = try #require(Double(line.prefix { $0 != " " }))
            let took = try #require(Double(line.split(separator: "<").last?.dropLast() ?? ""))
            #expect(abs(Double(span.start) / 1e9 - at) < 2e-6, "\(line)")
            #expect(abs(Double(span.end - span.start) / 1e9 - took) < 2e-6, "\(line)")
        }
        let failed = try #require(calls.first { $0.attributes["syscall.arg.pathname"] == .string("/no/such/file") })
        #expect(failed.attributes["error.type"] == .string("ENOENT"))
        #expect(failed.attributes["syscall.result"] == .int(-1))
        #expect(failed.status == 2)
        #expect(failed.message == "No such file or directory")
        #expect(failed.attributes["syscall.arg.flags"] == .string("O_RDONLY"))
        #expect(failed.attributes["syscall.arg.dirfd"] == .string("AT_FDCWD"))
    }

    @Test func bytesThatAreNotTextAreEscapedAndSaidToBe() throws {
        let (got, _, _) = try trace(Self.roads[4], ["-qq", "-e", "trace=write", "--", "printf", "\\377\\001a\\303\\251"])
        #expect(got.calls.first?.attributes["syscall.arg.buf"] == .string("\\xff\\x01a\\xc3\\xa9"))
        #expect(got.calls.first?.attributes["syscall.arg.buf.escaped"] == .bool(true))
        let long = try trace(Self.roads[4], ["-qq", "-s", "4", "-e", "trace=write", "--", "printf", "caf\\303\\251s"]).received
        // The character that the limit cuts is left out rather than broken.
        #expect(long.calls.first?.attributes["syscall.arg.buf"] == .string("caf"))
        #expect(long.calls.first?.attributes["syscall.arg.buf.truncated"] == .bool(true))
    }

    @Test func anOuterTraceIsJoinedAndPassedOn() throws {
        let outer = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let collector = try Receiver(arguments: ["http"])
        let outcome = try Renacer.run(
            ["--otlp", "http://127.0.0.1:\(collector.port)", "-e", "none", "--", "sh", "-c", "echo $TRACEPARENT"],
            environment: ["TRACEPARENT": outer, "TRACESTATE": "a=b"])
        let root = try #require(try collector.finish().roots.first)
        #expect(root.trace == "0af7651916cd43dd8448eb211c80319c")
        #expect(root.parent == "b7ad6b7169203331")
        #expect(root.state == "a=b")
        #expect(outcome.output == "00-\(root.trace)-\(root.id)-01\n")
    }

    @Test func theEnvironmentSaysWhereAndHow() throws {
        let collector = try Receiver(arguments: ["http"])
        let outcome = try Renacer.run(["--sink", "otlp", "-e", "none", "--", "true"], environment: [
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:\(collector.port)/base",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:\(collector.port)/own/traces",
            "OTEL_EXPORTER_OTLP_HEADERS": "x-key=a%20b,x-other=c", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
            "OTEL_SERVICE_NAME": "name", "OTEL_RESOURCE_ATTRIBUTES": "service.name=not,deployment.environment.name=t%C3%A9st",
        ])
        #expect(outcome.errors == "")
        let got = try collector.finish()
        #expect(Set(got.requests.map { $0.path ?? "" }) == ["/own/traces", "/base/v1/logs"])
        #expect(got.requests.allSatisfy { $0.headers["x-key"] == "a b" && $0.headers["x-other"] == "c" && $0.headers["content-encoding"] == "gzip" })
        #expect(got.resources.first == ["service.name": .string("name"), "deployment.environment.name": .string("tést")])
    }

    @Test(arguments: [
        (["--otlp", "localhost:4317"], "'localhost:4317' is no URL of a collector"),
        (["--otlp", "http://h:99999"], "'99999' is no port"),
        (["--sink", "otlp"], "OTEL_EXPORTER_OTLP_ENDPOINT"),
        (["--otlp-timeout", "3s"], "--otlp-timeout is for --otlp URL"),
        (["--trace-parent", "00-1-2-3", "--otlp", "http://h"], "--trace-parent: '00-1-2-3' is not 00-TRACE-SPAN-FLAGS"),
    ]) func whatCannotBeIsSaidBeforeTheProgramStarts(_ arguments: [String], _ message: String) throws {
        let outcome = try Renacer.run(arguments + ["--", "echo", "started"])
        #expect(outcome.errors.contains(message))
        #expect(outcome.output == "")
        #expect(outcome.status != 0)
    }

    @Test func signalsAreEventsAndLogRecords() throws {
        let (got, _, _) = try trace(Self.roads[0], ["-qq", "-f", "--", "sh", "-c", "/bin/true; :"])
        let record = try #require(got.logs.first { $0.body == .string("SIGCHLD") })
        let thread = try #require(got.threads.first { $0.id == record.span })
        let event = try #require(thread.events.first { $0.name == "signal" })
        #expect(event.attributes["syscall.signal"] == .string("SIGCHLD"))
        #expect(event.time == record.time)
        #expect(thread.start <= event.time && event.time <= thread.end)
    }

    @Test func theSummaryIsMetrics() throws {
        let (got, _, _) = try trace(Self.roads[0], ["-qq", "--", "cat", "/no/such/file"])
        for (name, spans) in Dictionary(grouping: got.calls, by: \.name) {
            let of = { (metric: String) in got.metrics.first { $0.name == metric && $0.attributes["syscall.name"] == .string(name) } }
            #expect(of("syscall.duration")?.count == "\(spans.count)")
            #expect(of("syscall.errors")?.value == spans.filter { $0.status == 2 }.count)
        }
    }

    @Test func shortCallsBecomeOneSpanWithCounts() throws {
        let (got, text, _) = try trace(
            Road(kind: "http", options: "min-duration=10s"), ["-qq", "--", "dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=100"])
        let reads = try #require(got.calls.first { $0.name == "read" })
        let lines = text.filter { $0.hasPrefix("read(") }.count
        #expect(got.calls.filter { $0.name == "read" }.compactMap { $0.attributes["syscall.count"]?.number }.reduce(0, +) == Int64(lines))
        #expect(reads.attributes["syscall.errors"] == .int(0))
        #expect(got.calls.count < 60)
    }
}
