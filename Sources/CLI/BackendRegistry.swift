import RenacerBPF
import RenacerCore
import RenacerHost
import RenacerPerfEvent
import RenacerPtrace
import RenacerRecording
import RenacerReplay

/// A backend that can be chosen: adding one is adding a folder and a row here.
struct BackendRegistration: Sendable {
    /// As `--backend` spells it.
    let name: String
    /// Whether `auto` may take it.
    let isAutomatic: Bool
    let make: @Sendable () -> any Backend

    init(name: String, isAutomatic: Bool = true, make: @escaping @Sendable () -> any Backend) {
        self.name = name
        self.isAutomatic = isAutomatic
        self.make = make
    }

    /// Of two that do equally well at the same cost, `auto` takes the first.
    static let all: [BackendRegistration] = [
        .init(name: "ptrace") { PtraceBackend(inspector: ProcInspector(), maySplit: true) },
        .init(name: "bpf") { BPFBackend() },
        .init(name: "perf_event") { PerfEventBackend() },
    ]

    static func named(_ name: String) -> BackendRegistration? { all.first { $0.name == name } }

    /// What a recording of everything is good for, which `renacer replay` plays.
    static var replay: Planner.Candidate { .init(name: "replay", capabilities: ReplayBackend.capabilities(of: .complete)) }
}
