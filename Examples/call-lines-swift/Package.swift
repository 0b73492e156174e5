// swift-tools-version: 6.1
import PackageDescription

// Where renacer was installed.
let prefix = Context.environment["RENACER_PREFIX"] ?? "/usr/local"

let package = Package(
    name: "CallLinesSwift",
    products: [.library(name: "CallLinesSwift", type: .dynamic, targets: ["CallLinesSwift"])],
    dependencies: [.package(path: prefix + "/share/renacer/PluginKit")],
    targets: [.target(name: "CallLinesSwift", dependencies: [.product(name: "PluginKit", package: "PluginKit")])],
    swiftLanguageModes: [.v6]
)
