import Foundation
import Testing

/// What arrives at a collector that is slow, away for a while, or does not want it; and what is said of the rest.
@Suite(.enabled(if: Receiver.python != nil)) struct OTLPDeliveryTests {
    /// Some thousand calls: several batches.
    private static let many = ["-qq", "--", "dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=2000"]

    private func lines(_ file: String) -> Int { Renacer.text(file).split(separator: "\n").filter { $0.contains("(") && !$0.contains("resumed>") }.count }

    /// Runs renacer with its text in a file beside a collector.
    private func run(_ port: Int, _ options: String, _ arguments: [String]) throws -> (outcome: Renacer.Outcome, calls: Int) {
        let file = Renacer.scratch()
        let outcome = try Renacer.run(["--sink", "strace:\(file)", "--sink", "otlp:http://127.0.0.1:\(port)\(options)"] + arguments)
        return (outcome, lines(file))
    }

    @Test(arguments: ["grpc", "http"]) func aSlowCollectorGetsEverything(_ kind: String) throws {
        let collector = try Receiver(arguments: [kind, "--delay", "0.2"])
        let (outcome, calls) = try run(collector.port, kind == "grpc" ? ",protocol=grpc" : "", Self.many)
        #expect(!outcome.errors.contains("otlp"))
        let got = try collector.finish()
        #expect(got.calls.count == calls)
        #expect(got.requests.filter { $0.signal == "traces" }.count > 2)
    }

    @Test(arguments: ["grpc", "http"]) func whatWasTurnedAwayForNowIsSentAgain(_ kind: String) throws {
        let collector = try Receiver(arguments: [kind, "--fail", "4"])
        let (outcome, calls) = try run(collector.port, kind == "grpc" ? ",protocol=grpc" : "", Self.many)
        #expect(!outcome.errors.contains("not delivered"))
        let got = try collector.finish()
        #expect(got.calls.count == calls)
        #expect(Set(got.spans.map(\.id)).count == got.spans.count)
    }

    /// RESOURCE_EXHAUSTED is for ever unless the collector says when it will have room (OTLP's specification, "Failures").
    @Test(arguments: [
        ("", false), (rpcStatus("google.rpc.RetryInfo", delay: [0x10, 0x01]), true), (rpcStatus("google.rpc.RetryInfo", delay: []), true),
        (rpcStatus("google.rpc.QuotaFailure", delay: [0x10, 0x01]), false), (rpcStatus("google.rpc.RetryInfo", delay: [0x10]) + "ff", false),
    ]) func aCollectorWithoutRoomIsAskedAgainIfItSaysThatItWillHaveSome(_ details: String, _ isAskedAgain: Bool) throws {
        let collector = try Receiver(arguments: ["grpc", "--fail", "3", "--exhausted"] + (details.isEmpty ? [] : [details]))
        let (outcome, calls) = try run(collector.port, ",protocol=grpc,metrics=false,logs=false,timeout=60s", ["-qq", "--", "true"])
        let got = try collector.finish()
        #expect(got.calls.count == (isAskedAgain ? calls : 0))
        #expect(outcome.errors.contains("were not delivered: http://127.0.0.1:\(collector.port)") == !isAskedAgain)
        #expect(outcome.errors.contains("gRPC RESOURCE_EXHAUSTED: no room"), "\(outcome.errors)")
    }

    /// Google's `RetryInfo` with a `Duration` of these bytes, as gRPC sends it.
    private static func rpcStatus(_ type: String, delay: [UInt8]) -> String {
        func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] { [number << 3 | 2, UInt8(content.count)] + content }
        let any = field(1, Array("type.googleapis.com/\(type)".utf8)) + field(2, field(1, delay))
        return ([0x08, 8] + field(2, Array("no room".utf8)) + field(3, any)).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// The time that a collector asks for is longer than one that renacer would take itself.
    @Test func aCollectorIsLeftAloneForAsLongAsItSays() throws {
        let collector = try Receiver(arguments: ["grpc", "--fail", "1", "--exhausted", Self.rpcStatus("google.rpc.RetryInfo", delay: [0x08, 1])])
        let start = ContinuousClock.now
        let (outcome, calls) = try run(collector.port, ",protocol=grpc,metrics=false,logs=false,timeout=60s", ["-qq", "--", "true"])
        #expect(ContinuousClock.now - start >= .seconds(1))
        #expect(try collector.finish().calls.count == calls)
        #expect(outcome.status == 0)
        // A year is not waited for.
        let never = try Receiver(arguments: [
            "grpc", "--fail", "9", "--exhausted", Self.rpcStatus("google.rpc.RetryInfo", delay: [0x08] + [UInt8](repeating: 0xff, count: 8) + [0x7f]),
        ])
        let given = try run(never.port, ",protocol=grpc,metrics=false,logs=false,timeout=300ms", ["-qq", "--", "true"]).outcome
        #expect(given.errors.contains("were not delivered"), "\(given.errors)")
        #expect(given.status == 0)
        _ = try never.finish()
    }

    @Test(arguments: ["grpc", "http"]) func aCollectorThatStartsAnewMissesNothing(_ kind: String) throws {
        let fifo = Renacer.scratch(), file = Renacer.scratch(), errors = Renacer.scratch()
        #expect(mkfifo(fifo, 0o600) == 0)
        let first = try Receiver(arguments: [kind])
        let port = first.port
        let p = Process()
        p.executableURL = URL(fileURLWithPath: Renacer.path)
        p.arguments = [
            "--sink", "strace:\(file)", "--sink", "otlp:http://127.0.0.1:\(port),protocol=\(kind == "grpc" ? "grpc" : "http/protobuf"),timeout=60s",
            "-f", "-qq", "--", "sh", "-c", "/bin/true; read x <\(fifo); /bin/true; read x <\(fifo); /bin/true",
        ]
        p.standardInput = FileHandle.nullDevice
        FileManager.default.createFile(atPath: errors, contents: nil)
        p.standardError = FileHandle(forWritingAtPath: errors)
        try p.run()
        // The program waits at the fifo until the collector has its first half, and is gone.
        while try first.request() != "traces" {}
        let before = try first.finish()
        FileHandle(forWritingAtPath: fifo)?.write(Data("go\n".utf8))
        let second = try Receiver(arguments: [kind, "--port", "\(port)"])
        FileHandle(forWritingAtPath: fifo)?.write(Data("go\n".utf8))
        p.waitUntilExit()
        let after = try second.finish()
        #expect(p.terminationStatus == 0)
        #expect(!Renacer.text(errors).contains("not delivered"), "\(Renacer.text(errors))")
        #expect(before.calls.count > 0 && after.calls.count > 0)
        // A request whose answer was cut off is sent again, with the same ids.
        #expect(Set((before.calls + after.calls).map(\.id)).count == lines(file))
    }

    @Test(arguments: ["grpc", "http"]) func aRefusalIsCountedAndFailsExactTracesOnly(_ kind: String) throws {
        let collector = try Receiver(arguments: [kind, "--refuse"])
        let options = kind == "grpc" ? ",protocol=grpc" : ""
        let (outcome, calls) = try run(collector.port, options, ["-qq", "--", "sh", "-c", "exit 3"])
        #expect(outcome.status == 3)
        // The command, its process and its thread are spans, too.
        #expect(outcome.errors.contains("otlp: \(calls + 3) of \(calls + 3) spans"))
        #expect(outcome.errors.contains("we do not want it"))
        #expect(try run(collector.port, options, ["--exact", "-qq", "--", "true"]).outcome.status == 1)
        #expect(try collector.finish().spans.isEmpty)
    }

    @Test func aPartialSuccessIsCounted() throws {
        let collector = try Receiver(arguments: ["http", "--reject", "1"])
        let outcome = try Renacer.run(["--otlp", "http://127.0.0.1:\(collector.port)", "-e", "none", "--", "true"])
        #expect(outcome.errors.contains("otlp: 1 of 3 spans, 1 of 1 log records were not delivered"))
        #expect(outcome.errors.contains("not these"))
        #expect(outcome.status == 0)
        _ = try collector.finish()
    }

    @Test func aCollectorThatIsAwayHarmsNothing() throws {
        let (outcome, calls) = try run(1, ",timeout=300ms", ["-qq", "--", "sh", "-c", "echo unharmed; exit 5"])
        #expect(outcome.status == 5)
        #expect(outcome.output == "unharmed\n")
        #expect(outcome.errors.contains("otlp: \(calls + 3) of \(calls + 3) spans"))
        #expect(outcome.errors.contains("http://127.0.0.1:1/v1/traces: Failed to connect"))
    }

    @Test func whatFindsTheQueueFullIsCountedAndExactTracesWait() throws {
        let flood = ["-qq", "--", "dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=6000"]
        let slow = try Receiver(arguments: ["http", "--delay", "2"])
        let (outcome, calls) = try run(slow.port, ",queue=1M,timeout=100s", flood)
        let got = try slow.finish()
        let lost = try #require(outcome.errors.split(separator: "otlp: ").last?.prefix { $0 != " " }.split(separator: "\n").last.flatMap { Int($0) })
        #expect(lost > 0)
        #expect(got.spans.count + lost == calls + 3)
        #expect(outcome.status == 0)

        let exact = try Receiver(arguments: ["http", "--delay", "0.7"])
        let (waited, all) = try run(exact.port, ",queue=1M,timeout=100s", ["--exact"] + flood)
        #expect(waited.status == 0, "\(waited.errors)")
        #expect(try exact.finish().calls.count == all)
    }

    @Test func anExactTraceDoesNotWaitForACollectorThatIsAway() throws {
        let (outcome, calls) = try run(
            1, ",queue=1M,timeout=100ms", ["--exact", "-qq", "--", "dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=6000"])
        #expect(outcome.errors.contains("otlp: \(calls + 3) of \(calls + 3) spans"))
        #expect(outcome.status == 1)
    }

    @Test(arguments: ["grpc", "http"]) func onlyWhoProvesWhoItIsGetsATrace(_ kind: String) throws {
        let certificate = Renacer.scratch(), key = Renacer.scratch()
        let made = try Renacer.run([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
        ], named: "/usr/bin/openssl")
        #expect(made.status == 0, "\(made.errors)")
        let collector = try Receiver(arguments: [kind, "--cert", certificate, "--key", key])
        let url = "otlp:https://127.0.0.1:\(collector.port),protocol=\(kind == "grpc" ? "grpc" : "http/protobuf")"
        let trusted = try Renacer.run(["--sink", "\(url),ca=\(certificate)", "-qq", "--", "true"])
        #expect(trusted.errors == "")
        let stranger = try Renacer.run(["--sink", "\(url),timeout=200ms", "-qq", "--", "true"])
        #expect(stranger.errors.contains("certificate"))
        #expect(stranger.errors.contains("were not delivered"))
        let got = try collector.finish()
        #expect(got.roots.count == 1)
        #expect(got.calls.count > 10)
    }
}
