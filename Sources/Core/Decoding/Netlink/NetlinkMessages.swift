// netlink(7): messages and their headers.

extension Decoder {
    private static let headerSize = 16
    /// How many error messages may be about error messages.
    private static let deepest = 8

    /// The messages of a netlink socket's buffer.
    func netlinkMessages(_ address: UInt64, _ count: UInt64, protocol netlink: UInt64) {
        guard address != 0, dereferencing else {
            out.address(address)
            return
        }
        let span = Span(address: address, count: Int(min(count, 1 << 24)))
        if netlink == 15 {
            kernelEvent(span)
            return
        }
        guard span.count >= Self.headerSize else {
            hexBytes(span)
            return
        }
        lengthPrefixed(span, header: Self.headerSize, smallest: Self.headerSize, length: { Int($0.u32(0)) }) { b, rest, claimed in
            netlinkMessage(b, rest.prefix(claimed).dropping(Self.headerSize), netlink, 0)
        }
    }

    private func netlinkMessage(_ b: Bytes, _ payload: Span, _ netlink: UInt64, _ depth: Int) {
        guard payload.count > 0 else {
            netlinkHeader(b, netlink)
            return
        }
        out.beginArray()
        out.element()
        netlinkHeader(b, netlink)
        out.element()
        netlinkPayload(b, payload, netlink, depth)
        out.endArray()
    }

    private func netlinkHeader(_ b: Bytes, _ netlink: UInt64) {
        let type = b.u16(4)
        structure {
            field("nlmsg_len")
            out.unsigned(UInt64(b.u32(0)))
            field("nlmsg_type")
            netlinkType(type, netlink)
            field("nlmsg_flags")
            flags(UInt64(b.u16(6)), NetlinkVerb(type, netlink).flags)
            field("nlmsg_seq")
            out.unsigned(UInt64(b.u32(8)))
            field("nlmsg_pid")
            pid(UInt64(b.u32(12)))
        }
    }

    private func netlinkType(_ type: UInt16, _ netlink: UInt64) {
        guard type >= 0x10 else {
            enumerated(UInt64(type), .netlinkControls)
            return
        }
        switch netlink {
        case 0: enumerated(UInt64(type), .routeMessages)
        case 4: enumerated(UInt64(type), .diagnosisMessages)
        case 6: enumerated(UInt64(type), .xfrmMessages)
        case 7: enumerated(UInt64(type), .selinuxMessages)
        case 9: enumerated(UInt64(type), .auditMessages)
        case 12: netfilterType(type)
        case 16: genericType(type)
        case 21: enumerated(UInt64(type), .cryptoMessages)
        default: enumerated(UInt64(type), .netlinkControls)
        }
    }

    private func netlinkPayload(_ b: Bytes, _ payload: Span, _ netlink: UInt64, _ depth: Int) {
        let type = b.u16(4)
        switch type {
        case 2:
            netlinkError(b, payload, netlink, depth)
            return
        case 3:
            netlinkDone(payload)
            return
        case 0..<0x10:
            hexBytes(payload)
            return
        default: break
        }
        let known = switch netlink {
        case 0: routeMessage(type, payload)
        case 4: diagnosisMessage(type, b.u16(6), payload)
        case 7: selinuxMessage(type, payload)
        case 12: netfilterMessage(type, payload)
        case 16: genericMessage(type, payload)
        case 21: cryptoMessage(type, payload)
        default: false
        }
        if !known { hexBytes(payload) }
    }

    /// `struct nlmsgerr`: a number, the message it is about, attributes that explain.
    private func netlinkError(_ header: Bytes, _ payload: Span, _ netlink: UInt64, _ depth: Int) {
        let size = 4 + Self.headerSize
        guard payload.count >= size, depth < Self.deepest else {
            hexBytes(payload)
            return
        }
        guard let b = read(payload.address, size) else {
            out.address(payload.address)
            return
        }
        let about = b.slice(4)
        let inner = payload.dropping(4)
        let isCapped = header.u16(6) & 0x100 != 0
        let length = isCapped ? Self.headerSize : max(Int(about.u32(0)), Self.headerSize)
        let explanation = inner.dropping(length)
        if explanation.count > 0 {
            out.beginArray()
            out.element()
        }
        structure {
            field("error")
            let error = b.i32(0)
            if error < 0, let name = ConstantTable.errors.name(of: UInt64(error.magnitude)) {
                if out.beginSymbolic(UInt64(bitPattern: Int64(error)), radix: .decimal) {
                    out.verbatim("-")
                    out.symbol(name)
                    out.endSymbolic()
                }
            } else {
                out.signed(Int64(error))
            }
            field("msg")
            if isCapped {
                netlinkHeader(about, netlink)
            } else {
                netlinkMessage(about, inner.prefix(length).dropping(Self.headerSize), netlink, depth + 1)
            }
        }
        guard explanation.count > 0 else { return }
        out.element()
        attributes(explanation, .errorExplanation, AttributeContext())
        out.endArray()
    }

    /// The number that ends a dump.
    private func netlinkDone(_ payload: Span) {
        guard payload.count == 4 else {
            hexBytes(payload)
            return
        }
        fetch(payload, 4) { out.signed(Int64($0.i32(0))) }
    }

    /// The structure a message starts with: the address family, then the rest of
    /// `layout` if it is all there.
    ///
    /// - Returns: what follows the structure, aligned; empty if it is not all there.
    func messageHeader(
        _ span: Span, _ layout: StructLayout, family name: Name, _ families: ConstantTable = .socketFamilies
    ) -> Span {
        guard let first = read(span.address, 1) else {
            out.address(span.address)
            return span.prefix(0)
        }
        structure {
            field(name)
            enumerated(UInt64(first.u8(0)), families)
            guard !layout.fields.isEmpty else { return }
            if span.count < layout.size {
                out.more()
            } else if let b = read(span.address, layout.size) {
                fields(b, layout)
            } else {
                out.element()
                out.address(span.address &+ 1)
            }
        }
        return span.dropping((layout.size + 3) & ~3)
    }
}

/// What a message asks for: its flags mean different things by it.
enum NetlinkVerb {
    case create, delete, get, error, other

    init(_ type: UInt16, _ netlink: UInt64) {
        if type == 2 {
            self = .error
            return
        }
        guard type >= 0x10 else {
            self = .other
            return
        }
        switch netlink {
        case 0:
            switch type & 3 {
            case 0: self = .create
            // RTM_DELACTION deletes all there are, so it asks as a dump does.
            case 1: self = type == 49 ? .get : .delete
            case 2: self = .get
            default: self = .other
            }
        case 4, 16: self = .get
        case 6:
            switch type {
            case 16, 19, 30, 34, 36: self = .create
            case 17, 20: self = .delete
            case 18, 21, 31, 35, 37: self = .get
            default: self = .other
            }
        case 12: self = Self.netfilter(UInt8(type >> 8), UInt8(type & 0xff))
        case 21:
            switch type {
            case 16: self = .create
            case 17: self = .delete
            case 19: self = .get
            default: self = .other
            }
        default: self = .other
        }
    }

    private static func netfilter(_ subsystem: UInt8, _ message: UInt8) -> NetlinkVerb {
        switch (subsystem, message) {
        case (1, 0), (2, 0), (7, 0), (8, 0), (9, 0): .create
        case (1, 1), (1, 3...7), (2, 1), (2, 3), (7, 1), (7, 2), (8, 1), (9, 1), (11, 0), (12, 0): .get
        case (1, 2), (2, 2), (7, 3), (8, 2), (9, 2): .delete
        case (10, 0), (10, 3), (10, 6), (10, 9), (10, 12), (10, 15), (10, 18), (10, 22): .create
        case (10, 1), (10, 4), (10, 7), (10, 10), (10, 13), (10, 16), (10, 19), (10, 21), (10, 23), (10, 25), (10, 33):
            .get
        case (10, 2), (10, 5), (10, 8), (10, 11), (10, 14), (10, 20), (10, 24), (10, 26...32): .delete
        default: .other
        }
    }

    var flags: ConstantTable {
        switch self {
        case .create: .netlinkCreateFlags
        case .delete: .netlinkDeleteFlags
        case .get: .netlinkGetFlags
        case .error: .netlinkErrorFlags
        case .other: .netlinkFlags
        }
    }
}
