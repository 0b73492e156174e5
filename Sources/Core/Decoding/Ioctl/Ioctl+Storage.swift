// Disks and flash: <linux/loop.h>, <linux/nbd.h>, <mtd/mtd-abi.h>, <mtd/ubi-user.h>.

extension IoctlRequest {
    static let storage: [IoctlRequest] = [
        .init("LOOP_SET_FD", 0x4c00, .value(.fd)),
        .init("LOOP_CHANGE_FD", 0x4c06, .value(.fd)),
        .init("LOOP_CLR_FD", 0x4c01, .none),
        .init("LOOP_SET_CAPACITY", 0x4c07, .none),
        .init("LOOP_SET_DIRECT_IO", 0x4c08, .value(.ulong)),
        .init("LOOP_SET_BLOCK_SIZE", 0x4c09, .value(.ulong)),
        .init("LOOP_SET_STATUS", 0x4c02, .read(.structure(.loopInfo))),
        .init("LOOP_GET_STATUS", 0x4c03, .written(.structure(.loopInfo))),
        .init("LOOP_SET_STATUS64", 0x4c04, .read(.structure(.loopInfo64))),
        .init("LOOP_GET_STATUS64", 0x4c05, .written(.structure(.loopInfo64))),
        .init("LOOP_CONFIGURE", 0x4c0a, .read(.structure(.loopConfiguration))),
        .init("LOOP_CTL_ADD", 0x4c80, .value(.int)),
        .init("LOOP_CTL_REMOVE", 0x4c81, .value(.int)),
        .init("LOOP_CTL_GET_FREE", 0x4c82, .none),
        .init("NBD_DO_IT", 0xab03, .none),
        .init("NBD_CLEAR_SOCK", 0xab04, .none),
        .init("NBD_CLEAR_QUE", 0xab05, .none),
        .init("NBD_PRINT_DEBUG", 0xab06, .none),
        .init("NBD_DISCONNECT", 0xab08, .none),
        .init("NBD_SET_SOCK", 0xab00, .value(.fd)),
        .init("NBD_SET_BLKSIZE", 0xab01, .value(.ulong)),
        .init("NBD_SET_SIZE", 0xab02, .value(.ulong)),
        .init("NBD_SET_SIZE_BLOCKS", 0xab07, .value(.ulong)),
        .init("NBD_SET_TIMEOUT", 0xab09, .value(.ulong)),
        .init("NBD_SET_FLAGS", 0xab0a, .value(.flags(.nbdFlags))),
        .init("MEMERASE", 0x40084d02, .read(.structure(.mtdErase))),
        .init("MEMLOCK", 0x40084d05, .read(.structure(.mtdErase))),
        .init("MEMUNLOCK", 0x40084d06, .read(.structure(.mtdErase))),
        .init("MEMISLOCKED", 0x80084d17, .read(.structure(.mtdErase))),
        .init("MEMERASE64", 0x40104d14, .read(.structure(.mtdErase64))),
        .init("MEMWRITEOOB", 0xc0104d03, .read(.structure(.mtdOob))),
        .init("MEMREADOOB", 0xc0104d04, .read(.structure(.mtdOob))),
        .init("MEMWRITEOOB64", 0xc0184d15, .read(.structure(.mtdOob64))),
        .init("MEMREADOOB64", 0xc0184d16, .read(.structure(.mtdOob64))),
        .init("MEMWRITE", 0xc0304d18, .read(.structure(.mtdWrite))),
        .init("MEMGETBADBLOCK", 0x40084d0b, .read(.pointee(.ulong))),
        .init("MEMSETBADBLOCK", 0x40084d0c, .read(.pointee(.ulong))),
        .init("MEMGETINFO", 0x80204d01, .written(.structure(.mtdInfo))),
        .init("MEMGETOOBSEL", 0x80c84d0a, .written(.structure(.mtdOobSelection))),
        .init("MEMGETREGIONCOUNT", 0x80044d07, .written(.pointee(.int))),
        .init("MEMGETREGIONINFO", 0xc0104d08, .extended(.mtdRegionIndex, by: .mtdRegion)),
        .init("ECCGETSTATS", 0x80104d12, .written(.structure(.mtdEccStatistics))),
        .init("ECCGETLAYOUT", 0x81484d11, .written(.structure(.mtdEccLayout))),
        .init("OTPSELECT", 0x80044d0d, .read(.pointee(.enumerated(.mtdOtpModes)))),
        .init("OTPGETREGIONCOUNT", 0x40044d0e, .written(.pointee(.uint))),
        .init("OTPGETREGIONINFO", 0x400c4d0f, .written(.structure(.mtdOtp))),
        .init("OTPLOCK", 0x800c4d10, .read(.structure(.mtdOtp))),
        .init("MTDFILEMODE", 0x4d13, .value(.enumerated64(.mtdFileModes))),
        .init("UBI_IOCATT", 0x40186f40, .dialect { $0.ubiRequest(.ubiAttach) }),
        .init("UBI_IOCDET", 0x40046f41, .read(.pointee(.int))),
        .init("UBI_IOCMKVOL", 0x40986f00, .dialect { $0.ubiRequest(.ubiMakeVolume) }),
        .init("UBI_IOCRMVOL", 0x40046f01, .read(.pointee(.int))),
        .init("UBI_IOCRSVOL", 0x400c6f02, .read(.structure(.ubiResizeVolume))),
        .init("UBI_IOCRNVOL", 0x51106f03, .read(.structure(.ubiRename))),
        .init("UBI_IOCRPEB", 0x40046f04, .read(.pointee(.int))),
        .init("UBI_IOCSPEB", 0x40046f05, .read(.pointee(.int))),
        .init("UBI_IOCVOLUP", 0x40084f00, .read(.pointee(.long))),
        .init("UBI_IOCEBER", 0x40044f01, .read(.pointee(.int))),
        .init("UBI_IOCEBCH", 0x40044f02, .read(.structure(.ubiLebChange))),
        .init("UBI_IOCEBMAP", 0x40084f03, .read(.structure(.ubiMap))),
        .init("UBI_IOCEBUNMAP", 0x40044f04, .read(.pointee(.int))),
        .init("UBI_IOCEBISMAP", 0x80044f05, .read(.pointee(.int))),
        .init("UBI_IOCSETVOLPROP", 0x40104f06, .read(.structure(.ubiSetProperty))),
        .init("UBI_IOCVOLCRBLK", 0x40804f07, .none),
        .init("UBI_IOCVOLRMBLK", 0x4f08, .none),
    ]
}

extension StructLayout {
    static let mtdErase = StructLayout(size: 8, [
        .init("start", 0, .hex32), .init("length", 4, .hex32),
    ])
    static let mtdErase64 = StructLayout(size: 16, [
        .init("start", 0, .hex), .init("length", 8, .hex),
    ])
    static let mtdOob = StructLayout(size: 16, [
        .init("start", 0, .hex32), .init("length", 4, .hex32), .init("ptr", 8, .address),
    ])
    static let mtdOob64 = StructLayout(size: 24, [
        .init("start", 0, .hex), .init("length", 12, .hex32), .init("usr_ptr", 16, .hex),
    ])
    static let mtdOtp = StructLayout(size: 12, [
        .init("start", 0, .hex32), .init("length", 4, .hex32), .init("locked", 8, .uint),
    ])
    static let mtdWrite = StructLayout(size: 48, [
        .init("start", 0, .hex), .init("len", 8, .hex), .init("ooblen", 16, .hex), .init("usr_data", 24, .hex),
        .init("usr_oob", 32, .hex), .init("mode", 40, .enumerated(.mtdWriteModes), width: 1),
    ])
    static let mtdInfo = StructLayout(size: 32, [
        .init("type", 0, .enumerated(.mtdTypes), width: 1), .init("flags", 4, .flags(.mtdFlags)),
        .init("size", 8, .hex32), .init("erasesize", 12, .hex32), .init("writesize", 16, .hex32),
        .init("oobsize", 20, .hex32), .init("padding", 24, .hex),
    ])
    static let mtdRegionIndex = StructLayout(size: 16, [
        .init("regionindex", 12, .hex32),
    ])
    static let mtdRegion = StructLayout(size: 16, [
        .init("offset", 0, .hex32), .init("erasesize", 4, .hex32), .init("numblocks", 8, .hex32),
    ])
    static let mtdEccStatistics = StructLayout(size: 16, [
        .init("corrected", 0, .hex32), .init("failed", 4, .hex32), .init("badblocks", 8, .hex32),
        .init("bbtblocks", 12, .hex32),
    ])
    static let ubiAttach = StructLayout(size: 24, [
        .init("ubi_num", 0, .int), .init("mtd_num", 4, .int), .init("vid_hdr_offset", 8, .int),
        .init("max_beb_per1024", 12, .int, width: 2), .init("disable_fm", 14, .int, width: 1),
        .init("need_resv_pool", 15, .int, width: 1),
    ])
    static let ubiMakeVolume = StructLayout(size: 152, [
        .init("vol_id", 0, .int), .init("alignment", 4, .int), .init("bytes", 8, .long),
        .init("vol_type", 16, .enumerated(.ubiVolumeTypes), width: 1),
        .init("flags", 17, .flags(.ubiVolumeFlags), width: 1), .init("name_len", 18, .int, width: 2),
        .init("name") { d, b in d.ubiName(b.slice(24, 128), Int(b.i16(18))) },
    ])
    static let ubiResizeVolume = StructLayout(size: 12, [
        .init("bytes", 0, .long), .init("vol_id", 8, .int),
    ])
    static let ubiLebChange = StructLayout(size: 16, [
        .init("lnum", 0, .int), .init("bytes", 4, .int), .init("dtype", 8, .enumerated(.ubiDataTypes), width: 1),
    ])
    static let ubiMap = StructLayout(size: 8, [
        .init("lnum", 0, .int), .init("dtype", 4, .enumerated(.ubiDataTypes), width: 1),
    ])
    static let ubiSetProperty = StructLayout(size: 16, [
        .init("property", 0, .enumerated(.ubiProperties), width: 1), .init("value", 8, .hex),
    ])
    static let mtdOobSelection = StructLayout(size: 200, [
        .init("useecc", 0, .enumerated(.mtdEccModes)), .init("eccbytes", 4, .hex32),
        .init("oobfree") { d, b in
            d.out.beginArray()
            for i in 0..<8 {
                d.out.element()
                d.elements(b.slice(8 + 8 * i, 8), .hex32)
            }
            d.out.endArray()
        },
        .init("eccpos") { d, b in d.elements(b.slice(72, 128), .hex32) },
    ])
    static let mtdEccLayout = StructLayout(size: 328, [
        .init("eccbytes", 0, .hex32), .init("eccpos") { d, b in d.elements(b.slice(4, 256), .hex32, shortened: true) },
        .init("oobavail", 260, .hex32),
        .init("oobfree") { d, b in
            d.out.beginArray()
            for i in 0..<8 {
                d.out.element()
                d.structure(b.slice(264 + 8 * i, 8), .mtdFree)
            }
            d.out.endArray()
        },
    ])
    private static let mtdFree = StructLayout(size: 8, [.init("offset", 0, .hex32), .init("length", 4, .hex32)])
    static let ubiRename = StructLayout(size: 4368, [
        .init("count", 0, .int),
        .init("ents") { d, b in
            d.out.beginArray()
            for i in 0..<max(min(Int(b.i32(0)), 32), 0) {
                d.out.element()
                d.structure(b.slice(16 + 136 * i, 136), .ubiRenameEntry)
            }
            d.out.endArray()
        },
    ])
    private static let ubiRenameEntry = StructLayout(size: 136, [
        .init("vol_id", 0, .int), .init("name_len", 4, .int, width: 2),
        .init("name") { d, b in d.ubiName(b.slice(8, 128), Int(b.i16(4))) },
    ])

    static let loopInfo = StructLayout(size: 168, [
        .init("lo_number", 0, .int), .init("lo_device", 8, .device, width: 8, .verbose),
        .init("lo_inode", 16, .ulong, .verbose), .init("lo_rdevice", 24, .device, width: 8, .verbose),
        .init("lo_offset", 32, .hex32),
        .init(rest: .always) { d, b in
            guard d.loopCipherIsShown(b.u32(36)) else { return }
            d.field("lo_encrypt_type")
            d.enumerated(b.u32(36), .loopCiphers)
            d.field("lo_encrypt_key_size")
            d.out.unsigned(UInt64(b.u32(40)))
        },
        .init("lo_flags", 44, .flags(.loopFlags)),
        .init("lo_name") { d, b in d.cString(b.slice(48, 64)) },
        .init(rest: .always) { d, b in d.loopKey(b.slice(112, 32), size: b.u32(40), cipher: b.u32(36)) },
        .init("lo_init", .verbose) { d, b in d.elements(b.slice(144, 16), .hex) },
        .init("reserved", .verbose) { d, b in d.elements(b.slice(160, 4), .sized(.hex32, 1)) },
    ])
    static let loopInfo64 = StructLayout(size: 232, [
        .init("lo_device", 0, .device, width: 8, .verbose), .init("lo_inode", 8, .ulong, .verbose),
        .init("lo_rdevice", 16, .device, width: 8, .verbose), .init("lo_offset", 24, .hex),
        .init("lo_sizelimit", 32, .ulong, .verbose), .init("lo_number", 40, .uint),
        .init(rest: .always) { d, b in
            guard d.loopCipherIsShown(b.u32(44)) else { return }
            d.field("lo_encrypt_type")
            d.enumerated(b.u32(44), .loopCiphers)
            d.field("lo_encrypt_key_size")
            d.out.unsigned(UInt64(b.u32(48)))
        },
        .init("lo_flags", 52, .flags(.loopFlags)),
        .init("lo_file_name") { d, b in d.cString(b.slice(56, 64)) },
        .init(rest: .always) { d, b in
            guard d.loopCipherIsShown(b.u32(44)) else { return }
            d.field("lo_crypt_name")
            d.cString(b.slice(120, 64))
            d.loopKey(b.slice(184, 32), size: b.u32(48), cipher: b.u32(44))
        },
        .init("lo_init", .verbose) { d, b in d.elements(b.slice(216, 16), .hex) },
    ])
    static let loopConfiguration = StructLayout(size: 304, [
        .init("fd", 0, .fd), .init("block_size", 4, .uint),
        .init("info") { d, b in d.structure(b.slice(8, 232), .loopInfo64) },
        .init(rest: .always) { d, b in d.nonzeroElements("__reserved", b.slice(240, 64), .hex) },
    ])
}

extension Decoder {
    /// Whether a loop device's encryption is told: of one that has none only with `-v`.
    fileprivate func loopCipherIsShown(_ cipher: UInt32) -> Bool { cipher != 0 || !abbreviating }

    fileprivate func loopKey(_ key: Bytes, size: UInt32, cipher: UInt32) {
        guard loopCipherIsShown(cipher) else { return }
        field("lo_encrypt_key")
        out.string(key.slice(0, Int(min(size, 32))).raw, truncated: false)
    }

    /// A volume's name of a length that may be more than there is room for.
    fileprivate func ubiName(_ b: Bytes, _ length: Int) {
        cString(b.slice(0, max(min(length + 1, b.count), 0)))
    }

    /// A request that leaves a number where it stood: `{…} => [1]`.
    fileprivate func ubiRequest(_ layout: StructLayout) -> Syscall.Progress {
        answered(call[2], layout.size) { b in
            structure(b, layout)
        } _: { b in
            out.beginArray()
            out.element()
            out.signed(Int64(b.i32(0)))
            out.endArray()
        }
    }
}
