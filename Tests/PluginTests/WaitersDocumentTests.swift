import Foundation
import Testing

/// The command of the document about idle waiters, on a process that runs already.
@Suite struct WaitersDocumentTests {
    @Test func ofARunningProcessIdleThreadsAreToldFromContention() throws {
        let program = Process(), go = Pipe()
        program.executableURL = URL(fileURLWithPath: "/bin/sh")
        program.arguments = ["-c", "read go; exec '\(try Renacer.workload("futexes"))' service"]
        program.standardInput = go
        try program.run()
        let pid = program.processIdentifier
        defer {
            kill(pid, SIGKILL)
            program.waitUntilExit()
        }
        // It goes on once it is traced.
        let watcher = Thread {
            let deadline = Date().addingTimeInterval(100)
            while Date() < deadline {
                let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
                if !status.contains("TracerPid:\t0\n") { break }
                sched_yield()
            }
            try? go.fileHandleForWriting.write(contentsOf: Data("go\n".utf8))
            try? go.fileHandleForWriting.close()
        }
        watcher.start()
        let outcome = try Renacer.run(
            ["--backend=ptrace", "-p", "\(pid)", "-f", "--duration", "8s", "--detector", "idle-waiter"],
            environment: ["RENACER_PLUGIN_PATH": Renacer.detectors])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.findings.contains { $0.rule == "idle-waiter/idle-waiters" }, "\(outcome.errors)")
        #expect(!outcome.findings.contains { $0.rule == "idle-waiter/contention" }, "\(outcome.errors)")
        #expect(outcome.errors.contains("3 idle waiters, not contention"), "\(outcome.errors)")
        // A wait each, on futexes of its own, named by what they lie in.
        let waits = outcome.errors.split(separator: "\n").filter { $0.contains("wait[0x") && $0.contains("FUTEX_WAIT_BITSET_PRIVATE") }
        #expect(waits.count >= 3 && waits.allSatisfy { $0.contains(" ms (") && $0.contains("futexes") }, "\(waits)")
        #expect(outcome.errors.contains("(worker)"))
    }
}
