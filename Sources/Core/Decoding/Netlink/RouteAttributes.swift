// Attributes of rtnetlink(7).

extension AttributeTable {
    static let link: AttributeTable = .init(.linkNames, [
        1: .hardwareAddress, 2: .hardwareAddress, 3: .string, 4: .u32, 5: .u32, 6: .string,
        7: .grown(.iflaStats, from: 92), 10: .u32, 12: .custom { $0.linkProtocolInfo($1, $2) }, 13: .u32,
        14: .structure(.iflaMap), 15: .u32, 16: .u8, 17: .u8, 18: .custom { $0.linkInfo($1, $2) }, 19: .u32,
        20: .string, 21: .u32, 22: .nested { .iflaVfinfoList }, 23: .grown(.linkStats64, from: 184),
        24: .nested { .iflaVfPorts }, 25: .nested { .iflaVfPort }, 26: .custom { $0.linkFamilies($1, $2) },
        27: .u32, 28: .fd, 29: .flags(.iflaExtMaskValues, 4, limited: true), 30: .u32, 31: .u32, 32: .u32, 33: .u8,
        35: .u32, 37: .s32, 38: .string, 39: .u8, 40: .u32, 41: .u32, 43: .nested { .iflaXdp },
        44: .enumerated(.iflaEvent, 4), 45: .s32, 46: .s32, 47: .u32, 48: .u32, 49: .ifindex, 50: .u32, 51: .u32,
        52: .nested { .link }, 53: .string, 54: .hardwareAddress, 55: .nested { .iflaProtoDownReason }, 56: .string,
        57: .string, 58: .u32, 59: .u32, 60: .u32, 61: .u32, 62: .u32, 63: .u32, 64: .u32, 66: .u64, 67: .u8,
        68: .u16, 69: .u16,
    ])
    static let iflaVfinfoList: AttributeTable = .init(.iflaVfinfoListNames, [
        1: .nested { .iflaVfInfo },
    ])
    static let iflaVfPorts: AttributeTable = .init(.iflaVfPortsNames, [
        1: .nested { .iflaVfPort },
    ])
    static let iflaXdp: AttributeTable = .init(.iflaXdpNames, [
        1: .fd, 2: .enumerated(.xdpAttached, 1, limited: true), 3: .flags(.iflaXdpFlagsValues, 4), 4: .u32, 5: .u32,
        6: .u32, 7: .u32, 8: .fd,
    ])
    static let iflaProtoDownReason: AttributeTable = .init(.iflaProtoDownReasonNames, [
        1: .x32, 2: .x32,
    ])
    static let iflaVfInfo: AttributeTable = .init(.iflaVfInfoNames, [
        1: .structure(.iflaVfMac), 2: .structure(.iflaVfVlan), 3: .structure(.iflaVfTxRate),
        4: .structure(.iflaVfSpoofchk), 5: .structure(.iflaVfLinkState), 6: .structure(.iflaVfRate),
        7: .structure(.iflaVfSpoofchk), 8: .nested { .iflaVfStats }, 9: .structure(.iflaVfSpoofchk),
        10: .exact(.iflaVfGuid), 11: .exact(.iflaVfGuid), 12: .nested { .iflaVfVlanList },
        13: .structure(.iflaVfBroadcast),
    ])
    static let iflaVfPort: AttributeTable = .init(.iflaVfPortNames, [
        1: .u32, 2: .string, 3: .structure(.iflaPortVsiType), 6: .u8, 7: .u16,
    ])
    static let iflaVfStats: AttributeTable = .init(.iflaVfStatsNames, [
        0: .u64, 1: .u64, 2: .u64, 3: .u64, 4: .u64, 5: .u64, 7: .u64, 8: .u64,
    ])
    static let iflaVfVlanList: AttributeTable = .init(.iflaVfVlanListNames, [
        1: .structure(.iflaVfVlanInfo),
    ])
    static let afInet: AttributeTable = .init(.afInetNames, [
        1: .indexed32(.ipv4DevconfIndices, from: 1),
    ])
    static let afInet6: AttributeTable = .init(.afInet6Names, [
        1: .flags(.inet6InterfaceFlags, 4, limited: true), 2: .indexed32(.ipv6DevconfIndices, from: 0), 3: .indexed64(.ipstatsMib),
        5: .structure(.iflaInet6Cacheinfo), 6: .indexed64(.icmp6Mib), 7: .in6,
        8: .enumerated(.in6AddrGenMode, 1, limited: true), 9: .u32,
    ])
    static let linkBridge: AttributeTable = .init(.linkBridgeNames, [
        0: .flags(.iflaBridgeFlagsValues, 2, limited: true), 1: .enumerated(.bridgeMode, 2, limited: true),
        2: .custom { d, s, _ in d.bridgeVlanInfo(s) }, 3: .nested { .iflaBridgeVlanTunnelInfo },
    ])
    static let iflaBridgeVlanTunnelInfo: AttributeTable = .init(.iflaBridgeVlanTunnelInfoNames, [
        1: .u32, 2: .u16, 3: .flags(.bridgeVlanFlags, 2, limited: true),
    ])
    static let bridgePort: AttributeTable = .init(.bridgePortNames, [
        1: .u8, 2: .u16, 3: .u32, 4: .u8, 5: .u8, 6: .u8, 7: .u8, 8: .u8, 9: .u8, 10: .u8, 11: .u8, 12: .u8,
        13: .structure(.iflaBrportRootId), 14: .structure(.iflaBrportRootId), 15: .u16, 16: .u16, 17: .u16,
        18: .u16, 19: .u8, 20: .u8, 21: .ticks, 22: .ticks, 23: .ticks, 25: .u8, 27: .u8, 28: .u8, 29: .u8, 30: .u8,
        31: .x16, 32: .u8, 33: .u8, 34: .ifindex, 35: .u8, 36: .u8, 37: .u32, 38: .u32, 39: .u8, 40: .u8, 41: .u32,
        42: .u32, 43: .u8, 44: .u32, 45: .u8,
    ])
    static let address: AttributeTable = .init(.addressNames, [
        1: .address, 2: .address, 3: .string, 4: .address, 5: .address, 6: .structure(.ifaCacheinfo), 7: .address,
        8: .flags(.addressFlagsLong, 4), 9: .u32, 10: .s32,
    ])
    static let route: AttributeTable = .init(.routeNames, [
        1: .address, 2: .address, 3: .ifindex, 4: .ifindex, 5: .address, 6: .u32, 7: .address,
        8: .nested { .rtaMetrics }, 9: .custom { $0.routeNexthops($1, $2) }, 10: .u32, 11: .u32,
        12: .structure(.rtaCacheinfo), 14: .u32, 15: .enumerated(.routeTables, 4), 16: .u32, 17: .structure(.rtaMfcStats),
        18: .custom { d, s, _ in d.routeVia(s) }, 19: .address, 20: .u8, 21: .enumerated(.lwtunnelEncap, 2),
        23: .u64, 25: .u32, 26: .u8, 27: .u8, 28: .u16, 29: .u16, 30: .u32, 31: .be32,
    ])
    static let rtaMetrics: AttributeTable = .init(.rtaMetricsNames, [
        1: .u32, 2: .u32, 3: .u32, 4: .u32, 5: .u32, 6: .u32, 7: .u32, 8: .u32, 9: .u32, 10: .u32, 11: .u32,
        12: .u32, 13: .u32, 14: .u32, 15: .u32, 16: .string,
    ])
    static let neighbour: AttributeTable = .init(.neighbourNames, [
        1: .address, 2: .hardwareAddress, 3: .structure(.ndaCacheinfo), 4: .u32, 5: .u16, 6: .be16, 7: .u32,
        8: .ifindex, 9: .ifindex, 10: .u32, 11: .u32, 12: .variable(.inetProtocols), 13: .u32,
        14: .nested { .ndaFdbExtAttrs }, 15: .flags(.ndaFlagsExtValues, 4, limited: true),
        16: .flags(.neighbourStates, 2, limited: true), 17: .flags(.neighbourFlags, 1, limited: true),
    ])
    static let ndaFdbExtAttrs: AttributeTable = .init(.ndaFdbExtAttrsNames, [
        1: .flags(.nfeaActivityNotifyValues, 1, limited: true),
    ])
    static let rule: AttributeTable = .init(.ruleNames, [
        1: .address, 2: .address, 3: .string, 4: .u32, 6: .u32, 10: .u32, 11: .u32, 12: .be64, 13: .u32, 14: .u32,
        15: .enumerated(.routeTables, 4), 16: .u32, 17: .string, 19: .u8, 20: .structure(.fraUidRange), 21: .enumerated(.routeProtocols, 1),
        22: .variable(.inetProtocols), 23: .structure(.fraSportRange), 24: .structure(.fraSportRange), 25: .u8, 26: .be32,
        27: .be32, 28: .x16, 29: .x16, 30: .x8,
    ])
    static let trafficControl: AttributeTable = .init(.trafficControlNames, [
        1: .string, 3: .structure(.tcaStats), 5: .structure(.tcaRate), 6: .u32, 7: .nested { .tcaStats2 },
        8: .nested { .tcaStab }, 11: .u32, 12: .u8, 13: .u32, 14: .u32, 15: .u32, 16: .string,
    ])
    static let tcaStats2: AttributeTable = .init(.tcaStats2Names, [
        1: .structure(.tcaStatsBasic), 2: .structure(.tcaStatsRateEst), 3: .structure(.tcaStatsQueue),
        5: .structure(.tcaStatsRateEst64), 7: .structure(.tcaStatsBasic), 8: .u64,
    ])
    static let tcaStab: AttributeTable = .init(.tcaStabNames, [
        1: .structure(.tcaStabBase), 2: .words,
    ])
    static let action: AttributeTable = .init(.actionNames, [
        1: .nested { .actionList }, 2: .flags(.tcaRootFlagsValues, 4, limited: true), 3: .u32, 4: .milliseconds,
        5: .string,
    ])
    static let actionEntry: AttributeTable = .init(.actionEntryNames, [
        1: .string, 3: .u32, 4: .nested { .tcaStats2 }, 7: .flags(.tcaActFlagsValues, 4, limited: true),
        8: .flags(.tcaActHwStatsValues, 4, limited: true), 9: .flags(.tcaActHwStatsValues, 4, limited: true),
        10: .u32,
    ])
    static let neighbourTable: AttributeTable = .init(.neighbourTableNames, [
        1: .string, 2: .u32, 3: .u32, 4: .u32, 5: .structure(.ndtaConfig), 6: .nested { .ndtaParms },
        7: .grown(.ndtaStats, from: 80), 8: .u64,
    ])
    static let ndtaParms: AttributeTable = .init(.ndtaParmsNames, [
        1: .ifindex, 2: .u32, 3: .u64, 4: .u64, 5: .u64, 6: .u64, 7: .u64, 8: .u32, 9: .u32, 10: .u32, 11: .u32,
        12: .u64, 13: .u64, 14: .u32, 15: .u64, 16: .u32, 17: .u32, 19: .u64,
    ])
    static let addressLabel: AttributeTable = .init(.addressLabelNames, [
        1: .address, 2: .u32,
    ])
    static let dcb: AttributeTable = .init(.dcbNames)
    static let netconf: AttributeTable = .init(.netconfNames, [
        1: .ifindex, 2: .s32, 3: .s32, 4: .s32, 5: .s32, 6: .s32, 7: .s32, 8: .s32, 9: .s32,
    ])
    static let multicastDatabase: AttributeTable = .init(.multicastDatabaseNames, [
        1: .nested { .mdbaMdb }, 2: .nested { .mdbaRouter },
    ])
    static let mdbaMdb: AttributeTable = .init(.mdbaMdbNames, [
        1: .nested { .mdbaMdbEntry },
    ])
    static let mdbaRouter: AttributeTable = .init(.mdbaRouterNames, [
        1: .custom { $0.mdbRouterPort($1, $2) },
    ])
    static let mdbaMdbEntry: AttributeTable = .init(.mdbaMdbEntryNames, [
        1: .custom { $0.mdbEntry($1, $2) },
    ])
    static let namespaceID: AttributeTable = .init(.namespaceIDNames, [
        1: .s32, 2: .u32, 3: .fd, 4: .s32, 5: .s32,
    ])
    static let linkStatistics: AttributeTable = .init(.linkStatisticsNames, [
        1: .grown(.linkStats64, from: 184),
        2: .nested { .iflaStatsLinkXstats }, 3: .nested { .iflaStatsLinkXstats },
        4: .nested { .iflaStatsLinkOffloadXstats }, 5: .nested { .iflaStatsAfSpec },
    ])
    static let iflaStatsLinkXstats: AttributeTable = .init(.iflaStatsLinkXstatsNames, [
        1: .nested { .linkXstatsTypeBridge }, 2: .nested { .linkXstatsTypeBond },
    ])
    static let iflaStatsLinkOffloadXstats: AttributeTable = .init(.iflaStatsLinkOffloadXstatsNames, [
        1: .grown(.linkStats64, from: 184),
    ])
    static let iflaStatsAfSpec: AttributeTable = .init(.socketFamilies, [
        28: .nested { .afMpls },
    ])
    static let linkXstatsTypeBridge: AttributeTable = .init(.linkXstatsTypeBridgeNames, [
        2: .custom { d, s, _ in d.bridgeMulticast(s) },
        1: .custom { d, s, _ in d.bridgeVlanStatistics(s) }, 4: .custom { d, s, _ in d.bridgeStpStatistics(s) },
    ])
    static let linkXstatsTypeBond: AttributeTable = .init(.linkXstatsTypeBondNames, [
        1: .nested { .bondXstats3ad },
    ])
    static let afMpls: AttributeTable = .init(.afMplsNames, [
        1: .custom { d, s, _ in d.mplsStatistics(s) },
    ])
    static let bondXstats3ad: AttributeTable = .init(.bondXstats3adNames, [
        0: .u64, 1: .u64, 2: .u64, 3: .u64, 4: .u64, 5: .u64, 6: .u64, 7: .u64, 8: .u64,
    ])
    static let cacheReport: AttributeTable = .init(.cacheReportNames, [
        1: .enumerated(.igmpmsg, 1, limited: true), 2: .u32, 3: .address, 4: .address, 6: .u32,
    ])
    static let cacheReport6: AttributeTable = .init(.cacheReport6Names, [
        1: .enumerated(.mrt6msg, 1, limited: true), 2: .u32,
        3: .address,
        4: .address,
    ])
    static let nexthop: AttributeTable = .init(.nexthopNames, [
        1: .u32, 2: .custom { d, s, _ in d.nexthopGroup(s) }, 3: .enumerated(.nexthopGrpType, 2, limited: true),
        4: .u32, 5: .ifindex, 6: .address, 7: .enumerated(.lwtunnelEncap, 2), 9: .u32, 10: .ifindex, 11: .u32,
        12: .nested { .nhaResGroup }, 13: .nested { .nhaResBucket },
    ])
    static let nhaResGroup: AttributeTable = .init(.nhaResGroupNames, [
        1: .u16, 2: .ticks, 3: .ticks, 4: .ticks,
    ])
    static let nhaResBucket: AttributeTable = .init(.nhaResBucketNames, [
        1: .u16, 2: .ticks, 3: .u32,
    ])
    static let actionList: AttributeTable = .init(each: { .actionEntry })
    static let linkFamilies: AttributeTable = .init(.socketFamilies, [2: .nested { .afInet }, 10: .nested { .afInet6 }, 45: .nested { .afMctp }])
    static let mdbEntryAttributes: AttributeTable = .init(.mdbEntryAttributeNames, [1: .ticks])
    static let routerPortAttributes: AttributeTable = .init(.routerPortAttributeNames, [
        1: .ticks, 2: .enumerated(.routerPortTypes, 1), 3: .ticks, 4: .ticks,
    ])
    static let errorExplanation: AttributeTable = .init(.errorExplanationNames, [1: .string, 2: .u32, 3: .bytes])
    static let afMctp: AttributeTable = .init(.afMctpNames, [1: .u32, 2: .x8])
}
