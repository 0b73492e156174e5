// IDE and ATA disks: <linux/hdreg.h>.

extension IoctlRequest {
    static let disks: [IoctlRequest] = [
        .init("HDIO_GETGEO", 0x301, .written(.structure(.diskGeometry))),
        .init("HDIO_GET_UNMASKINTR", 0x302, .written(.pointee(.ulong))),
        .init("HDIO_GET_MULTCOUNT", 0x304, .written(.pointee(.ulong))),
        .init("HDIO_GET_KEEPSETTINGS", 0x308, .written(.pointee(.ulong))),
        .init("HDIO_GET_32BIT", 0x309, .written(.pointee(.ulong))),
        .init("HDIO_GET_NOWERR", 0x30a, .written(.pointee(.ulong))),
        .init("HDIO_GET_DMA", 0x30b, .written(.pointee(.ulong))),
        .init("HDIO_GET_WCACHE", 0x30e, .written(.pointee(.ulong))),
        .init("HDIO_GET_ACOUSTIC", 0x30f, .written(.pointee(.ulong))),
        .init("HDIO_GET_ADDRESS", 0x310, .written(.pointee(.ulong))),
        .init("HDIO_GET_NICE", 0x30c, .written(.pointee(.flags64(.ideNice)))),
        .init("HDIO_GET_BUSSTATE", 0x31a, .written(.pointee(.enumerated64(.ideBusStates)))),
        .init("HDIO_OBSOLETE_IDENTITY", 0x307, .written(.bytes(.constant(142)))),
        .init("HDIO_GET_IDENTITY", 0x30d, .written(.bytes(.constant(512)))),
        .init("HDIO_SET_MULTCOUNT", 0x321, .value(.ulong)),
        .init("HDIO_SET_UNMASKINTR", 0x322, .value(.ulong)),
        .init("HDIO_SET_KEEPSETTINGS", 0x323, .value(.ulong)),
        .init("HDIO_SET_32BIT", 0x324, .value(.ulong)),
        .init("HDIO_SET_NOWERR", 0x325, .value(.ulong)),
        .init("HDIO_SET_DMA", 0x326, .value(.ulong)),
        .init("HDIO_SET_PIO_MODE", 0x327, .value(.ulong)),
        .init("HDIO_UNREGISTER_HWIF", 0x32a, .value(.ulong)),
        .init("HDIO_SET_WCACHE", 0x32b, .value(.ulong)),
        .init("HDIO_SET_ACOUSTIC", 0x32c, .value(.ulong)),
        .init("HDIO_SET_ADDRESS", 0x32f, .value(.ulong)),
        .init("HDIO_SET_NICE", 0x329, .value(.flags64(.ideNice))),
        .init("HDIO_SET_BUSSTATE", 0x32d, .value(.enumerated64(.ideBusStates))),
        .init("HDIO_DRIVE_RESET", 0x31c, .read(.array(.hex32, .constant(3)))),
        .init("HDIO_SCAN_HWIF", 0x328, .read(.array(.hex32, .constant(3)))),
        .init("HDIO_DRIVE_CMD", 0x31f, .answered(.ataCommand, by: .ataResult)),
    ]
}

extension StructLayout {
    static let diskGeometry = StructLayout(size: 16, [
        .init("heads", 0, .uint, width: 1), .init("sectors", 1, .uint, width: 1), .init("cylinders", 2, .uint, width: 2),
        .init("start", 8, .ulong),
    ])
    fileprivate static let ataCommand = StructLayout(size: 4, [
        .init("command", 0, .enumerated(.ataCommands), width: 1), .init("sector_number", 1, .uint, width: 1),
        .init("feature", 2, .uint, width: 1), .init("sector_count", 3, .uint, width: 1),
    ])
    fileprivate static let ataResult = StructLayout(size: 4, capture: .memory(.field(3, width: 1), scale: 512, plus: 4, most: 1 << 17), [
        .init("status", 0, .hex32, width: 1), .init("error", 1, .uint, width: 1), .init("nsector", 2, .uint, width: 1),
        .init(rest: .always) { d, b in
            guard b.u8(3) > 0 else { return }
            d.field("buf")
            let sectors = Int(b.u8(3)) * 512
            if d.canRead(d.call[2] &+ 4, min(sectors, d.options.stringLimit)) {
                d.hexBytes(d.call[2] &+ 4, sectors)
            } else {
                d.out.address(d.call[2] &+ 4)
            }
        },
    ])
}
