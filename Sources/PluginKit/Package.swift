// swift-tools-version: 6.1
import PackageDescription

// What `make install` puts into share/renacer/PluginKit: a plugin in Swift depends on that folder and on nothing else.
let package = Package(
    name: "PluginKit",
    products: [.library(name: "PluginKit", targets: ["PluginKit"])],
    targets: [
        .target(name: "CRenacerPlugin", path: "C"),
        .target(name: "PluginKit", dependencies: ["CRenacerPlugin"], path: "Swift"),
    ],
    swiftLanguageModes: [.v6]
)
