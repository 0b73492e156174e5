import Foundation
import Testing

/// Stacks of backends that stop nothing are those that ptrace sees, though the program may be gone when they are looked at.
@Suite struct BackendStackTests {
    static let backends = ["bpf", "perf_event"].filter { FlagTests.working.contains($0) }

    private func frames(_ program: BuiltProgram, _ backend: String) throws -> (frames: [String], outcome: Renacer.Outcome) {
        let command = "cd '\(program.folder.path)' && exec \"$0\" --backend \(backend) -kk -e trace=getppid -- ./program"
        let outcome = try Renacer.run(["-c", command, Renacer.path], named: "/bin/sh")
        return (ShownFrame.of(outcome, after: "getppid(").map { "\($0.module)(\($0.function)) [\($0.address)] \($0.source)" }, outcome)
    }

    @Test(.enabled(if: !backends.isEmpty), arguments: StackTests.Shape.allCases) func stacksAreThoseOfPtrace(_ shape: StackTests.Shape) throws {
        let program = try BuiltProgram(StackTests.sources)
        try program.shell(shape.rawValue)
        let (wanted, _) = try frames(program, "ptrace")
        #expect(wanted.count >= 5, "\(wanted)")
        for backend in Self.backends {
            let (shown, outcome) = try frames(program, backend)
            #expect(shown == wanted, "\(backend): \(outcome.errors)")
            #expect(outcome.errors.components(separatedBy: "--stack-trace: best effort with the \(backend) backend: ").count == 2)
        }
    }

    @Test func childrenThreadsAndExecsHaveLinesOfTheirOwn() throws {
        let program = try BuiltProgram(["main.c": """
            #include <pthread.h>
            #include <sys/wait.h>
            #include <unistd.h>
            void *thread(void *p) {
                getuid(); /* thread */
                return 0;
            }
            int main(int n, char **v) {
                if (*v[0] == 'a') return geteuid() != 0; /* again */
                pthread_t t;
                pthread_create(&t, 0, thread, 0);
                pthread_join(t, 0);
                if (fork() == 0) {
                    getgid(); /* child */
                    execl("/proc/self/exe", "again", (char *) 0);
                }
                wait(0);
            }
            """])
        try program.shell("cc -g -o program main.c -pthread")
        for backend in ["ptrace"] + Self.backends {
            let outcome = try program.trace(["--backend", backend, "-f", "-s", "-e", "trace=getuid,getgid,geteuid"])
            for (call, mark) in [("getuid", "/* thread */"), ("getgid", "/* child */"), ("geteuid", "/* again */")] {
                let line = outcome.lines.first { $0.contains("\(call)()") }
                #expect(line?.hasSuffix(" [main.c:\(try program.line(mark))]") == true, "\(backend): \(outcome.errors)")
            }
        }
    }

    @Test(.enabled(if: !backends.isEmpty)) func functionsHaveTheCallsThatTheyMake() throws {
        let program = try BuiltProgram(["main.c": FunctionTimeTests.pager])
        try program.shell("cc -g -O1 -o program main.c")
        for backend in Self.backends {
            let outcome = try program.trace(["--backend", backend, "--function-time"])
            let row = outcome.lines.first { $0.contains(" read_block (main.c)") }?.split(separator: " ")
            #expect(row?[3] == "200" && row?[5] == "200", "\(backend): \(outcome.errors)")
            #expect(outcome.lines.contains { $0.contains(" 100 calls  main > load_bundle > read_block > lseek") }, "\(backend): \(outcome.errors)")
        }
    }

    /// A process that runs already: what it has mapped is in /proc.
    @Test(.enabled(if: !backends.isEmpty)) func aRunningProcessHasItsLines() throws {
        let program = try BuiltProgram(["main.c": """
            #include <unistd.h>
            int main(void) {
                for (;;) {
                    getppid(); /* here */
                    usleep(1000);
                }
            }
            """])
        try program.shell("cc -g -o program main.c")
        for backend in Self.backends {
            let traced = Process()
            traced.executableURL = URL(fileURLWithPath: program.path)
            try traced.run()
            defer {
                kill(traced.processIdentifier, SIGKILL)
                traced.waitUntilExit()
            }
            let outcome = try Renacer.run(
                ["--backend", backend, "-s", "-e", "trace=getppid", "--syscall-limit=3", "-p", "\(traced.processIdentifier)"])
            let lines = outcome.lines.filter { $0.hasPrefix("getppid()") }
            #expect(lines.count == 3 && lines.allSatisfy { $0.hasSuffix(" [main.c:4]") }, "\(backend): \(outcome.errors)")
        }
    }
}
