// Files and file systems: <linux/fs.h>, <linux/fiemap.h>, ioctl_fs(2) and its kin.

extension IoctlRequest {
    static let files: [IoctlRequest] = [
        .init("FIFREEZE", 0xc0045877, .none),
        .init("FITHAW", 0xc0045878, .none),
        .init("FITRIM", 0xc0185879, .read(.structure(.fstrimRange))),
        .init("FS_IOC_GETFLAGS", 0x80086601, .written(.pointee(.flags(.fsFlags)))),
        .init("FS_IOC_SETFLAGS", 0x40086602, .read(.pointee(.flags(.fsFlags)))),
        .init("FS_IOC32_GETFLAGS", 0x80046601, .written(.pointee(.flags(.fsFlags)))),
        .init("FS_IOC32_SETFLAGS", 0x40046602, .read(.pointee(.flags(.fsFlags)))),
        .init("FS_IOC_FSGETXATTR", 0x801c581f, .written(.structure(.fsxattr))),
        .init("FS_IOC_FSSETXATTR", 0x401c5820, .read(.structure(.fsxattrSet))),
        .init("FS_IOC_SHUTDOWN", 0x8004587d, .read(.pointee(.enumerated(.fsShutdownFlags)))),
        .init("FS_IOC_GETFSLABEL", 0x81009431, .written(.custom { $0.fileSystemLabel($1) })),
        .init("FS_IOC_SETFSLABEL", 0x41009432, .read(.custom { $0.fileSystemLabel($1) })),
        .init("FS_IOC_GETFSUUID", 0x80111500, .written(.structure(.fsuuid))),
        .init("FS_IOC_GETFSSYSFSPATH", 0x80811501, .written(.structure(.fsSysfsPath))),
        .init("FS_IOC_GETLBMD_CAP", 0xc0101502, .written(.structure(.lbmdCapability))),
        .init("FICLONE", 0x40049409, .value(.fd)),
        .init("FICLONERANGE", 0x4020940d, .read(.structure(.fileCloneRange))),
        .init("FIDEDUPERANGE", 0xc0189436, .dialect { $0.dedupeRange() },
            capture: .both(.memory(.field(16, width: 2), scale: 32, plus: 24, most: 1 << 16))),
        .init("FS_IOC_FIEMAP", 0xc020660b, .dialect { $0.fileExtents() },
            capture: .all([.atEntry(.memory(.constant(32))), .atExit(.memory(.field(20), scale: 56, plus: 32, most: 1 << 16))])),
    ]
}

extension StructLayout {
    static let fsxattr = StructLayout(size: 28, [
        .init("fsx_xflags", 0, .flags(.fsXflags)), .init("fsx_extsize", 4, .uint),
        .init("fsx_nextents", 8, .uint), .init("fsx_projid", 12, .hex32), .init("fsx_cowextsize", 16, .uint),
    ])
    static let fsxattrSet = StructLayout(size: 28, [
        .init("fsx_xflags", 0, .flags(.fsXflags)), .init("fsx_extsize", 4, .uint),
        .init("fsx_projid", 12, .hex32), .init("fsx_cowextsize", 16, .uint),
    ])
    static let fstrimRange = StructLayout(size: 24, [
        .init("start", 0, .hex), .init("len", 8, .ulong), .init("minlen", 16, .ulong),
    ])
    static let lbmdCapability = StructLayout(size: 16, [
        .init("lbmd_flags", 0, .flags(.lbmdCapabilities)), .init("lbmd_interval", 4, .uint, width: 2),
        .init("lbmd_size", 6, .uint, width: 1), .init("lbmd_opaque_size", 7, .uint, width: 1),
        .init("lbmd_opaque_offset", 8, .uint, width: 1), .init("lbmd_pi_size", 9, .uint, width: 1),
        .init("lbmd_pi_offset", 10, .uint, width: 1),
        .init("lbmd_guard_tag_type", 11, .enumerated(.lbmdChecksums), width: 1),
        .init("lbmd_app_tag_size", 12, .uint, width: 1), .init("lbmd_ref_tag_size", 13, .uint, width: 1),
        .init("lbmd_storage_tag_size", 14, .uint, width: 1),
    ])
    static let fileCloneRange = StructLayout(size: 32, [
        .init("src_fd", 0, .fd, width: 8), .init("src_offset", 8, .ulong), .init("src_length", 16, .ulong),
        .init("dest_offset", 24, .ulong),
    ])
    static let fiemapAsked = StructLayout(size: 32, [
        .init("fm_start", 0, .ulong), .init("fm_length", 8, .ulong), .init("fm_flags", 16, .flags(.fiemapFlags)),
        .init("fm_extent_count", 24, .uint),
    ])
    static let fiemapExtent = StructLayout(size: 56, [
        .init("fe_logical", 0, .ulong), .init("fe_physical", 8, .ulong), .init("fe_length", 16, .ulong),
        .init("fe_flags", 40, .flags(.fiemapExtentFlags)),
    ])
    static let fsuuid = StructLayout(size: 17, [
        .init("len", 0, .uint, width: 1),
        .init("uuid") { d, b in d.out.string(b.slice(1, min(Int(b.u8(0)), 16)).raw, truncated: false, escaping: .all) },
    ])
    static let fsSysfsPath = StructLayout(size: 129, [
        .init("len", 0, .uint, width: 1),
        .init("name") { d, b in d.cString(b.slice(1, min(Int(b.u8(0)) + 1, 128))) },
    ])
}

extension Decoder {
    fileprivate func fileSystemLabel(_ address: UInt64) {
        object(address, 256) { b in
            cString(b)
        }
    }

    /// `{fm_start=…} => {fm_flags=…, fm_extents=[…]}`
    fileprivate func fileExtents() -> Syscall.Progress {
        let header = StructLayout.fiemapAsked.size
        return answered(call[2], header) { b in
            structure(b, .fiemapAsked)
        } _: { b in
            structure {
                field("fm_flags")
                flags(b.u32(16), .fiemapFlags)
                field("fm_mapped_extents")
                out.unsigned(UInt64(b.u32(20)))
                if abbreviating {
                    out.more()
                    return
                }
                field("fm_extents")
                array(call[2] &+ UInt64(header), count: Int(b.u32(20)), stride: StructLayout.fiemapExtent.size) {
                    structure($0, .fiemapExtent)
                }
            }
        }
    }

    /// `{src_offset=…, info=[…]} => {info=[…]}`
    fileprivate func dedupeRange() -> Syscall.Progress {
        let header = 24
        let stride = 32
        return answered(call[2], header) { b in
            structure {
                field("src_offset")
                out.unsigned(b.u64(0))
                field("src_length")
                out.unsigned(b.u64(8))
                field("dest_count")
                out.unsigned(UInt64(b.u16(16)))
                field("info")
                array(call[2] &+ UInt64(header), count: Int(b.u16(16)), stride: stride, limit: abbreviating ? 2 : .max) { info in
                    structure {
                        field("dest_fd")
                        fd(info.u64(0))
                        field("dest_offset")
                        out.unsigned(info.u64(8))
                    }
                }
            }
        } _: { b in
            structure {
                field("info")
                array(call[2] &+ UInt64(header), count: Int(b.u16(16)), stride: stride, limit: abbreviating ? 2 : .max) { info in
                    structure {
                        field("bytes_deduped")
                        out.unsigned(info.u64(16))
                        field("status")
                        enumerated(UInt64(bitPattern: Int64(info.i32(24))), .dedupeStatuses, radix: .decimal)
                    }
                }
            }
        }
    }
}
