// What calls on mounts exchange with the kernel: statfs(2), fsconfig(2), mount_setattr(2), …

extension StructLayout {
    /// struct statfs
    static let statfs = StructLayout(size: 120, [
        .init("f_type", 0, .enumerated64(.fileSystemTypes)), .init("f_bsize", 8, .ulong),
        .init("f_blocks", 16, .ulong), .init("f_bfree", 24, .ulong), .init("f_bavail", 32, .ulong),
        .init("f_files", 40, .ulong), .init("f_ffree", 48, .ulong),
        .init("f_fsid") { d, b in
            d.structure {
                d.field("val")
                d.out.beginArray()
                for offset in [56, 60] {
                    d.out.element()
                    d.out.hex(UInt64(b.u32(offset)))
                }
                d.out.endArray()
            }
        },
        .init("f_namelen", 64, .ulong), .init("f_frsize", 72, .ulong), .init("f_flags", 80, .flags64(.statfsFlags)),
    ])
}

extension Decoder {
    /// `MS_*` of mount(2), with the magic number that old programs put in the upper half.
    func mountFlags(_ v: UInt64) {
        let rest = Self.withoutMountMagic(v)
        guard rest != v else {
            flags(v, .mountFlags)
            return
        }
        enumerated(v & 0xffff_0000, .mountMagic)
        guard rest != 0 else { return }
        out.verbatim("|")
        flags(rest, .mountFlags)
    }

    /// The flags proper: old programs pass a magic number in their upper half.
    static func withoutMountMagic(_ v: UInt64) -> UInt64 { v & 0xffff_0000 == 0xc0ed_0000 ? v & ~0xffff_0000 : v }

    /// `SWAP_FLAG_*` of swapon(2) and the priority in the lowest bits.
    func swapFlags(_ v: UInt64) {
        let high = v & 0xffff_8000
        if high != 0 {
            flags(high, .swapFlags)
            out.verbatim("|")
        }
        out.unsigned(v & 0x7fff)
    }

    /// The value of fsconfig(2), whose kind the command tells.
    func fsconfigValue(_ v: UInt64) {
        switch self[1] & 0xffff_ffff {
        case 1: string(v, atMost: 256)
        case 2:
            let count = Int32(truncatingIfNeeded: self[4])
            guard v != 0, count >= 0, count <= 1 << 20,
                let b = read(v, min(Int(count), options.stringLimit))
            else {
                out.address(v)
                return
            }
            out.string(b.raw, truncated: b.count < Int(count), escaping: .all)
        case 3, 4: path(v)
        default: out.address(v)
        }
    }

    func fsconfigAuxiliary(_ v: UInt64) {
        switch self[1] & 0xffff_ffff {
        case 3, 4: dirfd(v)
        case 5: fd(v)
        default: int(v)
        }
    }

    /// struct mount_attr of mount_setattr(2) and open_tree_attr(2).
    func mountAttributes(_ address: UInt64, size: UInt64) {
        guard size >= 32, size <= Self.pageSize else {
            out.address(address)
            return
        }
        object(address, 32, evenOnError: true) { b in
            structure {
                field("attr_set")
                flags(b.u64(0), .mountAttributes)
                field("attr_clr")
                flags(b.u64(8), .mountAttributes)
                field("propagation")
                let propagation = b.u64(16)
                if propagation == 0 { out.hex(0) } else { enumerated(propagation, .propagationTypes) }
                field("userns_fd")
                let namespace = b.u64(24)
                // Only with MOUNT_ATTR_IDMAP does the kernel look at it.
                if b.u64(0) & 0x100000 != 0, namespace <= UInt64(Int32.max) { fd(namespace) } else { out.unsigned(namespace) }
                unknownTail(address, known: 32, size: size)
            }
        }
    }

    /// struct mnt_id_req of statmount(2) and listmount(2).
    ///
    /// - Parameter mask: names of the bits of `param` if it is a mask.
    func mountRequest(_ address: UInt64, mask: ConstantTable?) {
        object(address, 4, evenOnError: true) { head in
            let size = head.u32(0)
            structure {
                field("size")
                out.unsigned(UInt64(size))
                guard size >= 24 else { return }
                let known = size >= 32 ? 32 : 24
                guard let b = read(address, known) else {
                    out.element()
                    out.verbatim("???")
                    return
                }
                field("mnt_ns_fd")
                fd(UInt64(b.u32(4)))
                field("mnt_id")
                enumerated(b.u64(8), .mountRoots)
                field("param")
                if let mask { flags(b.u64(16), mask) } else { out.hex(b.u64(16)) }
                if known == 32 {
                    field("mnt_ns_id")
                    out.hex(b.u64(24))
                }
                unknownTail(address, known: known, size: UInt64(size))
            }
        }
    }

    /// struct ns_id_req of listns(2).
    func namespaceRequest(_ address: UInt64) {
        object(address, 4, evenOnError: true) { head in
            let size = head.u32(0)
            structure {
                field("size")
                out.unsigned(UInt64(size))
                guard size >= 32 else { return }
                guard let b = read(address, 32) else {
                    out.element()
                    out.verbatim("???")
                    return
                }
                if b.u32(4) != 0 {
                    field("spare")
                    out.hex(UInt64(b.u32(4)))
                }
                field("ns_id")
                out.hex(b.u64(8))
                field("ns_type")
                flags(UInt64(b.u32(16)), .listedNamespaces)
                if b.u32(20) != 0 {
                    field("spare2")
                    out.hex(UInt64(b.u32(20)))
                }
                field("user_ns_id")
                enumerated(b.u64(24), .namespaceOwners)
                unknownTail(address, known: 32, size: UInt64(size))
            }
        }
    }

    /// Ids of mounts or namespaces: as many as the call says and there was room for.
    func learntIDs(_ address: UInt64, room: UInt64) {
        let count = failed ? room : min(room, UInt64(clamping: result))
        array(address, count: Int(clamping: count), stride: 8) { out.hex($0.u64(0)) }
    }

    // MARK: statmount(2)

    private static let mountStatusSize = 512

    /// struct statmount, of which the mask tells what is there.
    func mountStatus(_ address: UInt64, size room: UInt64) {
        guard room >= 4, follows(address), let b = read(address, Int(min(room, UInt64(Self.mountStatusSize)))) else {
            out.address(address)
            return
        }
        let size = UInt64(b.u32(0))
        let strings = min(size, room)
        let mask = b.u64(8)
        func text(_ bit: UInt64, _ name: Name, _ offset: Int) {
            if mask & bit != 0 {
                field(name)
                mountString(address, UInt64(b.u32(offset)), end: strings)
            }
        }
        func hex(_ name: Name, _ offset: Int) {
            field(name)
            out.hex(b.u64(offset))
        }
        func number(_ name: Name, _ offset: Int) {
            field(name)
            out.unsigned(UInt64(b.u32(offset)))
        }
        func texts(_ bit: UInt64, _ count: Name, _ name: Name, _ offset: Int) {
            if mask & bit != 0 {
                number(count, offset)
                field(name)
                mountStrings(address, UInt64(b.u32(offset + 4)), count: UInt64(b.u32(offset)), end: strings)
            }
        }
        structure {
            field("size")
            out.unsigned(size)
            text(0x80, "mnt_opts", 4)
            field("mask")
            flags(mask, .statmountMask)
            if mask & 0x1 != 0 {
                number("sb_dev_major", 16)
                number("sb_dev_minor", 20)
                field("sb_magic")
                enumerated(b.u64(24), .fileSystemTypes)
                field("sb_flags")
                flags(UInt64(b.u32(32)), .superBlockFlags)
            }
            text(0x20, "fs_type", 36)
            if mask & 0x2 != 0 {
                hex("mnt_id", 40)
                hex("mnt_parent_id", 48)
                field("mnt_id_old")
                out.hex(UInt64(b.u32(56)))
                field("mnt_parent_id_old")
                out.hex(UInt64(b.u32(60)))
                field("mnt_attr")
                flags(b.u64(64), .mountAttributes)
                field("mnt_propagation")
                flags(b.u64(72), .propagationTypes)
                hex("mnt_peer_group", 80)
                hex("mnt_master", 88)
            }
            if mask & 0x4 != 0 { hex("propagate_from", 96) }
            text(0x8, "mnt_root", 104)
            text(0x10, "mnt_point", 108)
            if mask & 0x40 != 0 { hex("mnt_ns_id", 112) }
            text(0x100, "fs_subtype", 120)
            text(0x200, "sb_source", 124)
            texts(0x400, "opt_num", "opt_array", 128)
            texts(0x800, "opt_sec_num", "opt_sec_array", 136)
            if mask & 0x1000 != 0 {
                field("supported_mask")
                flags(b.u64(144), .statmountMask)
            }
            texts(0x2000, "mnt_uidmap_num", "mnt_uidmap", 152)
            texts(0x4000, "mnt_gidmap_num", "mnt_gidmap", 160)
        }
    }

    /// A string behind the structure at `offset`, which is shown if it points nowhere.
    private func mountString(_ address: UInt64, _ offset: UInt64, end: UInt64) {
        if nextMountString(address, UInt64(Self.mountStatusSize) + offset, end: end) == nil { out.hex(offset) }
    }

    private func mountStrings(_ address: UInt64, _ offset: UInt64, count: UInt64, end: UInt64) {
        var at = UInt64(Self.mountStatusSize) + offset
        guard at < end else {
            out.hex(offset)
            return
        }
        out.beginArray()
        for i in 0..<count {
            if abbreviating, i >= UInt64(options.stringLimit) {
                out.more()
                break
            }
            out.element()
            guard let next = nextMountString(address, at, end: end) else {
                out.verbatim("???")
                break
            }
            at = next
        }
        out.endArray()
    }

    /// Prints the string at `at` and returns where the next one starts; nil if nothing is there.
    private func nextMountString(_ address: UInt64, _ at: UInt64, end: UInt64) -> UInt64? {
        guard at < end, let b = readSome(address &+ at, Int(min(end - at, 4096))) else { return nil }
        if let length = b.terminator {
            out.string(b.slice(0, length).raw, truncated: false)
            return at + UInt64(length) + 1
        }
        out.string(b.slice(0, b.count - 1).raw, truncated: true)
        return at + UInt64(b.count)
    }
}
