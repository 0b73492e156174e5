import RenacerBPF
import RenacerCore
import RenacerHost
import RenacerPtrace

/// A backend that can be chosen: adding one is adding a folder and a row here.
struct BackendRegistration: Sendable {
    /// As `--backend` spells it.
    let name: String
    let make: @Sendable () -> any Backend

    /// The first is the one that `auto` takes.
    static let all: [BackendRegistration] = [
        .init(name: "ptrace") { PtraceBackend(inspector: ProcInspector(), maySplit: true) },
        .init(name: "bpf") { BPFBackend() },
    ]

    static func named(_ name: String) -> BackendRegistration? { all.first { $0.name == name } }
}
