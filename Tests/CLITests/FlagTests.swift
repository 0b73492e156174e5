import Foundation
import Testing

/// Every flag on every backend: its effect or its refusal, never silence.
@Suite(.timeLimit(.minutes(20))) struct FlagTests {
    /// `renacer flags --format=json`
    struct Flag: Decodable, Sendable, CustomTestStringConvertible {
        struct Support: Decodable, Sendable {
            struct Need: Decodable, Sendable { var origin, fidelity, reason: String }
            var backend: String
            var needs: [Need]
        }
        var flag: String
        var support: [Support]
        var testDescription: String { flag }
    }

    static let flags: [Flag] = {
        guard let made = try? Renacer.run(["flags", "--format=json"]) else { return [] }
        return (try? JSONDecoder().decode([Flag].self, from: Data(made.output.utf8))) ?? []
    }()

    /// Backends that trace a program here; others refuse everything.
    static let working: Set<String> = {
        struct Report: Decodable {
            struct Backend: Decodable {
                var name: String
                var works: Bool
            }
            var backends: [Backend]
        }
        guard let made = try? Renacer.run(["doctor", "--format=json"]),
              let report = try? JSONDecoder().decode(Report.self, from: Data(made.output.utf8)) else { return [] }
        return Set(report.backends.filter(\.works).map(\.name)).union(["replay"])
    }()

    @Test func theTableInTheRepositoryIsTheDeclarations() throws {
        #expect(try Renacer.run(["flags"]).output == Renacer.text(Renacer.repository.appendingPathComponent("Docs/flags.md").path),
            "renacer flags > Docs/flags.md")
    }

    @Test func everyFlagHasASample() {
        #expect(Self.flags.count > 70)
        #expect(Self.working.contains("ptrace"))
        #expect(Set(Self.flags.map(\.flag)) == Set(FlagSample.all.keys))
    }

    @Test(arguments: flags) func aFlagHasItsEffectOrIsRefused(_ flag: Flag) throws {
        for sample in FlagSample.all[flag.flag] ?? [] {
            for support in flag.support where Self.working.contains(support.backend) {
                try check(sample, flag.flag, support)
            }
        }
    }

    private func check(_ sample: FlagSample, _ flag: String, _ support: Flag.Support) throws {
        let scene = try Scene(sample.setting)
        defer { scene.end() }
        guard let with = try scene.run(sample, support.backend, given: true) else { return }
        let place: Comment = "\(flag) on \(support.backend): \(with.errors)"
        let refused = support.needs.filter { $0.fidelity == "no" }
        if with.status == 1, with.trace.isEmpty || with.trace == Scene.before, with.errors.split(separator: "\n").count == 1,
           let need = refused.first(where: { with.errors.contains($0.reason) }) {
            #expect(with.errors.contains(need.origin) || with.errors.contains(flag), place)
            return
        }
        // A flag of which every need is unavailable does not get this far, but for values that need less.
        let needed = refused.filter { !$0.origin.contains("=") || sample.flag.contains($0.origin) }
        #expect(needed.isEmpty || refused.count < support.needs.count, place)
        let without = try scene.run(sample, support.backend, given: false)
        #expect(sample.shows(with, without ?? with), place)
        if let without, !sample.isNatural.contains(support.backend) {
            #expect(!sample.shows(without, without), "\(flag) on \(support.backend): the effect is there without it")
        }
        for need in support.needs where need.fidelity == "best effort" && with.errors.contains("best effort") {
            #expect(with.errors.components(separatedBy: "\(need.origin): best effort with the \(support.backend) backend").count <= 2, place)
        }
    }

    /// `renacer config show` writes each flag into a file that has its effect.
    @Test(arguments: flags) func aFlagInAFileHasTheSameEffect(_ flag: Flag) throws {
        for sample in FlagSample.all[flag.flag] ?? [] where flag.flag != "--config" {
            if case .alone = sample.setting { continue }
            let scene = try Scene(sample.setting)
            defer { scene.end() }
            guard let with = try scene.run(sample, "ptrace", given: true) else { continue }
            // Refused on the command line, it is refused in a file.
            let same = try scene.run(sample, "ptrace", given: true, inFile: true)
            let place: Comment = "\(sample.flag): \(same?.errors ?? "")"
            if with.status == 1, with.trace.isEmpty, with.errors.split(separator: "\n").count == 1 {
                #expect(same?.status == 1, place)
            } else if let same {
                let without = try scene.run(sample, "ptrace", given: false)
                #expect(sample.shows(same, without ?? same), place)
            }
        }
    }

    private struct RecordingFailed: Error { var lines: String }

    /// What a sample runs in.
    private final class Scene {
        static let before = "before\n"
        private let other: Process?
        private let fifo = Renacer.scratch()
        private var group: String?

        init(_ setting: FlagSample.Setting) throws {
            let file: String
            switch setting {
            case .plain, .elsewhere, .alone:
                other = nil
                return
            case .busy: file = "/dev/null"
            case .running:
                mkfifo(fifo, 0o600)
                file = fifo
            }
            let p = Process()
            p.executableURL = URL(fileURLWithPath: "/bin/sh")
            p.arguments = ["-c", "trap '' PIPE; while :; do echo x > \(file); done"]
            p.standardError = FileHandle.nullDevice
            try p.run()
            other = p
            if case .running = setting { makeGroup(p.processIdentifier) }
        }

        /// A cgroup with the other process in it, if this machine has any.
        private func makeGroup(_ pid: pid_t) {
            let mounts = Renacer.text("/proc/self/mounts").split(separator: "\n").map { $0.split(separator: " ") }
            guard let mount = mounts.first(where: { $0.count > 2 && $0[2] == "cgroup2" })?[1] else { return }
            let path = "\(mount)/renacer-flag-\(UUID().uuidString)"
            guard mkdir(path, 0o755) == 0 else { return }
            group = path
            try? "\(pid)".write(toFile: path + "/cgroup.procs", atomically: false, encoding: .utf8)
        }

        func end() {
            if let other {
                kill(other.processIdentifier, SIGKILL)
                other.waitUntilExit()
            }
            if let group { rmdir(group) }
            unlink(fifo)
        }

        /// - Returns: nil if this cannot be run here: no target without the flag, no group for it.
        /// - Parameter inFile: the command line is written into a configuration file, which is used in its place.
        func run(_ sample: FlagSample, _ backend: String, given: Bool, inFile: Bool = false) throws -> FlagOutcome? {
            if case .alone = sample.setting, !given { return nil }
            if sample.command.isEmpty, !given { return nil }
            let words = (given ? sample.flag : []) + sample.command
            if words.contains(where: { $0.contains("{group}") }), group == nil { return nil }
            let trace = Renacer.scratch()
            let values = ["{pid}": "\(other?.processIdentifier ?? 0)", "{fifo}": fifo, "{group}": group ?? "", "{trace}": trace, "{backend}": backend]
            func fill(_ words: [String]) -> [String] {
                words.map { word in values.reduce(word) { $0.replacingOccurrences(of: $1.key, with: $1.value) } }
            }
            var arguments: [String] = []
            if backend == "replay" {
                // Everything is recorded, and chosen from when it is replayed.
                let recording = Renacer.scratch()
                let command = sample.command.isEmpty ? ["true"] : fill(sample.command)
                // What takes longer only where it is looked at.
                let showsStacks = ["--source", "--stack-trace", "--function-time", "--flamegraph"].contains { sample.flag[0].hasPrefix($0) }
                let record = ["record", "-qq", "-f", "-yy", "-i", "--decode-pids=all", "-e", "namespace=new", "-e", "kvm=vcpu", "--summary-cpu",
                              "-e", "read=all", "-e", "write=all", "-o", recording] + (showsStacks ? ["-k"] : []) + ["--"]
                let recorded = try Renacer.run(record + command)
                guard !Renacer.text(recording).isEmpty else { throw RecordingFailed(lines: recorded.errors) }
                arguments = ["replay", recording]
                if case .elsewhere = sample.setting {} else if !(given && sample.flag[0].hasPrefix("--sink=")) { arguments += ["-o", trace] }
                arguments += sample.base
            } else if case .alone = sample.setting {} else {
                if !sample.flag.contains("--backend={backend}") { arguments = ["--backend", backend] }
                let isElsewhere = if case .elsewhere = sample.setting { true } else { given && sample.flag[0].hasPrefix("--sink=") }
                if !isElsewhere { arguments += ["-o", trace] }
                arguments += sample.base
            }
            if sample.flag == ["--output-append-mode"] { try Self.before.write(toFile: trace, atomically: false, encoding: .utf8) }
            if given { arguments += fill(sample.flag) }
            if !sample.command.isEmpty, backend != "replay" { arguments += ["--"] + fill(sample.command) }
            if inFile {
                let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
                let shown = try Renacer.run(["config", "show"] + arguments[..<end])
                guard shown.status == 0 else {
                    return FlagOutcome(backend: backend, status: shown.status, output: "", errors: shown.errors, trace: "", files: 0)
                }
                let file = Renacer.scratch()
                try shown.output.write(toFile: file, atomically: false, encoding: .utf8)
                let again = try Renacer.run(["config", "show", "--config", file])
                #expect(again.output == shown.output, "\(again.errors)")
                arguments = ["--config", file] + arguments[end...]
            }
            let outcome = try Renacer.run(arguments)
            let name = URL(fileURLWithPath: trace).lastPathComponent + "."
            let files = try FileManager.default.contentsOfDirectory(atPath: Renacer.folder.path).filter { $0.hasPrefix(name) }
            return FlagOutcome(
                backend: backend, status: outcome.status, output: outcome.output, errors: outcome.errors, trace: Renacer.text(trace), files: files.count)
        }
    }
}
