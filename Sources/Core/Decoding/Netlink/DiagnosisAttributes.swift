// Attributes of sock_diag(7).

extension AttributeTable {
    static let inetRequest: AttributeTable = .init(.inetRequestNames, [
        1: .custom { d, s, _ in d.inetBytecode(s) }, 3: .variable(.inetProtocols),
    ])
    static let inetDiagnosis: AttributeTable = .init(.inetDiagnosisNames, [
        1: .structure(.inetDiagMeminfo), 3: .structure(.inetDiagVegasinfo), 4: .string, 5: .u8, 6: .u8,
        7: .indexedU32(.socketMemory),
        8: .numberedFlags(.shutdownFlags), 9: .structure(.inetDiagDctcpinfo),
        10: .variable(.inetProtocols), 11: .u8, 12: .custom { d, s, _ in d.socketAddresses(s) },
        13: .custom { d, s, _ in d.socketAddresses(s) }, 15: .u32, 16: .structure(.inetDiagBbrinfo), 17: .u32,
        18: .array(.tcpMd5Signature),
        19: .nested { .inetDiagUlpInfo }, 20: .nested { .inetDiagSkBpfStorages }, 21: .u64,
        22: .custom { d, s, _ in d.inetSocketOptions(s) },
    ])
    static let inetDiagUlpInfo: AttributeTable = .init(.inetDiagUlpInfoNames, [
        1: .string, 2: .nested { .inetUlpInfoTls }, 3: .nested { .inetUlpInfoMptcp },
    ])
    static let inetDiagSkBpfStorages: AttributeTable = .init(.inetDiagSkBpfStoragesNames, [
        1: .nested { .skDiagBpfStorage },
    ])
    static let inetUlpInfoTls: AttributeTable = .init(.inetUlpInfoTlsNames, [
        1: .enumerated(.tlsVersion, 2, limited: true), 2: .enumerated(.tlsCipher, 2, limited: true),
        3: .enumerated(.tlsConf, 2, limited: true), 4: .enumerated(.tlsConf, 2, limited: true),
    ])
    static let inetUlpInfoMptcp: AttributeTable = .init(.inetUlpInfoMptcpNames, [
        1: .x32, 2: .x32, 3: .u32, 4: .u64, 5: .u32, 6: .u32, 7: .u16,
        8: .flags(.mptcpSubflowAttrFlagsValues, 4, limited: true), 9: .u8, 10: .u8,
    ])
    static let skDiagBpfStorage: AttributeTable = .init(.skDiagBpfStorageNames, [
        2: .u32,
        3: .variableHex,
    ])
    static let unixDiagnosis: AttributeTable = .init(.unixDiagnosisNames, [
        0: .string, 1: .structure(.unixDiagVfs), 2: .u32,
        3: .unsigneds,
        4: .structure(.unixDiagRqlen),
        5: .indexedU32(.socketMemory),
        6: .u8, 7: .uid,
    ])
    static let packetDiagnosis: AttributeTable = .init(.packetDiagnosisNames, [
        0: .structure(.packetDiagInfo),
        1: .array(.packetMulticast),
        2: .structure(.packetDiagRxRing), 3: .structure(.packetDiagRxRing), 4: .u32, 5: .uid,
        6: .indexedU32(.socketMemory),
        7: .custom { d, s, _ in d.packetFilter(s) },
    ])
    static let netlinkDiagnosis: AttributeTable = .init(.netlinkDiagnosisNames, [
        0: .indexedU32(.socketMemory), 1: .hex64s, 2: .structure(.netlinkRing), 3: .structure(.netlinkRing),
        4: .flags(.netlinkSocketFlags, 4),
    ])
    static let smcDiagnosis: AttributeTable = .init(.smcDiagnosisNames, [
        1: .structure(.smcConnection), 2: .structure(.smcLinkGroup), 4: .structure(.smcBuffer),
        3: .flags(.shutdownFlags, 1, limited: true), 5: .structure(.smcFallback),
    ])
}
