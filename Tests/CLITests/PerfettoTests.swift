import Foundation
import Testing

/// What ui.perfetto.dev shows of a trace: read with the messages of PyPI's perfetto.
@Suite(.enabled(if: Receiver.python != nil)) struct PerfettoTests {
    struct Trace: Decodable {
        var tracks: [Track]
        var slices: [Event]
        var instants: [Event]
        var counters: [Event]
        var flows: [Flow]
    }

    struct Track: Decodable {
        var kind: String
        var name: String
        var pid, tid: Int?
        var cmdline: [String]?
    }

    struct Event: Decodable {
        var ts: UInt64
        var end: UInt64?
        var track: Track
        var name: String
        var args: [String: Received.Value]
        var value: Int
    }

    struct Flow: Decodable {
        var from, to: Event
    }

    private func trace(_ arguments: [String]) throws -> (trace: Trace, text: [Substring]) {
        let file = Renacer.scratch(), text = Renacer.scratch()
        let outcome = try Renacer.run(["--sink", "perfetto:\(file)", "--sink", "strace:\(text)", "-qq"] + arguments)
        #expect(!outcome.errors.contains("perfetto"))
        return (try Self.read(file), Renacer.text(text).split(separator: "\n"))
    }

    /// What a file holds.
    static func read(_ file: String, _ options: String...) throws -> Trace {
        let reader = Renacer.repository.appendingPathComponent("Tests/Receivers/perfetto_trace.py").path
        let read = try Renacer.run([reader, file] + options, named: try #require(Receiver.python))
        #expect(read.errors == "")
        return try JSONDecoder().decode(Trace.self, from: Data(read.output.utf8))
    }

    @Test func everyCallIsASliceWithItsArguments() throws {
        let (got, text) = try trace(["--", "cat", "/etc/hostname", "/no/such/file"])
        let calls = text.filter { $0.contains("(") }
        #expect(got.slices.map(\.name) == calls.map { String($0.prefix { $0 != "(" }) })
        let opened = try #require(got.slices.first { $0.args["pathname"] == .string("/no/such/file") })
        #expect(opened.args["flags"] == .string("O_RDONLY"))
        #expect(opened.args["error"] == .string("ENOENT"))
        #expect(opened.args["result"] == .int(-1))
        let process = try #require(got.tracks.first { $0.kind == "process" })
        #expect(process.name == "cat")
        #expect(got.instants.contains { $0.name == "exited" && $0.args["status"] == .int(1) })
    }

    @Test func aForkLeadsToItsChild() throws {
        let (got, text) = try trace(["-f", "--", "sh", "-c", "/bin/true; /bin/true; :"])
        let births = got.flows.filter { ["clone", "fork", "vfork", "clone3"].contains($0.from.name) }
        #expect(births.count == 2)
        for flow in births {
            #expect(flow.from.args["result"] == .int(Int64(flow.to.track.tid ?? 0)))
            #expect(flow.from.track.tid != flow.to.track.tid)
        }
        #expect(got.instants.filter { $0.name == "SIGCHLD" }.count == text.filter { $0.contains("--- SIGCHLD") }.count)
    }

    @Test func aWakeLeadsToTheThreadThatWaited() throws {
        let program = """
            import threading
            gate, there = threading.Lock(), threading.Event()
            gate.acquire()
            def wait():
                there.set()
                gate.acquire()
            thread = threading.Thread(target=wait)
            thread.start()
            there.wait()
            gate.release()
            thread.join()
            """
        let (got, _) = try trace(["-f", "-e", "trace=futex", "--", try #require(Receiver.python), "-c", program])
        let wakes = got.flows.filter { $0.to.name == "woken" }
        #expect(wakes.count > 0)
        for flow in wakes {
            #expect(flow.from.track.tid != flow.to.track.tid)
            let wait = try #require(got.slices.first { $0.track.tid == flow.to.track.tid && $0.ts <= flow.to.ts && flow.to.ts <= $0.end ?? 0 })
            #expect(wait.args["uaddr"] == flow.from.args["uaddr"])
            #expect(wait.args["result"] == .int(0))
        }
    }

    @Test func bytesAreCounted() throws {
        let (got, _) = try trace(["-e", "trace=write", "--", "dd", "if=/dev/zero", "of=/dev/null", "bs=1000", "count=50"])
        let written = got.counters.filter { $0.track.name == "bytes written" }.map(\.value)
        #expect(written == written.sorted())
        #expect(written.last ?? 0 >= 50_000)
    }

    /// Whoever keeps the trace is Perfetto: its own UI, in a browser, with the trace processor that it comes with.
    @Test(.enabled(if: Browser.isInstalled, "`sh Tools/setup.sh test` installs chromium")) func perfettoItselfReadsWhatIsWritten() throws {
        let program = """
            import os, threading, time
            gate, there = threading.Lock(), threading.Event()
            gate.acquire()
            def wait():
                there.set()
                gate.acquire()
            thread = threading.Thread(target=wait)
            thread.start()
            there.wait()
            for i in range(100): os.getppid()
            time.sleep(0.005)
            gate.release()
            thread.join()
            os.system("cat /etc/hostname /nonexistent; exec dd if=/dev/zero of=/dev/null bs=1000 count=50 status=none")
            """
        let file = Renacer.scratch(), text = Renacer.scratch()
        let outcome = try Renacer.run([
            "-f", "-T", "--always-show-pid", "--anomaly-detection", "--anomaly-threshold=0.001", "--sink", "perfetto:\(file)", "--sink", "strace:\(text)",
            "--", try #require(Receiver.python), "-c", program,
        ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        // What the UI has must be what the file says, or this fails.
        let trace = try Self.read(file, "--ui")
        #expect(trace.instants.contains { $0.name == "finding" && $0.args["evidence"] != nil })
        #expect(trace.flows.contains { $0.to.name == "woken" } && trace.flows.contains { $0.from.track.pid != $0.to.track.pid })
        #expect(trace.counters.contains { $0.track.name == "bytes written" && $0.value >= 50_000 })
        #expect(Set(trace.tracks.filter { $0.kind == "process" }.map(\.name)).isSuperset(of: ["cat", "dd"]))
        // Call by call, thread by thread, with the same durations as in the text.
        struct Told: Hashable { var tid: Int, name: String, microseconds: UInt64 }
        var told: [Told] = []
        let line = /(?:\[pid +)?(\d+)\]? (?:<\.\.\. )?(\w+)[( ].*<(\d+)\.(\d{6})>/
        for m in Renacer.text(text).split(separator: "\n").compactMap({ $0.wholeMatch(of: line) }) {
            told.append(Told(tid: Int(m.1) ?? 0, name: String(m.2), microseconds: (UInt64(m.3) ?? 0) * 1_000_000 + (UInt64(m.4) ?? 0)))
        }
        let slices = trace.slices.filter { $0.args["outcome"] == nil }.map { Told(tid: $0.track.tid ?? 0, name: $0.name, microseconds: (($0.end ?? 0) - $0.ts) / 1000) }
        #expect(told.count > 200)
        let difference = Dictionary(grouping: told, by: \.self).mapValues(\.count).merging(Dictionary(grouping: slices, by: \.self).mapValues { -$0.count }, uniquingKeysWith: +).filter { $0.value != 0 }
        #expect(difference.isEmpty, "\(difference)")
    }

    /// Whoever reads from a pipe and does not keep up gets a trace that can be read, and is told what is missing.
    @Test func whatAReaderDoesNotTakeIsLeftOutWhole() throws {
        let slow = Renacer.scratch(), done = Renacer.scratch(), csv = Renacer.scratch(), errors = Renacer.scratch(), kept = Renacer.scratch()
        try #require(mkfifo(slow, 0o600) == 0 && mkfifo(done, 0o600) == 0)
        FileManager.default.createFile(atPath: errors, contents: nil)
        let reader = open(slow, O_RDONLY | O_NONBLOCK | O_CLOEXEC), ready = open(done, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        try #require(reader >= 0 && ready >= 0)
        for fd in [reader, ready] { _ = fcntl(fd, F_SETFL, 0) }
        func rest(_ fd: Int32) -> Data {
            var wanted = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
            while poll(&wanted, 1, -1) < 0 {}
            defer { close(fd) }
            return FileHandle(fileDescriptor: fd, closeOnDealloc: false).readDataToEndOfFile()
        }
        let p = Process()
        p.executableURL = URL(fileURLWithPath: Renacer.path)
        p.arguments = [
            "--sink", "perfetto:\(slow),queue=1M", "--sink", "csv:\(csv)", "-f", "-e", "trace=read,write", "sh", "-c",
            "dd if=/dev/zero of=/dev/null bs=1 count=12000 status=none; echo done > \(done); cat /etc/hostname > /dev/null",
        ]
        p.standardError = FileHandle(forWritingAtPath: errors)
        try p.run()
        // The program got this far although nobody read.
        #expect(String(decoding: rest(ready), as: UTF8.self) == "done\n")
        try rest(reader).write(to: URL(fileURLWithPath: kept))
        p.waitUntilExit()
        let got = try Self.read(kept)
        let calls = Renacer.text(csv).split(separator: "\r\n").count { $0.hasPrefix("syscall,") }
        let told = got.instants.filter { $0.name == "lost in all" && $0.args["cause"] == .string("sink too slow") }.compactMap { $0.args["count"]?.number }
        #expect(calls > 24_000 && got.slices.count < calls)
        let lost = try #require(told.first)
        #expect(got.slices.count + Int(lost) >= calls)
        #expect(Renacer.text(errors).contains("--sink perfetto: \(lost) events were lost (sink too slow)"), "\(Renacer.text(errors))")
        // What is there is whole: the reader found every name and every track.
        #expect(got.slices.allSatisfy { $0.name == "read" || $0.name == "write" } && got.tracks.contains { $0.kind == "thread" && $0.name == "dd" })
    }
}
