import Foundation
import Testing

/// What detectors find and what is lost, at a collector and in Perfetto: the same as in the JSON document of the run.
@Suite(.enabled(if: Receiver.python != nil)) struct FindingsInTracesTests {
    private typealias Value = Received.Value

    private struct Document: Decodable {
        var start_unix_ns: UInt64
        var findings: [Finding]
        var loss: [Loss]
    }

    private struct Finding: Decodable {
        var detector, rule, severity, title: String
        var confidence: Value
        var from_ns, to_ns: UInt64
        var tasks: [Int]
        var evidence: [Evidence]
    }

    private struct Evidence: Decodable {
        var name: String
        var value: Value
        var unit: String?
        var key: String { unit.map { "\(name) (\($0))" } ?? name }
    }

    private struct Loss: Decodable {
        var cause: String
        var count: Int64
        var from_ns, to_ns: UInt64
    }

    /// One run through the three sinks.
    private func trace(_ arguments: [String]) throws -> (document: Document, received: Received, perfetto: PerfettoTests.Trace, outcome: Renacer.Outcome) {
        let collector = try Receiver(arguments: ["http"])
        let json = Renacer.scratch(), perfetto = Renacer.scratch()
        // On a busy machine a collector in Python may take longer than a trace's end waits by default.
        let outcome = try Renacer.run([
            "--sink", "json:\(json)", "--sink", "perfetto:\(perfetto)", "--sink", "otlp:http://127.0.0.1:\(collector.port),timeout=300s",
        ] + arguments)
        let received = try collector.finish()
        return (
            try JSONDecoder().decode(Document.self, from: Data(Renacer.text(json).utf8)), received, try PerfettoTests.read(perfetto), outcome
        )
    }

    @Test func findingsAreSpanEventsLogRecordsAndInstants() throws {
        let program = try BuiltProgram(["main.c": """
            #include <fcntl.h>
            #include <poll.h>
            #include <unistd.h>
            int main(void) {
                char c;
                int zero = open("/dev/zero", O_RDONLY);
                for (int i = 0; i < 200; i++) if (read(zero, &c, 1) != 1) return 1;
                for (int i = 0; i < 20; i++) poll(0, 0, 1);
                return 0;
            }
            """])
        try program.shell("cc -O1 -o program main.c")
        let (document, got, perfetto, outcome) = try trace(["--backend=ptrace", "--anomaly-detection", "--anomaly-threshold=0.001", program.path])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(document.findings.count > 1)

        let records = got.logs.filter { $0.event == "finding" }, root = try #require(got.roots.first)
        #expect(records.count == document.findings.count)
        #expect(got.spans.flatMap(\.events).count { $0.name == "finding" } == records.count)
        for (finding, record) in zip(document.findings, records) {
            #expect(record.body == .string(finding.title))
            #expect(record.severity == ["information": 9, "low": 10, "medium": 13, "high": 17][finding.severity])
            #expect(record.time == document.start_unix_ns + finding.to_ns)
            let a = record.attributes
            #expect(a["syscall.finding.title"] == .string(finding.title))
            #expect(a["syscall.finding.detector"] == .string(finding.detector))
            #expect(a["syscall.finding.rule"] == .string(finding.rule))
            #expect(a["syscall.finding.severity"] == .string(finding.severity))
            #expect(a["syscall.finding.confidence"] == finding.confidence)
            #expect(a["syscall.finding.from"] == .int(Int64(document.start_unix_ns + finding.from_ns)))
            #expect(a["syscall.finding.evidence"] == evidence(finding))
            // With its thread, if it is about one.
            let span = try #require(got.spans.first { $0.id == record.span })
            if let task = finding.tasks.first { #expect(span.attributes["thread.id"] == .int(Int64(task))) } else { #expect(span.id == root.id) }
            #expect(record.trace == root.trace)
            #expect(span.events.contains { $0.name == "finding" && $0.time == record.time && $0.attributes == a })
        }

        let instants = perfetto.instants.filter { $0.name == "finding" }
        #expect(instants.count == document.findings.count)
        for finding in document.findings {
            let instant = try #require(instants.first { $0.args["title"] == .string(finding.title) })
            #expect(instant.args["detector"] == .string(finding.detector))
            #expect(instant.args["rule"] == .string(finding.rule))
            #expect(instant.args["severity"] == .string(finding.severity))
            #expect(instant.args["confidence"] == finding.confidence)
            #expect(instant.args["evidence"] == evidence(finding))
            #expect(instant.track.tid == finding.tasks.first)
        }
    }

    private func evidence(_ finding: Finding) -> Value {
        .record(Dictionary(uniqueKeysWithValues: finding.evidence.map { ($0.key, $0.value) }))
    }

    /// More than is ever captured of one call is lost for certain.
    @Test func lossIsToldEverywhereTwice() throws {
        let (document, got, perfetto, outcome) = try trace([
            "--backend=bpf", "--ring-size=64M", "-s", "30000000", "-e", "trace=write", "--",
            "dd", "if=/dev/zero", "of=/dev/null", "bs=20000000", "count=1", "status=none",
        ])
        guard !outcome.errors.contains("needs CAP_") else { return }
        let loss = try #require(document.loss.first)
        #expect(document.loss.count == 1 && loss.count == 1)

        // When it happened,
        let record = try #require(got.logs.first { $0.event == "loss" }), root = try #require(got.roots.first)
        #expect(record.body == .string("lost 1 events: \(loss.cause)"))
        #expect(record.severity == 13)
        #expect(record.time == document.start_unix_ns + loss.to_ns)
        #expect(record.attributes["syscall.lost"] == .int(1))
        #expect(record.attributes["syscall.lost.cause"] == .string(loss.cause))
        #expect(record.attributes["syscall.lost.from"] == .int(Int64(document.start_unix_ns + loss.from_ns)))
        #expect(record.span == root.id)
        #expect(root.events.contains { $0.name == "loss" && $0.time == record.time && $0.attributes == record.attributes })
        // and at the end.
        #expect(root.attributes["renacer.lost"] == .int(1))
        let metric = try #require(got.metrics.first { $0.name == "syscall.lost" })
        #expect(metric.value == 1 && metric.attributes["syscall.lost.cause"] == .string(loss.cause))

        for name in ["lost events", "lost in all"] {
            let instant = try #require(perfetto.instants.first { $0.name == name })
            #expect(instant.args["count"] == .int(1))
            #expect(instant.args["cause"] == .string(loss.cause))
            #expect(instant.track.tid == nil)
        }
    }
}
