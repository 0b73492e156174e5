import Foundation
import Testing

/// What goes wrong around a trace harms neither the program nor what can be told of it.
@Suite(.enabled(if: Renacer.mayLoad, "needs root"), .serialized) struct FaultTests {
    private func bpf(_ options: [String], _ command: [String]) throws -> (text: String, status: Int32, errors: String) {
        try trace(["--backend", "bpf"] + options, command)
    }

    /// Ids of the BPF objects that a process holds, `prog_id` or `link_id`.
    private func ids(_ kind: String, of pid: pid_t) -> [String] {
        let folder = "/proc/\(pid)/fdinfo"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.flatMap { name in
            Renacer.text("\(folder)/\(name)").split(separator: "\n").filter { $0.hasPrefix(kind + ":") }
                .compactMap { $0.split(whereSeparator: { ":\t ".contains($0) }).last.map(String.init) }
        }
    }

    private func exists(_ kind: String, _ id: String) -> Bool {
        (try? Child([Renacer.faults, kind, id]).end()) == 0
    }

    @Test(arguments: [[], ["--exact", "--ring-size=256K"]]) func aKilledTracerLeavesNothingBehind(_ options: [String]) throws {
        let renacer = try Child([Renacer.path, "--backend", "bpf", "-o", "/dev/null"] + options + [Renacer.faults, "storm"])
        let pid = try #require(renacer.line())
        let programs = ids("prog_id", of: renacer.pid), links = ids("link_id", of: renacer.pid)
        #expect(programs.count >= 5 && links.count >= 5)
        #expect(programs.allSatisfy { exists("has-program", $0) })
        kill(renacer.pid, SIGKILL)
        #expect(comesAbout { !links.contains { exists("has-link", $0) } })
        #expect(comesAbout { !programs.contains { exists("has-program", $0) } })
        #expect(comesAbout { !Renacer.text("/proc/\(pid)/cgroup").contains("renacer-") })
        // The program runs on and ends by itself.
        renacer.tell()
        #expect(renacer.rest() == ["done"])
        #expect(renacer.end() == 128 + SIGKILL)
    }

    @Test func shortProcessesAreAllSeen() throws {
        let count = 5000
        let traced = try bpf(["-f", "-e", "trace=none", "--ring-size=64M"], [Renacer.faults, "processes", "\(count)"])
        var ends: [Substring: Int] = [:]
        for line in traced.text.split(separator: "\n") where line.hasSuffix("+++") {
            ends[line.split(separator: " ").dropLast().last ?? "", default: 0] += 1
        }
        #expect(traced.errors.isEmpty)
        #expect(traced.status == 0)
        for status in 0..<200 { #expect(ends["\(status)"] == count / 200 + (status == 0 ? 1 : 0)) }
    }

    @Test func argumentsThatChangeMeanwhileArePrintedSanely() throws {
        let calls = 5000
        let traced = try bpf(["-f", "-s", "100", "--ring-size=64M", "-e", "trace=chdir,write"], [Renacer.faults, "rewriting", "\(calls)"])
        #expect(traced.status == 0)
        #expect(traced.errors.isEmpty)
        var seen = 0
        for line in traced.text.split(separator: "\n") {
            for start in ["chdir(", "write(-1, "] {
                guard let at = line.firstRange(of: start) else { continue }
                seen += 1
                let argument = line[at.upperBound...]
                let shown = argument.prefix { !" )".contains($0) }
                let isSane = shown.hasPrefix("0x") || shown.hasPrefix("\"") && shown.allSatisfy { "\"ab\\0.,".contains($0) }
                #expect(isSane, "\(line)")
            }
        }
        #expect(seen == 2 * calls)
    }

    @Test func addressesThatCannotBeReadArePrintedAsPtracePrintsThem() throws {
        let calls = "trace=chdir,write,writev,nanosleep,execve,connect,sendmsg"
        let command = ["/usr/bin/setarch", "-R", Renacer.faults, "addresses"]
        let expected = try trace(["--backend", "ptrace", "-e", calls], command)
        let traced = try bpf(["-e", calls], command)
        func shown(_ text: String) -> [Substring] { text.split(separator: "\n").filter { !$0.hasPrefix("execve(\"") } }
        #expect(shown(traced.text) == shown(expected.text))
        #expect(shown(traced.text).count > 60)
    }

    @Test func withoutSysfsTheKernelStillTellsItsTypes() throws {
        let child = try Child([
            "/usr/bin/unshare", "-m", "/bin/sh", "-c",
            "mount -t tmpfs none /sys/kernel/btf && exec \(Renacer.path) --backend bpf -e trace=exit_group /bin/true",
        ])
        #expect(child.end() == 0)
        #expect(child.errors == "exit_group(0)                           = ?\n+++ exited with 0 +++\n")
    }

    @Test func withoutPrivilegeThereIsOneLineAndNothingStarts() throws {
        let copy = Renacer.scratch()
        try Renacer.copy(to: copy)
        let child = try Child([
            "/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", copy, "--backend", "bpf", "/bin/echo", "started",
        ])
        #expect(child.rest().isEmpty)
        #expect(child.end() == 1)
        #expect(child.errors.split(separator: "\n").count == 1)
        #expect(child.errors.contains("bpf"))
    }

    @Test(arguments: ["0", "63K", "3M", "4G", "2K", "8MB", "-1", "18446744073709551616K", ""])
    func aRingOfNoPowerOfTwoIsRefused(_ size: String) throws {
        let traced = try bpf(["--ring-size=\(size)"], ["/bin/true"])
        #expect(traced.status == 1)
        #expect(traced.errors.contains("invalid --ring-size argument: '\(size)': a power of two from 4K to 2G is wanted\n"))
    }

    @Test func aRingThatTheKernelRefusesIsSaidInOneLine() throws {
        let child = try Child([
            "/bin/sh", "-c", "ulimit -v 300000; exec \(Renacer.path) --backend bpf --ring-size=256M /bin/echo started",
        ])
        #expect(child.rest().isEmpty)
        #expect(child.end() == 1)
        #expect(child.errors.hasSuffix(": Cannot allocate memory; use a smaller --ring-size\n"))
        #expect(child.errors.split(separator: "\n").count == 1)
    }

    @Test func ptraceHasNoRing() throws {
        let traced = try trace(["--backend", "ptrace", "--ring-size=64K"], ["/bin/true"])
        #expect(traced.status == 1)
        #expect(traced.errors.contains("--ring-size needs bpf or perf_event: ptrace has no ring"))
    }

    @Test func aFullDiskIsToldAndTheProgramGoesOn() throws {
        let child = try Child([Renacer.path, "--backend", "bpf", "-o", "/dev/full", Renacer.faults, "calls", "10000"])
        #expect(child.line() != nil)
        child.tell()
        #expect(child.line() == "done")
        #expect(child.end() == 1)
        #expect(child.errors.contains("/dev/full: No space left on device: the trace is not complete\n"))
    }

    @Test func anInterruptUnderLoadLetsTheProgramGo() throws {
        let file = Renacer.scratch()
        let renacer = try Child([Renacer.path, "-I2", "--backend", "bpf", "-e", "trace=getppid", "-o", file, Renacer.faults, "storm"])
        let pid = try #require(renacer.line())
        #expect(comesAbout { Renacer.text(file).hasPrefix("getppid()") })
        kill(renacer.pid, SIGINT)
        #expect(renacer.end(closing: false) == 128 + SIGINT)
        #expect(kill(Int32(pid) ?? -1, 0) == 0)
        renacer.tell()
        #expect(renacer.rest() == ["done"])
        #expect(!renacer.errors.contains("account"))
    }
}
