import Glibc
import RenacerCore
import RenacerPtrace
import Testing

extension PtraceTests {
    /// The target writes a byte per round to its standard output, so that a test can see
    /// it live, and ends well when its parent closes the pipe.
    @Suite struct Attaching {
        private static let busy = """
            #include <pthread.h>
            #include <signal.h>
            #include <time.h>
            #include <unistd.h>
            static pthread_barrier_t all;
            static void *work(void *x) {
                // A sign of life says that every thread is there.
                pthread_barrier_wait(&all);
                for (;;) {
                    struct timespec t = {0, 100000};
                    if (nanosleep(&t, 0) != 0) _exit(2);
                    if (write(1, "x", 1) != 1) _exit(0);
                }
            }
            int main(void) {
                pthread_t t;
                signal(SIGPIPE, SIG_IGN);
                pthread_barrier_init(&all, 0, 8);
                for (int i = 0; i < 7; i++) pthread_create(&t, 0, work, 0);
                work(0);
            }
            """

        private final class Target {
            let program: Program
            let pid: pid_t
            private let output: Int32

            init() throws {
                program = try Program(Attaching.busy)
                var ends: [Int32] = [0, 0]
                closingPipe(&ends)
                pid = spawn(program.path, [], output: ends[1])
                _ = close(ends[1])
                output = ends[0]
            }

            /// Waits for signs of life that were not there yet.
            func lives() -> Bool {
                var buffer = [UInt8](repeating: 0, count: 65536)
                return (0..<20).allSatisfy { _ in read(output, &buffer, 1) == 1 }
            }

            func finish() -> Int32 {
                _ = close(output)
                var status: Int32 = -1
                waitpid(pid, &status, 0)
                return status
            }
        }

        private func plan(_ pid: pid_t) -> CapturePlan {
            var p = CapturePlan()
            p.target.attach = [pid]
            p.followForks = true
            return p
        }

        @Test func allThreadsAreTracedAndGoOnUnharmed() throws {
            let target = try Target()
            #expect(target.lives())
            for _ in 0..<10 {
                let t = try Trace(plan(target.pid))
                #expect(try t.step())
                #expect(t.seen.first?.text == "attached(threads: 8)")
                while Set(t.seen.map(\.tid)).count < 8 { #expect(try t.step()) }
                t.backend.endAtLimit()
                try t.run()
                #expect(t.count("detached") == 8)
                #expect(t.end == nil)
                t.backend.stop()
                #expect(target.lives())
            }
            #expect(target.finish() == 0)
        }

        @Test func aTaskThatIsNotThereIsNamed() throws {
            #expect(throws: TraceError("attach: ptrace(PTRACE_SEIZE, 4194303): No such process")) {
                _ = try Trace(plan(4_194_303))
            }
        }

        @Test func aStoppedProcessStaysStopped() throws {
            let pid = spawn("/bin/cat", ["/dev/zero"], output: open("/dev/null", O_WRONLY | O_CLOEXEC))
            var status: Int32 = 0
            kill(pid, SIGSTOP)
            waitpid(pid, &status, WUNTRACED)
            let t = try Trace(plan(pid))
            try t.run(until: "stopped by \(SIGSTOP)")
            t.backend.endAtLimit()
            try t.run()
            t.backend.stop()
            #expect(t.count("detached") == 1)
            #expect(waitpid(pid, &status, WNOHANG | WUNTRACED | WCONTINUED) == 0 || status & 0xff == 0x7f)
            kill(pid, SIGKILL)
            kill(pid, SIGCONT)
            waitpid(pid, &status, 0)
            #expect(status == SIGKILL)
        }

        @Test(arguments: [SIGTERM, SIGHUP, SIGINT, SIGKILL]) func theTargetSurvivesItsTracer(_ signal: Int32) throws {
            guard let renacer = builtRenacer else { return }
            let target = try Target()
            #expect(target.lives())
            var ends: [Int32] = [0, 0]
            closingPipe(&ends)
            let tracer = spawn(renacer, ["-f", "-o", "|cat", "-p", "\(target.pid)"], output: ends[1])
            _ = close(ends[1])
            var buffer = [UInt8](repeating: 0, count: 4096)
            #expect(read(ends[0], &buffer, 4096) > 0)
            kill(tracer, signal)
            while read(ends[0], &buffer, 4096) > 0 {}
            _ = close(ends[0])
            var status: Int32 = 0
            waitpid(tracer, &status, 0)
            #expect(status & 0x7f == signal)
            #expect(target.lives())
            #expect(target.finish() == 0)
        }

        /// Calls that a seccomp filter hands to a tracer fail once it is gone; one stays.
        @Test(arguments: [SIGTERM, SIGKILL]) func aFilteredProgramSurvivesToo(_ signal: Int32) throws {
            guard let renacer = builtRenacer else { return }
            let program = try Program("""
                #include <fcntl.h>
                #include <signal.h>
                #include <unistd.h>
                int main(void) {
                    signal(SIGPIPE, SIG_IGN);
                    for (;;) {
                        int f = open("/dev/null", O_RDONLY);
                        if (f < 0) { write(1, "!", 1); return 1; }
                        close(f);
                        if (write(1, "x", 1) != 1) return 0;
                    }
                }
                """)
            var ends: [Int32] = [0, 0]
            closingPipe(&ends)
            let tracer = spawn(renacer, ["-f", "-I2", "-e", "trace=openat", "-o", "/dev/null", program.path], output: ends[1])
            _ = close(ends[1])
            var buffer = [UInt8](repeating: 0, count: 1)
            for _ in 0..<100 { #expect(read(ends[0], &buffer, 1) == 1) }
            kill(tracer, signal)
            var status: Int32 = 0
            waitpid(tracer, &status, 0)
            #expect(status & 0x7f == signal)
            // More than what the pipe may have held.
            var alive = true
            for _ in 0..<66_000 { alive = alive && read(ends[0], &buffer, 1) == 1 && buffer[0] == UInt8(ascii: "x") }
            #expect(alive)
            _ = close(ends[0])
        }
    }
}
