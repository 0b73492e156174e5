import Foundation
import Testing

/// Events that renacer does not keep up with are counted to the last one, or, if the trace is to be exact, waited for.
@Suite(.enabled(if: Renacer.mayLoad, "needs root"), .serialized) struct LossTests {
    private static let calls = 150_000

    /// Delivered and lost calls of `faults calls`, which makes its calls while renacer is stopped.
    private func balance(_ text: String) -> (delivered: Int, lost: Int) {
        var delivered = 0, lost = 0
        for line in text.split(separator: "\n") {
            if line.hasPrefix("getppid()") { delivered += 1 }
            if line.hasPrefix("--- lost "), line.hasSuffix(" events: ring full ---") { lost += Int(line.split(separator: " ")[2]) ?? 0 }
        }
        return (delivered, lost)
    }

    /// What the end of a trace says was lost for a cause.
    private func total(_ cause: String, in text: String) -> Int {
        for line in text.split(separator: "\n") where line.hasPrefix("--- lost ") && line.hasSuffix(" events in all: \(cause) ---") {
            return Int(line.split(separator: " ")[2]) ?? 0
        }
        return 0
    }

    @Test func aStoppedTracersLossIsCountedToTheCall() throws {
        let file = Renacer.scratch()
        let renacer = try Child([
            Renacer.path, "--backend", "bpf", "-e", "trace=getppid", "-o", file, Renacer.faults, "calls", "\(Self.calls)",
        ])
        #expect(renacer.line() != nil)
        renacer.stop()
        renacer.tell()
        // The program has come to its end while renacer could read nothing.
        #expect(renacer.line() == "done")
        renacer.goOn()
        #expect(renacer.end() == 7)
        let text = Renacer.text(file), (delivered, lost) = balance(text)
        // What else the kernel missed may be anybody's: it says only how much, which can be more than what is missing here.
        let nested = total("nested call", in: text), said = "\(renacer.errors)\(text.suffix(400))"
        #expect(lost > 0)
        // The program's end may be among what was lost.
        let ends = text.contains("+++ exited with 7 +++") ? 0 : 1
        #expect((Self.calls - nested...Self.calls).contains(delivered + lost - ends), "\(delivered) and \(lost): \(said)")
        #expect(total("ring full", in: text) == lost, "\(said)")
        #expect(renacer.errors.split(separator: "\n").count == 1, "\(said)")
        #expect(renacer.errors.contains("\(lost + nested) of "), "\(said)")
        // What was lost came behind what the ring held.
        #expect(text.hasPrefix("getppid()"))
    }

    /// Where a process' freezer is, and the word for frozen.
    private func freezer(of pid: String) -> (file: String, frozen: String)? {
        for line in Renacer.text("/proc/\(pid)/cgroup").split(separator: "\n") where line.contains("/renacer-") {
            let parts = line.split(separator: ":", omittingEmptySubsequences: false)
            if parts[1] == "freezer" { return ("/sys/fs/cgroup/freezer\(parts[2])/freezer.state", "FROZEN\n") }
            for mount in ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"] where FileManager.default.fileExists(atPath: mount + parts[2]) {
                return ("\(mount)\(parts[2])/cgroup.freeze", "1\n")
            }
        }
        return nil
    }

    // Room for the milliseconds that freezing takes on a busy machine.
    @Test(arguments: [[], ["--ring-size=8M"]]) func anExactTraceLosesNothingWhileItsTracerIsStopped(_ options: [String]) throws {
        let file = Renacer.scratch()
        let calls = options.isEmpty ? 600_000 : Self.calls
        let renacer = try Child(
            [Renacer.path, "--backend", "bpf", "--exact", "-e", "trace=getppid", "-o", file] + options + [Renacer.faults, "calls", "\(calls)"])
        let pid = try #require(renacer.line())
        let freezer = try #require(self.freezer(of: pid))
        renacer.stop()
        renacer.tell()
        #expect(comesAbout { Renacer.text(freezer.file) == freezer.frozen })
        renacer.goOn()
        #expect(renacer.line() == "done")
        #expect(renacer.end() == 7)
        let (delivered, lost) = balance(Renacer.text(file))
        #expect(delivered == calls)
        #expect(lost == 0)
        #expect(renacer.errors.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: freezer.file))
    }

    @Test func ptraceIsAlwaysExact() throws {
        let traced = try trace(["--backend", "ptrace", "--exact", "-e", "trace=none"], ["/bin/sh", "-c", "exit 7"])
        #expect(traced.status == 7)
        #expect(traced.errors.isEmpty)
    }

    @Test func exactIsRefusedBeforeTheStartWhereNothingCanBeFrozen() throws {
        let child = try Child([
            "/usr/bin/unshare", "-m", "/bin/sh", "-c",
            "for m in $(grep -E ' - cgroup2? ' /proc/self/mountinfo | cut -d' ' -f5); do umount -l $m; done; "
                + "exec \(Renacer.path) --backend bpf --exact /bin/echo started",
        ])
        #expect(child.rest().isEmpty)
        #expect(child.end() == 1)
        #expect(child.errors.hasSuffix("no control groups with a freezer are mounted; use --backend ptrace, or a large --ring-size without --exact\n"))
        #expect(child.errors.split(separator: "\n").count == 1)
    }

    @Test func moreThanIsEverCapturedIsSaid() throws {
        let traced = try trace(
            ["--backend", "bpf", "--ring-size=64M", "-s", "30000000", "-e", "trace=write"],
            ["/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=20000000", "count=1", "status=none"])
        let lines = traced.text.suffix(200).split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines.first?.contains(", 20000000)") == true && lines.first?.hasSuffix(" = 20000000") == true)
        #expect(lines.dropFirst().first == "--- lost 1 events: capture too large ---")
        #expect(traced.errors.contains("1 of "))
    }
}
