// swift-tools-version: 6.1
import PackageDescription

// Dependencies point one way: CLI -> {Sinks, Backends} -> Core -> CLinux.
// Each folder is a target so that the compiler enforces it.

/// Dynamic exclusivity checks cost two runtime calls per access of a class
/// member; the event path makes dozens of those per system call.
let fast: [SwiftSetting] = [
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

/// A program at a fixed address needs none of the 27,000 relocations that Swift's metadata otherwise costs at
/// every start (0.8 ms), and a C++ runtime linked in none of that library's symbol look-ups (0.5 ms).
let quick: [LinkerSetting] = [
    .unsafeFlags(
        ["-Xlinker", "--no-pie", "-L", Context.packageDirectory + "/Tools/link"],
        .when(configuration: .release)),
]

let package = Package(
    name: "renacer",
    products: [
        .executable(name: "renacer", targets: ["renacer"]),
    ],
    targets: [
        .target(name: "CLinux", path: "Sources/CLinux"),
        .target(name: "RenacerCore", dependencies: ["CLinux"], path: "Sources/Core", swiftSettings: fast),
        .target(name: "RenacerHost", dependencies: ["RenacerCore", "CLinux"], path: "Sources/Host", swiftSettings: fast),
        .target(name: "RenacerPtrace", dependencies: ["RenacerCore", "RenacerHost", "CLinux"], path: "Sources/Backends/Ptrace", swiftSettings: fast),
        .target(name: "RenacerScripted", dependencies: ["RenacerCore"], path: "Sources/Backends/Scripted", swiftSettings: fast),
        .target(name: "RenacerStraceText", dependencies: ["RenacerCore", "CLinux"], path: "Sources/Sinks/StraceText", swiftSettings: fast),
        .target(name: "RenacerSummary", dependencies: ["RenacerCore"], path: "Sources/Sinks/Summary", swiftSettings: fast),
        .executableTarget(
            name: "renacer",
            dependencies: ["RenacerCore", "RenacerHost", "RenacerPtrace", "RenacerStraceText", "RenacerSummary", "CLinux"],
            path: "Sources/CLI", swiftSettings: fast, linkerSettings: quick),
        .testTarget(name: "CoreTests", dependencies: ["RenacerCore", "RenacerScripted", "RenacerStraceText", "RenacerSummary"], path: "Tests/CoreTests"),
        .testTarget(name: "PtraceTests", dependencies: ["RenacerCore", "RenacerPtrace", "CLinux"], path: "Tests/PtraceTests"),
        .testTarget(name: "CLITests", dependencies: ["renacer", "RenacerCore"], path: "Tests/CLITests"),
        .testTarget(name: "DifferentialTests", dependencies: ["renacer"], path: "Tests/DifferentialTests"),
    ],
    swiftLanguageModes: [.v6]
)
