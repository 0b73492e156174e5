import Glibc
import RenacerCore
import RenacerPtrace
import Testing

extension PtraceTests {
    @Suite struct Tampering {
        private func trace(_ source: String, _ rules: TamperRule...) throws -> Trace {
            let program = try Program(source)
            var p = plan(program.path)
            p.tampering = rules
            let t = try Trace(p)
            try t.run()
            return t
        }

        @Test func aCallFailsWithoutBeingDone() throws {
            var rule = TamperRule(syscalls: set("chdir"))
            rule.result = .error(EPERM)
            rule.when.first = 2
            rule.when.last = 3
            let t = try trace("""
                #include <errno.h>
                #include <unistd.h>
                int main(void) {
                    char b[99];
                    if (chdir("/usr") != 0) return 1;
                    if (chdir("/") != -1 || errno != EPERM) return 2;
                    if (chdir("/") != -1 || errno != EPERM) return 3;
                    if (!getcwd(b, 99) || b[1] != 'u') return 4;
                    return chdir("/");
                }
                """, rule)
            #expect(t.end == .exited(0))
            #expect(t.count("chdir failed(1)") == 2)
            #expect(t.count("chdir returned(0)") == 2)
        }

        @Test func aResultAndASignalAreMadeUp() throws {
            var rule = TamperRule(syscalls: set("getppid"))
            rule.result = .value(42)
            rule.signal = SIGUSR1
            let t = try trace("""
                #include <signal.h>
                #include <unistd.h>
                static volatile int got;
                static void on(int s) { got++; }
                int main(void) {
                    signal(SIGUSR1, on);
                    for (int i = 0; i < 100; i++) if (getppid() != 42) return 1;
                    return got == 100 ? 0 : 2;
                }
                """, rule)
            #expect(t.end == .exited(0))
            #expect(t.count("signal \(SIGUSR1)") == 100)
        }

        @Test func aDelayHoldsUpNobodyElse() throws {
            var rule = TamperRule(syscalls: set("getppid"))
            rule.delayEnter = 300_000_000
            let program = try Program("""
                #include <pthread.h>
                #include <unistd.h>
                #include <sys/syscall.h>
                static volatile int done;
                static void *work(void *x) { for (int i = 0; i < 200; i++) syscall(SYS_getuid); done = 1; return 0; }
                int main(void) {
                    pthread_t t;
                    pthread_create(&t, 0, work, 0);
                    getppid();
                    int first = done;
                    pthread_join(t, 0);
                    return first ? 0 : 1;
                }
                """)
            var p = plan(program.path)
            p.followForks = true
            p.tampering = [rule]
            let t = try Trace(p)
            try t.run()
            #expect(t.end == .exited(0))
        }

        @Test func memoryIsOverwritten() throws {
            var rule = TamperRule(syscalls: set("chdir"))
            rule.pokeEnter = [.init(argument: 0, bytes: Array("/usr\0".utf8))]
            let t = try trace("""
                #include <string.h>
                #include <unistd.h>
                int main(void) {
                    char path[] = "/nowhere", b[99];
                    return chdir(path) == 0 && getcwd(b, 99) && strcmp(b, "/usr") == 0 ? 0 : 1;
                }
                """, rule)
            #expect(t.end == .exited(0))
        }
    }

    @Suite struct Placing {
        private static let watcher = """
            #include <sched.h>
            #include <unistd.h>
            #include <sys/syscall.h>
            #include <sys/wait.h>
            static int cpus(void) { cpu_set_t m; sched_getaffinity(0, sizeof m, &m); return CPU_COUNT(&m); }
            int main(void) {
                int n = cpus(), s;
                for (int i = 0; i < 5000; i++) syscall(SYS_getuid);
                if (cpus() != n) return 1;
                for (int i = 0; i < 5000; i++) syscall(SYS_getuid);
                pid_t p = fork();
                if (p == 0) _exit(cpus() == n ? 0 : 3);
                waitpid(p, &s, 0);
                return WEXITSTATUS(s);
            }
            """

        @Test(arguments: [false, true]) func neitherTheProgramNorItsChildrenSeeIt(_ follow: Bool) throws {
            let program = try Program(Self.watcher)
            var p = plan(program.path)
            p.followForks = follow
            let t = try Trace(p)
            try t.run()
            #expect(t.end == .exited(0))
        }
    }
}
