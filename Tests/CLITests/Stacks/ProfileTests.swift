import Foundation
import Testing

/// `--profile`: what a program did on a CPU stands beside what it waited for. Times are held against those that the kernel
/// counted for the program, never against a clock on the wall.
@Suite struct ProfileTests {
    static let backends = ["ptrace", "bpf", "perf_event"].filter { FlagTests.working.contains($0) && canProfile($0) }

    /// Whether a backend knows stacks, without which there is nothing to show samples in.
    private static func canProfile(_ backend: String) -> Bool {
        FlagTests.flags.first { $0.flag == "--profile" }?.support.first { $0.backend == backend }?.needs.contains { $0.fidelity == "no" } == false
    }

    /// Half a second of its own time is spent in one function, some in another that sleeps; it prints the µs that the
    /// kernel counted.
    private static let source = """
        #include <stdio.h>
        #include <sys/resource.h>
        #include <unistd.h>
        static volatile unsigned long result;
        static long used(void) {
            struct rusage u;
            getrusage(RUSAGE_SELF, &u);
            return u.ru_utime.tv_sec * 1000000 + u.ru_utime.tv_usec;
        }
        __attribute__((noinline)) void compute(long n) { for (long i = 0; i < n; i++) result += i * i; }
        __attribute__((noinline)) void work(long until) { while (used() < until) compute(3000000); }
        __attribute__((noinline)) void rest(void) { usleep(100000); }
        int main(void) {
            work(500000);
            rest();
            FILE *f = fopen("used", "w");
            fprintf(f, "%ld\\n", used());
            fclose(f);
            return 0;
        }
        """

    private func built() throws -> BuiltProgram {
        let program = try BuiltProgram(["main.c": Self.source])
        try program.shell("cc -g -O1 -o program main.c")
        return program
    }

    private func run(_ program: BuiltProgram, _ flags: [String]) throws -> Renacer.Outcome {
        let words = flags.map { "'\($0)'" }.joined(separator: " ")
        return try Renacer.run(["-c", "cd '\(program.folder.path)' && exec \"$0\" \(words) -- ./program", Renacer.path], named: "/bin/sh")
    }

    /// Microseconds of folded stacks that end in `[on CPU]` and lead through a function.
    private func onCPU(_ file: String, _ function: String) -> Int {
        Renacer.text(file).split(separator: "\n").filter { $0.contains(";\(function);") && $0.contains(";[on CPU] ") }
            .reduce(0) { $0 + (Int($1.split(separator: " ").last ?? "") ?? 0) }
    }

    @Test(.enabled(if: !backends.isEmpty)) func workAndWaitingAreOnePicture() throws {
        let program = try built()
        for backend in Self.backends {
            let file = Renacer.scratch() + ".folded"
            let outcome = try run(program, ["--backend", backend, "--profile", "--flamegraph", file])
            let used = try #require(Int(Renacer.text(program.folder.path + "/used").split(separator: "\n").first ?? ""), "\(outcome.errors)")
            let sampled = onCPU(file, "compute")
            // Samples that were lost are told of, and are missing.
            if !outcome.errors.contains("samples were lost") {
                #expect(Double(sampled) > 0.5 * Double(used) && Double(sampled) < 1.5 * Double(used), "\(backend): \(sampled) \(used)")
            }
            let lines = Renacer.text(file).split(separator: "\n")
            #expect(lines.contains { $0.contains(";main;work;compute;[on CPU] ") }, "\(backend): \(lines)")
            let slept = lines.first { $0.contains(";main;rest;") && $0.contains(";clock_nanosleep_[k] ") }?.split(separator: " ").last
            #expect((slept.flatMap { Int($0) } ?? 0) >= 100_000, "\(backend): \(lines)")
            #expect(onCPU(file, "rest") < sampled / 4, "\(backend): \(lines)")
        }
    }

    @Test(.enabled(if: !backends.isEmpty)) func functionsHaveAColumnOfTheirTimeOnCPU() throws {
        let program = try built()
        for backend in Self.backends {
            let outcome = try run(program, ["--backend", backend, "--profile", "--function-time"])
            let header = try #require(outcome.lines.first { $0.hasPrefix("% time") }, "\(outcome.errors)")
            #expect(header.contains("   inherited      on CPU    calls"))
            let row = try #require(outcome.lines.first { $0.hasSuffix(" compute (main.c)") }, "\(backend): \(outcome.errors)").split(separator: " ")
            // All of its own time is on the CPU: it makes no call.
            #expect(row[1] == row[3] && row[2] == row[3] && row[4] == "0" && (Double(row[3]) ?? 0) > 0, "\(backend): \(row)")
            let rest = try #require(outcome.lines.first { $0.hasSuffix(" rest (main.c)") }, "\(backend): \(outcome.errors)").split(separator: " ")
            #expect(rest[4] == "1" && (Double(rest[1]) ?? 0) >= 0.1, "\(backend): \(rest)")
            #expect(outcome.lines.contains { $0.contains(" samples  main > work > compute > [on CPU]") }, "\(backend): \(outcome.errors)")
        }
    }

    @Test(.enabled(if: !backends.isEmpty)) func childrenAreSampledWhereTheyAreTraced() throws {
        let program = try built()
        for backend in Self.backends {
            let both = Renacer.scratch() + ".folded", one = Renacer.scratch() + ".folded"
            // The shell that stands before it waits; only its child computes.
            _ = try Renacer.run(["-f", "--backend", backend, "--profile", "--flamegraph", both, "--", "sh", "-c", "cd '\(program.folder.path)'; ./program; true"])
            _ = try Renacer.run(["--backend", backend, "--profile", "--flamegraph", one, "--", "sh", "-c", "cd '\(program.folder.path)'; ./program; true"])
            #expect(onCPU(both, "compute") > 0, "\(backend)")
            #expect(Renacer.text(one).contains("wait4_[k]") && onCPU(one, "compute") == 0, "\(backend)")
        }
    }

    @Test(.enabled(if: !backends.isEmpty)) func aRunningProcessIsSampled() throws {
        let program = try BuiltProgram(["main.c": """
            #include <unistd.h>
            static volatile unsigned long result;
            __attribute__((noinline)) void compute(long n) { for (long i = 0; i < n; i++) result += i * i; }
            int main(void) {
                for (;;) {
                    compute(3000000);
                    getppid();
                }
            }
            """])
        try program.shell("cc -g -O1 -o program main.c")
        for backend in Self.backends {
            let traced = Process(), file = Renacer.scratch() + ".folded"
            traced.executableURL = URL(fileURLWithPath: program.path)
            try traced.run()
            defer {
                kill(traced.processIdentifier, SIGKILL)
                traced.waitUntilExit()
            }
            let outcome = try Renacer.run(
                ["--backend", backend, "--profile", "--flamegraph", file, "-e", "trace=getppid", "--syscall-limit=20", "-p", "\(traced.processIdentifier)"])
            #expect(onCPU(file, "main") > 0, "\(backend): \(outcome.errors) \(Renacer.text(file))")
        }
    }

    // MARK: In the kernel

    /// Microseconds of folded stacks with a text in them.
    private func time(_ lines: [Substring], _ isMeant: (Substring) -> Bool) -> Int {
        lines.filter(isMeant).reduce(0) { $0 + (Int($1.split(separator: " ").last ?? "") ?? 0) }
    }

    /// Most of its time the kernel fills a buffer for it, and clears pages that it touches.
    private static let inKernel = """
        #include <fcntl.h>
        #include <stdlib.h>
        #include <sys/mman.h>
        #include <unistd.h>
        static char buffer[1 << 20];
        __attribute__((noinline)) void fill(int fd) { for (int i = 0; i < 6000; i++) if (read(fd, buffer, sizeof buffer) < 0) abort(); }
        __attribute__((noinline)) void touch(void) {
            for (int i = 0; i < 30; i++) {
                char *p = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                for (long at = 0; at < 8 << 20; at += 4096) p[at] = 1;
                munmap(p, 8 << 20);
            }
        }
        int main(void) {
            fill(open("/dev/zero", O_RDONLY));
            touch();
            return 0;
        }
        """

    @Test(.enabled(if: !backends.isEmpty && geteuid() == 0, "only root may know the kernel's addresses")) func functionsOfTheKernelStandBelowCalls() throws {
        let program = try BuiltProgram(["main.c": Self.inKernel])
        try program.shell("cc -g -O1 -o program main.c")
        for backend in Self.backends {
            let file = Renacer.scratch() + ".folded"
            let outcome = try run(program, ["--backend", backend, "--profile", "--kernel-stack", "--flamegraph", file])
            let lines = Renacer.text(file).split(separator: "\n")
            let calls = lines.filter { $0.contains(";main;fill;") && $0.contains(";read_[k]") }
            let below = time(calls) { $0.contains(";read_[k];") }
            #expect(below > 5000, "\(backend): \(outcome.errors) \(lines)")
            #expect(calls.contains { $0.contains(/;read_\[k\];.*[a-z_]*read[a-z_]*_\[k\]/) }, "\(backend): \(calls)")
            // Page faults are no calls.
            let faults = time(lines) { $0.contains(";main;touch;") && $0.contains("_[k];[on CPU] ") && !$0.contains(";mmap_[k]") }
            #expect(faults > 0, "\(backend): \(lines)")
        }
    }

    @Test func kernelStacksAreRefusedWhereTheyCannotBe() throws {
        let alone = try Renacer.run(["--kernel-stack", "--flamegraph=/dev/null", "--", "echo", "started"])
        #expect(alone.status == 1 && alone.output.isEmpty)
        #expect(alone.errors.hasPrefix("\(Renacer.path): --kernel-stack must be given with --profile\n"))
    }

    @Test(.enabled(if: geteuid() == 0, "only root runs as somebody else"), .enabled(if: Renacer.text("/proc/sys/kernel/perf_event_paranoid") != "-1\n"))
    func withoutThePrivilegeOneLineSaysSo() throws {
        let copy = Renacer.scratch()
        try Renacer.copy(to: copy)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let outcome = try Renacer.run(
            ["--reuid=65534", "--regid=65534", "--clear-groups", copy, "--backend=ptrace", "--profile", "--kernel-stack", "--flamegraph=/dev/null", "echo", "started"],
            named: "/usr/bin/setpriv")
        #expect(outcome.status == 1 && outcome.output.isEmpty && outcome.lines.count == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains("--kernel-stack: /proc/kallsyms shows no addresses (kernel.kptr_restrict): run it with sudo") ||
            outcome.errors.contains("--kernel-stack: samples of the kernel are not allowed (Permission denied): run it with sudo"), "\(outcome.errors)")
    }

    @Test func itIsRefusedWithNothingToShowItIn() throws {
        let outcome = try Renacer.run(["--profile", "--", "true"])
        #expect(outcome.status == 1)
        #expect(outcome.errors.hasPrefix("\(Renacer.path): --profile must be given with --flamegraph or --function-time\n"))
    }
}
