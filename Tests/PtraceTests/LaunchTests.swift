import Glibc
import RenacerCore
import RenacerPtrace
import Testing

/// Drives a backend to its end and keeps one line per event.
func trace(_ plan: CapturePlan) throws -> (lines: [String], end: TraceeEnd?) {
    // Worker threads of a test run block signals, and programs inherit that.
    var none = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, nil)
    let backend = PtraceBackend()
    try backend.prepare(plan)
    try backend.start()
    defer { backend.stop() }
    var lines: [String] = []
    while true {
        switch try backend.nextBatch(deadline: nil) {
        case .nothing: continue
        case .end(let end): return (lines, end)
        case .events(let batch): for e in batch.events { lines.append(describe(e)) }
        }
    }
}

func describe(_ e: Event) -> String {
    switch e.body {
    case .syscallEntered(let c): "\(c.syscall?.name.description ?? "\(c.number)"):"
    case .syscall(let c): "\(c.syscall?.name.description ?? "\(c.number)") \(c.outcome)"
    case .signal(let s): s.isStop ? "stopped by \(s.number)" : "signal \(s.number)"
    case .process(let p): "\(p)"
    case .loss: "loss"
    }
}

func plan(_ file: String, _ arguments: [String] = []) -> CapturePlan {
    var plan = CapturePlan()
    plan.target.launch = .init(file: file, arguments: [file] + arguments, environment: ["PATH=/usr/bin:/bin"])
    return plan
}

@Suite(.serialized) struct LaunchTests {
    @Test func theFirstCallIsExecveAndTheLastIsUnfinished() throws {
        let (lines, end) = try trace(plan("/bin/true"))
        #expect(Array(lines.prefix(2)) == ["execve:", "execve returned(0)"])
        #expect(Array(lines.suffix(3)) == ["exit_group:", "exit_group unfinished", "exited(status: 0)"])
        #expect(end == .exited(0))
    }

    @Test func deathBySignalIsCarriedOver() throws {
        let (lines, end) = try trace(plan("/bin/sh", ["-c", "kill -TERM $$"]))
        #expect(lines.suffix(2) == ["signal 15", "killed(signal: 15, coreDumped: false)"])
        #expect(end == .killed(15))
    }

    @Test func aFailedExecShowsTheCallAndNothingElse() throws {
        let (lines, end) = try trace(plan("/nonexistent"))
        #expect(lines == ["execve:", "execve failed(2)", "exited(status: 127)"])
        #expect(end == .exited(127))
    }
}
