// quotactl(2) and quotactl_fd(2).

extension StructLayout {
    private static let quotaFields: [Field] = [
        .init("dqb_bhardlimit", 0, .ulong), .init("dqb_bsoftlimit", 8, .ulong), .init("dqb_curspace", 16, .ulong),
        .init("dqb_ihardlimit", 24, .ulong), .init("dqb_isoftlimit", 32, .ulong), .init("dqb_curinodes", 40, .ulong),
        .init("dqb_btime", 48, .ulong, .verbose), .init("dqb_itime", 56, .ulong, .verbose),
        .init("dqb_valid", 64, .flags(.quotaValid), .verbose),
    ]
    /// struct if_dqblk
    static let quota = StructLayout(size: 72, quotaFields)
    /// struct if_nextdqblk
    static let nextQuota = StructLayout(size: 72, quotaFields + [.init("dqb_id", 68, .uint)])
    /// struct if_dqinfo
    static let quotaInfo = StructLayout(size: 24, [
        .init("dqi_bgrace", 0, .ulong), .init("dqi_igrace", 8, .ulong), .init("dqi_flags", 16, .flags(.quotaInfoFlags)),
        .init("dqi_valid", 20, .flags(.quotaInfoValid)),
    ])
    private static func signedByte(_ name: Name, _ offset: Int) -> Field {
        .init(name) { d, b in d.out.signed(Int64(Int8(bitPattern: b.u8(offset)))) }
    }
    /// fs_disk_quota_t
    static let xfsQuota = StructLayout(size: 112, [
        signedByte("d_version", 0), .init("d_flags", 1, .flags(.xfsQuotaTypes), width: 1),
        .init("d_fieldmask", 2, .hex32, width: 2), .init("d_id", 4, .uint),
        .init("d_blk_hardlimit", 8, .ulong), .init("d_blk_softlimit", 16, .ulong),
        .init("d_ino_hardlimit", 24, .ulong), .init("d_ino_softlimit", 32, .ulong),
        .init("d_bcount", 40, .ulong), .init("d_icount", 48, .ulong),
        .init("d_itimer", 56, .int, .verbose), .init("d_btimer", 60, .int, .verbose),
        .init("d_iwarns", 64, .uint, width: 2, .verbose), .init("d_bwarns", 66, .uint, width: 2, .verbose),
        .init("d_rtb_hardlimit", 72, .ulong, .verbose), .init("d_rtb_softlimit", 80, .ulong, .verbose),
        .init("d_rtbcount", 88, .ulong, .verbose), .init("d_rtbtimer", 96, .int, .verbose),
        .init("d_rtbwarns", 100, .uint, width: 2, .verbose),
    ])
    private static let xfsQuotaFile = StructLayout(size: 24, [
        .init("qfs_ino", 0, .ulong), .init("qfs_nblks", 8, .ulong), .init("qfs_nextents", 16, .uint),
    ])
    private static func file(_ name: Name, _ offset: Int) -> Field {
        .init(name, .verbose) { d, b in d.structure(b.slice(offset, 24), xfsQuotaFile) }
    }
    private static func limits(_ offset: Int) -> [Field] {
        [
            .init("qs_btimelimit", offset, .int, .verbose), .init("qs_itimelimit", offset + 4, .int, .verbose),
            .init("qs_rtbtimelimit", offset + 8, .int, .verbose),
            .init("qs_bwarnlimit", offset + 12, .uint, width: 2, .verbose),
            .init("qs_iwarnlimit", offset + 14, .uint, width: 2, .verbose),
        ]
    }
    private static let xfsStatusFlags = Field("qs_flags", 2, .flags(.xfsQuotaFlags), width: 2, .verbose)
    /// fs_quota_stat_t
    static let xfsQuotaStatus = StructLayout(size: 80, [
        signedByte("qs_version", 0), xfsStatusFlags, file("qs_uquota", 8), file("qs_gquota", 32),
        .init("qs_incoredqs", 56, .uint, .verbose),
    ] + limits(60))
    /// struct fs_quota_statv
    static let xfsQuotaStatusV = StructLayout(size: 160, [
        signedByte("qs_version", 0), xfsStatusFlags, .init("qs_incoredqs", 4, .uint, .verbose),
        file("qs_uquota", 8), file("qs_gquota", 32), file("qs_pquota", 56),
    ] + limits(80))
}

extension Decoder {
    /// - Parameter special: the file system is named by the second argument rather than by
    ///   a descriptor in the first.
    func quotactlCall(special: Bool) -> Syscall.Progress {
        let operation = self[special ? 0 : 1] & 0xffff_ffff
        let command = operation >> 8
        if entering {
            if special {
                argument("op")
                quotaOperation(operation)
                argument("special")
                path(self[1])
            } else {
                argument("fd")
                fd(self[0])
                argument("op")
                quotaOperation(operation)
            }
        }
        return quotaArguments(command, special: special)
    }

    private func quotaArguments(_ command: UInt64, special: Bool) -> Syscall.Progress {
        func id() {
            guard entering else { return }
            argument("id")
            self.id(self[2])
        }
        func result(_ layout: StructLayout) -> Syscall.Progress {
            if entering { return .nextAtExit }
            argument("addr")
            structure(self[3], layout)
            return .complete
        }
        func given(_ layout: StructLayout) -> Syscall.Progress {
            argument("addr")
            structure(self[3], layout, evenOnError: true)
            return .complete
        }
        switch command {
        case 0x800001, 0x800003, 0x5807: return .complete
        case 0x800002:
            argument("id")
            enumerated(self[2] & 0xffff_ffff, .quotaFormats)
            argument("addr")
            path(self[3])
            return .complete
        case 0x800004:
            if entering { return .nextAtExit }
            argument("addr")
            pointee(self[3], 4) { enumerated(UInt64($0.u32(0)), .quotaFormats) }
            return .complete
        case 0x800005: return result(.quotaInfo)
        case 0x800006: return given(.quotaInfo)
        case 0x800007:
            id()
            return result(.quota)
        case 0x800008:
            id()
            return given(.quota)
        case 0x800009:
            id()
            return result(.nextQuota)
        case 0x5801, 0x5802: return quotaSet(.xfsQuotaFlags)
        case 0x5803, 0x5809:
            id()
            return result(.xfsQuota)
        case 0x5804:
            id()
            return given(.xfsQuota)
        case 0x5805: return result(.xfsQuotaStatus)
        case 0x5806: return quotaSet(.xfsQuotaTypes)
        case 0x5808: return result(.xfsQuotaStatusV)
        default:
            id()
            argument("addr")
            out.address(self[3])
            return .complete
        }
    }

    private func quotaSet(_ table: ConstantTable) -> Syscall.Progress {
        argument("addr")
        pointee(self[3], 4, evenOnError: true) { flags(UInt64($0.u32(0)), table) }
        return .complete
    }

    /// `QCMD(Q_GETQUOTA, USRQUOTA)`
    private func quotaOperation(_ v: UInt64) {
        switch options.constants {
        case .raw: out.unsigned(v)
        case .abbrev:
            out.beginCall("QCMD")
            out.element()
            enumerated(v >> 8, .quotaCommands)
            out.element()
            enumerated(v & 0xff, .quotaTypes)
            out.endCall()
        case .verbose:
            out.unsigned(v)
            scratch.truncate(to: 0)
            scratch.append("QCMD(")
            appendQuotaWord(v >> 8, .quotaCommands)
            scratch.append(", ")
            appendQuotaWord(v & 0xff, .quotaTypes)
            scratch.append(")")
            out.comment(scratch.bytes)
        }
    }

    private func appendQuotaWord(_ v: UInt64, _ table: ConstantTable) {
        if let name = table.name(of: v) {
            scratch.append(name)
        } else {
            scratch.hex(v)
            scratch.append(" /* ")
            scratch.append(table.unknown)
            scratch.append(" */")
        }
    }
}
