// What calls on files exchange with the kernel: stat(2), statx(2), openat2(2), …

extension StructLayout {
    private static func type(_ b: Bytes) -> UInt32 { b.u32(Self.modeOffset) & 0o170000 }
    private static let isDevice: @Sendable (Bytes) -> Bool = { type($0) == 0o020000 || type($0) == 0o060000 }
    private static let isNoDevice: @Sendable (Bytes) -> Bool = { !isDevice($0) }

    #if arch(x86_64)
    private static let modeOffset = 24
    /// struct stat
    public static let stat = StructLayout(size: 144, [
        .init("st_dev", 0, .device, width: 8, .verbose), .init("st_ino", 8, .ulong, .verbose),
        .init("st_mode", 24, .mode), .init("st_nlink", 16, .ulong, .verbose),
        .init("st_uid", 28, .uint, .verbose), .init("st_gid", 32, .uint, .verbose),
        .init("st_blksize", 56, .ulong, .verbose), .init("st_blocks", 64, .ulong, .verbose),
        .init("st_rdev", 40, .device, width: 8, .when(isDevice)), .init("st_size", 48, .ulong, .when(isNoDevice)),
    ] + statTimes)
    #else
    private static let modeOffset = 16
    /// struct stat
    public static let stat = StructLayout(size: 128, [
        .init("st_dev", 0, .device, width: 8, .verbose), .init("st_ino", 8, .ulong, .verbose),
        .init("st_mode", 16, .mode), .init("st_nlink", 20, .uint, .verbose),
        .init("st_uid", 24, .uint, .verbose), .init("st_gid", 28, .uint, .verbose),
        .init("st_blksize", 56, .uint, .verbose), .init("st_blocks", 64, .ulong, .verbose),
        .init("st_rdev", 32, .device, width: 8, .when(isDevice)), .init("st_size", 48, .ulong, .when(isNoDevice)),
    ] + statTimes)
    #endif

    private static var statTimes: [Field] {
        [
            .init("st_atime", .verbose) { d, b in d.statTime(b, 72, nanoseconds: 80) }, .init("st_atime_nsec", 80, .ulong, .verbose),
            .init("st_mtime", .verbose) { d, b in d.statTime(b, 88, nanoseconds: 96) }, .init("st_mtime_nsec", 96, .ulong, .verbose),
            .init("st_ctime", .verbose) { d, b in d.statTime(b, 104, nanoseconds: 112) }, .init("st_ctime_nsec", 112, .ulong, .verbose),
        ]
    }

    /// struct statx
    static let statx: StructLayout = {
        func has(_ mask: UInt32) -> @Sendable (Bytes) -> Bool { { $0.u32(0) & mask != 0 } }
        let atomic: @Sendable (Bytes) -> Bool = { $0.u64(8) & 0x400000 != 0 }
        func time(_ name: Name, _ mask: UInt32, _ offset: Int) -> Field {
            .init(name, .verboseWhen(has(mask))) { d, b in
                let part = b.slice(offset, 16)
                d.structure(part, .statxTimestamp)
                d.dateComment(part.i64(0), fraction: UInt64(part.u32(8)), digits: 9)
            }
        }
        return StructLayout(size: 256, [
            .init("stx_mask", 0, .flags(.statxMask)),
            .init("stx_blksize", 4, .uint, .verbose),
            .init("stx_attributes", 8, .flags64(.statxAttributes)),
            .init("stx_nlink", 16, .uint, .verboseWhen(has(0x4))),
            .init("stx_uid", 20, .id, .verboseWhen(has(0x8))),
            .init("stx_gid", 24, .id, .verboseWhen(has(0x10))),
            .init("stx_mode", 28, .mode, width: 2, .when(has(0x3))),
            .init("stx_ino", 32, .ulong, .verboseWhen(has(0x100))),
            .init("stx_size", 40, .ulong, .when(has(0x200))),
            .init("stx_blocks", 48, .ulong, .verboseWhen(has(0x400))),
            .init("stx_attributes_mask", 56, .flags64(.statxAttributes), .verbose),
            time("stx_atime", 0x20, 64), time("stx_btime", 0x800, 80), time("stx_ctime", 0x80, 96),
            time("stx_mtime", 0x40, 112),
            .init("stx_rdev_major", 128, .uint, .verbose), .init("stx_rdev_minor", 132, .uint, .verbose),
            .init("stx_dev_major", 136, .uint, .verbose), .init("stx_dev_minor", 140, .uint, .verbose),
            .init("stx_mnt_id", 144, .hex, .verboseWhen(has(0x5000))),
            .init("stx_dio_mem_align", 152, .uint, .verboseWhen(has(0x2000))),
            .init("stx_dio_offset_align", 156, .uint, .verboseWhen(has(0x2000))),
            .init("stx_subvol", 160, .hex, .verboseWhen(has(0x8000))),
            .init("stx_atomic_write_unit_min", 168, .uint, .verboseWhen(atomic)),
            .init("stx_atomic_write_unit_max", 172, .uint, .verboseWhen(atomic)),
            .init("stx_atomic_write_segments_max", 176, .uint, .verboseWhen(atomic)),
            .init("stx_dio_read_offset_align", 180, .uint, .verboseWhen(has(0x20000))),
            .init("stx_atomic_write_unit_max_opt", 184, .uint, .verboseWhen(atomic)),
        ])
    }()
    private static let statxTimestamp = StructLayout(size: 16, [.init("tv_sec", 0, .long), .init("tv_nsec", 8, .uint)])

    /// struct utimbuf
    static let utimbuf = StructLayout(size: 16, [
        .init("actime") { d, b in d.statTime(b, 0) }, .init("modtime") { d, b in d.statTime(b, 8) },
    ])
}

extension Decoder {
    /// Seconds since the epoch with their date.
    fileprivate func statTime(_ b: Bytes, _ offset: Int, nanoseconds: Int? = nil) {
        let seconds = b.i64(offset)
        out.signed(seconds)
        dateComment(seconds, fraction: nanoseconds.map(b.u64) ?? 0, digits: 9)
    }

    /// The two times of utimensat(2) and its elders: when accessed, when modified.
    func fileTimes(_ address: UInt64, digits: Int) {
        object(address, 32, evenOnError: true) { b in
            out.beginArray()
            for i in 0..<2 {
                out.element()
                fileTime(b.slice(i * 16, 16), digits: digits)
            }
            out.endArray()
        }
    }

    private func fileTime(_ b: Bytes, digits: Int) {
        let special: Name? = digits == 9 ? ConstantTable.specialTimes.name(of: b.u64(8)) : nil
        if let special, options.constants == .abbrev {
            out.verbatim(special)
            return
        }
        if digits == 9 { timespec(b) } else { timeval(b) }
        if let special {
            if options.constants == .verbose { out.comment(special) }
        } else {
            dateComment(b.i64(0), fraction: b.u64(8), digits: digits)
        }
    }

    /// No kernel takes a structure with a size of its own that is larger.
    static let pageSize: UInt64 = 4096

    /// What follows a structure's known fields when the caller passed a larger one: bytes
    /// that are not zero, or `???` if they cannot be read.
    ///
    /// - Parameters:
    ///   - known: bytes of the structure that have been described.
    ///   - size: the size the caller gave.
    func unknownTail(_ address: UInt64, known: Int, size: UInt64) {
        guard size > UInt64(known) else { return }
        let rest = size - UInt64(known)
        guard let b = read(address &+ UInt64(known), Int(min(rest, 1 << 16))) else {
            out.element()
            out.verbatim("???")
            return
        }
        guard b.raw.contains(where: { $0 != 0 }) else { return }
        out.element()
        scratch.truncate(to: 0)
        scratch.append("/* bytes ")
        scratch.decimal(UInt64(known))
        scratch.append("..")
        scratch.decimal(size - 1)
        scratch.append(" */ ")
        out.verbatim(scratch.bytes)
        let shown = b.slice(0, options.stringLimit)
        out.string(shown.raw, truncated: UInt64(shown.count) < rest, escaping: .all)
    }

    /// struct open_how of openat2(2).
    func openHow(_ address: UInt64, size: UInt64) {
        guard size >= 24, size <= Self.pageSize else {
            out.address(address)
            return
        }
        object(address, 24, evenOnError: true) { b in
            structure {
                let flags = b.u64(0)
                field("flags")
                openHowFlags(flags)
                if b.u64(8) != 0 || SyscallTable.createsFile(flags) {
                    field("mode")
                    longMode(b.u64(8))
                }
                field("resolve")
                self.flags(b.u64(16), .resolveFlags)
                unknownTail(address, known: 24, size: size)
            }
        }
    }

    private func openHowFlags(_ v: UInt64) {
        var rest = v & ~3
        guard out.beginSymbolic(v, radix: .hex) else { return }
        if let access = ConstantTable.accessModes.name(of: v & 3) { out.symbol(access) }
        for table in [ConstantTable.openFlags, .openHowFlags] {
            for e in table.entries where e.value & rest == e.value {
                out.symbol(e.name)
                rest &= ~e.value
            }
        }
        if rest != 0 { out.bits(rest, radix: .hex) }
        out.endSymbolic()
    }

    /// `AT_STATX_*|AT_*` of statx(2): two sets beside each other.
    func statxFlags(_ v: UInt64) {
        let low = v & 0xffff_ffff
        enumerated(low & 0x6000, .statxSyncTypes)
        let rest = low & ~0x6000
        guard rest != 0 else { return }
        out.verbatim("|")
        if ConstantTable.atFlags.entries.contains(where: { $0.value & rest == $0.value }) {
            flags(rest, .atFlags)
        } else {
            out.hex(rest)
        }
    }

    /// `FAN_CLASS_*|FAN_*` of fanotify_init(2).
    func fanotifyFlags(_ v: UInt64) {
        enumerated(v & 0xc, .fanotifyClasses)
        let rest = v & 0xffff_fff3
        guard rest != 0 else { return }
        out.verbatim("|")
        flags(rest, .fanotifyInitFlags)
    }

    /// The directory of fanotify_mark(2): a descriptor or none.
    func fanotifyDirectory(_ v: UInt64) {
        if Int32(truncatingIfNeeded: v) == -1 {
            enumerated(UInt64.max, .noDescriptor, radix: .decimal)
        } else {
            dirfd(v)
        }
    }

    /// struct xattr_args of setxattrat(2) and getxattrat(2).
    func xattrArguments(_ address: UInt64, size: UInt64, isInput: Bool) {
        guard size >= 16, size <= Self.pageSize else {
            out.address(address)
            return
        }
        object(address, 16, evenOnError: true) { b in
            structure {
                field("value")
                if isInput {
                    givenXattr(b.u64(0), size: UInt64(b.u32(8)))
                } else {
                    xattrValue(b.u64(0), room: UInt64(b.u32(8)), isText: true)
                }
                field("size")
                out.unsigned(UInt64(b.u32(8)))
                field("flags")
                flags(UInt64(b.u32(12)), .xattrFlags)
                unknownTail(address, known: 16, size: size)
            }
        }
    }

    /// A value that the kernel wrote, as many bytes as the result says; none if `room` is zero
    /// and only the size was asked for.
    func xattrValue(_ address: UInt64, room: UInt64, isText: Bool) {
        let size = UInt64(clamping: result)
        if failed || room == 0 {
            out.address(address)
        } else if isText {
            xattrText(address, size)
        } else {
            buffer(address, size)
        }
    }

    /// A value that is set; the kernel takes no larger one.
    func givenXattr(_ address: UInt64, size: UInt64) {
        if size > 65536 { out.address(address) } else { xattrText(address, size) }
    }

    /// Bytes that mostly are text with its NUL, which is not shown.
    private func xattrText(_ address: UInt64, _ size: UInt64) {
        guard address != 0, let b = read(address, Int(min(size, UInt64(options.stringLimit)))) else {
            out.address(address)
            return
        }
        let isTerminated = b.count > 0 && b.u8(b.count - 1) == 0
        out.string(b.slice(0, isTerminated ? b.count - 1 : b.count).raw, truncated: !isTerminated && size > UInt64(b.count))
    }

    /// struct file_attr of file_getattr(2) and file_setattr(2).
    func fileAttributes(_ address: UInt64, size: UInt64) {
        guard size >= 24, size <= Self.pageSize else {
            out.address(address)
            return
        }
        object(address, 24) { b in
            structure {
                field("fa_xflags")
                flags(b.u64(0), .fileXFlags)
                field("fa_extsize")
                out.unsigned(UInt64(b.u32(8)))
                if exiting {
                    field("fa_nextents")
                    out.unsigned(UInt64(b.u32(12)))
                }
                field("fa_projid")
                out.hex(UInt64(b.u32(16)))
                field("fa_cowextsize")
                out.unsigned(UInt64(b.u32(20)))
                unknownTail(address, known: 24, size: size)
            }
        }
    }
}

extension ConstantTable {
    static let specialTimes = ConstantTable("", "UTIME_NOW 0x3fffffff UTIME_OMIT 0x3ffffffe")
    static let noDescriptor = ConstantTable("FAN_???", "FAN_NOFD -1")
}

extension Argument {
    static func openFlags(_ n: Name) -> Argument { .custom(n, capture: .nothing) { d, v in d.openFlags(v) } }
    /// File type and permissions in 16 bits.
    static func fileMode(_ n: Name) -> Argument { .custom(n, capture: .nothing) { d, v in d.mode(v & 0xffff) } }
    /// A device number in 32 bits.
    static func device32(_ n: Name, when condition: (@Sendable (borrowing Call) -> Bool)? = nil) -> Argument {
        .init(n, .custom { d, v in d.device(v & 0xffff_ffff) }, capture: .nothing, when: condition)
    }
    static func accessMode(_ n: Name) -> Argument { .custom(n, capture: .nothing) { d, v in d.accessMode(v) } }
    static func fileTimes(_ n: Name, digits: Int) -> Argument {
        .custom(n, capture: .memory(.constant(32))) { d, v in d.fileTimes(v, digits: digits) }
    }
    /// A value of which the kernel says its size.
    static func xattrValue(_ n: Name, size: Int, isText: Bool = false) -> Argument {
        .custom(n, .out, capture: .buffer(.result)) { d, v in d.xattrValue(v, room: d[size], isText: isText) }
    }
    static func givenXattr(_ n: Name, size: Int) -> Argument {
        .custom(n, capture: .buffer(.argument(size))) { d, v in d.givenXattr(v, size: d[size]) }
    }
}

extension Decoder {
    /// `O_*`: an access mode and flags.
    public func openFlags(_ v: UInt64) {
        enumerated(v & 0xffff_ffff, mask: 3, .accessModes, flags: .openFlags)
    }

    /// `R_OK|W_OK`
    public func accessMode(_ v: UInt64) { flags(v & 0xffff_ffff, .accessTests) }
}
