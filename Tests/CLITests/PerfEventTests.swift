import Foundation
import Testing

/// The perf_event backend, and what it says where it cannot work.
@Suite(.enabled(if: Renacer.canUsePerfEvents, "perf events cannot be used here"), .timeLimit(.minutes(20)))
struct PerfEventTests {
    /// `perf-tasks.c`, compiled.
    private static let program: String = {
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("perf-tasks.c").path
        let path = Renacer.scratch()
        _ = try? Renacer.run(["cc", "-O1", "-w", "-pthread", "-o", path, source], named: "/usr/bin/env")
        return path
    }()

    private func trace(_ options: [String], _ name: String) throws -> Renacer.Outcome {
        try Renacer.run(["--backend=perf_event", "-a0"] + options + [Self.program, name])
    }

    /// The last line of each task, in order of their ids.
    private func ends(_ backend: String) throws -> [Substring] {
        let folder = Renacer.scratch()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try Renacer.run(["--backend", backend, "-ff", "-o", folder + "/t", Self.program, "ends"]).status == 5)
        return try FileManager.default.contentsOfDirectory(atPath: folder).sorted { $0.count == $1.count ? $0 < $1 : $0.count < $1.count }
            .compactMap { Renacer.text(folder + "/" + $0).split(separator: "\n").last }
    }

    /// No tracepoint tells an exit status: it is concluded from calls and signals.
    @Test func tasksEndAsPtraceSeesThemEnd() throws {
        let ends = try ends("perf_event")
        #expect(ends.count == 14)
        #expect(try ends == self.ends("ptrace"))
    }

    @Test func whatIsNotAskedForIsFilteredInTheKernel() throws {
        let some = try trace(["-qq", "-e", "trace=getppid", "-e", "signal=none"], "calls")
        #expect(some.lines.count == 100)
        #expect(some.lines.allSatisfy { $0.hasPrefix("getppid() = ") })
        let others = try trace(["-qq", "-e", "trace=!getppid"], "calls")
        #expect(!others.errors.contains("getppid"))
        #expect(others.lines.filter { $0.hasPrefix("getuid() = ") }.count == 100)
        #expect(others.status == 5)
    }

    @Test func whatARingHasNoRoomForIsCounted() throws {
        let outcome = try trace(["--ring-size=4K", "-o", "/dev/null"], "flood")
        #expect(outcome.status == 5)
        #expect(outcome.lines.count == 1)
        #expect(outcome.lines.first?.contains(" events were lost (ring full: ") == true)
        // The kernel's count of all there was agrees, or a second line would say that the account is wrong.
        #expect(outcome.lines.first?.hasSuffix("; a larger --ring-size loses fewer") == true)
    }

    @Test func aCallThatAFilterAnsweredHasItsArguments() throws {
        #expect(try trace(["-qq", "-e", "trace=getpriority"], "denied").errors == "getpriority(PRIO_USER, 4711) = -1 EPERM (Operation not permitted)\n")
    }

    #if arch(x86_64)
    @Test func a32BitCallOfA64BitProgramIsOne() throws {
        let outcome = try trace(["-e", "trace=getpid@32,writev@64"], "compat")
        #expect(outcome.lines.first?.hasPrefix("getpid() = ") == true)
        #expect(!outcome.errors.contains("writev"))
    }
    #endif

    @Test func anAttachedTasksCallIsShownAndTheTaskGoesOn() throws {
        let target = Process()
        target.executableURL = URL(fileURLWithPath: Self.program)
        target.arguments = ["endless"]
        let pipe = Pipe()
        target.standardOutput = pipe
        try target.run()
        _ = pipe.fileHandleForReading.readData(ofLength: 1)
        // The pipe is full at some time: then the call that it waits in is told of, and no other comes.
        let attached = Process()
        attached.executableURL = URL(fileURLWithPath: Renacer.path)
        attached.arguments = ["--backend=perf_event", "-a0", "-p", "\(target.processIdentifier)"]
        let trace = Pipe()
        attached.standardError = trace
        try attached.run()
        var text = ""
        while !text.contains("write(1, ") {
            let more = trace.fileHandleForReading.availableData
            guard !more.isEmpty else { break }
            text += String(decoding: more, as: UTF8.self)
        }
        #expect(text.contains(": Process \(target.processIdentifier) attached\n"))
        #expect(text.contains("write(1, 0x"))
        // Not a signal that a test's threads block, which it inherits.
        kill(attached.processIdentifier, SIGKILL)
        attached.waitUntilExit()
        // More than what the pipe holds.
        #expect(pipe.fileHandleForReading.readData(ofLength: 100_000).count == 100_000)
        try pipe.fileHandleForReading.close()
        target.waitUntilExit()
        #expect(target.terminationStatus == 5)
    }

    @Test func tasksThatNobodyNamedAreTraced() throws {
        let other = Process()
        other.executableURL = URL(fileURLWithPath: Self.program)
        other.arguments = ["endless"]
        other.standardOutput = FileHandle(forWritingAtPath: "/dev/null")
        try other.run()
        defer { kill(other.processIdentifier, SIGKILL) }
        let outcome = try Renacer.run(["--backend=perf_event", "--all", "-a0", "-e", "trace=getppid", "--syscall-limit=2000"])
        #expect(outcome.status == 0)
        // Ids are set right in five columns.
        #expect(outcome.lines.contains { $0.hasPrefix("[pid ") && $0.contains(" \(other.processIdentifier)] getppid() = ") })
    }

    // MARK: --memory=live

    @Test func memoryReadLateIsMarked() throws {
        let child = Process()
        child.executableURL = URL(fileURLWithPath: Renacer.path)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func file(_ kind: String) -> String { folder.appendingPathComponent(kind).path }
        let sinks = ["strace:/dev/stderr", "jsonl:" + file("jsonl"), "csv:" + file("csv"), "html:" + file("html"), "perfetto:" + file("perfetto")]
        child.arguments = ["--backend=perf_event", "--memory=live", "-a0", "-e", "trace=write,getpid,read"]
            + sinks.flatMap { ["--sink", $0] } + [Self.program, "lasting"]
        let (input, errors) = (Pipe(), Pipe())
        child.standardInput = input
        child.standardOutput = FileHandle.nullDevice
        child.standardError = errors
        try child.run()
        var text = ""
        // Told of while the program waits for its input, whose bytes nobody has read yet.
        while !text.contains("read(0") || !text.contains("still there") {
            let more = errors.fileHandleForReading.availableData
            guard !more.isEmpty else { break }
            text += String(decoding: more, as: UTF8.self)
        }
        try input.fileHandleForWriting.close()
        text += String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        child.waitUntilExit()
        #expect(text.contains("write(1, \"still there\", 11) = 11 (LATE)\n"))
        // Nothing was there to be read.
        #expect(text.contains("\"\", 1) = 0\n"))
        #expect(text.components(separatedBy: "--memory=live: best effort with the perf_event backend").count == 2)
        #expect(child.terminationStatus == 5)
        // Every sink says so, and of that call.
        for (kind, mark) in [("jsonl", "\"memory_late\":true"), ("csv", ",memory_late,"), ("html", "{\"late\":true}")] {
            let lines = String(decoding: try Data(contentsOf: folder.appendingPathComponent(kind)), as: UTF8.self).split(separator: "\n")
            let marked = lines.filter { $0.contains(mark) }
            #expect(marked.contains { $0.contains("still there") }, "\(kind)")
            #expect(!marked.contains { $0.contains("getpid") }, "\(kind)")
        }
        let track = try Data(contentsOf: folder.appendingPathComponent("perfetto"))
        #expect(track.range(of: Data("memory_late".utf8)) != nil)
    }

    /// The kernel takes its events from a program with another's rights, and that is said: whether it still runs or
    /// has ended, and although nothing of it is asked for.
    @Test(.enabled(if: geteuid() == 0, "only root makes a program of root's"), arguments: ["trace=all", "trace=none"])
    func aSetUserIDProgramIsNotPassedOverInSilence(_ expression: String) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let program = folder.appendingPathComponent("cat").path
        _ = try Renacer.run(["-o", "/dev/null", "sh", "-c", "cp /bin/cat \(program) && chmod 4755 \(program) && chmod 755 \(folder.path)"])
        let outcome = try Renacer.run(
            ["--backend=perf_event", "-f", "-u", "nobody", "-e", expression, "-o", "/dev/null", "sh", "-c", "\(program) /etc/hostname; true"])
        #expect(outcome.status == 0)
        #expect(outcome.errors.contains("executed a set-user-id program: the kernel tells nothing of its calls"), "\(outcome.errors)")
    }

    @Test(arguments: ["ptrace", "bpf"]) func memoryThatComesWithEventsIsNotReadLate(_ backend: String) throws {
        let outcome = try Renacer.run(["--backend", backend, "--memory=live", "true"])
        #expect(outcome.errors.hasPrefix("\(Renacer.path): --memory=live needs perf_event: "))
        #expect(outcome.status == 1)
    }

    @Test func descriptorsAreRefusedUnlessTheyMayBeLookedUpLate() throws {
        #expect(try Renacer.run(["--backend=perf_event", "-y", "true"]).errors.hasPrefix("\(Renacer.path): --decode-fds needs "))
        #expect(try Renacer.run(["--backend=perf_event", "-y", "--memory=live", "true"]).status == 0)
        #expect(try Renacer.run(["--backend=perf_event", "--memory=x", "true"]).errors.contains("invalid --memory argument: 'x'"))
    }

    // MARK: What the machine refuses

    /// A copy that an ordinary user may execute, and the shell that makes the world in which it is.
    private func inAWorld(_ preparation: String, _ command: String) throws -> (Renacer.Outcome, path: String) {
        let copy = Renacer.scratch()
        try Renacer.copy(to: copy)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let script = "mount --make-rprivate / && \(preparation) && exec \(command.replacingOccurrences(of: "RENACER", with: copy))"
        return (try Renacer.run(["--mount", "/bin/sh", "-c", script], named: "/usr/bin/unshare"), copy)
    }

    private let withoutTracefs = "for m in $(awk '$3 == \"tracefs\" {print $2}' /proc/mounts); do umount -l $m || exit 99; done"

    @Test func tracefsIsMountedWhereThatIsAllowed() throws {
        let (outcome, _) = try inAWorld(withoutTracefs, "RENACER --backend=perf_event -qq -a0 -e trace=exit_group true")
        #expect(outcome.errors == "exit_group(0) = ?\n")
        #expect(outcome.status == 0)
    }

    private let asNobody = "setpriv --reuid=65534 --regid=65534 --clear-groups"

    @Test func withoutTracefsOneLineSaysSo() throws {
        let (outcome, path) = try inAWorld(withoutTracefs, "\(asNobody) RENACER --backend=perf_event echo started")
        #expect(outcome.lines.count == 1)
        #expect(outcome.errors.hasPrefix("\(path): perf_event: tracefs at /sys/kernel/tracing cannot be read: "))
        #expect(outcome.errors.hasSuffix("; or use --backend ptrace\n"))
        #expect(outcome.output.isEmpty)
        #expect(outcome.status == 1)
    }

    /// The events' formats where everybody may read them, which tracefs itself does not allow.
    private let withReadableFormats = """
        t=$(awk '$3 == "tracefs" {print $2; exit}' /proc/mounts) && d=$(mktemp -d) && mount -t tmpfs -o mode=755 none $d && \
        for e in raw_syscalls/sys_enter raw_syscalls/sys_exit task/task_newtask task/task_rename sched/sched_process_exec \
        sched/sched_process_exit signal/signal_generate signal/signal_deliver; do mkdir -p $d/events/$e && \
        cat $t/events/$e/format > $d/events/$e/format || exit 98; done && mount --move $d $t && rmdir $d
        """

    @Test(.enabled(if: Renacer.text("/proc/sys/kernel/perf_event_paranoid") != "-1\n", "everybody may use perf events here"))
    func withoutThePrivilegeOneLineSaysSo() throws {
        let (outcome, path) = try inAWorld(withReadableFormats, "\(asNobody) RENACER --backend=perf_event echo started")
        #expect(outcome.errors.hasPrefix("\(path): perf_event: the kernel does not allow it (kernel.perf_event_paranoid): run it with sudo, or once 'setcap cap_perfmon+ep \(path)'"))
        #expect(outcome.lines.count == 1)
        #expect(outcome.output.isEmpty)
        #expect(outcome.status == 1)
    }

    /// What a user may lock in memory is little: smaller rings are tried, and if there is no room for any, a line says so.
    @Test func ringsThatTheKernelRefusesAreSmaller() throws {
        let privileged = "setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all,+perfmon --ambient-caps=-all,+perfmon"
        let (outcome, path) = try inAWorld(
            withReadableFormats + " && ulimit -l 64",
            "\(privileged) RENACER --backend=perf_event --ring-size=64M -qq -a0 -e trace=exit_group true")
        #expect(outcome.lines.first?.hasPrefix("\(path): perf_event: ") == true)
        if outcome.status == 0 {
            #expect(outcome.errors.contains("the kernel refuses rings of 65536 KiB per CPU: they are "))
            #expect(outcome.lines.last == "exit_group(0) = ?")
        } else {
            #expect(outcome.lines.count == 1)
        }
    }
}

extension Renacer {
    static let canUsePerfEvents = (try? run(["--backend=perf_event", "-e", "none", "-qq", "true"]).status) == 0
}
