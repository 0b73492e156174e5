import Foundation
import Testing

/// What renacer does around a trace: finding programs, writing output, ending.
@Suite struct RunTests {
    @Test func theProgramsStatusIsRenacers() throws {
        #expect(try Renacer.run(["-e", "none", "sh", "-c", "exit 7"]).status == 7)
        #expect(try Renacer.run(["-e", "none", "sh", "-c", "kill -9 $$"]).signal == 9)
    }

    @Test(arguments: [["--backend=ptrace"], ["--backend=ptrace", "-f", "-e", "trace=exit_group"], ["--backend=bpf"]])
    func anIgnoredSIGCHLDStaysIgnoredAndLosesNoStatus(_ options: [String]) throws {
        let ignoring = ["--ignore-signal=CHLD", Renacer.path] + options
        let status = try Renacer.run(ignoring + ["/bin/grep", "SigIgn", "/proc/self/status"], named: "/usr/bin/env")
        if status.errors.contains("needs CAP_BPF") { return }
        let ignored = status.output.split(separator: "\t").last.flatMap { UInt64($0.dropLast(), radix: 16) }
        #expect((ignored ?? 0) >> UInt64(SIGCHLD - 1) & 1 == 1)
        let outcome = try Renacer.run(ignoring + ["/bin/sh", "-c", "exit 3"], named: "/usr/bin/env")
        #expect(outcome.status == 3)
        #expect(outcome.errors.hasSuffix("+++ exited with 3 +++\n"))
    }

    @Test func aCommandThatIsNotThere() throws {
        let own = try Renacer.run(["no-such-command"])
        #expect(own.errors == "\(Renacer.path): no-such-command: command not found\n")
        #expect(own.status == 127)
        let strace = try Renacer.run(["no-such-command"], named: Renacer.asStrace)
        #expect(strace.errors == "\(Renacer.asStrace): Cannot find executable 'no-such-command'\n")
        #expect(strace.status == 1)
        #expect(try Renacer.run(["./no/such/file"]).status == 127)
    }

    @Test func theEnvironmentIsChangedForTheProgramOnly() throws {
        let outcome = try Renacer.run(
            ["-qq", "-e", "none", "-E", "NEW=1", "--env=OLD", "-E", "KEPT=other", "sh", "-c", "echo $NEW-$OLD-$KEPT"],
            environment: ["OLD": "gone", "KEPT": "original"])
        #expect(outcome.output == "1--other\n")
    }

    @Test func argv0IsTheProgramsOnly() throws {
        let outcome = try Renacer.run(["-qq", "-e", "none", "--argv0=sample", "sh", "-c", "echo $0"])
        #expect(outcome.output == "sample\n")
    }

    @Test func outputGoesToAFileOrToTheEndOfIt() throws {
        let file = Renacer.scratch()
        for options in [["-o", file], ["-o", file], ["-A", "-o", file]] {
            #expect(try Renacer.run(options + ["-e", "none", "true"]).errors.isEmpty)
        }
        #expect(Renacer.text(file) == "+++ exited with 0 +++\n+++ exited with 0 +++\n")
    }

    @Test func eachTaskHasAFile() throws {
        let file = Renacer.scratch()
        _ = try Renacer.run(["-ff", "-o", file, "-e", "none", "sh", "-c", "/bin/true; /bin/true; :"])
        let names = try FileManager.default.contentsOfDirectory(atPath: Renacer.folder.path)
            .filter { $0.hasPrefix((file as NSString).lastPathComponent + ".") }
        #expect(names.count == 3)
    }

    @Test(arguments: ["|", "!"]) func outputGoesToACommandThatIsWaitedFor(_ mark: String) throws {
        let file = Renacer.scratch()
        let outcome = try Renacer.run(["-o", "\(mark)cat > \(file); echo done >> \(file)", "-e", "none", "sh", "-c", "exit 3"])
        #expect(outcome.status == 3)
        #expect(Renacer.text(file) == "+++ exited with 3 +++\ndone\n")
    }

    @Test func aFullDiskIsToldOnceAndTheProgramGoesOn() throws {
        let own = try Renacer.run(["-o", "/dev/full", "sh", "-c", "echo unharmed"])
        #expect(own.errors == "\(Renacer.path): /dev/full: No space left on device: the trace is not complete\n")
        #expect(own.output == "unharmed\n")
        #expect(own.status == 1)
        let strace = try Renacer.run(["-o", "/dev/full", "true"], named: Renacer.asStrace)
        #expect(strace.errors == "\(Renacer.asStrace): /dev/full: No space left on device\n")
        #expect(strace.status == 0)
    }

    @Test func aReaderThatHasGoneIsToldOnceAndTheProgramGoesOn() throws {
        let outcome = try Renacer.run(["-o", "|exec 0<&-; sleep 0.3", "sh", "-c", "sleep 0.1; ls -lR /usr/share/man >/dev/null; echo unharmed"])
        #expect(outcome.output == "unharmed\n")
        #expect(outcome.lines.count == 1)
        #expect(outcome.errors.contains("Broken pipe"))
        #expect(outcome.status == 1)
    }

    /// Its end comes when signals are as they were again.
    @Test(arguments: ["ptrace", "bpf"]) func aReaderThatTookNothingIsToldOf(_ backend: String) throws {
        guard backend == "ptrace" || geteuid() == 0 else { return }
        let outcome = try Renacer.run(["--backend", backend, "-o", "!exec 0<&-; exit 3", "sh", "-c", "echo unharmed"])
        #expect(outcome.errors.contains("Broken pipe: the trace is not complete"), "\(outcome.errors)")
        #expect(outcome.output == "unharmed\n")
        #expect(outcome.status == 1)
    }

    /// What renacer opens never lies where a program looks for its standard descriptors, which stay closed.
    @Test func closedDescriptorsStayClosed() throws {
        let shell = "exec \"$0\" --format json -o /dev/null -- sh -c 'x=5; for n in 0 1 2; do [ -e /proc/$$/fd/$n ] && x=$((x + 1)); done; exit $x' 0<&- 1>&- 2>&-"
        let outcome = try Renacer.run(["-c", shell, Renacer.path], named: "/bin/sh")
        #expect(outcome.status == 5)
        let file = Renacer.scratch()
        let told = try Renacer.run(["-c", "exec \"$0\" -o \(file) -- readlink /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 1>&- 2>&-", Renacer.path], named: "/bin/sh")
        #expect(told.status == 1)
        #expect(Renacer.text(file).contains("readlink(\"/proc/self/fd/2\", ") && Renacer.text(file).contains("= -1 ENOENT"))
    }

    @Test func callsAreChosenByThePathTheyTouch() throws {
        let link = Renacer.scratch()
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/etc/hostname")
        let outcome = try Renacer.run(["-P", link, "-e", "trace=openat,close,read", "-a0", "cat", link])
        #expect(outcome.lines.first == "\(Renacer.path): Requested path \"\(link)\" resolved into \"/etc/hostname\"")
        #expect(outcome.lines.dropFirst().first == "openat(AT_FDCWD, \"\(link)\", O_RDONLY) = 3")
        #expect(outcome.lines.contains("close(3) = 0"))
        #expect(!outcome.errors.contains("ld.so.cache"))
        #expect(try !Renacer.run(["-qqq", "-P", link, "true"]).errors.contains("Requested"))
    }

    @Test func callsAreChosenByTheDescriptorTheyTouch() throws {
        let outcome = try Renacer.run(["-qq", "-e", "fds=1", "-e", "trace=write,close", "-a0", "sh", "-c", "echo x; echo y >&2"])
        #expect(outcome.errors.contains("write(1, \"x\\n\", 2) = 2"))
        #expect(!outcome.errors.contains("write(2"))
        #expect(!outcome.errors.contains("close(3"))
    }

    @Test func colourIsAskedForOrNot() throws {
        let escape = "\u{1b}["
        #expect(try Renacer.run(["-e", "close", "--color=always", "true"]).errors.contains(escape))
        #expect(try !Renacer.run(["-e", "close", "true"]).errors.contains(escape))
        #expect(try !Renacer.run(["-e", "close", "--color=never", "true"]).errors.contains(escape))
        #expect(try Renacer.run(["-e", "close", "--color=always", "true"], environment: ["NO_COLOR": "1"]).errors.contains(escape))
    }

    /// A call of theirs and their end may come in one batch; their memory is what freed memory is filled with if nobody keeps it.
    @Test func tasksThatAreKilledAtWorkAreShownToTheirEnd() throws {
        let program = try BuiltProgram(["main.c": """
            #include <signal.h>
            #include <sys/wait.h>
            #include <unistd.h>
            int main(void) {
                for (int i = 0; i < 300; i++) {
                    int ready[2];
                    char c;
                    if (pipe(ready)) return 1;
                    pid_t child = fork();
                    if (child == 0) for (;;) if (write(ready[1], "x", 1) != 1) _exit(1);
                    if (read(ready[0], &c, 1) != 1) return 1;
                    kill(child, SIGKILL);
                    wait(NULL);
                    close(ready[0]);
                    close(ready[1]);
                }
                return 0;
            }
            """])
        try program.shell("cc -O1 -o program main.c")
        let file = Renacer.scratch()
        let run = try Renacer.run(
            ["-f", "--backend", "ptrace", "--format", "jsonl", "-o", file, "--", program.path], environment: ["MALLOC_PERTURB_": "165"])
        #expect(run.status == 0 && run.signal == 0, "\(run.status): \(run.errors)")
        #expect(Renacer.text(file).components(separatedBy: #""event":"killed""#).count == 301)
    }
}
