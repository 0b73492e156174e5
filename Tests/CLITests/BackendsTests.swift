import Foundation
import Testing

/// `renacer backends`, and which backend `--backend auto` takes.
@Suite struct BackendsTests {
    private struct Matrix: Decodable {
        struct Backend: Decodable {
            var name: String
            var works: Bool
            var obstacle: String?
        }
        struct Row: Decodable {
            struct Support: Decodable { var backend, fidelity, reason: String }
            var name, about: String
            var support: [Support]
        }
        var backends: [Backend]
        var features: [Row]
    }

    private func matrix() throws -> Matrix {
        try JSONDecoder().decode(Matrix.self, from: Data(try Renacer.run(["backends", "--format=json"]).output.utf8))
    }

    @Test func everyBackendSaysOfEveryFeatureHowWellAndWhyNotBetter() throws {
        let matrix = try matrix()
        #expect(Set(matrix.backends.map(\.name)).isSuperset(of: ["ptrace", "bpf"]))
        for row in matrix.features {
            #expect(row.support.map(\.backend) == matrix.backends.map(\.name))
            for s in row.support {
                #expect(["exact", "best effort", "no"].contains(s.fidelity))
                #expect((s.fidelity == "exact") == s.reason.isEmpty, "\(row.name) \(s.backend)")
            }
        }
        // What nobody can do does not hide.
        #expect(matrix.features.first { $0.name == "injection" }?.support.first { $0.backend == "bpf" }?.fidelity == "no")
    }

    @Test func theTextIsTheSameMatrixAtAHundredColumns() throws {
        let outcome = try Renacer.run(["backends"])
        let lines = outcome.output.components(separatedBy: "\n")
        #expect(lines.allSatisfy { $0.count <= 100 && !$0.hasSuffix(" ") })
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        for row in try matrix().features {
            let at = try #require(lines.firstIndex { $0.hasPrefix(row.name + "  ") })
            #expect(lines[at].components(separatedBy: "  ").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
                == [row.name] + row.support.map(\.fidelity))
            #expect(lines[at + 1] == "    " + row.about)
        }
    }

    @Test(arguments: ["backends", "doctor"]) func subcommandsTakeAFormatOnly(_ command: String) throws {
        #expect(try Renacer.run([command, "--format", "yaml"]).errors
            == "\(Renacer.path): invalid --format argument: 'yaml': text or json is wanted\n")
        #expect(try Renacer.run([command, "x"]).errors
            == "\(Renacer.path): \(command) takes --format=text or --format=json, not 'x'; to trace a program of that name: renacer -- \(command)\n")
        #expect(try Renacer.run([command, "--format"]).status == 1)
        #expect(try Renacer.run(["--", command]).errors == "\(Renacer.path): \(command): command not found\n")
    }

    // MARK: auto

    /// The backend that `-d` says is taken.
    private func taken(_ arguments: [String], named: String = Renacer.path) throws -> String? {
        let outcome = try Renacer.run(["-d", "-o", "/dev/null"] + arguments, named: named)
        return outcome.lines.first { $0.contains(": --backend auto takes ") }
            .flatMap { $0.components(separatedBy: " takes ").last?.split(separator: ":").first.map(String.init) }
    }

    private var mayLoad: Bool { get throws { try matrix().backends.first { $0.name == "bpf" }?.works == true } }

    @Test(arguments: [
        (["true"], "ptrace"), (["-f", "-T", "true"], "ptrace"), (["-C", "true"], "ptrace"), (["-c", "true"], "bpf"),
        (["-c", "--summary-cpu", "true"], "ptrace"), (["-c", "-P", "/etc/passwd", "true"], "ptrace"),
        (["-c", "--syscall-limit=3", "true"], "ptrace"), (["-c", "--inject=getpid:error=EIO", "true"], "ptrace"),
        (["--min-duration=1s", "true"], "bpf"), (["--min-duration=1s", "-y", "true"], "ptrace"), (["--all", "-e", "execve", "true"], "bpf"),
        (["--exact", "true"], "ptrace"), (["--exact", "-c", "true"], "bpf"), (["--ring-size=1M", "true"], "bpf"),
    ])
    func autoTakesTheCheapestThatIsExact(_ arguments: [String], _ backend: String) throws {
        guard try mayLoad else { return }
        #expect(try taken(arguments) == backend)
    }

    @Test func underStracesNameOnlyWhatStraceShowsIsExact() throws {
        #expect(try taken(["-c", "-w", "true"], named: Renacer.asStrace) == "ptrace")
        #expect(try taken(["-c", "true"], named: Renacer.asStrace) == "ptrace")
    }

    @Test func whoMayNotLoadGetsTheNextBest() throws {
        guard getuid() == 0 else { return }
        let copy = "/tmp/renacer-auto-\(getpid())"
        try Renacer.copy(to: copy)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        func run(_ arguments: [String]) throws -> Renacer.Outcome {
            try Renacer.run(["--reuid=65534", "--clear-groups", copy] + arguments, named: "/usr/bin/setpriv")
        }
        let counted = try run(["-d", "-c", "true"])
        #expect(counted.errors.contains("--backend auto takes ptrace: everything is exact"))
        #expect(counted.errors.contains("not bpf: needs CAP_BPF and CAP_PERFMON: run it with sudo"))
        #expect(counted.errors.contains(" execve\n") && counted.status == 0)
        let refused = try run(["--all", "true"])
        #expect(refused.errors.hasPrefix(
            "\(copy): --all needs bpf: ptrace stops single tasks; bpf does not work here: needs CAP_BPF and CAP_PERFMON"))
        #expect(refused.lines.count == 1 && refused.status == 1)
    }

    @Test func aBackendThatFailsToPrepareIsReplaced() throws {
        guard try mayLoad else { return }
        // A process that may not have another map cannot load programs, whatever its privileges.
        let command = ["-c", "ulimit -n 12; exec \"$0\" -d -c true", Renacer.path]
        let outcome = try Renacer.run(command, named: "/bin/sh")
        #expect(outcome.errors.contains("not bpf but ptrace: bpf: "))
        #expect(outcome.errors.contains(" execve\n"))
        #expect(outcome.status == 0)
    }

    @Test func bestEffortIsAnnouncedOnceUnlessQuiet() throws {
        let line = "\(Renacer.path): --min-duration: best effort with the ptrace backend: a call's time includes that of its stops, some microseconds"
        let arguments = ["--backend=ptrace", "--min-duration=10s", "-o", "/dev/null", "true"]
        #expect(try Renacer.run(arguments).lines.map(String.init) == [line])
        #expect(try Renacer.run(["-q"] + arguments).lines.isEmpty)
        #expect(try Renacer.run(arguments, named: Renacer.asStrace).lines.isEmpty)
        #expect(try Renacer.run(["--backend=ptrace", "-o", "/dev/null", "true"]).lines.isEmpty)
    }

    @Test func whatNoSingleBackendDoesIsRefused() throws {
        let outcome = try Renacer.run(["--all", "--inject=read:error=EIO", "true"])
        #expect(outcome.lines.count == 1 && outcome.status == 1)
        #expect(outcome.errors.contains("--inject") && outcome.errors.contains("--all"))
    }
}
