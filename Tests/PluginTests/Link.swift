import Foundation

/// A card and the bridge above it, as sysfs tells of their PCI Express links.
struct Link: Sendable {
    let card: (speed: String, width: Int), bridge: (speed: String, width: Int)
    /// Lanes that both could have, and the speed.
    let lanes: Int

    /// - Parameters: speeds in GT/s and widths in lanes.
    init(_ speed: String, _ width: Int, _ bridgeSpeed: String, _ bridgeWidth: Int, best lanes: Int? = nil) {
        card = (speed, width)
        bridge = (bridgeSpeed, bridgeWidth)
        self.lanes = lanes ?? width
    }

    /// The slower of both, as evidence has it.
    var text: String {
        let slow = bridge.width < card.width ? bridge : card
        return "\(slow.speed) GT/s PCIe x\(slow.width) of \(bridge.speed) GT/s PCIe x\(lanes)"
    }

    /// A folder to be taken for `/sys`.
    func folder() throws -> String {
        let sysfs = Renacer.scratch(), files = FileManager.default
        let upper = sysfs + "/devices/pci0000:00/0000:00:01.0", lower = upper + "/0000:01:00.0"
        try files.createDirectory(atPath: lower, withIntermediateDirectories: true)
        try files.createDirectory(atPath: sysfs + "/bus/pci/devices", withIntermediateDirectories: true)
        try files.createSymbolicLink(atPath: sysfs + "/bus/pci/devices/0000:01:00.0", withDestinationPath: lower)
        for (folder, own) in [(lower, card), (upper, bridge)] {
            for (name, value) in [
                ("class", folder == lower ? "0x030200" : "0x060400"), ("current_link_speed", "\(own.speed) GT/s PCIe"),
                ("max_link_speed", "\(bridge.speed) GT/s PCIe"), ("current_link_width", "\(own.width)"), ("max_link_width", "\(lanes)"),
            ] { try Data("\(value)\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
        }
        return sysfs
    }
}
