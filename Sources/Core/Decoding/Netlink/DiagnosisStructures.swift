// Structures within sock_diag(7).

extension StructLayout {
    static let inetDiagMeminfo = StructLayout(size: 16, [
        .init("idiag_rmem", 0, .uint), .init("idiag_wmem", 4, .uint), .init("idiag_fmem", 8, .uint),
        .init("idiag_tmem", 12, .uint),
    ])
    static let inetDiagVegasinfo = StructLayout(size: 16, [
        .init("tcpv_enabled", 0, .uint), .init("tcpv_rttcnt", 4, .uint), .init("tcpv_rtt", 8, .uint),
        .init("tcpv_minrtt", 12, .uint),
    ])
    static let inetDiagDctcpinfo = StructLayout(size: 16, [
        .init("dctcp_enabled", 0, .uint, width: 2), .init("dctcp_ce_state", 2, .uint, width: 2),
        .init("dctcp_alpha", 4, .uint), .init("dctcp_ab_ecn", 8, .uint), .init("dctcp_ab_tot", 12, .uint),
    ])
    static let inetDiagBbrinfo = StructLayout(size: 20, [
        .init("bbr_bw_lo", 0, .hex32), .init("bbr_bw_hi", 4, .hex32), .init("bbr_min_rtt", 8, .uint),
        .init("bbr_pacing_gain", 12, .uint), .init("bbr_cwnd_gain", 16, .uint),
    ])
    static let unixDiagRqlen = StructLayout(size: 8, [
        .init("udiag_rqueue", 0, .uint), .init("udiag_wqueue", 4, .uint),
    ])
    static let packetDiagRxRing = StructLayout(size: 28, [
        .init("pdr_block_size", 0, .uint), .init("pdr_block_nr", 4, .uint), .init("pdr_frame_size", 8, .uint),
        .init("pdr_frame_nr", 12, .uint), .init("pdr_retire_tmo", 16, .uint), .init("pdr_sizeof_priv", 20, .uint),
        .init("pdr_features", 24, .uint),
    ])
    static let inetBytecodeOperation = StructLayout(size: 4, [
        .init("code", 0, .enumerated(.inetBytecodes), width: 1), .init("yes", 1, .uint, width: 1),
        .init("no", 2, .uint, width: 2),
    ])
    static let inetDiagSockopt = StructLayout(size: 2, diagnosisOptions)
    /// One bit each, from the lowest of the first byte on.
    private static let diagnosisOptions: [Field] = {
        let names: [Name] = [
            "recverr", "is_icsk", "freebind", "hdrincl", "mc_loop", "transparent", "mc_all", "nodefrag",
            "bind_address_no_port", "recverr_rfc4884", "defer_connect",
        ]
        func visible(_ shift: UInt16, _ mask: UInt16) -> Field.Visibility {
            .verboseOr { $0.u16(0) >> shift & mask != 0 }
        }
        return names.enumerated().map { i, name in
            Field(name, visible(UInt16(i), 1)) { d, b in d.out.unsigned(UInt64(b.u16(0) >> UInt16(i) & 1)) }
        } + [
            Field("unused", visible(11, 0x1f)) { d, b in
                d.out.hex(UInt64(b.u16(0) >> 11))
                d.out.comment("bits 3..8")
            }
        ]
    }()
    static let unixDiagVfs = StructLayout(size: 8, [
        .init("udiag_vfs_dev") { d, b in d.device(UInt64(b.u32(4))) },
        .init("udiag_vfs_ino", 0, .uint),
    ])
    static let packetDiagInfo = StructLayout(size: 24, [
        .init("pdi_index") { d, b in d.interfaceIndex(b.u32(0)) }, .init("pdi_version", 4, .enumerated(.packetVersions)),
        .init("pdi_reserve", 8, .uint), .init("pdi_copy_thresh", 12, .uint), .init("pdi_tstamp", 16, .uint),
        .init("pdi_flags", 20, .flags(.packetDiagFlags)),
    ])
    static let packetMulticast = StructLayout(size: 44, [
        .init("pdmc_index") { d, b in d.interfaceIndex(b.u32(0)) }, .init("pdmc_count", 4, .uint),
        .init("pdmc_type", 8, .uint, width: 2), .init("pdmc_alen", 10, .uint, width: 2),
        .init("pdmc_addr") { d, b in
            d.out.string(b.slice(12, min(Int(b.u16(10)), 32)).raw, truncated: false, escaping: .all)
        },
    ])
    static let tcpMd5Signature = StructLayout(size: 100, [
        .init("tcpm_family", 0, .enumerated(.socketFamilies), width: 1),
        .init("tcpm_prefixlen", 1, .uint, width: 1), .init("tcpm_keylen", 2, .uint, width: 2),
        .init("") { d, b in d.addressField("tcpm_addr", b.slice(4, 16), family: UInt64(b.u8(0))) },
        .init("tcpm_key") { d, b in
            d.out.string(b.slice(20, min(Int(b.u16(2)), 80)).raw, truncated: false, escaping: .all)
        },
    ])
    static let netlinkRing = StructLayout(size: 16, [
        .init("ndr_block_size", 0, .uint), .init("ndr_block_nr", 4, .uint), .init("ndr_frame_size", 8, .uint),
        .init("ndr_frame_nr", 12, .uint),
    ])

    static let smcCursor = StructLayout(size: 8, [
        .init("reserved", 0, .uint, width: 2), .init("wrap", 2, .uint, width: 2), .init("count", 4, .uint),
    ])
    private static func cursor(_ name: Name, _ offset: Int) -> Field {
        Field(name) { d, b in d.structure(b.slice(offset, 8), .smcCursor) }
    }
    private static func byteFlags(_ name: Name, _ offset: Int) -> Field {
        Field(name) { d, b in d.paddedHex(UInt64(b.u8(offset)), width: 2) }
    }
    static let smcConnection = StructLayout(size: 76, [
        .init("token", 0, .uint), .init("sndbuf_size", 4, .uint), .init("rmbe_size", 8, .uint),
        .init("peer_rmbe_size", 12, .uint), cursor("rx_prod", 16), cursor("rx_cons", 24), cursor("tx_prod", 32),
        cursor("tx_cons", 40), byteFlags("rx_prod_flags", 48),
        byteFlags("rx_conn_state_flags", 49), byteFlags("tx_prod_flags", 50),
        byteFlags("tx_conn_state_flags", 51), cursor("tx_prep", 52), cursor("tx_sent", 60),
        cursor("tx_fin", 68),
    ])
    static let smcLink = StructLayout(size: 146, [
        .init("link_id", 0, .uint, width: 1), .init("ibname") { d, b in d.cString(b.slice(1, 64)) },
        .init("ibport", 65, .uint, width: 1), .init("gid") { d, b in d.cString(b.slice(66, 40)) },
        .init("peer_gid") { d, b in d.cString(b.slice(106, 40)) },
    ])
    static let smcLinkGroup = StructLayout(size: 147, [
        .init("lnk") { d, b in
            d.out.beginArray()
            d.out.element()
            d.structure(b, .smcLink)
            d.out.endArray()
        },
        .init("role", 146, .enumerated(.smcRoles), width: 1),
    ])
    static let smcBuffer = StructLayout(size: 56, [
        .init("linkid", 0, .uint), .init("peer_gid", 8, .hex), .init("my_gid", 16, .hex), .init("token", 24, .hex),
        .init("peer_token", 32, .hex), .init("peer_gid_ext", 40, .hex), .init("my_gid_ext", 48, .hex),
    ])
    static let smcFallback = StructLayout(size: 8, [
        .init("reason") { d, b in d.numbered(UInt64(b.u32(0)), .smcDeclines) },
        .init("peer_diagnosis") { d, b in d.numbered(UInt64(b.u32(4)), .smcDeclines) },
    ])
}
