// swift-tools-version: 6.1
import PackageDescription

// Where renacer was installed.
let prefix = Context.environment["RENACER_PREFIX"] ?? "/usr/local"

let package = Package(
    name: "SmallWritesSwift",
    products: [.library(name: "SmallWritesSwift", type: .dynamic, targets: ["SmallWritesSwift"])],
    dependencies: [.package(path: prefix + "/share/renacer/PluginKit")],
    targets: [.target(name: "SmallWritesSwift", dependencies: [.product(name: "PluginKit", package: "PluginKit")])],
    swiftLanguageModes: [.v6]
)
