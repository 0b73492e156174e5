import Foundation
import Testing

private let mayUseBPF = geteuid() == 0 && FileManager.default.fileExists(atPath: "/sys/kernel/btf/vmlinux")

/// `-c --backend bpf`: calls are counted in the kernel, and the table says what ptrace's says.
@Suite(.enabled(if: mayUseBPF, "BPF needs root and a kernel that tells its types"), .timeLimit(.minutes(20)))
struct KernelSummaryTests {
    /// Calls and errors by name.
    private func counts(_ backend: String, _ options: [String], _ command: [String]) throws -> [String: String] {
        let file = Renacer.scratch()
        _ = try Renacer.run(["--backend", backend, "-c", "-f", "-U", "name,calls,errors", "-o", file] + options + command)
        var result: [String: String] = [:]
        for line in Renacer.text(file).split(separator: "\n").dropFirst(2) where !line.hasPrefix("-") {
            let words = line.split(separator: " ")
            if let name = words.first { result[String(name)] = words.dropFirst().joined(separator: " ") }
        }
        return result
    }

    @Test(arguments: [["-z"], ["-Z"], ["-e", "trace=openat,mmap"], ["-e", "status=unfinished"]])
    func filtersHoldInTheKernel(_ options: [String]) throws {
        let command = ["cat", "/etc/hostname", "/no/such/file"]
        let all = try counts("bpf", [], command)
        let chosen = try counts("bpf", options, command)
        #expect(chosen == (try counts("ptrace", options, command)))
        #expect(chosen["total"] != all["total"])
    }

    @Test func shortCallsAreLeftOutInTheKernelAsElsewhere() throws {
        let options = ["--min-duration=40ms", "-e", "trace=clock_nanosleep,openat,brk"], command = ["sleep", "0.05"]
        let chosen = try counts("bpf", options, command)
        #expect(chosen["clock_nanosleep"] == "1")
        #expect(chosen == (try counts("ptrace", ["-q"] + options, command)))
    }

    @Test func timesAreTheCallsOwn() throws {
        func row(_ options: [String]) throws -> [Substring] {
            let outcome = try Renacer.run(
                ["--backend=bpf", "-c", "-U", "total-time,min-time,max-time,calls,name", "-e", "clock_nanosleep"] + options + ["sleep", "0.05"])
            return try #require(outcome.lines.first { $0.hasSuffix(" clock_nanosleep") }).split(separator: " ")
        }
        let times = try row([])
        #expect(times.dropFirst(3) == ["1", "clock_nanosleep"])
        #expect(Set(times.prefix(3)).count == 1)
        let seconds = try #require(Double(times[0]))
        #expect(seconds >= 0.05 && seconds < 5)
        #expect(try row(["-O", "10s"]).prefix(3) == ["0.000000", "0.000000", "0.000000"])
    }

    @Test(arguments: ["ptrace", "bpf"]) func aLiveTableComesEverySecond(_ backend: String) throws {
        let outcome = try Renacer.run(["--backend", backend, "-c", "--live", "-U", "calls,name", "sleep", "1.2"])
        let tables = outcome.errors.components(separatedBy: "    calls syscall\n").dropFirst()
        #expect(tables.count == 2)
        #expect(tables.map { $0.contains(" execve\n") } == [true, true])
        #expect(tables.map { $0.contains(" clock_nanosleep\n") } == [false, true])
    }

    @Test func timeInTheKernelIsRefusedByName() throws {
        let outcome = try Renacer.run(["--backend=bpf", "-c", "--summary-cpu", "true"])
        #expect(outcome.errors ==
            "\(Renacer.path): --summary-cpu needs ptrace: a call's CPU time is not measured in the kernel (use --backend ptrace)\n")
        #expect(outcome.status == 1)
    }
}
