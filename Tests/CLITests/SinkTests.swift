import Foundation
import Testing

/// Choosing sinks, and where each writes.
@Suite struct SinkTests {
    @Test func kindsAndTheirOptionsAreListed() throws {
        let text = try Renacer.run(["sinks"])
        #expect(text.status == 0)
        let json = try JSONSerialization.jsonObject(with: Data(Renacer.run(["sinks", "--format", "json"]).output.utf8)) as? [String: [[String: Any]]]
        let names = try #require(json?["sinks"]).compactMap { $0["name"] as? String }
        for name in ["strace", "summary", "json", "jsonl", "csv"] {
            #expect(names.contains(name))
            #expect(text.output.contains("\n\(name) "))
        }
    }

    @Test func theOptionTableOffersTheKindsThereAre() throws {
        let listed = try Renacer.run(["sinks"]).output.split(separator: "\n").dropFirst().filter { $0.first != " " }.compactMap { $0.split(separator: " ").first }
        let completion = try Renacer.run(["--completions", "bash"]).output.split(separator: "\n").first { $0.contains("    --sink)") } ?? ""
        let offered = completion.split(separator: "'").dropFirst().first?.split(separator: " ") ?? []
        #expect(offered == listed)
    }

    @Test func aDocumentTakesStandardOutputAndTheProgramStandardError() throws {
        let outcome = try Renacer.run(["--format", "json", "--", "echo", "hello"])
        #expect(outcome.status == 0)
        #expect(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) is [String: Any])
        #expect(outcome.errors == "\(Renacer.path): the program's standard output goes to standard error: "
            + "--format json writes to standard output\nhello\n")
    }

    @Test func aDocumentInAFileLeavesStandardOutputAlone() throws {
        let file = Renacer.scratch()
        for options in [["--sink", "json:\(file)"], ["--format=json", "-o", file]] {
            let outcome = try Renacer.run(options + ["--", "echo", "hello"])
            #expect(outcome.output == "hello\n")
            #expect(outcome.errors == "")
            #expect(try JSONSerialization.jsonObject(with: Data(Renacer.text(file).utf8)) is [String: Any])
        }
    }

    @Test func theTextStaysWhereItIsAskedFor() throws {
        let file = Renacer.scratch()
        let both = try Renacer.run(["--sink", "strace", "--sink", "jsonl:\(file)", "-e", "trace=close", "-a0", "true"])
        #expect(both.errors.contains("close(3) = 0\n"))
        #expect(Renacer.text(file).contains("\"name\":\"close\""))
        let alone = try Renacer.run(["--sink", "jsonl:\(file)", "-e", "trace=close", "true"])
        #expect(alone.errors == "")
    }

    @Test func theTableStandsBesideADocument() throws {
        let outcome = try Renacer.run(["-C", "--format", "jsonl", "true"])
        #expect(outcome.errors.contains("% time"))
        #expect(outcome.output.hasPrefix("{\"type\":\"trace\""))
    }

    @Test func aCommandReadsADocument() throws {
        let file = Renacer.scratch()
        let outcome = try Renacer.run(["--sink", "json:|jq '.syscalls|length' >\(file)", "-e", "trace=execve", "true"])
        #expect(outcome.status == 0)
        #expect(Renacer.text(file) == "1\n")
    }

    @Test func oneFullDiskHarmsNeitherTheProgramNorTheOtherSinks() throws {
        let file = Renacer.scratch()
        let outcome = try Renacer.run(["--sink", "csv:/dev/full", "--sink", "jsonl:\(file)", "sh", "-c", "echo unharmed"])
        #expect(outcome.output == "unharmed\n")
        #expect(outcome.errors == "\(Renacer.path): /dev/full: No space left on device: the trace is not complete\n")
        #expect(outcome.status == 1)
        #expect(Renacer.text(file).contains("\"event\":\"exited\""))
    }

    /// What other sinks need besides is loaded by them alone: a start for text does not pay for it.
    @Test func textLoadsNoLibraryOfOtherSinks() throws {
        let file = Renacer.scratch()
        func opened(_ options: [String]) throws -> String {
            let run = try Renacer.run(["--backend", "ptrace", "-e", "trace=openat", "-o", file, "--", Renacer.path, "--backend", "ptrace"] + options + ["--", "true"])
            #expect(run.status == 0, "\(run.errors)")
            return Renacer.text(file)
        }
        let text = try opened(["-o", "/dev/null"])
        #expect(text.contains("/dev/null"))
        for library in ["libcurl", "libdw"] { #expect(!text.contains(library), "\(library)") }
        // It would be seen.
        if Receiver.python != nil { #expect(try opened(["--sink", "otlp:http://127.0.0.1:1,timeout=1ms"]).contains("libcurl")) }
    }

    @Test func aCommaIsPartOfAPathUnlessAnOptionFollows() throws {
        let file = Renacer.scratch()
        _ = try Renacer.run(["--sink", "jsonl:\(file),a,raw", "-e", "trace=close", "true"])
        #expect(Renacer.text("\(file),a").contains("\"raw\":[\"0x3\"]"))
    }

    // MARK: Slow readers

    /// A pipe whose reader is this test, which does not read yet.
    private func fifo() throws -> (path: String, descriptor: Int32) {
        let path = Renacer.scratch()
        try #require(mkfifo(path, 0o600) == 0)
        let fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        try #require(fd >= 0)
        _ = fcntl(fd, F_SETFL, 0)
        return (path, fd)
    }

    /// Everything that is written until the last writer closes it.
    private func rest(_ descriptor: Int32) -> Data {
        // Before the first writer came it would look closed.
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while poll(&wanted, 1, -1) < 0 {}
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).readDataToEndOfFile()
    }

    @Test func aReaderThatDoesNotReadHoldsUpNobody() throws {
        let slow = try fifo(), done = try fifo(), csv = Renacer.scratch(), errors = Renacer.scratch()
        FileManager.default.createFile(atPath: errors, contents: nil)
        let p = Process()
        p.executableURL = URL(fileURLWithPath: Renacer.path)
        p.arguments = [
            "--sink", "jsonl:\(slow.path),queue=1M", "--sink", "csv:\(csv)", "-f", "-e", "trace=read,write",
            "sh", "-c", "dd if=/dev/zero of=/dev/null bs=1 count=6000 2>/dev/null; echo done >\(done.path)",
        ]
        p.standardError = FileHandle(forWritingAtPath: errors)
        try p.run()
        // The program runs to its end although nobody has read a byte.
        #expect(String(decoding: rest(done.descriptor), as: UTF8.self) == "done\n")
        let lines = String(decoding: rest(slow.descriptor), as: UTF8.self).split(separator: "\n")
        p.waitUntilExit()
        #expect(p.terminationStatus == 0)
        var calls = 0, lost = 0, toldAtEnd = 0
        for line in lines {
            let object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            switch object["type"] as? String {
            case "syscall": calls += 1
            case "loss":
                #expect(object["cause"] as? String == "sink too slow")
                lost += object["count"] as? Int ?? 0
            case "summary":
                let events = object["events"] as? [String: Any]
                toldAtEnd = (events?["lost"] as? [String: Int])?["sink too slow"] ?? 0
            default: break
            }
        }
        let rows = Renacer.text(csv).split(separator: "\r\n")
        let whole = rows.count { $0.hasPrefix("syscall,") }
        #expect(whole >= 12_000)
        #expect(lost > 0)
        #expect(lost == toldAtEnd)
        // Signals and processes may be among what was lost.
        #expect(calls < whole)
        #expect(lines.count { !$0.hasPrefix("{\"type\":\"loss\"") } - 2 + lost == rows.count - 1)
        #expect(Renacer.text(errors).contains("--sink jsonl: \(lost) events were lost (sink too slow)"))
        close(slow.descriptor)
        close(done.descriptor)
    }

    @Test func withExactTheProgramWaitsAndNothingIsLost() throws {
        let slow = try fifo(), csv = Renacer.scratch()
        let p = Process()
        p.executableURL = URL(fileURLWithPath: Renacer.path)
        p.arguments = [
            "--exact", "--sink", "jsonl:\(slow.path),queue=1M", "--sink", "csv:\(csv)", "-e", "trace=read,write",
            "dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=6000", "status=none",
        ]
        try p.run()
        let lines = String(decoding: rest(slow.descriptor), as: UTF8.self).split(separator: "\n")
        p.waitUntilExit()
        #expect(p.terminationStatus == 0)
        let calls = lines.count { $0.hasPrefix("{\"type\":\"syscall\"") }
        #expect(calls >= 12_000)
        #expect(calls == Renacer.text(csv).split(separator: "\r\n").count { $0.hasPrefix("syscall,") })
        close(slow.descriptor)
    }

    @Test func linesOfTextThatAReaderDidNotTakeAreCounted() throws {
        let slow = try fifo(), done = try fifo(), csv = Renacer.scratch(), errors = Renacer.scratch()
        FileManager.default.createFile(atPath: errors, contents: nil)
        let p = Process()
        p.executableURL = URL(fileURLWithPath: Renacer.path)
        p.arguments = [
            "--sink", "strace:\(slow.path)", "--sink", "csv:\(csv)", "-e", "trace=getppid", "-e", "signal=none", "-qqq", "-a400000",
            "python3", "-S", "-c", "import os\nfor _ in range(80): os.getppid()\nopen('\(done.path)', 'w').write('done')",
        ]
        p.standardError = FileHandle(forWritingAtPath: errors)
        try p.run()
        #expect(String(decoding: rest(done.descriptor), as: UTF8.self) == "done")
        let lines = String(decoding: rest(slow.descriptor), as: UTF8.self).split(separator: "\n")
        p.waitUntilExit()
        let told = lines.compactMap { $0.hasPrefix("--- lost ") ? Int($0.split(separator: " ")[2]) : nil }.reduce(0, +)
        let calls = Renacer.text(csv).split(separator: "\r\n").count { $0.hasPrefix("syscall,") }
        #expect(told > 0)
        #expect(lines.count { $0.hasPrefix("getppid(") && $0.contains(" = ") } + told == calls)
        #expect(Renacer.text(errors).contains("--sink strace: \(told) lines were lost (sink too slow)"))
        close(slow.descriptor)
        close(done.descriptor)
    }
}
