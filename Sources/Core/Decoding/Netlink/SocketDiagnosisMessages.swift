// sock_diag(7): what the kernel says about sockets.

extension Decoder {
    /// A message of `NETLINK_SOCK_DIAG`; a request or an answer by its flags.
    func diagnosisMessage(_ type: UInt16, _ flags: UInt16, _ span: Span) -> Bool {
        guard let first = readSome(span.address, 1) else {
            out.address(span.address)
            return true
        }
        let family = UInt64(first.u8(0))
        let isRequest = flags & 1 != 0
        guard span.count > 1, let kind = DiagnosisMessage.of(type, family, isRequest: isRequest) else {
            unknownRouteMessage(span)
            return true
        }
        let rest = messageHeader(span, kind.header, family: kind.family)
        guard span.count > kind.header.size, rest.count > 0, let table = kind.attributes else { return true }
        out.element()
        attributes(rest, table, AttributeContext(family: family))
        return true
    }

    /// `struct inet_diag_sockid`, its addresses of a family.
    func diagnosedSocket(_ b: Bytes, family: UInt64) {
        structure {
            field("idiag_sport")
            port(b.slice(0, 2))
            field("idiag_dport")
            port(b.slice(2, 2))
            addressField("idiag_src", b.slice(4, 16), family: family)
            addressField("idiag_dst", b.slice(20, 16), family: family)
            field("idiag_if")
            interfaceIndex(b.u32(36))
            field("idiag_cookie")
            cookie(b.slice(40, 8))
        }
    }

    /// The field `name` with an address of a family, in bytes if that is not known.
    func addressField(_ name: Name, _ b: Bytes, family: UInt64) {
        switch family {
        case 10: inet6Field(name, b)
        case 2: inetField(name, b)
        default:
            field(name)
            out.string(b.raw, truncated: false, escaping: .all)
        }
    }

    func cookie(_ b: Bytes) {
        out.beginArray()
        for i in 0..<2 {
            out.element()
            out.unsigned(UInt64(b.u32(i * 4)))
        }
        out.endArray()
    }

    /// One operation of a filter for sockets, and what it compares with.
    func inetBytecode(_ span: Span) -> Bool {
        fetch(span, 4) { b in
            structure(b, .inetBytecodeOperation)
            let rest = span.dropping(4)
            guard rest.count > 0 else { return }
            out.element()
            let known = switch b.u8(0) {
            case 2...5, 11, 12: fetch(rest, 4) { structure($0, .inetBytecodeOperation) }
            case 7, 8: inetCondition(rest)
            case 9: fetch(rest, 4) { interfaceIndex($0.u32(0)) }
            case 10:
                fetch(rest, 8) { b in
                    structure {
                        field("mark")
                        out.unsigned(UInt64(b.u32(0)))
                        field("mask")
                        out.unsigned(UInt64(b.u32(4)))
                    }
                }
            default: false
            }
            if !known { hexBytes(rest) }
        }
    }

    /// `struct inet_diag_hostcond`
    private func inetCondition(_ span: Span) -> Bool {
        fetch(span, 8) { b in
            let family = UInt64(b.u8(0))
            structure {
                field("family")
                enumerated(family, .socketFamilies)
                field("prefix_len")
                out.unsigned(UInt64(b.u8(1)))
                field("port")
                out.signed(Int64(b.i32(4)))
                let rest = span.dropping(8)
                guard rest.count > 0 else { return }
                if family == 10, rest.count >= 16, let a = read(rest.address, 16) {
                    inet6Field("addr", a)
                    return
                }
                field("addr")
                if !address(rest, family) { hexBytes(rest) }
            }
        }
    }

    /// `struct inet_diag_sockopt`, and bytes that do not belong there.
    func inetSocketOptions(_ span: Span) -> Bool {
        fetch(span, 2) { b in
            structure(b, .inetDiagSockopt)
            trailingBytes(span, from: 2)
        }
    }

    /// `, /* bytes 2..9 */ "…"`: what follows a structure that ought to fill the value,
    /// if it is not zero.
    func trailingBytes(_ span: Span, from start: Int) {
        let rest = span.dropping(start)
        guard rest.count > 0 else { return }
        if let b = read(rest.address, rest.count), !b.raw.contains(where: { $0 != 0 }) { return }
        out.element()
        scratch.truncate(to: 0)
        scratch.append("/* bytes ")
        scratch.decimal(UInt64(start))
        scratch.append("..")
        scratch.decimal(UInt64(span.count - 1))
        scratch.append(" */ ")
        out.verbatim(scratch.bytes)
        hexBytes(rest)
    }

    /// The addresses a socket is bound or connected to, each in a `struct sockaddr_storage`.
    func socketAddresses(_ span: Span) -> Bool {
        guard span.count >= 128 else { return false }
        array(span.address, count: span.count / 128, stride: 128, evenOnError: true) { socketAddress($0) }
        return true
    }

    /// A classic BPF program.
    func packetFilter(_ span: Span) -> Bool {
        guard span.count >= 8 else { return false }
        filterInstructions(span.address, count: UInt64(span.count / 8), .socket)
        return true
    }
}

/// What the messages of one kind start with and which attributes follow.
private struct DiagnosisMessage {
    let family: Name
    let header: StructLayout
    let attributes: AttributeTable?

    static func of(_ type: UInt16, _ family: UInt64, isRequest: Bool) -> DiagnosisMessage? {
        if isRequest && (type == 18 || type == 19) && (family == 2 || family == 10) {
            return DiagnosisMessage(family: "idiag_family", header: .inetRequestOld, attributes: .inetRequest)
        }
        return switch (family, isRequest) {
        case (1, true): DiagnosisMessage(family: "sdiag_family", header: .unixRequest, attributes: nil)
        case (1, false): DiagnosisMessage(family: "udiag_family", header: .unixAnswer, attributes: .unixDiagnosis)
        case (2, true), (10, true):
            DiagnosisMessage(family: "sdiag_family", header: .inetRequest, attributes: .inetRequest)
        case (2, false), (10, false):
            DiagnosisMessage(family: "idiag_family", header: .inetAnswer, attributes: .inetDiagnosis)
        case (16, true): DiagnosisMessage(family: "sdiag_family", header: .netlinkRequest, attributes: nil)
        case (16, false):
            DiagnosisMessage(family: "ndiag_family", header: .netlinkAnswer, attributes: .netlinkDiagnosis)
        case (17, true): DiagnosisMessage(family: "sdiag_family", header: .packetRequest, attributes: nil)
        case (17, false):
            DiagnosisMessage(family: "pdiag_family", header: .packetAnswer, attributes: .packetDiagnosis)
        case (43, true): DiagnosisMessage(family: "diag_family", header: .smcRequest, attributes: nil)
        case (43, false): DiagnosisMessage(family: "diag_family", header: .smcAnswer, attributes: .smcDiagnosis)
        default: nil
        }
    }
}

extension StructLayout {
    private static func cookie(_ name: Name, _ offset: Int) -> Field {
        Field(name) { d, b in d.cookie(b.slice(offset, 8)) }
    }

    private static func socket(_ offset: Int) -> Field {
        // SMC sockets have IPv4 addresses, or IPv6 ones that only the kernel tells apart.
        Field("id") { d, b in d.diagnosedSocket(b.slice(offset, 48), family: b.u8(0) == 43 ? 2 : UInt64(b.u8(0))) }
    }

    static let unixRequest = StructLayout(size: 24, [
        .init("sdiag_protocol", 1, .uint, width: 1), .init("udiag_states", 4, .flags(.tcpStateSet)),
        .init("udiag_ino", 8, .uint), .init("udiag_show", 12, .flags(.unixDiagShow)), cookie("udiag_cookie", 16),
    ])
    static let unixAnswer = StructLayout(size: 16, [
        .init("udiag_type", 1, .enumerated(.socketTypes), width: 1),
        .init("udiag_state", 2, .enumerated(.tcpStates), width: 1), .init("udiag_ino", 4, .uint),
        cookie("udiag_cookie", 8),
    ])
    static let inetRequest = StructLayout(size: 56, [
        .init("sdiag_protocol", 1, .enumerated(.inetProtocols), width: 1),
        .init("idiag_ext", 2, .flags(.inetExtensions), width: 1), .init("idiag_states", 4, .flags(.tcpStateSet)),
        socket(8),
    ])
    static let inetRequestOld = StructLayout(size: 60, [
        .init("idiag_src_len", 1, .uint, width: 1), .init("idiag_dst_len", 2, .uint, width: 1),
        .init("idiag_ext", 3, .flags(.inetExtensions), width: 1), socket(4),
        .init("idiag_states", 52, .flags(.tcpStateSet)), .init("idiag_dbs", 56, .uint),
    ])
    static let inetAnswer = StructLayout(size: 72, [
        .init("idiag_state", 1, .enumerated(.tcpStates), width: 1), .init("idiag_timer", 2, .uint, width: 1),
        .init("idiag_retrans", 3, .uint, width: 1), socket(4), .init("idiag_expires", 52, .uint),
        .init("idiag_rqueue", 56, .uint), .init("idiag_wqueue", 60, .uint), .init("idiag_uid", 64, .uint),
        .init("idiag_inode", 68, .uint),
    ])
    static let netlinkRequest = StructLayout(size: 20, [
        .init("sdiag_protocol") { d, b in
            if b.u8(1) == 0xff {
                d.enumerated(UInt64(0xff), .allNetlinkProtocols)
            } else {
                d.enumerated(UInt64(b.u8(1)), .netlinkProtocols)
            }
        },
        .init("ndiag_ino", 4, .uint), .init("ndiag_show", 8, .flags(.netlinkDiagShow)), cookie("ndiag_cookie", 12),
    ])
    static let netlinkAnswer = StructLayout(size: 28, [
        .init("ndiag_type", 1, .enumerated(.socketTypes), width: 1),
        .init("ndiag_protocol", 2, .enumerated(.netlinkProtocols), width: 1),
        .init("ndiag_state", 3, .enumerated(.netlinkStates), width: 1), .init("ndiag_portid", 4, .uint),
        .init("ndiag_dst_portid", 8, .uint), .init("ndiag_dst_group", 12, .uint), .init("ndiag_ino", 16, .uint),
        cookie("ndiag_cookie", 20),
    ])
    static let packetRequest = StructLayout(size: 20, [
        .init("sdiag_protocol", 1, .enumerated(.allPacketProtocols), width: 1), .init("pdiag_ino", 4, .uint),
        .init("pdiag_show", 8, .flags(.packetDiagShow)), cookie("pdiag_cookie", 12),
    ])
    static let packetAnswer = StructLayout(size: 16, [
        .init("pdiag_type", 1, .enumerated(.socketTypes), width: 1),
        .init("pdiag_num", 2, .enumerated(.etherProtocols), width: 2), .init("pdiag_ino", 4, .uint),
        cookie("pdiag_cookie", 8),
    ])
    static let smcRequest = StructLayout(size: 52, [
        .init("diag_ext", 3, .flags(.smcExtensions), width: 1), socket(4),
    ])
    static let smcAnswer = StructLayout(size: 64, [
        .init("diag_state", 1, .enumerated(.smcStates), width: 1),
        .init("diag_fallback", 2, .enumerated(.smcDiagModes), width: 1),
        .init("diag_shutdown", 3, .uint, width: 1), socket(4), .init("diag_uid", 52, .uint),
        .init("diag_inode", 56, .ulong),
    ])
}

extension ConstantTable {
    static let allNetlinkProtocols = ConstantTable("NETLINK_???", "NDIAG_PROTO_ALL 0xff")
    static let allPacketProtocols = ConstantTable("", "")
}
