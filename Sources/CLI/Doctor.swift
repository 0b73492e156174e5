import CLinux
import Glibc
import RenacerBPF
import RenacerCore

/// `renacer doctor`: what tracing needs of this machine, whether it is there, and what to do if not.
///
/// A program of that name is traced with `renacer -- doctor`.
struct Doctor {
    struct Check {
        enum Status: String { case ok, missing, unknown }
        let name: String
        let status: Status
        /// What was found.
        let detail: String
        /// What to do; empty if nothing is missing.
        let fix: String
    }

    /// A backend tried on a program.
    struct Trial {
        let backend: String
        /// Why it failed; nil if it traced the program.
        let failure: String?
    }

    let checks: [Check]
    let trials: [Trial]

    /// - Returns: 0 if every backend works, 1 otherwise.
    static func run(_ arguments: [String]) throws(UsageError) -> Int32 {
        let format = try ReportFormat.parse(arguments, of: "doctor")
        let doctor = Doctor(checks: checks(), trials: BackendRegistration.all.map { trial($0) })
        Message.write(format == .json ? doctor.json : doctor.text, to: 1)
        return doctor.trials.allSatisfy { $0.failure == nil } ? 0 : 1
    }

    // MARK: Trials

    /// Traces renacer itself as it tells its version.
    private static func trial(_ kind: BackendRegistration) -> Trial {
        let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { close(null) }
        var plan = CapturePlan()
        var launch = CapturePlan.Launch(file: "/proc/self/exe", arguments: ["renacer", "--version"], environment: [])
        launch.standardOutput = null
        plan.target.launch = launch
        let counter = Counter()
        let pipeline = Pipeline(kind.make(), sinks: [counter], report: { _ in })
        do throws(TraceError) {
            try pipeline.start(plan)
            let end = try pipeline.run()
            let isWhole = counter.calls > 0 && end == .exited(0)
            return Trial(backend: kind.name, failure: isWhole ? nil : "\(kind.name): no call of the program was seen")
        } catch {
            pipeline.finish()
            return Trial(backend: kind.name, failure: error.description)
        }
    }

    private final class Counter: Sink {
        var calls = 0
        func consume(_ event: borrowing Event) throws(TraceError) {
            if case .syscall = event.body { calls += 1 }
        }
        func finish(_ account: Account) throws(TraceError) {}
    }

    // MARK: Output

    private var text: String {
        var out = ""
        for c in checks {
            out += "\(Report.padded(c.status.rawValue, 8))\(Report.padded(c.name, 22))\(c.detail)\(c.fix.isEmpty ? "" : "; \(c.fix)")\n"
        }
        out += "\n"
        for t in trials {
            out += "\(Report.padded(t.failure == nil ? "ok" : "fails", 8))\(Report.padded("--backend \(t.backend)", 22))\(t.failure ?? "traced a program")\n"
        }
        return out
    }

    private var json: String {
        let rows = checks.map { c in
            "{\"name\":\(Report.quoted(c.name)),\"status\":\"\(c.status.rawValue)\",\"detail\":\(Report.quoted(c.detail)),\"fix\":\(Report.quoted(c.fix))}"
        }
        let backends = trials.map { t in
            "{\"name\":\(Report.quoted(t.backend)),\"works\":\(t.failure == nil),\"failure\":\(t.failure.map(Report.quoted) ?? "null")}"
        }
        return "{\"checks\":[\(rows.joined(separator: ","))],\"backends\":[\(backends.joined(separator: ","))]}\n"
    }
}
