import Glibc
import RenacerCore
import RenacerPtrace
import Testing

extension PtraceTests {
    /// Writes a byte of a page four times, once more when it may not be read, and again when it may.
    @Suite struct Memory {
        private static let source = """
            #include <pthread.h>
            #include <fcntl.h>
            #include <sched.h>
            #include <signal.h>
            #include <sys/mman.h>
            #include <sys/syscall.h>
            #include <sys/wait.h>
            #include <unistd.h>
            static char *page, stack[65536];
            static int protect(void *p) { return mprotect(page, 4096, (int) (long) p); }
            static void *in_thread(void *p) { protect(p); return 0; }
            static void change(char who, long protection) {
                pthread_t t;
                if (who == 's') protect((void *) protection);
                if (who == 't') pthread_create(&t, 0, in_thread, (void *) protection), pthread_join(t, 0);
                if (who == 'c') waitpid(clone(protect, stack + sizeof stack, CLONE_VM | SIGCHLD, (void *) protection), 0, 0);
            }
            int main(int argc, char **argv) {
                int null = open("/dev/null", O_WRONLY);
                page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                *page = 'x';
                for (int i = 0; i < 4; ++i) write(null, page, 1);
                change(*argv[1], PROT_NONE);
                write(null, page, 1);
                change(*argv[1], PROT_READ);
                write(null, page, 1);
                return 0;
            }
            """

        @Test(arguments: ["self", "thread", "child"], [true, false])
        func aPageIsReadAsLongAsTheTaskItselfMay(_ who: String, _ followed: Bool) throws {
            let program = try Program(Self.source)
            var plan = plan(program.path, [who])
            plan.syscalls = set("write")
            plan.ptrace.seccomp = .never
            plan.followForks = followed
            #expect(try Self.bytesRead(plan) == [1, 1, 1, 1, 0, 1])
        }

        @Test func aFilterThatHidesTheChangeHidesNoneOfItsEffect() throws {
            let program = try Program(Self.source)
            var plan = plan(program.path, ["self"])
            plan.syscalls = set("write")
            plan.ptrace.seccomp = .always
            plan.followForks = true
            #expect(try Self.bytesRead(plan) == [1, 1, 1, 1, 0, 1])
        }

        /// How much of its byte can be read as each write is entered.
        private static func bytesRead(_ plan: CapturePlan) throws -> [Int] {
            let trace = try Trace(plan)
            var counts: [Int] = []
            while true {
                switch try trace.backend.nextBatch(deadline: nil) {
                case .nothing: break
                case .end: return counts
                case .events(let batch):
                    for case .syscallEntered(let call) in batch.events.map(\.body) where call[2] == 1 {
                        counts.append(withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { call.memory.read(call[1], into: $0) })
                    }
                }
            }
        }
    }
}
