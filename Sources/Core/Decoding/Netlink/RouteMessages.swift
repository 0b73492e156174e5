// rtnetlink(7): links, addresses, routes, neighbours, rules, traffic control, next hops.

extension Decoder {
    /// A message of `NETLINK_ROUTE`; false if nothing is known of its type.
    func routeMessage(_ type: UInt16, _ span: Span) -> Bool {
        guard let message = RouteMessage.of(type), let first = readSome(span.address, 1) else {
            if type >= 16 { unknownRouteMessage(span) }
            return type >= 16
        }
        let family = UInt64(first.u8(0))
        // The kernel takes a link's header for a request about a bridge's neighbours.
        let known = type == 30 && family == 7 ? RouteMessage.link : message
        let isRouting = known.isCacheReport && ConstantTable.routingFamilies.name(of: family) != nil
        let isNamed = ConstantTable.socketFamilies.name(of: family) != nil
        let rest = messageHeader(
            span, known.header, family: known.family,
            known.isCacheReport && !isNamed ? .routingFamilies : .socketFamilies)
        guard span.count > known.header.size, rest.count > 0 else { return true }
        var context = AttributeContext(family: family)
        if known.isLink { context.hardwareLength = Self.hardwareLength(family) }
        var table = known.attributes
        if known.isCacheReport {
            // The multicast routing families carry addresses of the families they route.
            if family == 129 { table = .cacheReport6 }
            context.family = family == 128 ? 2 : family == 129 ? 10 : family
        }
        out.element()
        if known.isCacheReport && !isRouting { hexBytes(rest) } else { attributes(rest, table, context) }
        return true
    }

    /// A message of which only the family is known.
    func unknownRouteMessage(_ span: Span) {
        guard let first = read(span.address, 1) else {
            out.address(span.address)
            return
        }
        structure {
            field("family")
            enumerated(UInt64(first.u8(0)), .socketFamilies)
            let rest = span.dropping(1)
            guard rest.count > 0 else { return }
            field("data")
            hexBytes(rest)
        }
    }

    /// Bytes of a hardware address by the type of hardware.
    private static func hardwareLength(_ type: UInt64) -> Int {
        switch type {
        case 0, 3: 7
        case 1, 6: 6
        case 7: 1
        case 15: 2
        case 24: 16
        case 27: 8
        case 32: 20
        default: 32
        }
    }

    // MARK: Attributes of their own form

    /// `struct rtnexthop` and its attributes, one after the other.
    func routeNexthops(_ span: Span, _ context: AttributeContext) -> Bool {
        let size = 8
        guard span.count >= size else { return false }
        lengthPrefixed(span, header: size, smallest: 1, paddingLists: true, length: { Int($0.u16(0)) }) { b, rest, claimed in
            let inner = rest.prefix(claimed).dropping(size)
            if inner.count > 0 {
                out.beginArray()
                out.element()
            }
            structure(b, .routeNexthop)
            if inner.count > 0 {
                out.element()
                attributes(inner, .route, context)
                out.endArray()
            }
        }
        return true
    }

    /// `struct rtvia`
    func routeVia(_ span: Span) -> Bool {
        fetch(span, 2) { b in
            let family = UInt64(b.u16(0))
            let rest = span.dropping(2)
            structure {
                field("rtvia_family")
                enumerated(family, .socketFamilies)
                guard rest.count > 0 else { return }
                if family == 10, rest.count >= 16, let a = read(rest.address, 16) {
                    inet6Field("rtvia_addr", a)
                    return
                }
                field("rtvia_addr")
                if !address(rest, family) { hexBytes(rest) }
            }
        }
    }

    /// An array of `struct nexthop_grp`.
    func nexthopGroup(_ span: Span) -> Bool {
        guard span.count >= 8 else { return false }
        array(span.address, count: span.count / 8, stride: 8, evenOnError: true) { structure($0, .nexthopGroup) }
        return true
    }

    /// `struct bridge_vlan_info`, and bytes that do not belong there.
    func bridgeVlanInfo(_ span: Span) -> Bool {
        trailing(span, 4) { structure($0, .bridgeVlanInfo) }
    }

    func bridgeVlanStatistics(_ span: Span) -> Bool {
        trailing(span, 40) { structure($0, .bridgeXstatsVlan) }
    }

    func bridgeStpStatistics(_ span: Span) -> Bool {
        trailing(span, 48) { structure($0, .bridgeXstatsStp) }
    }

    func mplsStatistics(_ span: Span) -> Bool {
        trailing(span, 72) { structure($0, .mplsStatsLink) }
    }

    func trailing(_ span: Span, _ size: Int, _ body: (Bytes) -> Void) -> Bool {
        fetch(span, size) { b in
            body(b)
            guard span.count > size else { return }
            out.element()
            hexBytes(span.dropping(size))
        }
    }

    /// `struct br_mdb_entry`, then attributes.
    func mdbEntry(_ span: Span, _ context: AttributeContext) -> Bool {
        fetch(span, 28) { b in
            structure(b, .bridgeMdbEntry)
            guard span.count > 28 else { return }
            out.element()
            attributes(span.dropping(28), .mdbEntryAttributes, context)
        }
    }

    /// A bridge's port to a multicast router: its index, then attributes.
    func mdbRouterPort(_ span: Span, _ context: AttributeContext) -> Bool {
        fetch(span, 4) { b in
            interfaceIndex(b.u32(0))
            guard span.count > 4 else { return }
            out.element()
            attributes(span.dropping(4), .routerPortAttributes, context)
        }
    }

    /// `IFLA_AF_SPEC`: of a bridge its settings, of any other message attributes by family.
    func linkFamilies(_ span: Span, _ context: AttributeContext) -> Bool {
        attributeValue(.nested { context.family == 7 ? .linkBridge : .linkFamilies }, span, context)
    }

    /// `IFLA_PROTINFO`: of a bridge the settings of a port, of IPv6 the interface's.
    func linkProtocolInfo(_ span: Span, _ context: AttributeContext) -> Bool {
        switch context.family {
        case 7: attributeValue(.nested { .bridgePort }, span, context)
        case 10: attributeValue(.nested { .afInet6 }, span, context)
        default: false
        }
    }
}

/// What the messages of one kind start with and which attributes follow.
struct RouteMessage {
    let family: Name
    let header: StructLayout
    let attributes: AttributeTable
    var isLink = false
    var isCacheReport = false

    static let link = RouteMessage(family: "ifi_family", header: .linkHeader, attributes: .link, isLink: true)

    /// By type; nil if only its number is known.
    static func of(_ type: UInt16) -> RouteMessage? {
        switch type {
        case 16...19: link
        case 20...22, 56...58, 60...62:
            RouteMessage(family: "ifa_family", header: .addressHeader, attributes: .address)
        case 24...26: RouteMessage(family: "rtm_family", header: .routeHeader, attributes: .route)
        case 28...30: RouteMessage(family: "ndm_family", header: .neighbourHeader, attributes: .neighbour)
        case 32...34: RouteMessage(family: "family", header: .ruleHeader, attributes: .rule)
        case 36...38, 40...42, 44...46, 100...102:
            RouteMessage(family: "tcm_family", header: .trafficHeader, attributes: .trafficControl)
        case 48...50: RouteMessage(family: "tca_family", header: .familyOnly4, attributes: .action)
        case 64, 66, 67: RouteMessage(family: "ndtm_family", header: .familyOnly4, attributes: .neighbourTable)
        case 72...74: RouteMessage(family: "ifal_family", header: .labelHeader, attributes: .addressLabel)
        case 78, 79: RouteMessage(family: "dcb_family", header: .dcbHeader, attributes: .dcb)
        case 80...82: RouteMessage(family: "ncm_family", header: .familyOnly, attributes: .netconf)
        case 84, 85: RouteMessage(family: "family", header: .bridgeHeader, attributes: .multicastDatabase)
        case 86: RouteMessage(family: "family", header: .bridgeHeader, attributes: .multicastDatabase)
        case 88...90: RouteMessage(family: "rtgen_family", header: .familyOnly, attributes: .namespaceID)
        case 92, 94: RouteMessage(family: "family", header: .statisticsHeader, attributes: .linkStatistics)
        case 96: RouteMessage(family: "rtgen_family", header: .familyOnly, attributes: .cacheReport, isCacheReport: true)
        case 104...106: RouteMessage(family: "nh_family", header: .nexthopHeader, attributes: .nexthop)
        default: nil
        }
    }
}

extension StructLayout {
    static let familyOnly = StructLayout(size: 1, [])
    static let familyOnly4 = StructLayout(size: 4, [])

    static let linkHeader = StructLayout(size: 16, [
        .init("ifi_type", 2, .enumerated(.arpHardwareTypes), width: 2),
        .init("ifi_index") { d, b in d.interfaceIndex(b.u32(4)) },
        .init("ifi_flags", 8, .flags(.interfaceFlags)), .init("ifi_change", 12, .hex32),
    ])
    static let addressHeader = StructLayout(size: 8, [
        .init("ifa_prefixlen", 1, .uint, width: 1), .init("ifa_flags", 2, .flags(.addressFlags), width: 1),
        .init("ifa_scope", 3, .enumerated(.routeScopes), width: 1),
        .init("ifa_index") { d, b in d.interfaceIndex(b.u32(4)) },
    ])
    static let routeHeader = StructLayout(size: 12, [
        .init("rtm_dst_len", 1, .uint, width: 1), .init("rtm_src_len", 2, .uint, width: 1),
        .init("rtm_tos", 3, .flags(.typesOfService), width: 1),
        .init("rtm_table", 4, .enumerated(.routeTables), width: 1),
        .init("rtm_protocol", 5, .enumerated(.routeProtocols), width: 1),
        .init("rtm_scope", 6, .enumerated(.routeScopes), width: 1),
        .init("rtm_type", 7, .enumerated(.routeTypes), width: 1), .init("rtm_flags", 8, .flags(.routeFlags)),
    ])
    static let neighbourHeader = StructLayout(size: 12, [
        .init("ndm_ifindex") { d, b in d.interfaceIndex(b.u32(4)) },
        .init("ndm_state", 8, .flags(.neighbourStates), width: 2),
        .init("ndm_flags", 10, .flags(.neighbourFlags), width: 1),
        .init("ndm_type", 11, .enumerated(.routeTypes), width: 1),
    ])
    static let ruleHeader = StructLayout(size: 12, [
        .init("dst_len", 1, .uint, width: 1), .init("src_len", 2, .uint, width: 1),
        .init("tos", 3, .flags(.typesOfService), width: 1),
        .init("table", 4, .enumerated(.ruleTables), width: 1),
        .init("action", 7, .enumerated(.ruleActions), width: 1), .init("flags", 8, .flags(.ruleFlags)),
    ])
    static let trafficHeader = StructLayout(size: 20, [
        .init("tcm_ifindex") { d, b in d.interfaceIndex(b.u32(4)) }, .init("tcm_handle", 8, .uint),
        .init("tcm_parent", 12, .uint), .init("tcm_info", 16, .uint),
    ])
    static let labelHeader = StructLayout(size: 12, [
        .init("ifal_prefixlen", 2, .uint, width: 1), .init("ifal_flags", 3, .uint, width: 1),
        .init("ifal_index") { d, b in d.interfaceIndex(b.u32(4)) }, .init("ifal_seq", 8, .uint),
    ])
    static let dcbHeader = StructLayout(size: 4, [.init("cmd", 1, .enumerated(.dcbCommands), width: 1)])
    static let bridgeHeader = StructLayout(size: 8, [.init("ifindex") { d, b in d.interfaceIndex(b.u32(4)) }])
    static let statisticsHeader = StructLayout(size: 12, [
        .init("pad1", 1, .hex32, width: 1, .nonzero), .init("pad2", 2, .hex32, width: 2, .nonzero),
        .init("ifindex") { d, b in d.interfaceIndex(b.u32(4)) },
        .init("filter_mask", 8, .flags(.linkStatisticsMask)),
    ])
    static let nexthopHeader = StructLayout(size: 8, [
        .init("nh_scope", 1, .enumerated(.routeScopes), width: 1),
        .init("nh_protocol", 2, .enumerated(.routeProtocols), width: 1),
        .init("resvd", 3, .hex32, width: 1, .nonzero), .init("nh_flags", 4, .flags(.nexthopFlags)),
    ])

    static let routeNexthop = StructLayout(size: 8, [
        .init("rtnh_len", 0, .uint, width: 2), .init("rtnh_flags", 2, .flags(.nexthopFlags), width: 1),
        .init("rtnh_hops", 3, .uint, width: 1), .init("rtnh_ifindex") { d, b in d.interfaceIndex(b.u32(4)) },
    ])
    static let nexthopGroup = StructLayout(size: 8, [
        .init("id", 0, .uint), .init("weight", 4, .uint, width: 1), .init("weight_high", 5, .uint, width: 1),
        .init("resvd2", 6, .hex32, width: 2, .nonzero),
    ])
    static let bridgeVlanInfo = StructLayout(size: 4, [
        .init("flags", 0, .flags(.bridgeVlanFlags), width: 2), .init("vid", 2, .uint, width: 2),
    ])
    static let bridgeMdbEntry = StructLayout(size: 28, [
        .init("ifindex") { d, b in d.interfaceIndex(b.u32(0)) },
        .init("state", 4, .enumerated(.mdbStates), width: 1), .init("flags", 5, .flags(.mdbFlags), width: 1),
        .init("vid", 6, .uint, width: 2),
        .init("addr") { d, b in
            let family = UInt64(b.u16(24).byteSwapped)
            d.structure {
                switch family {
                case 10: d.inet6Field("u", b.slice(8, 16))
                default:
                    d.field("u")
                    if family == 2 { d.inetAddress(b.slice(8, 4)) } else { d.out.string(b.slice(8, 16).raw, truncated: false, escaping: .all) }
                }
                d.field("proto")
                d.out.beginCall("htons")
                d.out.element()
                d.enumerated(family, .socketFamilies)
                d.out.endCall()
            }
        },
    ])
}
