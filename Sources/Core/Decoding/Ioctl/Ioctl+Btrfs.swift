// btrfs: <linux/btrfs.h>, <linux/btrfs_tree.h>.

extension IoctlRequest {
    static let btrfs: [IoctlRequest] = [
        .init("BTRFS_IOC_TRANS_START", 0x9406, .none),
        .init("BTRFS_IOC_TRANS_END", 0x9407, .none),
        .init("BTRFS_IOC_SYNC", 0x9408, .none),
        .init("BTRFS_IOC_START_SYNC", 0x80089418, .written(.pointee(.ulong))),
        .init("BTRFS_IOC_WAIT_SYNC", 0x40089416, .read(.pointee(.ulong))),
        .init("BTRFS_IOC_DEFAULT_SUBVOL", 0x40089413, .read(.pointee(.ulong))),
        .init("BTRFS_IOC_SUBVOL_GETFLAGS", 0x80089419, .written(.custom { $0.btrfsSubvolumeFlags($1) })),
        .init("BTRFS_IOC_SUBVOL_SETFLAGS", 0x4008941a, .read(.custom { $0.btrfsSubvolumeFlags($1) })),
        .init("BTRFS_IOC_SNAP_CREATE", 0x50009401, .read(.structure(.btrfsVolume))),
        .init("BTRFS_IOC_SNAP_DESTROY", 0x5000940f, .read(.structure(.btrfsVolume))),
        .init("BTRFS_IOC_SUBVOL_CREATE", 0x5000940e, .read(.structure(.btrfsVolume))),
        .init("BTRFS_IOC_SNAP_CREATE_V2", 0x50009417, .answered(.btrfsVolume2, by: .btrfsTransaction)),
        .init("BTRFS_IOC_SUBVOL_CREATE_V2", 0x50009418, .answered(.btrfsVolume2, by: .btrfsTransaction)),
        .init("BTRFS_IOC_RESIZE", 0x50009403, .read(.structure(.btrfsVolume))),
        .init("BTRFS_IOC_SCAN_DEV", 0x50009404, .read(.structure(.btrfsVolume))),
        .init("BTRFS_IOC_FORGET_DEV", 0x50009405, .read(.structure(.btrfsVolume))),
        .init("BTRFS_IOC_ADD_DEV", 0x5000940a, .read(.structure(.btrfsVolume))),
        .init("BTRFS_IOC_RM_DEV", 0x5000940b, .read(.structure(.btrfsVolume))),
        .init("BTRFS_IOC_DEVICES_READY", 0x90009427, .read(.structure(.btrfsVolume))),
        .init("BTRFS_IOC_BALANCE", 0x5000940c, .none),
        .init("BTRFS_IOC_BALANCE_CTL", 0x40049421, .value(.enumerated(.btrfsBalanceControls))),
        .init("BTRFS_IOC_BALANCE_V2", 0xc4009420, .answered(.btrfsBalance, by: .btrfsBalanceProgress)),
        .init("BTRFS_IOC_BALANCE_PROGRESS", 0x84009422, .written(.structure(.btrfsBalanceProgress))),
        .init("BTRFS_IOC_DEFRAG", 0x50009402, .none),
        .init("BTRFS_IOC_DEFRAG_RANGE", 0x40309410, .read(.structure(.btrfsDefragment))),
        .init("BTRFS_IOC_TREE_SEARCH", 0xd0009411, .answered(.btrfsSearch, by: .btrfsFound)),
        .init("BTRFS_IOC_TREE_SEARCH_V2", 0xc0709411, .answered(.btrfsSearch2, by: .btrfsFound2)),
        .init("BTRFS_IOC_INO_LOOKUP", 0xd0009412, .answered(.btrfsLookup, by: .btrfsName)),
        .init("BTRFS_IOC_INO_PATHS", 0xc0389423, .answered(.btrfsPaths, by: .btrfsPathsFound)),
        .init("BTRFS_IOC_LOGICAL_INO", 0xc0389424, .answered(.btrfsLogical, by: .btrfsInodesFound)),
        .init("BTRFS_IOC_SPACE_INFO", 0xc0109414, .answered(.btrfsSpaceSlots, by: .btrfsSpaces)),
        .init("BTRFS_IOC_SCRUB", 0xc400941b, .answered(.btrfsScrub, by: .btrfsScrubResult)),
        .init("BTRFS_IOC_SCRUB_CANCEL", 0x941c, .none),
        .init("BTRFS_IOC_SCRUB_PROGRESS", 0xc400941d, .answered(.btrfsScrubDevice, by: .btrfsScrubResult)),
        .init("BTRFS_IOC_DEV_INFO", 0xd000941e, .answered(.btrfsDevice, by: .btrfsDeviceInfo)),
        .init("BTRFS_IOC_FS_INFO", 0x8400941f, .written(.structure(.btrfsInformation))),
        .init("BTRFS_IOC_SET_RECEIVED_SUBVOL", 0xc0c89425, .answered(.btrfsReceived, by: .btrfsReceipt)),
        .init("BTRFS_IOC_SEND", 0x40489426, .read(.structure(.btrfsSend))),
        .init("BTRFS_IOC_QUOTA_CTL", 0xc0109428, .read(.structure(.btrfsQuota))),
        .init("BTRFS_IOC_QGROUP_ASSIGN", 0x40189429, .read(.structure(.btrfsQgroupAssign))),
        .init("BTRFS_IOC_QGROUP_CREATE", 0x4010942a, .read(.structure(.btrfsQgroupCreate))),
        .init("BTRFS_IOC_QGROUP_LIMIT", 0x8030942b, .read(.structure(.btrfsQgroupLimit))),
        .init("BTRFS_IOC_QUOTA_RESCAN", 0x4040942c, .read(.structure(.btrfsRescan))),
        .init("BTRFS_IOC_QUOTA_RESCAN_STATUS", 0x8040942d, .written(.structure(.btrfsRescanStatus))),
        .init("BTRFS_IOC_QUOTA_RESCAN_WAIT", 0x942e, .none),
        .init("BTRFS_IOC_GET_DEV_STATS", 0xc4089434, .answered(.btrfsStatisticsRequest, by: .btrfsStatistics)),
        .init("BTRFS_IOC_DEV_REPLACE", 0xca289435, .answered(.btrfsReplacement, by: .btrfsReplacementResult)),
        .init("BTRFS_IOC_GET_FEATURES", 0x80189439, .written(.structure(.btrfsFeatures))),
        .init("BTRFS_IOC_SET_FEATURES", 0x40309439, .read(.custom { $0.btrfsFeatures($1, ["", ""]) })),
        .init("BTRFS_IOC_GET_SUPPORTED_FEATURES", 0x80489439, .written(.custom {
            $0.btrfsFeatures($1, ["supported", "safe to set", "safe to clear"])
        })),
    ]
}

extension ValueKind {
    /// A number whose maximum stands for "no limit" and is named.
    fileprivate static let btrfsMaximum = ValueKind.sized(
        .custom { d, v in d.enumerated(v, .unsignedMaximum, radix: .unsigned) }, 8)
    /// An id of a tree or an object.
    fileprivate static let btrfsObject = ValueKind.sized(.custom { d, v in d.btrfsObject(v) }, 8)
}

extension StructLayout {
    static let btrfsVolume = StructLayout(size: 4096, [
        .init("fd", 0, .fd, width: 8), .init("name") { d, b in d.cString(b.slice(8, 4088)) },
    ])
    /// With `BTRFS_SUBVOL_QGROUP_INHERIT`.
    private static let inheritance = Capture.whenField(16, width: 8, mask: 4, is: 4, .through(32, .memory(.field(24, width: 8))))
    static let btrfsVolume2 = StructLayout(size: 4096, capture: inheritance, [
        .init("fd", 0, .fd, width: 8), .init("flags", 16, .flags64(.btrfsSubvolumeFlags)),
        .init(rest: .always) { d, b in
            // BTRFS_SUBVOL_QGROUP_INHERIT
            guard b.u64(16) & 4 != 0 else { return }
            d.field("size")
            d.out.unsigned(b.u64(24))
            d.field("qgroup_inherit")
            d.btrfsInheritance(b.u64(32), size: b.u64(24))
        },
        .init("name") { d, b in d.cString(b.slice(56, 4040)) },
    ])
    static let btrfsTransaction = StructLayout(size: 4096, [.init("transid", 8, .ulong)])
    static let btrfsLimits = StructLayout(size: 40, [
        .init("flags", 0, .flags64(.btrfsLimitFlags)), .init("max_rfer", 8, .ulong),
        .init("max_excl", 16, .ulong), .init("rsv_rfer", 24, .ulong), .init("rsv_excl", 32, .ulong),
    ])
    static let btrfsInherit = StructLayout(size: 72, [
        .init("flags", 0, .flags64(.btrfsInheritFlags)), .init("num_qgroups", 8, .ulong),
        .init("num_ref_copies", 16, .ulong), .init("num_excl_copies", 24, .ulong),
        .init("lim") { d, b in d.structure(b.slice(32, 40), .btrfsLimits) },
    ])
    static let btrfsBalanceFilter = StructLayout(size: 136, [
        .init("profiles", 0, .flags64(.btrfsBlockGroups)), .init("usage", 8, .ulong),
        .init("devid", 16, .device, width: 8), .init("pstart", 24, .ulong), .init("pend", 32, .btrfsMaximum),
        .init("vstart", 40, .ulong), .init("vend", 48, .btrfsMaximum), .init("target", 56, .ulong),
        .init("flags", 64, .flags64(.btrfsBalanceArguments)),
    ])
    static let btrfsDefragment = StructLayout(size: 48, [
        .init("start", 0, .ulong), .init("len", 8, .btrfsMaximum), .init("flags", 16, .flags64(.btrfsDefragFlags)),
        .init("extent_thresh", 24, .uint), .init("compress_type", 28, .enumerated(.btrfsCompression)),
    ])
    static let btrfsBalance = StructLayout(size: 1024, [
        .init("flags", 0, .flags64(.btrfsBalanceFlags)),
        .init(rest: .always) { d, b in d.btrfsBalanceFilters(b) },
    ])
    static let btrfsBalanceProgress = StructLayout(size: 1024, [
        .init("flags", 0, .flags64(.btrfsBalanceFlags)), .init("state", 8, .flags64(.btrfsBalanceStates)),
        .init(rest: .always) { d, b in d.btrfsBalanceFilters(b) },
    ])

    fileprivate static let btrfsSearchKey = StructLayout(size: 104, [
        .init("tree_id", 0, .btrfsObject),
        .init(rest: .always) { d, b in
            // Where a search starts by default, BTRFS_FIRST_FREE_OBJECTID, is told with -v only.
            if d.abbreviating && b.u64(8) == 256 { return }
            d.field("min_objectid")
            d.btrfsObject(b.u64(8))
        },
        .init("max_objectid", 16, .btrfsObject),
        .init("min_offset", 24, .btrfsMaximum), .init("max_offset", 32, .btrfsMaximum),
        .init("min_transid", 40, .btrfsMaximum), .init("max_transid", 48, .btrfsMaximum),
        .init("min_type", 56, .custom { d, v in d.btrfsKey(v) }, width: 4),
        .init("max_type", 60, .custom { d, v in d.btrfsKey(v) }, width: 4),
        .init("nr_items", 64, .uint),
    ])
    private static let btrfsItemCount = StructLayout(size: 104, [.init("nr_items", 64, .uint)])
    static let btrfsSearch = StructLayout(size: 104, [
        .init("key") { d, b in d.structure(b, .btrfsSearchKey) },
    ])
    static let btrfsSearch2 = StructLayout(size: 112, btrfsSearch.fields + [.init("buf_size", 104, .ulong)])
    static let btrfsFound = StructLayout(size: 4096, [
        .init("key") { d, b in d.structure(b, .btrfsItemCount) },
        .init("buf") { d, b in d.btrfsItems(b.u32(64), at: 104, end: 4096) },
    ])
    static let btrfsFound2 = StructLayout(size: 112, capture: .memory(.field(104, width: 8), plus: 112, most: 1 << 16), [
        .init("key") { d, b in d.structure(b, .btrfsItemCount) },
        .init("buf_size", 104, .ulong),
        .init("buf") { d, b in d.btrfsItems(b.u32(64), at: 112, end: 112 &+ b.u64(104)) },
    ])
    fileprivate static let btrfsItem = StructLayout(size: 32, [
        .init("transid", 0, .ulong), .init("objectid", 8, .btrfsObject), .init("offset", 16, .ulong),
        .init("type", 24, .custom { d, v in d.btrfsKey(v) }, width: 4), .init("len", 28, .uint),
    ])

    static let btrfsLookup = StructLayout(size: 16, [
        .init("treeid", 0, .btrfsObject), .init("objectid", 8, .btrfsObject),
    ])
    static let btrfsName = StructLayout(size: 4096, [.init("name") { d, b in d.cString(b.slice(16, 4080)) }])
    static let btrfsPaths = StructLayout(size: 56, [
        .init("inum", 0, .ulong), .init("size", 8, .ulong),
        .init("fspath", 48, .address),
    ])
    static let btrfsPathsFound = StructLayout(size: 56, [.init("fspath", 48, .address)])
    static let btrfsLogical = StructLayout(size: 56, [
        .init("logical", 0, .ulong), .init("size", 8, .ulong),
        .init(rest: .always) { d, b in d.nonzeroElements("reserved", b.slice(16, 24), .hex) },
        .init("flags", 40, .flags64(.btrfsLogicalFlags)), .init("inodes", 48, .address),
    ])
    static let btrfsInodesFound = StructLayout(size: 56, [.init("inodes", 48, .address)])
    static let btrfsSpaceSlots = StructLayout(size: 16, [.init("space_slots", 0, .ulong)])
    static let btrfsSpaces = StructLayout(size: 16, capture: .memory(.field(8, width: 8), scale: 24, plus: 16), [
        .init("total_spaces", 8, .ulong),
        .init(rest: .always) { d, b in
            guard b.u64(0) > 0 else { return }
            d.field("spaces")
            d.array(d.call[2] &+ 16, count: Int(clamping: min(b.u64(0), b.u64(8))), stride: 24) {
                d.structure($0, .btrfsSpaceInfo)
            }
        },
    ])
    static let btrfsSpaceInfo = StructLayout(size: 24, [
        .init("flags", 0, .flags64(.btrfsBlockGroups)), .init("total_bytes", 8, .ulong),
        .init("used_bytes", 16, .ulong),
    ])
    static let btrfsScrub = StructLayout(size: 1024, [
        .init("devid", 0, .device, width: 8), .init("start", 8, .ulong), .init("end", 16, .btrfsMaximum),
        .init("flags", 24, .flags64(.btrfsScrubFlags)),
    ])
    static let btrfsScrubDevice = StructLayout(size: 1024, [
        .init("devid", 0, .device, width: 8),
    ])
    static let btrfsScrubResult = StructLayout(size: 1024, [
        .init("progress") { d, b in d.structure(b.slice(32, 120), .btrfsScrubProgress) },
    ])
    static let btrfsScrubProgress = StructLayout(size: 120, [
        .init("data_extents_scrubbed", 0, .ulong), .init("tree_extents_scrubbed", 8, .ulong),
        .init("data_bytes_scrubbed", 16, .ulong), .init("tree_bytes_scrubbed", 24, .ulong),
        .init("read_errors", 32, .ulong), .init("csum_errors", 40, .ulong), .init("verify_errors", 48, .ulong),
        .init("no_csum", 56, .ulong), .init("csum_discards", 64, .ulong), .init("super_errors", 72, .ulong),
        .init("malloc_errors", 80, .ulong), .init("uncorrectable_errors", 88, .ulong),
        .init("corrected_errors", 96, .ulong), .init("last_physical", 104, .ulong),
        .init("unverified_errors", 112, .ulong),
    ])
    static let btrfsDevice = StructLayout(size: 4096, [
        .init("devid", 0, .device, width: 8), .init("uuid") { d, b in d.uuid(b.slice(8, 16)) },
    ])
    static let btrfsDeviceInfo = StructLayout(size: 4096, [
        .init("uuid") { d, b in d.uuid(b.slice(8, 16)) }, .init("bytes_used", 24, .ulong),
        .init("total_bytes", 32, .ulong), .init("path") { d, b in d.cString(b.slice(3072, 1024)) },
    ])
    static let btrfsInformation = StructLayout(size: 1024, [
        .init("max_id", 0, .ulong), .init("num_devices", 8, .ulong),
        .init("fsid") { d, b in d.uuid(b.slice(16, 16)) }, .init("nodesize", 32, .uint),
        .init("sectorsize", 36, .uint), .init("clone_alignment", 40, .uint),
        .init(rest: .always) { d, b in
            guard b.u64(48) & 1 != 0 else { return }
            d.field("csum_type")
            d.enumerated(UInt64(b.u16(44)), .btrfsChecksums)
            d.field("csum_size")
            d.out.unsigned(UInt64(b.u16(46)))
        },
        .init("flags", 48, .flags64(.btrfsInformationFlags)),
        .init(rest: .always) { d, b in
            if b.u64(48) & 2 != 0 {
                d.field("generation")
                d.out.unsigned(b.u64(56))
            }
            if b.u64(48) & 4 != 0 {
                d.field("metadata_uuid")
                d.uuid(b.slice(64, 16))
            }
        },
    ])
    static let btrfsReceived = StructLayout(size: 200, [
        .init("uuid") { d, b in d.uuid(b.slice(0, 16)) }, .init("stransid", 16, .ulong),
        .init("stime") { d, b in d.btrfsTime(b.slice(32, 16)) }, .init("flags", 64, .ulong),
    ])
    static let btrfsReceipt = StructLayout(size: 200, [
        .init("rtransid", 24, .ulong), .init("rtime") { d, b in d.btrfsTime(b.slice(48, 16)) },
    ])
    fileprivate static let btrfsTimestamp = StructLayout(size: 16, [.init("sec", 0, .ulong), .init("nsec", 8, .uint)])
    static let btrfsSend = StructLayout(size: 72, capture: .through(16, .memory(.field(8, width: 8), scale: 8)), [
        .init("send_fd", 0, .fd, width: 8), .init("clone_sources_count", 8, .ulong),
        .init("clone_sources") { d, b in
            if d.abbreviating {
                d.out.address(b.u64(16))
            } else {
                d.array(b.u64(16), count: Int(clamping: b.u64(8)), stride: 8) { d.btrfsObject($0.u64(0)) }
            }
        },
        .init("parent_root", 24, .btrfsObject), .init("flags", 32, .flags64(.btrfsSendFlags)),
    ])
    static let btrfsQuota = StructLayout(size: 16, [
        .init("cmd", 0, .enumerated64(.btrfsQuotaControls)),
    ])
    static let btrfsQgroupAssign = StructLayout(size: 24, [
        .init("assign", 0, .ulong), .init("src", 8, .ulong), .init("dst", 16, .ulong),
    ])
    static let btrfsQgroupCreate = StructLayout(size: 16, [
        .init("create", 0, .ulong), .init("qgroupid", 8, .ulong),
    ])
    static let btrfsQgroupLimit = StructLayout(size: 48, [
        .init("qgroupid", 0, .ulong), .init("lim") { d, b in d.structure(b.slice(8, 40), .btrfsLimits) },
    ])
    static let btrfsRescan = StructLayout(size: 64, [
        .init("flags", 0, .ulong),
    ])
    static let btrfsRescanStatus = StructLayout(size: 64, [
        .init("flags", 0, .ulong), .init("progress", 8, .ulong),
    ])
    static let btrfsFeatures = StructLayout(size: 24, [
        .init("compat_flags", 0, .flags64(.btrfsCompatible)),
        .init("compat_ro_flags", 8, .flags64(.btrfsCompatibleReadOnly)),
        .init("incompat_flags", 16, .flags64(.btrfsIncompatible)),
    ])
    static let btrfsStatisticsRequest = StructLayout(size: 1032, [
        .init("devid", 0, .device, width: 8), .init("nr_items", 8, .ulong),
        .init("flags", 16, .flags64(.btrfsStatisticsFlags)),
    ])
    static let btrfsStatistics = StructLayout(size: 1032, [
        .init("nr_items", 8, .ulong), .init("flags", 16, .flags64(.btrfsStatisticsFlags)),
        .init(rest: .always) { d, b in
            let known = ConstantTable.btrfsStatistics.entries.count
            let count = b.u64(8)
            d.out.element()
            d.out.beginArray()
            for i in 0..<Int(min(count, UInt64(known))) {
                d.out.element(index: ConstantTable.btrfsStatistics.name(of: UInt64(i)) ?? "")
                d.out.unsigned(b.u64(24 + 8 * i))
            }
            if count > UInt64(known) { d.out.more() }
            d.out.endArray()
        },
    ])
    static let btrfsReplacement = StructLayout(size: 2600, [
        .init("cmd", 0, .enumerated64(.btrfsReplaceCommands)),
        .init(rest: .always) { d, b in
            guard b.u64(0) == 0 else { return }
            d.field("start")
            d.structure(b.slice(16), .btrfsReplaceStart)
        },
    ])
    static let btrfsReplacementResult = StructLayout(size: 2600, [
        .init("result", 8, .enumerated64(.btrfsReplaceResults)),
        .init(rest: .always) { d, b in
            guard b.u64(0) == 1 else { return }
            d.field("status")
            d.structure(b.slice(16), .btrfsReplaceStatus)
        },
    ])
    static let btrfsReplaceStart = StructLayout(size: 2072, [
        .init("srcdevid", 0, .device, width: 8),
        .init("cont_reading_from_srcdev_mode", 8, .enumerated64(.btrfsReplaceModes)),
        .init("srcdev_name") { d, b in d.cString(b.slice(16, 1025)) },
        .init("tgtdev_name") { d, b in d.cString(b.slice(1041, 1025)) },
    ])
    private static let btrfsReplaceStatus = StructLayout(size: 48, [
        .init("replace_state", 0, .enumerated64(.btrfsReplaceStates)), .init("progress_1000", 8, .ulong),
        .init("time_started") { d, b in d.btrfsSeconds(b.u64(16)) },
        .init("time_stopped") { d, b in d.btrfsSeconds(b.u64(24)) },
        .init("num_write_errors", 32, .ulong), .init("num_uncorrectable_read_errors", 40, .ulong),
    ])
}

extension Decoder {
    fileprivate func btrfsObject(_ v: UInt64) {
        enumerated(v, v == .max ? .unsignedMaximum : .btrfsTrees, radix: .unsigned)
    }

    fileprivate func btrfsKey(_ v: UInt64) {
        enumerated(v, v == UInt64(UInt32.max) ? .unsignedMaximum : .btrfsKeys, radix: .unsigned)
    }

    /// Flags that a pointer leads to, without the brackets of other such values.
    fileprivate func btrfsSubvolumeFlags(_ address: UInt64) {
        object(address, 8) { flags($0.u64(0), .btrfsSubvolumeFlags) }
    }

    fileprivate func btrfsInheritance(_ address: UInt64, size: UInt64) {
        let header = StructLayout.btrfsInherit.size
        guard size >= UInt64(header) else {
            out.address(address)
            return
        }
        object(address, header) { b in
            structure {
                fields(b, .btrfsInherit)
                if abbreviating {
                    out.more()
                    return
                }
                field("qgroups")
                let room = (size - UInt64(header)) / 8
                array(address &+ UInt64(header), count: Int(clamping: min(b.u64(8), room)), stride: 8) {
                    out.unsigned($0.u64(0))
                }
            }
        }
    }

    /// The filters of the kinds of chunks that are balanced.
    fileprivate func btrfsBalanceFilters(_ b: Bytes) {
        let kinds: [(bit: UInt64, name: Name, offset: Int)] = [(1, "data", 16), (4, "meta", 152), (2, "sys", 288)]
        for kind in kinds where b.u64(0) & kind.bit != 0 {
            field(kind.name)
            structure(b.slice(kind.offset), .btrfsBalanceFilter)
        }
    }

    /// Items found by a search: headers, each followed by as many bytes as it says.
    fileprivate func btrfsItems(_ count: UInt32, at start: UInt64, end: UInt64) {
        if abbreviating {
            out.verbatim("[...]")
            return
        }
        var at = start
        out.beginArray()
        for _ in 0..<count {
            guard at < end else {
                out.more()
                break
            }
            guard let header = read(call[2] &+ at, StructLayout.btrfsItem.size) else {
                unreadableRest(call[2] &+ at)
                break
            }
            out.element()
            structure(header, .btrfsItem)
            at &+= UInt64(StructLayout.btrfsItem.size) &+ UInt64(header.u32(28))
        }
        out.endArray()
    }

    fileprivate func btrfsTime(_ b: Bytes) {
        structure(b, .btrfsTimestamp)
        dateComment(b.i64(0), fraction: UInt64(b.u32(8)), digits: 9)
    }

    fileprivate func btrfsSeconds(_ v: UInt64) {
        out.unsigned(v)
        dateComment(Int64(bitPattern: v))
    }

    /// `[{…} /* supported */, {…}]`
    fileprivate func btrfsFeatures(_ address: UInt64, _ comments: [Name]) {
        let size = StructLayout.btrfsFeatures.size
        object(address, size * comments.count) { b in
            out.beginArray()
            for (i, comment) in comments.enumerated() {
                out.element()
                structure(b.slice(i * size, size), .btrfsFeatures)
                if !comment.isEmpty { out.comment(comment) }
            }
            out.endArray()
        }
    }
}
