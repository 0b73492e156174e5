import Foundation
import Testing

/// Whom the bpf backend traces: running processes, cgroups, children that are not the program's own.
@Suite(.enabled(if: Renacer.mayLoad, "needs root"), .serialized, .timeLimit(.minutes(20))) struct TargetTests {
    /// A process that copies its input to its output, and waits for input now.
    private func copier() throws -> Child { try Child(["/bin/cat"]) }

    @Test func aProcessIsAttachedToInTheMiddleOfACallAndGoesOn() throws {
        let cat = try copier()
        let renacer = try Child([Renacer.path, "--backend", "bpf", "-p", "\(cat.pid)"])
        #expect(comesAbout { renacer.errors.contains("read(0") })
        cat.tell()
        #expect(cat.line() == "")
        cat.closeInput()
        #expect(cat.end() == 0)
        #expect(renacer.end() == 0)
        let text = renacer.errors
        #expect(text.contains("read(0, \"\\n\", "))
        #expect(text.contains("write(1, \"\\n\", 1)"))
        #expect(text.hasSuffix("+++ exited with 0 +++\n"))
        #expect(renacer.errors.contains("Process \(cat.pid) attached\n"))
    }

    @Test func anInterruptLetsGoAndTheProcessGoesOn() throws {
        let cat = try copier()
        let renacer = try Child([Renacer.path, "--backend", "bpf", "-p", "\(cat.pid)"])
        #expect(comesAbout { renacer.errors.contains("read(0") })
        kill(renacer.pid, SIGINT)
        renacer.end()
        #expect(renacer.errors.contains("Process \(cat.pid) detached\n"))
        #expect(renacer.errors.contains(" <detached ...>\n"))
        cat.tell()
        #expect(cat.line() == "")
        cat.closeInput()
        #expect(cat.end() == 0)
        #expect(!renacer.errors.contains("write("))
    }

    @Test func aCallThatIsLetGoOfCountsInTheSummary() throws {
        let cat = try copier()
        let renacer = try Child([Renacer.path, "--backend", "bpf", "-c", "--live", "-U", "calls,name", "-p", "\(cat.pid)"])
        // Until it is attached nobody tells: what is written is asked for again.
        #expect(comesAbout {
            cat.tell()
            return cat.line() != nil && renacer.errors.contains(" write\n")
        })
        kill(renacer.pid, SIGINT)
        renacer.end()
        let table = renacer.errors.components(separatedBy: "calls syscall").last ?? ""
        func calls(_ name: String) -> Int? {
            table.split(separator: "\n").map { $0.split(separator: " ") }.first { $0.last == Substring(name) }?.first.flatMap { Int($0) }
        }
        // The one that it waits in, too.
        let writes = try #require(calls("write")), reads = try #require(calls("read"))
        #expect(reads == writes + 1)
        cat.closeInput()
        #expect(cat.end() == 0)
    }

    @Test func liveTasksOfACgroupAreTracedAndThoseThatEnterIt() throws {
        let mounts = Renacer.text("/proc/self/mounts").split(separator: "\n").map { $0.split(separator: " ") }
        guard let mount = mounts.first(where: { $0.count > 2 && $0[2] == "cgroup2" })?[1] else { return }
        let group = "\(mount)/renacer-test-\(getpid())"
        guard mkdir(group, 0o755) == 0 else { return }
        defer { rmdir(group) }
        func move(_ pid: pid_t) throws { try "\(pid)".write(toFile: group + "/cgroup.procs", atomically: false, encoding: .utf8) }
        let inside = try copier(), outside = try copier()
        try move(inside.pid)
        let renacer = try Child([Renacer.path, "--cgroup", group, "-q", "-e", "trace=write"])
        // Until it is attached nobody tells: what is written is asked for again.
        #expect(comesAbout {
            inside.tell()
            return inside.line() != nil && renacer.errors.contains("\(inside.pid)] write(1, ")
        })
        outside.tell()
        #expect(outside.line() == "")
        try move(outside.pid)
        #expect(comesAbout {
            outside.tell()
            return outside.line() != nil && renacer.errors.contains("\(outside.pid)] write(1, ")
        })
        kill(renacer.pid, SIGINT)
        renacer.end()
        for cat in [inside, outside] {
            cat.closeInput()
            #expect(cat.end() == 0)
        }
    }

    @Test func countingExactlyNeedsNoControlGroup() throws {
        let child = try Child([
            "/usr/bin/unshare", "-m", "/bin/sh", "-c",
            "for m in $(grep -E ' - cgroup2? ' /proc/self/mountinfo | cut -d' ' -f5); do umount -l $m; done; "
                + "exec \(Renacer.path) --backend bpf --exact -c /bin/true",
        ])
        #expect(child.end() == 0)
        #expect(child.errors.contains(" execve\n"))
    }

    @Test(arguments: ["bpf", "perf_event"], ["-D", "-DD", "-DDD"]) func theProgramIsTheCallersChild(_ backend: String, _ flag: String) throws {
        let file = Renacer.scratch()
        let renacer = try Child([Renacer.path, "--backend", backend, flag, "-o", file, "/bin/sh", "-c", "echo $$ $PPID; read x; exit 3"])
        #expect(renacer.line() == "\(renacer.pid) \(getpid())")
        renacer.tell()
        #expect(renacer.end() == 3)
        #expect(comesAbout { Renacer.text(file).hasSuffix("+++ exited with 3 +++\n") })
    }

    @Test(arguments: ["bpf", "perf_event"]) func aTracerBehindTheProgramTracesAllButItself(_ backend: String) throws {
        let file = Renacer.scratch()
        let renacer = try Child([Renacer.path, "--backend", backend, "-D", "--all", "-o", file, "/bin/sh", "-c", "echo $$; read x; (exit 7); exit 3"])
        let program = try #require(renacer.line())
        let tracers = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter {
            $0 != program && Renacer.text("/proc/\($0)/cmdline").contains(file)
        }
        #expect(tracers.count == 1)
        renacer.tell()
        #expect(renacer.end() == 3)
        // The trace ends with the program, and with it the tracer, which lets go of the others.
        #expect(comesAbout { tracers.allSatisfy { !FileManager.default.fileExists(atPath: "/proc/\($0)") } })
        let who = Set(Renacer.text(file).split(separator: "\n").compactMap { $0.split(separator: " ").first })
        #expect(who.contains(Substring(program)))
        #expect(who.isDisjoint(with: tracers.map { Substring($0) }))
    }

    @Test func aChildOfTheProgramsParentIsReaped() throws {
        let renacer = try Child([Renacer.path, "--backend", "bpf", "-f", "-o", "/dev/null", Renacer.faults, "sibling"])
        let sibling = try #require(renacer.line())
        #expect(comesAbout { !FileManager.default.fileExists(atPath: "/proc/\(sibling)") })
        renacer.tell()
        #expect(renacer.end() == 0)
    }

    @Test(arguments: ["ptrace", "bpf"]) func theFirstLineOfSeveralThreadsTellsWhose(_ backend: String) throws {
        let threads = try Child([Renacer.faults, "threads"])
        let pid = try #require(threads.line())
        let renacer = try Child([Renacer.path, "--backend", backend, "-f", "-p", pid])
        #expect(comesAbout { renacer.errors.contains("attached with 2 threads\n") })
        // A call that is over before its thread stops for the first time has no line.
        if backend == "ptrace" { #expect(comesAbout { renacer.errors.contains("read(") && renacer.errors.contains("pause(") }) }
        threads.tell()
        threads.end()
        renacer.end()
        let lines = renacer.errors.split(separator: "\n").filter { $0.contains("read(") || $0.contains("pause(") }
        #expect(lines.first?.hasPrefix("[pid ") == true)
    }
}
