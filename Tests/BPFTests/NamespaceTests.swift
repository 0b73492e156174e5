import Foundation
import Testing

/// Tasks in pid namespaces, pid_namespaces(7): ids are those of the namespace that renacer runs in.
@Suite(.enabled(if: Renacer.mayLoad, "needs root"), .serialized, .timeLimit(.minutes(20))) struct NamespaceTests {
    /// A shell that speaks of itself, as a child of the command and as a grandchild.
    private static let speakers = "kill -0 $$; sh -c 'kill -0 $$; :'; :"

    /// Runs a command in pid namespaces of its own, so deep, with `/proc` of the last one.
    private func inside(_ command: [String], levels: Int = 1) -> [String] {
        (0..<levels).flatMap { _ in ["/usr/bin/unshare", "-pf", "--mount-proc"] } + command
    }

    private func lines(_ text: String, with part: String) -> [Substring] { text.split(separator: "\n").filter { $0.contains(part) } }

    @Test(arguments: [1, 3]) func idsAreThoseOfTheNamespaceThatRenacerRunsIn(_ levels: Int) throws {
        let file = Renacer.scratch()
        let command = [Renacer.path, "--backend", "bpf", "-f", "-e", "trace=kill", "-o", file, "/bin/sh", "-c", Self.speakers]
        let child = try Child(inside(command, levels: levels))
        #expect(child.end() == 0)
        #expect(child.errors.isEmpty)
        let kills = lines(Renacer.text(file), with: "kill(")
        #expect(kills.count == 2)
        for line in kills {
            let pid = try #require(line.split(separator: " ").first)
            // A namespace's ids begin at 1.
            #expect((2..<50).contains(Int(pid) ?? 0) && line.contains("kill(\(pid), 0)"), "\(line)")
        }
    }

    @Test func aThreadThatExecutesTakesItsLeadersIdThere() throws {
        let file = Renacer.scratch()
        let command = [Renacer.path, "--backend", "bpf", "-f", "-e", "trace=execve", "-o", file, Renacer.faults, "thread-exec", "/bin/sh", "-c", "echo $$"]
        let child = try Child(inside(command))
        let leader = try #require(child.line())
        #expect(child.end() == 0)
        let text = Renacer.text(file)
        let superseded = try #require(lines(text, with: "superseded").first)
        let thread = try #require(Int(leader)) + 1
        #expect(superseded.hasPrefix("\(leader) ") && superseded.hasSuffix("+++ superseded by execve in pid \(thread) +++"), "\(text)")
        #expect(lines(text, with: "<... execve resumed>").first?.hasPrefix("\(leader) ") == true, "\(text)")
        #expect(text.hasSuffix("+++ exited with 0 +++\n"))
    }

    @Test func aProcessIsAttachedToByItsIdThere() throws {
        let file = Renacer.scratch(), said = Renacer.scratch(), pipe = Renacer.scratch()
        let child = try Child(inside(["/bin/sh", "-c", """
            mkfifo \(pipe); /bin/cat \(pipe) & p=$!; exec 3>\(pipe)
            \(Renacer.path) --backend bpf -e trace=read,close -o \(file) -p $p 2>\(said) 3>&- & r=$!
            until grep -q "Process $p attached" \(said); do :; done
            echo word >&3; exec 3>&-; wait $r; echo $p
            """]))
        #expect(child.line() == "word")
        let pid = try #require(child.line())
        #expect(child.end() == 0)
        #expect((2..<50).contains(Int(pid) ?? 0))
        #expect(Renacer.text(file).contains("read(3, \"word\\n\", "))
        #expect(Renacer.text(file).hasSuffix("+++ exited with 0 +++\n"))
    }

    @Test func allTasksAreThoseOfTheNamespace() throws {
        let file = Renacer.scratch()
        let outside = try Child([Renacer.faults, "storm"])
        #expect(outside.line() != nil)
        let child = try Child(inside([Renacer.path, "--all", "-e", "trace=getppid", "-o", file, Renacer.faults, "calls", "3"]))
        let pid = try #require(child.line())
        child.tell()
        #expect(child.line() == "done")
        #expect(child.end() == 7)
        outside.tell()
        outside.end()
        let calls = lines(Renacer.text(file), with: "getppid")
        #expect(calls.count == 3)
        #expect(calls.allSatisfy { $0.hasPrefix("\(pid) ") }, "\(calls.first ?? "")")
    }

    @Test(arguments: ["ptrace", "bpf"]) func idsOfInnerNamespacesAreTranslated(_ backend: String) throws {
        let traced = try trace(
            ["--backend", backend, "-q", "-f", "--decode-pids=pidns", "-e", "trace=kill"], ["/usr/bin/unshare", "-pf", "/bin/sh", "-c", Self.speakers])
        #expect(traced.status == 0)
        let kills = lines(traced.text, with: "kill(")
        #expect(kills.count == 2)
        for (line, inner) in zip(kills, 1...) {
            let pid = try #require(line.split(separator: " ").first)
            #expect(line.contains("kill(\(inner) /* \(pid) in strace's PID NS */, 0) = 0"), "\(line)")
        }
    }

    @Test(arguments: ["ptrace", "bpf"]) func namespacesThatACallLedToAreTold(_ backend: String) throws {
        let file = Renacer.scratch()
        let renacer = try Child([
            Renacer.path, "--backend", backend, "-o", file, "-e", "trace=unshare", "-e", "namespace=new",
            "/usr/bin/unshare", "-ui", "/bin/readlink", "/proc/self/ns/ipc", "/proc/self/ns/uts",
        ])
        let names = renacer.rest()
        #expect(renacer.end() == 0)
        #expect(names.count == 2)
        #expect(Renacer.text(file).contains(" = 0 (\(names.joined(separator: ", ")))\n"), "\(Renacer.text(file))")
    }

    @Test func aUserNamespaceIsNoPlaceForIt() throws {
        let child = try Child(["/usr/bin/unshare", "-Ur", Renacer.path, "--backend", "bpf", "/bin/echo", "started"])
        #expect(child.rest().isEmpty)
        #expect(child.end() == 1)
        #expect(child.errors == "\(Renacer.path): bpf: renacer runs in a user namespace, in which the kernel loads no BPF programs: "
            + "run it outside, or use --backend ptrace\n")
        // Nobody asked for it: another one is taken.
        let other = try Child(["/usr/bin/unshare", "-Urpf", "--mount-proc", Renacer.path, "-c", "/bin/true"])
        #expect(other.end() == 0)
        #expect(other.errors.contains(" execve\n"))
    }
}
