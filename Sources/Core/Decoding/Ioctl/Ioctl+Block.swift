// Block devices: <linux/fs.h>, <linux/blkpg.h>, <linux/blktrace_api.h>, <linux/blkzoned.h>.

extension IoctlRequest {
    static let block: [IoctlRequest] = [
        .init("BLKRRPART", 0x125f, .none),
        .init("BLKFLSBUF", 0x1261, .none),
        .init("BLKTRACESTART", 0x1274, .none),
        .init("BLKTRACESTOP", 0x1275, .none),
        .init("BLKTRACETEARDOWN", 0x1276, .none),
        .init("BLKRASET", 0x1262, .value(.ulong)),
        .init("BLKFRASET", 0x1264, .value(.ulong)),
        .init("BLKSECTGET", 0x1267, .written(.pointee(.sized(.uint, 2)))),
        .init("BLKROTATIONAL", 0x127e, .written(.pointee(.sized(.uint, 2)))),
        .init("BLKBSZGET", 0x80081270, .written(.pointee(.int))),
        .init("BLKROGET", 0x125e, .written(.pointee(.int))),
        .init("BLKSSZGET", 0x1268, .written(.pointee(.int))),
        .init("BLKALIGNOFF", 0x127a, .written(.pointee(.int))),
        .init("BLKPBSZGET", 0x127b, .written(.pointee(.uint))),
        .init("BLKIOMIN", 0x1278, .written(.pointee(.uint))),
        .init("BLKIOOPT", 0x1279, .written(.pointee(.uint))),
        .init("BLKDISCARDZEROES", 0x127c, .written(.pointee(.uint))),
        .init("BLKGETZONESZ", 0x80041284, .written(.pointee(.uint))),
        .init("BLKGETNRZONES", 0x80041285, .written(.pointee(.uint))),
        .init("BLKRAGET", 0x1263, .written(.pointee(.long))),
        .init("BLKFRAGET", 0x1265, .written(.pointee(.long))),
        .init("BLKGETSIZE", 0x1260, .written(.pointee(.ulong))),
        .init("BLKGETSIZE64", 0x80081272, .written(.pointee(.ulong))),
        .init("BLKGETDISKSEQ", 0x80081280, .written(.pointee(.ulong))),
        .init("BLKROSET", 0x125d, .read(.pointee(.int))),
        .init("BLKBSZSET", 0x40081271, .read(.pointee(.int))),
        .init("BLKDISCARD", 0x1277, .read(.array(.ulong, .constant(2)))),
        .init("BLKSECDISCARD", 0x127d, .read(.array(.ulong, .constant(2)))),
        .init("BLKZEROOUT", 0x127f, .read(.array(.ulong, .constant(2)))),
        .init("BLKPG", 0x1269, .read(.structure(.blkpg))),
        .init("BLKTRACESETUP", 0xc0481273, .extended(.blockTraceSetup, by: .blockTraceName)),
    ]
}

extension StructLayout {
    static let blkpg = StructLayout(size: 24, capture: .through(16, .memory(.constant(152))), [
        .init("op", 0, .enumerated(.blkpgOperations)), .init("flags", 4, .int), .init("datalen", 8, .int),
        .init("data") { d, b in
            if b.u32(0) == 1 || b.u32(0) == 2 {
                d.structure(b.u64(16), .blkpgPartition)
            } else {
                d.out.address(b.u64(16))
            }
        },
    ])

    static let blkpgPartition = StructLayout(size: 152, [
        .init("start", 0, .long), .init("length", 8, .long), .init("pno", 16, .int),
        .init("devname") { d, b in d.cString(b.slice(20, 64)) },
        .init("volname") { d, b in d.cString(b.slice(84, 64)) },
    ])

    static let blockTraceSetup = StructLayout(size: 72, [
        .init("act_mask", 32, .uint, width: 2), .init("buf_size", 36, .uint), .init("buf_nr", 40, .uint),
        .init("start_lba", 48, .ulong), .init("end_lba", 56, .ulong), .init("pid", 64, .pid),
    ])
    static let blockTraceName = StructLayout(size: 72, [
        .init("name") { d, b in d.cString(b.slice(0, 32)) },
    ])
}
