// Structures within rtnetlink(7).

extension StructLayout {
    static let iflaStats = StructLayout(size: 96, [
        .init("rx_packets", 0, .uint), .init("tx_packets", 4, .uint), .init("rx_bytes", 8, .uint),
        .init("tx_bytes", 12, .uint), .init("rx_errors", 16, .uint), .init("tx_errors", 20, .uint),
        .init("rx_dropped", 24, .uint), .init("tx_dropped", 28, .uint), .init("multicast", 32, .uint),
        .init("collisions", 36, .uint), .init("rx_length_errors", 40, .uint), .init("rx_over_errors", 44, .uint),
        .init("rx_crc_errors", 48, .uint), .init("rx_frame_errors", 52, .uint), .init("rx_fifo_errors", 56, .uint),
        .init("rx_missed_errors", 60, .uint), .init("tx_aborted_errors", 64, .uint),
        .init("tx_carrier_errors", 68, .uint), .init("tx_fifo_errors", 72, .uint),
        .init("tx_heartbeat_errors", 76, .uint), .init("tx_window_errors", 80, .uint),
        .init("rx_compressed", 84, .uint), .init("tx_compressed", 88, .uint), .init("rx_nohandler", 92, .uint),
    ])
    static let iflaMap = StructLayout(size: 28, [
        .init("mem_start", 0, .hex), .init("mem_end", 8, .hex), .init("base_addr", 16, .hex),
        .init("irq", 24, .uint, width: 2), .init("dma", 26, .uint, width: 1), .init("port", 27, .uint, width: 1),
    ])
    static let iflaPortVsiType = StructLayout(size: 8, [
        .init("vsi_mgr_id", 0, .uint, width: 1),
        .init("vsi_type_id") { d, b in d.out.string(b.slice(1, 3).raw, truncated: false, escaping: .all) },
        .init("vsi_type_version", 4, .uint, width: 1),
        .init("pad", .when { $0.slice(5, 3).raw.contains { $0 != 0 } }) { d, b in
            d.out.string(b.slice(5, 3).raw, truncated: false, escaping: .all)
        },
    ])
    static let iflaVfMac = StructLayout(size: 36, [
        .init("vf", 0, .uint), .init("mac") { d, b in d.hardwareAddress(b.slice(4, 32)) },
    ])
    static let iflaVfVlan = StructLayout(size: 12, [
        .init("vf", 0, .uint), .init("vlan", 4, .uint), .init("qos", 8, .uint),
    ])
    static let iflaVfTxRate = StructLayout(size: 8, [
        .init("vf", 0, .uint), .init("rate", 4, .uint),
    ])
    static let iflaVfSpoofchk = StructLayout(size: 8, [
        .init("vf", 0, .uint), .init("setting", 4, .uint),
    ])
    static let iflaVfLinkState = StructLayout(size: 8, [
        .init("vf", 0, .uint), .init("link_state", 4, .enumerated(.virtualLinkStates)),
    ])
    static let iflaVfRate = StructLayout(size: 12, [
        .init("vf", 0, .uint), .init("min_tx_rate", 4, .uint), .init("max_tx_rate", 8, .uint),
    ])
    static let iflaVfBroadcast = StructLayout(size: 32, [
        .init("broadcast") { d, b in d.hardwareAddress(b) }
    ])
    static let iflaVfVlanInfo = StructLayout(size: 16, [
        .init("vf", 0, .uint), .init("vlan", 4, .uint), .init("qos", 8, .uint),
        .init("vlan_proto") { d, b in
            d.out.beginCall("htons")
            d.out.element()
            d.enumerated(UInt64(b.u16(12).byteSwapped), .etherProtocols)
            d.out.endCall()
        },
    ])
    static let iflaInet6Cacheinfo = StructLayout(size: 16, [
        .init("max_reasm_len", 0, .uint), .init("tstamp", 4, .uint), .init("reachable_time", 8, .uint),
        .init("retrans_time", 12, .uint),
    ])
    static let iflaBrportRootId = StructLayout(size: 8, [
        .init("prio") { d, b in
            d.out.beginArray()
            d.out.element()
            d.out.unsigned(UInt64(b.u8(0)))
            d.out.element()
            d.out.unsigned(UInt64(b.u8(1)))
            d.out.endArray()
        },
        .init("addr") { d, b in d.hardwareAddress(b.slice(2, 6)) },
    ])
    static let ifaCacheinfo = StructLayout(size: 16, [
        .init("ifa_prefered", 0, .uint), .init("ifa_valid", 4, .uint), .init("cstamp", 8, .uint),
        .init("tstamp", 12, .uint),
    ])
    static let rtaCacheinfo = StructLayout(size: 32, [
        .init("rta_clntref", 0, .uint), .init("rta_lastuse", 4, .uint), .init("rta_expires", 8, .uint),
        .init("rta_error", 12, .uint), .init("rta_used", 16, .uint), .init("rta_id", 20, .hex32),
        .init("rta_ts", 24, .uint), .init("rta_tsage", 28, .uint),
    ])
    static let rtaMfcStats = StructLayout(size: 24, [
        .init("mfcs_packets", 0, .ulong), .init("mfcs_bytes", 8, .ulong), .init("mfcs_wrong_if", 16, .ulong),
    ])
    static let ndaCacheinfo = StructLayout(size: 16, [
        .init("ndm_confirmed", 0, .uint), .init("ndm_used", 4, .uint), .init("ndm_updated", 8, .uint),
        .init("ndm_refcnt", 12, .uint),
    ])
    static let fraUidRange = StructLayout(size: 8, [
        .init("start", 0, .uint), .init("end", 4, .uint),
    ])
    static let fraSportRange = StructLayout(size: 4, [
        .init("start", 0, .uint, width: 2), .init("end", 2, .uint, width: 2),
    ])
    static let tcaStats = StructLayout(size: 36, [
        .init("bytes", 0, .ulong), .init("packets", 8, .uint), .init("drops", 12, .uint),
        .init("overlimits", 16, .uint), .init("bps", 20, .uint), .init("pps", 24, .uint), .init("qlen", 28, .uint),
        .init("backlog", 32, .uint),
    ])
    static let tcaRate = StructLayout(size: 2, [
        .init("interval", 0, .int, width: 1), .init("ewma_log", 1, .uint, width: 1),
    ])
    static let tcaStatsBasic = StructLayout(size: 12, [
        .init("bytes", 0, .ulong), .init("packets", 8, .uint),
    ])
    static let tcaStatsRateEst = StructLayout(size: 8, [
        .init("bps", 0, .uint), .init("pps", 4, .uint),
    ])
    static let tcaStatsQueue = StructLayout(size: 20, [
        .init("qlen", 0, .uint), .init("backlog", 4, .uint), .init("drops", 8, .uint), .init("requeues", 12, .uint),
        .init("overlimits", 16, .uint),
    ])
    static let tcaStatsRateEst64 = StructLayout(size: 16, [
        .init("bps", 0, .ulong), .init("pps", 8, .ulong),
    ])
    static let tcaStabBase = StructLayout(size: 24, [
        .init("cell_log", 0, .uint, width: 1), .init("size_log", 1, .uint, width: 1),
        .init("cell_align", 2, .int, width: 2), .init("overhead", 4, .int), .init("linklayer", 8, .uint),
        .init("mpu", 12, .uint), .init("mtu", 16, .uint), .init("tsize", 20, .uint),
    ])
    static let ndtaConfig = StructLayout(size: 32, [
        .init("ndtc_key_len", 0, .uint, width: 2), .init("ndtc_entry_size", 2, .uint, width: 2),
        .init("ndtc_entries", 4, .uint), .init("ndtc_last_flush", 8, .uint), .init("ndtc_last_rand", 12, .uint),
        .init("ndtc_hash_rnd", 16, .uint), .init("ndtc_hash_mask") { d, b in d.paddedHex(UInt64(b.u32(20)), width: 8) },
        .init("ndtc_hash_chain_gc", 24, .uint), .init("ndtc_proxy_qlen", 28, .uint),
    ])
    static let ndtaStats = StructLayout(size: 88, [
        .init("ndts_allocs", 0, .ulong), .init("ndts_destroys", 8, .ulong), .init("ndts_hash_grows", 16, .ulong),
        .init("ndts_res_failed", 24, .ulong), .init("ndts_lookups", 32, .ulong), .init("ndts_hits", 40, .ulong),
        .init("ndts_rcv_probes_mcast", 48, .ulong), .init("ndts_rcv_probes_ucast", 56, .ulong),
        .init("ndts_periodic_gc_runs", 64, .ulong), .init("ndts_forced_gc_runs", 72, .ulong),
        .init("ndts_table_fulls", 80, .ulong),
    ])
    static let iflaVfGuid = StructLayout(size: 16, [.init("vf", 0, .uint), .init("guid", 8, .hex)])
    static let bridgeXstatsVlan = StructLayout(size: 40, [
        .init("rx_bytes", 0, .ulong), .init("rx_packets", 8, .ulong), .init("tx_bytes", 16, .ulong),
        .init("tx_packets", 24, .ulong), .init("vid", 32, .uint, width: 2),
        .init("flags", 34, .flags(.bridgeVlanFlags), width: 2), .init("pad2", 36, .hex32, .nonzero),
    ])
    static let bridgeXstatsStp = StructLayout(size: 48, [
        .init("transition_blk", 0, .ulong), .init("transition_fwd", 8, .ulong), .init("rx_bpdu", 16, .ulong),
        .init("tx_bpdu", 24, .ulong), .init("rx_tcn", 32, .ulong), .init("tx_tcn", 40, .ulong),
    ])
    static let mplsStatsLink = StructLayout(size: 72, [
        .init("rx_packets", 0, .ulong), .init("tx_packets", 8, .ulong), .init("rx_bytes", 16, .ulong),
        .init("tx_bytes", 24, .ulong), .init("rx_errors", 32, .ulong), .init("tx_errors", 40, .ulong),
        .init("rx_dropped", 48, .ulong), .init("tx_dropped", 56, .ulong), .init("rx_noroute", 64, .ulong),
    ])
    static let linkStats64 = StructLayout(size: 200, [
        .init("rx_packets", 0, .ulong), .init("tx_packets", 8, .ulong), .init("rx_bytes", 16, .ulong),
        .init("tx_bytes", 24, .ulong), .init("rx_errors", 32, .ulong), .init("tx_errors", 40, .ulong),
        .init("rx_dropped", 48, .ulong), .init("tx_dropped", 56, .ulong), .init("multicast", 64, .ulong),
        .init("collisions", 72, .ulong), .init("rx_length_errors", 80, .ulong), .init("rx_over_errors", 88, .ulong),
        .init("rx_crc_errors", 96, .ulong), .init("rx_frame_errors", 104, .ulong),
        .init("rx_fifo_errors", 112, .ulong), .init("rx_missed_errors", 120, .ulong),
        .init("tx_aborted_errors", 128, .ulong), .init("tx_carrier_errors", 136, .ulong),
        .init("tx_fifo_errors", 144, .ulong), .init("tx_heartbeat_errors", 152, .ulong),
        .init("tx_window_errors", 160, .ulong), .init("rx_compressed", 168, .ulong),
        .init("tx_compressed", 176, .ulong), .init("rx_nohandler", 184, .ulong),
        .init("rx_otherhost_dropped", 192, .ulong),
    ])
}
