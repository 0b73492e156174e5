import Foundation
import Testing

/// `renacer doctor`.
@Suite struct DoctorTests {
    private struct Report: Decodable {
        struct Check: Decodable { var name, status, detail, fix: String }
        struct Backend: Decodable {
            var name: String
            var works: Bool
            var failure: String?
        }
        var checks: [Check]
        var backends: [Backend]
    }

    @Test func whatIsMissingComesWithWhatToDo() throws {
        let outcome = try Renacer.run(["doctor", "--format=json"])
        let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
        for name in ["kernel", "kernel types (BTF)", "privileges", "ptrace_scope", "tracefs", "perf_event_paranoid", "locked memory", "open files"] {
            #expect(report.checks.contains { $0.name == name }, "\(name)")
        }
        for check in report.checks { #expect((check.status == "ok") == check.fix.isEmpty) }
        #expect(Set(report.backends.map(\.name)).isSuperset(of: ["ptrace", "bpf"]))
        for backend in report.backends { #expect(backend.works == (backend.failure == nil)) }
        #expect(outcome.status == (report.backends.allSatisfy(\.works) ? 0 : 1))
    }

    @Test func theTextSaysTheSame() throws {
        let outcome = try Renacer.run(["doctor"])
        let lines = outcome.output.split(separator: "\n")
        let report = try JSONDecoder().decode(Report.self, from: Data(try Renacer.run(["doctor", "--format", "json"]).output.utf8))
        #expect(lines.count == report.checks.count + report.backends.count)
        #expect(lines.allSatisfy { line in ["ok ", "missing ", "unknown ", "fails "].contains { line.hasPrefix($0) } })
        #expect(outcome.errors.isEmpty)
    }

    @Test func anOrdinaryUserLearnsWhatBPFNeeds() throws {
        guard getuid() == 0 else { return }
        let copy = "/tmp/renacer-doctor-\(getpid())"
        try Renacer.copy(to: copy)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let outcome = try Renacer.run(["--reuid=65534", "--clear-groups", copy, "doctor"], named: "/usr/bin/setpriv")
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("missing privileges            no CAP_BPF or no CAP_PERFMON; for bpf run it with sudo"))
        #expect(outcome.output.contains("ok      --backend ptrace"))
        #expect(outcome.output.contains("fails   --backend bpf"))
    }

    @Test func aProgramOfThatNameIsTracedBehindTwoDashes() throws {
        #expect(try Renacer.run(["--", "doctor"]).errors == "\(Renacer.path): doctor: command not found\n")
        #expect(try Renacer.run(["doctor"], named: Renacer.asStrace).errors.contains("Cannot find executable 'doctor'"))
        let outcome = try Renacer.run(["doctor", "-x"])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("to trace a program of that name: renacer -- doctor"))
    }
}
