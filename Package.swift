// swift-tools-version: 6.1
import PackageDescription

// Dependencies point one way: CLI -> {Sinks, Backends} -> Core -> CLinux.
// Each folder is a target so that the compiler enforces it.

/// Dynamic exclusivity checks cost two runtime calls per access of a class member; the event path makes dozens of
/// those per system call. Metadata of generic types is made at build time where they are known, not at every start
/// (0.1 ms).
let fast: [SwiftSetting] = [
    .unsafeFlags(
        ["-enforce-exclusivity=unchecked", "-Xfrontend", "-prespecialize-generic-metadata"],
        .when(configuration: .release)),
]

/// For what only the tracer's thread runs, or one thread at a time: references are counted without locked instructions,
/// which took a fifth of the time that a call takes to be shown. The threads that there are (`QueuedOutput`, the OTLP
/// exporter) share objects with the tracer's only through modules that are built without this.
let ownThread: [SwiftSetting] = fast + [
    .unsafeFlags(["-Xfrontend", "-assume-single-threaded"], .when(configuration: .release)),
]

/// What the program costs at every start is decided here: a fixed address spares the 27,000 relocations of Swift's
/// metadata (0.8 ms); C++ and exception runtimes linked in (`Tools/link`) spare two libraries (0.6 ms); and an output
/// written rather than mapped lies in the page cache in large folios, of which a fault maps more (0.3 ms). The functions
/// that a start runs lie side by side (`Tools/start-order.py`; 0.4 ms).
let quick: [LinkerSetting] = [
    .unsafeFlags(
        [
            "-Xlinker", "--no-pie", "-Xlinker", "--no-mmap-output-file", "-L", Context.packageDirectory + "/Tools/link",
            "-Xlinker", "--section-ordering-file", "-Xlinker", Context.packageDirectory + "/Tools/link/start.order",
        ],
        .when(configuration: .release)),
]

let package = Package(
    name: "renacer",
    products: [
        .executable(name: "renacer", targets: ["renacer"]),
    ],
    targets: [
        .target(name: "CLinux", path: "Sources/CLinux"),
        .target(name: "RenacerCore", dependencies: ["CLinux"], path: "Sources/Core", swiftSettings: ownThread),
        .target(name: "RenacerHost", dependencies: ["RenacerCore", "CLinux"], path: "Sources/Host", swiftSettings: ownThread),
        .target(name: "RenacerPtrace", dependencies: ["RenacerCore", "RenacerHost", "CLinux"], path: "Sources/Backends/Ptrace", swiftSettings: ownThread),
        .plugin(name: "CompileBPF", capability: .buildTool(), path: "Tools/CompileBPF"),
        .target(name: "CBPF", path: "Sources/CBPF", exclude: ["Programs"], linkerSettings: [.linkedLibrary("bpf")]),
        .target(name: "RenacerBPF", dependencies: ["RenacerCore", "RenacerHost", "CBPF", "CLinux"], path: "Sources/Backends/BPF", swiftSettings: ownThread,
            plugins: ["CompileBPF"]),
        .target(name: "CPerf", dependencies: ["CSampler"], path: "Sources/CPerf"),
        .target(name: "RenacerPerfEvent", dependencies: ["RenacerCore", "RenacerHost", "CPerf", "CSampler", "CLinux"], path: "Sources/Backends/PerfEvent", swiftSettings: ownThread),
        .target(name: "CSampler", path: "Sources/CSampler"),
        .target(name: "RenacerProfile", dependencies: ["RenacerCore", "RenacerHost", "CSampler"], path: "Sources/Profile", swiftSettings: fast),
        .target(name: "CDW", path: "Sources/CDW"),
        .target(name: "CMappings", path: "Sources/CMappings"),
        .target(name: "RenacerSymbols", dependencies: ["RenacerCore", "CDW", "CMappings", "CLinux"], path: "Sources/Symbols", swiftSettings: fast,
            linkerSettings: [.linkedLibrary("stdc++")]),
        .target(name: "RenacerScripted", dependencies: ["RenacerCore"], path: "Sources/Backends/Scripted", swiftSettings: fast),
        .target(name: "CCurl", path: "Sources/CCurl"),
        .target(name: "RenacerProtobuf", dependencies: ["RenacerCore"], path: "Sources/Protobuf", swiftSettings: fast),
        .target(name: "RenacerOTLP", dependencies: ["RenacerCore", "RenacerProtobuf", "CCurl", "CLinux"], path: "Sources/Sinks/OTLP",
            exclude: ["Protos"], swiftSettings: fast),
        .target(name: "RenacerPerfetto", dependencies: ["RenacerCore", "RenacerProtobuf", "RenacerOutput", "CLinux"], path: "Sources/Sinks/Perfetto",
            exclude: ["Protos"], swiftSettings: fast),
        .target(name: "RenacerOutput", dependencies: ["RenacerCore", "CLinux"], path: "Sources/Sinks/Output", swiftSettings: fast),
        .target(name: "RenacerJSON", dependencies: ["RenacerCore", "RenacerOutput"], path: "Sources/Sinks/JSON", swiftSettings: ownThread),
        .target(name: "RenacerCSV", dependencies: ["RenacerCore", "RenacerOutput"], path: "Sources/Sinks/CSV", swiftSettings: fast),
        .target(name: "RenacerHTML", dependencies: ["RenacerCore", "RenacerOutput"], path: "Sources/Sinks/HTML", swiftSettings: fast),
        .target(name: "RenacerStraceText", dependencies: ["RenacerCore", "CLinux"], path: "Sources/Sinks/StraceText", swiftSettings: ownThread),
        .target(name: "RenacerSummary", dependencies: ["RenacerCore"], path: "Sources/Sinks/Summary", swiftSettings: fast),
        .target(name: "RenacerRecording", dependencies: ["RenacerCore"], path: "Sources/Recording", swiftSettings: ownThread),
        .target(name: "RenacerRecorder", dependencies: ["RenacerCore", "RenacerRecording", "CLinux"], path: "Sources/Sinks/Recording", swiftSettings: ownThread),
        .target(name: "RenacerReplay", dependencies: ["RenacerCore", "RenacerRecording", "CLinux"], path: "Sources/Backends/Replay", swiftSettings: ownThread),
        .target(name: "RenacerFindings", dependencies: ["RenacerCore"], path: "Sources/Sinks/Findings", swiftSettings: fast),
        .target(name: "RenacerConfiguration", dependencies: ["RenacerCore"], path: "Sources/Configuration"),
        .target(name: "RenacerFunctions", dependencies: ["RenacerCore"], path: "Sources/Sinks/Functions", swiftSettings: fast),
        .target(name: "RenacerAnalysis", dependencies: ["RenacerCore"], path: "Sources/Analysis", swiftSettings: fast),
        .target(name: "RenacerAssertions", dependencies: ["RenacerCore", "RenacerConfiguration"], path: "Sources/Assertions", swiftSettings: fast),
        .target(name: "RenacerGolden", dependencies: ["RenacerCore"], path: "Sources/Golden", swiftSettings: fast),
        .target(name: "CRenacerPlugin", path: "Sources/PluginKit/C"),
        .target(name: "CPluginGuard", dependencies: ["CRenacerPlugin"], path: "Sources/CPluginGuard"),
        .target(name: "CUserProbes", path: "Sources/CUserProbes"),
        .target(name: "RenacerPluginHost", dependencies: ["RenacerCore", "CLinux", "CRenacerPlugin", "CPluginGuard", "CUserProbes", "RenacerOutput"], path: "Sources/PluginHost", swiftSettings: fast),
        .executableTarget(
            name: "renacer",
            dependencies: ["RenacerPluginHost", "RenacerAnalysis", "RenacerConfiguration", "RenacerFindings", "RenacerFunctions", "RenacerRecorder", "RenacerReplay", "RenacerRecording", "RenacerCore", "RenacerHost", "RenacerPtrace", "RenacerBPF", "RenacerPerfEvent", "RenacerSymbols", "RenacerProfile", "RenacerOTLP", "RenacerPerfetto", "RenacerOutput", "RenacerStraceText", "RenacerSummary", "RenacerJSON", "RenacerCSV", "RenacerHTML", "RenacerAssertions", "RenacerGolden", "CLinux"],
            path: "Sources/CLI", swiftSettings: fast, linkerSettings: quick),
        .target(name: "TestSupport", dependencies: ["RenacerCore"], path: "Tests/Support"),
        .testTarget(name: "CoreTests", dependencies: ["TestSupport", "RenacerCore", "RenacerScripted", "RenacerStraceText", "RenacerSummary"], path: "Tests/CoreTests"),
        .testTarget(name: "AnalysisTests", dependencies: ["RenacerAnalysis", "RenacerCore", "RenacerScripted"], path: "Tests/AnalysisTests"),
        .testTarget(name: "PtraceTests", dependencies: ["TestSupport", "RenacerCore", "RenacerPtrace", "RenacerBPF", "RenacerPerfEvent", "CLinux"], path: "Tests/PtraceTests"),
        .testTarget(name: "BPFTests", dependencies: ["renacer", "RenacerCore", "RenacerBPF", "CBPF"], path: "Tests/BPFTests", exclude: ["faults.c"]),
        .testTarget(
            name: "ReplayTests",
            dependencies: ["renacer", "CPerf", "RenacerCore", "RenacerRecording", "RenacerRecorder", "RenacerReplay", "RenacerStraceText"],
            path: "Tests/ReplayTests"),
        .testTarget(name: "CLITests", dependencies: ["renacer", "RenacerCore"], path: "Tests/CLITests", exclude: ["perf-tasks.c"]),
        .testTarget(name: "GoldenTests", dependencies: ["renacer", "RenacerCore", "RenacerGolden", "RenacerScripted"], path: "Tests/GoldenTests"),
        .testTarget(name: "AssertionTests", dependencies: ["renacer", "RenacerCore", "RenacerConfiguration", "RenacerAssertions", "RenacerScripted"], path: "Tests/AssertionTests"),
        .testTarget(name: "PluginTests", dependencies: ["renacer", "RenacerPluginHost", "RenacerCore"], path: "Tests/PluginTests", exclude: ["Workloads", "Broken"]),
        .testTarget(name: "ConfigurationTests", dependencies: ["renacer", "RenacerConfiguration"], path: "Tests/ConfigurationTests"),
        .testTarget(name: "SymbolsTests", dependencies: ["RenacerSymbols", "RenacerCore"], path: "Tests/SymbolsTests"),
        .testTarget(name: "DifferentialTests", dependencies: ["renacer"], path: "Tests/DifferentialTests"),
    ],
    swiftLanguageModes: [.v6]
)
