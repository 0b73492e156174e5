import Glibc
import RenacerCore
import RenacerPtrace
import Testing

extension PtraceTests {
    @Suite struct Stress {
        @Test(arguments: TestedBackend.available) func aThousandForksAreFollowed(_ backend: TestedBackend) throws {
            let program = try Program("""
                #include <unistd.h>
                #include <sys/wait.h>
                int main(void) {
                    for (int i = 0; i < 1000; i++) {
                        pid_t p = i % 2 ? fork() : vfork();
                        if (p == 0) _exit(7);
                        if (i % 10 == 0) while (waitpid(-1, 0, WNOHANG) > 0) {}
                    }
                    while (wait(0) > 0) {}
                    return 3;
                }
                """)
            var p = plan(program.path)
            p.followForks = true
            p.syscalls = set("exit_group")
            p.ptrace.seccomp = .never
            let t = try Trace(p, by: backend)
            try t.run()
            #expect(t.count("attached(threads: 1)") == 1000)
            #expect(t.count("exited(status: 7)") == 1000)
            #expect(t.count("exit_group unfinished") == 1001)
            #expect(t.end == .exited(3))
        }

        @Test(arguments: TestedBackend.available) func twoHundredThreadsAreFollowed(_ backend: TestedBackend) throws {
            let program = try Program("""
                #include <pthread.h>
                #include <unistd.h>
                #include <sys/syscall.h>
                static void *work(void *x) { for (int i = 0; i < 20; i++) syscall(SYS_getppid); return 0; }
                int main(void) {
                    pthread_t t[200];
                    for (int i = 0; i < 200; i++) pthread_create(&t[i], 0, work, 0);
                    for (int i = 0; i < 200; i++) pthread_join(t[i], 0);
                    return 0;
                }
                """)
            var p = plan(program.path)
            p.followForks = true
            p.ptrace.seccomp = .never
            let t = try Trace(p, by: backend)
            try t.run()
            // A call that nothing interrupts is one event of the bpf backend.
            if backend == .ptrace { #expect(t.count("getppid:") == 4000) }
            #expect(t.count(prefix: "getppid returned") == 4000)
            #expect(t.count("exited(status: 0)") == 201)
            #expect(t.end == .exited(0))
        }

        @Test(arguments: TestedBackend.available) func tenThousandSignalsArriveExactlyOnce(_ backend: TestedBackend) throws {
            let program = try Program("""
                #include <signal.h>
                #include <unistd.h>
                static volatile int n;
                static void on(int s) { n++; }
                int main(void) {
                    struct sigaction a = {.sa_handler = on};
                    sigaction(SIGUSR1, &a, 0);
                    for (int i = 0; i < 10000; i++) kill(getpid(), SIGUSR1);
                    return n == 10000 ? 0 : 1;
                }
                """)
            var p = plan(program.path)
            p.syscalls = set("kill")
            let t = try Trace(p, by: backend)
            try t.run()
            #expect(t.count("signal \(SIGUSR1)") == 10000)
            #expect(t.end == .exited(0))
        }

        @Test(arguments: TestedBackend.available) func aProcessStopsAndContinuesItsChild(_ backend: TestedBackend) throws {
            let program = try Program("""
                #include <signal.h>
                #include <unistd.h>
                #include <sys/wait.h>
                int main(void) {
                    pid_t p = fork();
                    if (p == 0) { for (int i = 0; i < 100; i++) raise(SIGSTOP); _exit(5); }
                    int s, stops = 0;
                    while (waitpid(p, &s, WUNTRACED | WCONTINUED) == p) {
                        if (WIFSTOPPED(s)) { stops++; kill(p, SIGCONT); }
                        if (WIFEXITED(s)) return stops == 100 && WEXITSTATUS(s) == 5 ? 0 : 1;
                    }
                    return 2;
                }
                """)
            var p = plan(program.path)
            p.followForks = true
            let t = try Trace(p, by: backend)
            try t.run()
            #expect(t.count("signal \(SIGSTOP)") == 100)
            #expect(t.count("stopped by \(SIGSTOP)") == 100)
            #expect(t.end == .exited(0))
        }

        @Test(arguments: TestedBackend.available) func aThreadThatExecutesTakesItsLeadersPlace(_ backend: TestedBackend) throws {
            let program = try Program("""
                #include <pthread.h>
                #include <unistd.h>
                #include <stdlib.h>
                #include <stdio.h>
                #include <sys/syscall.h>
                static char **av;
                static void *work(void *x) {
                    char b[9];
                    sprintf(b, "%d", atoi(av[1]) - 1);
                    execl("/proc/self/exe", av[0], b, (char *)0);
                    return 0;
                }
                static void *spin(void *x) { for (;;) syscall(SYS_getppid); }
                int main(int c, char **v) {
                    pthread_t t, u;
                    if (atoi(v[1]) == 0) return 9;
                    av = v;
                    pthread_create(&u, 0, spin, 0);
                    pthread_create(&t, 0, work, 0);
                    spin(0);
                }
                """)
            var p = plan(program.path, ["50"])
            p.followForks = true
            // Two threads that spin untraced fill any ring.
            if backend != .ptrace { p.syscalls = set("execve") }
            let t = try Trace(p, by: backend)
            try t.run()
            #expect(t.count(prefix: "superseded") == 50)
            #expect(t.count("executed") == 51)
            #expect(t.count("execve returned(0)") == 51)
            #expect(t.end == .exited(9))
        }

        @Test(arguments: TestedBackend.available) func aTaskMayBeKilledAtAnyMoment(_ backend: TestedBackend) throws {
            let program = try Program("""
                #include <signal.h>
                #include <unistd.h>
                #include <sys/wait.h>
                #include <sys/syscall.h>
                int main(void) {
                    for (int i = 0; i < 200; i++) {
                        pid_t p = fork();
                        if (p == 0) for (;;) syscall(SYS_getppid);
                        for (int j = 0; j < i % 7; j++) syscall(SYS_getuid);
                        kill(p, SIGKILL);
                        waitpid(p, 0, 0);
                    }
                    return 0;
                }
                """)
            var p = plan(program.path)
            p.followForks = true
            let t = try Trace(p, by: backend)
            try t.run()
            #expect(t.count("killed(signal: 9, coreDumped: false)") == 200)
            #expect(t.end == .exited(0))
        }
    }
}
