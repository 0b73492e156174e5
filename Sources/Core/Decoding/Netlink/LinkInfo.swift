// IFLA_LINKINFO: what a network interface of some kind is set up as.

extension Decoder {
    /// Attributes whose meaning depends on the kind that one of them names.
    func linkInfo(_ span: Span, _ context: AttributeContext) -> Bool {
        var inner = context
        inner.hardwareLength = 32
        inner.linkKind = attributeText(1, span)
        inner.slaveKind = attributeText(4, span)
        return attributeValue(.nested { .linkInfo }, span, inner)
    }

    /// Which kind the text of attribute `number` names.
    private func attributeText(_ number: UInt16, _ span: Span) -> AttributeContext.LinkKind {
        var rest = span
        while rest.count >= 4, let header = read(rest.address, 4) {
            let claimed = Int(header.u16(0))
            guard claimed >= 4 else { break }
            if header.u16(2) & 0x3fff == number {
                let text = rest.prefix(claimed).dropping(4)
                guard let b = read(text.address, min(text.count, 16)) else { break }
                let name = b.slice(0, b.terminator ?? b.count).raw
                return AttributeContext.LinkKind.allCases.first { $0.name.bytes.elementsEqual(name) } ?? .other
            }
            rest = rest.dropping((claimed + 3) & ~3)
        }
        return .other
    }

    func linkInfoData(_ span: Span, _ context: AttributeContext) -> Bool {
        switch context.linkKind {
        case .bridge: attributeValue(.nested { .bridgeLink }, span, context)
        case .tun: attributeValue(.nested { .tunLink }, span, context)
        default: false
        }
    }

    func linkInfoStatistics(_ span: Span, _ context: AttributeContext) -> Bool {
        context.linkKind == .can && attributeValue(.structure(.canStatistics), span, context)
    }

    func linkInfoSlaveData(_ span: Span, _ context: AttributeContext) -> Bool {
        context.slaveKind == .bridge && attributeValue(.nested { .bridgePort }, span, context)
    }

    /// A VLAN's Ethernet protocol, in network byte order.
    func vlanProtocol(_ span: Span) -> Bool {
        fetch(span, 2) { b in
            out.beginCall("htons")
            out.element()
            let v = UInt64(b.u16(0).byteSwapped)
            if ConstantTable.etherProtocols.name(of: v) != nil {
                enumerated(v, .etherProtocols)
            } else {
                out.unnamed(v, radix: .hex, "ETHER_P_???")
            }
            out.endCall()
        }
    }
}

extension AttributeContext {
    enum LinkKind: CaseIterable {
        case bridge, tun, can, other

        var name: Name {
            switch self {
            case .bridge: "bridge"
            case .tun: "tun"
            case .can: "can"
            case .other: ""
            }
        }
    }
}

extension AttributeTable {
    static let linkInfo: AttributeTable = .init(.linkInfoNames, [
        1: .string, 2: .custom { $0.linkInfoData($1, $2) }, 3: .custom { $0.linkInfoStatistics($1, $2) },
        4: .string, 5: .custom { $0.linkInfoSlaveData($1, $2) },
    ])
    static let bridgeLink: AttributeTable = .init(.bridgeLinkNames, [
        1: .ticks, 2: .ticks, 3: .ticks, 4: .ticks, 5: .u32, 6: .u16, 7: .u8,
        8: .custom { d, s, _ in d.vlanProtocol(s) }, 9: .x16, 10: .structure(.iflaBrportRootId),
        11: .structure(.iflaBrportRootId), 12: .u16, 13: .u32, 14: .u8, 15: .u8, 16: .ticks, 17: .ticks, 18: .ticks,
        19: .ticks, 20: .mac, 22: .u8, 23: .u8, 24: .u8, 25: .u8, 26: .u32, 27: .u32, 28: .u32, 29: .u32,
        30: .ticks, 31: .ticks, 32: .ticks, 33: .ticks, 34: .ticks, 35: .ticks, 36: .u8, 37: .u8, 38: .u8, 39: .u16,
        41: .u8, 42: .u8, 43: .u8, 44: .u8, 45: .u8, 46: .structure(.bridgeBooleans),
        47: .nested { .bridgeQuerier }, 48: .u32, 49: .u32, 50: .enumerated(.brStpMode, 4, limited: true),
    ])
    static let tunLink: AttributeTable = .init(.tunLinkNames, [
        1: .id, 2: .id, 3: .enumerated(.tunTypes, 1, limited: true), 4: .u8, 5: .u8, 6: .u8, 7: .u8, 8: .u32,
        9: .u32,
    ])
    static let bridgeQuerier: AttributeTable = .init(.iflaBrMcastQuerierStateNames, [
        1: .in4, 2: .ifindex, 3: .ticks, 5: .in6, 6: .ifindex, 7: .ticks,
    ])
}

extension StructLayout {
    static let canStatistics = StructLayout(size: 24, [
        .init("bus_error", 0, .uint), .init("error_warning", 4, .uint), .init("error_passive", 8, .uint),
        .init("bus_off", 12, .uint), .init("arbitration_lost", 16, .uint), .init("restarts", 20, .uint),
    ])
    static let bridgeBooleans = StructLayout(size: 8, [
        .init("optval", 0, .flags(.bridgeOptions)), .init("optmask", 4, .flags(.bridgeOptions)),
    ])

    /// `struct br_mcast_stats`
    static let bridgeMulticastStatistics: StructLayout = {
        let names: [Name] = [
            "igmp_v1queries", "igmp_v2queries", "igmp_v3queries", "igmp_leaves", "igmp_v1reports", "igmp_v2reports",
            "igmp_v3reports", "igmp_parse_errors", "mld_v1queries", "mld_v2queries", "mld_leaves", "mld_v1reports",
            "mld_v2reports", "mld_parse_errors", "mcast_bytes", "mcast_packets",
        ]
        var fields: [Field] = []
        var offset = 0
        for (i, name) in names.enumerated() {
            let at = offset
            if i == 7 || i == 13 {
                fields.append(.init(name, at, .ulong))
                offset += 8
            } else {
                fields.append(.init(name) { d, b in d.directions(b.slice(at, 16)) })
                offset += 16
            }
        }
        return StructLayout(size: offset, fields)
    }()
}

extension Decoder {
    /// `[[BR_MCAST_DIR_RX]=…, [BR_MCAST_DIR_TX]=…]`
    func directions(_ b: Bytes) {
        out.beginArray()
        for i in 0..<2 {
            out.element()
            index(UInt64(i), .multicastDirections, 0)
            out.unsigned(b.u64(i * 8))
        }
        out.endArray()
    }

    func bridgeMulticast(_ span: Span) -> Bool {
        trailing(span, 240) { structure($0, .bridgeMulticastStatistics) }
    }
}
