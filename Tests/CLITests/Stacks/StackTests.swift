import Foundation
import Testing

/// `-k` and `-kk`: the stack that led to a call.
@Suite struct StackTests {
    /// How a program may be built and its debugging information kept.
    enum Shape: String, CaseIterable, Sendable {
        case pie = "cc -g -O0 -o program main.c"
        case fixedAddress = "cc -g -O0 -no-pie -o program main.c"
        case `static` = "cc -g -O0 -static -o program main.c"
        case optimised = "cc -g -O2 -o program main.c"
        case framePointersOnly = "cc -g -O2 -fno-asynchronous-unwind-tables -fno-omit-frame-pointer -o program main.c"
        case dwarf4 = "cc -gdwarf-4 -O2 -o program main.c"
        case separateDebugFile = "cc -g -O2 -o program main.c && objcopy --only-keep-debug program program.debug && objcopy --strip-all --add-gnu-debuglink=program.debug program"
        case sharedObject = "cc -g -O2 -fPIC -shared -o lib.so main.c && cc -g -o program -Wl,-rpath,. caller.c ./lib.so"
        case loaded = "cc -g -O2 -fPIC -shared -o lib.so main.c && cc -g -o program loader.c -ldl"
    }

    static let sources = [
        "main.c": BuiltProgram.calls,
        "caller.c": "long outermost(void); int main(void) { return outermost() == 0; }",
        "loader.c": """
            #include <dlfcn.h>
            int main(void) {
                void *library = dlopen("./lib.so", RTLD_NOW);
                long (*call)(void) = dlsym(library, "outermost");
                return call() == 0;
            }
            """,
    ]

    private func frames(_ program: BuiltProgram, _ options: [String]) throws -> [ShownFrame] {
        let command = "cd '\(program.folder.path)' && exec \"$0\" \(options.joined(separator: " ")) -- ./program"
        let outcome = try Renacer.run(["-c", command, Renacer.path], named: "/bin/sh")
        return ShownFrame.of(outcome, after: "getppid(")
    }

    @Test(arguments: Shape.allCases) func framesAreThoseOfAddr2line(_ shape: Shape) throws {
        let program = try BuiltProgram(Self.sources)
        try program.shell(shape.rawValue)
        let frames = try frames(program, ["-kk", "-e", "trace=getppid"])
        let own = frames.filter { $0.module.hasPrefix(program.folder.path) && $0.source.contains(".c:") }
        #expect(own.count >= 4, "\(frames)")
        for address in Set(own.map { $0.module + "\n" + $0.address }) {
            let parts = address.components(separatedBy: "\n")
            // Two lines for each function: its name, and where.
            let wanted = try program.shell("addr2line -i -f -e \(parts[0]) \(parts[1])").split(separator: "\n")
            let shown = own.filter { $0.module == parts[0] && $0.address == parts[1] }
            #expect(shown.map(\.source) == stride(from: 1, to: wanted.count, by: 2).map {
                // addr2line adds what it knows of several blocks of a line.
                wanted[$0].components(separatedBy: " (discriminator")[0]
            })
            #expect(shown.map { $0.function.prefix { $0 != "+" && $0 != " " } } == stride(from: 0, to: wanted.count, by: 2).map { wanted[$0] })
        }
        let functions = own.map { String($0.function.prefix { $0 != "+" && $0 != " " }) }
        #expect(functions.starts(with: ["innermost", "middle", "outermost"]), "\(functions)")
    }

    @Test(arguments: ["-k", "-kk"]) func aStackIsStracesUnderItsName(_ flag: String) throws {
        let program = try BuiltProgram()
        try program.shell("cc -g -O2 -o program main.c")
        let outcome = try program.trace([flag, "-e", "trace=getppid"], named: Renacer.asStrace)
        let frames = ShownFrame.of(outcome, after: "getppid(")
        #expect(frames.allSatisfy { !$0.isInlined && $0.source.isEmpty == (flag == "-k" || !$0.source.contains(":")) })
        let own = frames.filter { $0.module == program.path }.map { String($0.function.prefix { $0 != "+" }) }
        #expect(own == ["middle", "outermost", "main", "_start"])
        if flag == "-kk" {
            let line = try program.line("/* here */")
            #expect(frames.first { $0.function.hasPrefix("middle+") }?.source == program.folder.path + "/main.c:\(line)")
        }
    }

    @Test func aLimitCutsAStack() throws {
        let program = try BuiltProgram()
        try program.shell("cc -g -O0 -o program main.c")
        let outcome = try program.trace(["-k", "--stack-trace-frame-limit=2", "-e", "trace=getppid"])
        #expect(outcome.lines.dropFirst().prefix(3).map { $0.prefix(4) } == [" > /", " > /", " > t"])
        #expect(outcome.lines.dropFirst(3).first == " > too many stack frames")
    }

    @Test func anExecIsShownWithTheStackOfTheProgramThatWasReplaced() throws {
        let program = try BuiltProgram(["main.c": """
            #include <unistd.h>
            void replace(void) { execl("/bin/true", "true", (char *) 0); }
            int main(void) { replace(); return 1; }
            """])
        try program.shell("cc -g -O0 -o program main.c")
        let outcome = try program.trace(["-k", "-e", "trace=execve"])
        #expect(ShownFrame.of(outcome, after: "execve(\"/bin/true\"").contains { $0.module == program.path && $0.function.hasPrefix("replace+") })
        // renacer's own stack is nobody's business.
        #expect(!outcome.errors.contains("/renacer("))
    }

    @Test func aCallThatItsTaskDiesInIsShownAtItsEnd() throws {
        let program = try BuiltProgram(["main.c": """
            #include <signal.h>
            #include <unistd.h>
            void die(void) { kill(getpid(), SIGKILL); }
            int main(void) { die(); return 0; }
            """])
        try program.shell("cc -g -O0 -o program main.c")
        let outcome = try program.trace(["-k", "-e", "trace=kill"])
        #expect(ShownFrame.of(outcome, after: "+++ killed by SIGKILL").contains { $0.function.hasPrefix("die+") })
    }

    @Test func aSignalHandlersCallerIsTheInterruptedCode() throws {
        let program = try BuiltProgram(["main.c": """
            #include <signal.h>
            #include <unistd.h>
            void handler(int signal) { getppid(); }
            void interrupted(void) { raise(SIGUSR1); }
            int main(void) {
                sigset_t none;
                sigemptyset(&none);
                sigprocmask(SIG_SETMASK, &none, 0);
                signal(SIGUSR1, handler);
                interrupted();
                return 0;
            }
            """])
        try program.shell("cc -g -O0 -o program main.c")
        let outcome = try program.trace(["-k", "-e", "trace=getppid"])
        for call in ["getppid(", "--- SIGUSR1"] {
            let own = ShownFrame.of(outcome, after: call).filter { $0.module == program.path }.map { String($0.function.prefix { $0 != "+" }) }
            #expect(own == (call == "getppid(" ? ["handler"] : []) + ["interrupted", "main", "_start"], "\(outcome.errors)")
        }
    }

    /// Code that goes and other code that comes in its place, with and without a filter that lets other calls run.
    @Test(arguments: [[], ["-f"]]) func codeThatTookThePlaceOfOtherCodeHasItsOwnNames(_ options: [String]) throws {
        let program = try BuiltProgram([
            "plugin.c": "#include <unistd.h>\nlong NAME(void) { long r = getppid(); return r + 1; }",
            "main.c": """
                #include <dlfcn.h>
                #include <stdio.h>
                int main(void) {
                    const char *names[] = {"first", "second"};
                    for (int i = 0; i < 2; i++) {
                        char file[32];
                        sprintf(file, "./%s.so", names[i]);
                        void *library = dlopen(file, RTLD_NOW);
                        long (*call)(void) = dlsym(library, names[i]);
                        printf("%p\\n", (void *) call);
                        call();
                        dlclose(library);
                    }
                }
                """,
        ])
        try program.shell("cc -g -o program main.c -ldl && for n in first second; do cc -g -fPIC -shared -DNAME=$n -o $n.so plugin.c; done")
        let command = "cd '\(program.folder.path)' && exec \"$0\" \(options.joined(separator: " ")) -k -e trace=getppid -- ./program"
        let outcome = try Renacer.run(["-c", command, Renacer.path], named: "/bin/sh")
        let addresses = outcome.output.split(separator: "\n")
        try #require(addresses.count == 2 && addresses[0] == addresses[1], "the second one does not lie where the first did")
        let names = outcome.errors.components(separatedBy: "\n").compactMap { ShownFrame(Substring($0)) }
            .filter { $0.module.hasSuffix(".so") && $0.module.hasPrefix(program.folder.path) }
        #expect(names.map { String($0.function.prefix { $0 != "+" }) } == ["first", "second"])
    }

    @Test func codeThatTheKernelMapsHasNames() throws {
        let program = try BuiltProgram(["main.c": """
            #include <time.h>
            int main(void) { struct timespec t; return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); }
            """])
        try program.shell("cc -g -O0 -o program main.c")
        let outcome = try program.trace(["-k", "-e", "trace=clock_gettime"])
        let first = try #require(ShownFrame.of(outcome, after: "clock_gettime(CLOCK_PROCESS").first)
        #expect(first.module.hasPrefix("[vdso") && first.function.contains("clock_gettime+"))
    }

    @Test(.enabled(if: getuid() == 0)) func aMissingLibraryIsToldInOneLine() throws {
        let command = "for f in /usr/lib/*/libdw.so.1; do mount --bind /dev/null $f || exit 9; done; exec \"$0\" -k true"
        let outcome = try Renacer.run(["-m", "/bin/sh", "-c", command, Renacer.path], named: "/usr/bin/unshare")
        #expect(outcome.errors == "\(Renacer.path): --stack-trace: libdw.so.1 cannot be loaded (install libdw1, elfutils' library)\n")
        #expect(outcome.status == 1)
    }
}
