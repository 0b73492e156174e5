// Ancillary data of socket messages: cmsg(3), unix(7), ip(7).

extension Decoder {
    /// The most bytes of control messages that the kernel takes (`net.core.optmem_max`).
    private static let mostControl: UInt64 = 128 << 10

    /// `[{cmsg_len=…, cmsg_level=…, cmsg_type=…, cmsg_data=…}, …]`
    func controlMessages(_ address: UInt64, _ length: UInt64) {
        let header = 16
        guard length >= UInt64(header), address != 0,
            let all = read(address, Int(min(length, Self.mostControl)))
        else {
            out.address(address)
            return
        }
        let limit = abbreviating ? options.stringLimit : Int.max
        out.beginArray()
        var at = 0
        var shown = 0
        while at + header <= all.count {
            if shown >= limit {
                out.more()
                break
            }
            shown += 1
            let b = all.slice(at)
            // A length too short or too long ends the walk with this message.
            let claimed = b.u64(0)
            let count = Int(min(claimed, UInt64(b.count)))
            out.element()
            controlMessage(b.slice(0, max(count, header)), claimed: claimed)
            guard claimed >= UInt64(header) else {
                if b.count > header { unreadableRest(address &+ UInt64(at) &+ UInt64(header)) }
                break
            }
            at += (count + 7) & ~7
            if claimed > UInt64(b.count) { break }
            if at < all.count && at + header > all.count {
                unreadableRest(address &+ UInt64(at))
            }
        }
        if length > Self.mostControl { out.more() }
        out.endArray()
    }

    private func controlMessage(_ b: Bytes, claimed: UInt64) {
        let level = b.u32(8)
        let type = UInt64(b.u32(12))
        let data = b.slice(16)
        structure {
            field("cmsg_len")
            out.unsigned(claimed)
            field("cmsg_level")
            if ConstantTable.socketLevels.name(of: UInt64(level)) != nil {
                enumerated(level, .socketLevels)
            } else {
                out.unnamed(UInt64(level), radix: .hex, "SOL_???")
            }
            field("cmsg_type")
            switch level {
            case 1: enumerated(type, .socketControlTypes)
            case 0: enumerated(type, .ipControlTypes)
            default: out.hex(type)
            }
            guard data.count > 0 else { return }
            field("cmsg_data")
            let known = switch level {
            case 1: socketControl(type, data)
            case 0: ipControl(type, data)
            default: false
            }
            if !known { out.string(data.raw, truncated: false, escaping: .all) }
        }
    }

    private func socketControl(_ type: UInt64, _ b: Bytes) -> Bool {
        switch type {
        case 1 where b.count >= 4:
            words(b) { fd(UInt64($0)) }
        case 2 where b.count >= 12:
            credentials(b)
        case 3:
            quoted(b)
        case 4 where b.count >= 4:
            fd(UInt64(b.u32(0)))
        case 29, 63: timestamp(b, .timeval)
        case 35, 64: timestamp(b, .timespec)
        case 37, 65:
            guard b.count >= 48 else {
                out.verbatim("???")
                return true
            }
            out.beginArray()
            for i in 0..<3 {
                out.element()
                structure(b.slice(i * 16, 16), .timespec)
            }
            out.endArray()
        default: return false
        }
        return true
    }

    private func timestamp(_ b: Bytes, _ layout: StructLayout) {
        if b.count >= layout.size { structure(b, layout) } else { out.verbatim("???") }
    }

    /// `struct ucred`
    func credentials(_ b: Bytes) {
        structure {
            field("pid")
            pid(UInt64(b.u32(0)))
            field("uid")
            id(UInt64(b.u32(4)))
            field("gid")
            id(UInt64(b.u32(8)))
        }
    }

    private func ipControl(_ type: UInt64, _ b: Bytes) -> Bool {
        switch type {
        case 8 where b.count >= 12:
            structure {
                field("ipi_ifindex")
                interfaceIndex(b.u32(0))
                inetField("ipi_spec_dst", b.slice(4, 4))
                inetField("ipi_addr", b.slice(8, 4))
            }
        case 2 where b.count >= 4, 23 where b.count >= 4:
            words(b) { out.unsigned(UInt64($0)) }
        case 1, 6, 7:
            let limit = abbreviating ? options.stringLimit : Int.max
            hexBytes(b.slice(0, limit), more: b.count > limit)
        case 11 where b.count >= 32:
            structure {
                field("ee_errno")
                out.unsigned(UInt64(b.u32(0)))
                field("ee_origin")
                out.unsigned(UInt64(b.u8(4)))
                field("ee_type")
                out.unsigned(UInt64(b.u8(5)))
                field("ee_code")
                out.unsigned(UInt64(b.u8(6)))
                field("ee_info")
                out.unsigned(UInt64(b.u32(8)))
                field("ee_data")
                out.unsigned(UInt64(b.u32(12)))
                field("offender")
                socketAddress(b.slice(16, 16))
            }
        case 20 where b.count >= 16:
            socketAddress(b.slice(0, 128))
        case 3:
            quoted(b)
        case 52 where b.count >= 4:
            out.beginArray()
            out.element()
            if ConstantTable.inetProtocols.name(of: UInt64(b.u32(0))) != nil {
                enumerated(b.u32(0), .inetProtocols)
            } else {
                out.unnamed(UInt64(b.u32(0)), radix: .hex, "IP_???")
            }
            out.endArray()
        default: return false
        }
        return true
    }

    /// `[a, b]`: the whole 32-bit words of `b`, at most `-s` of them unless `-v`.
    private func words(_ b: Bytes, _ body: (UInt32) -> Void) {
        let limit = abbreviating ? options.stringLimit : Int.max
        out.beginArray()
        for i in 0..<b.count / 4 {
            if i >= limit {
                out.more()
                break
            }
            out.element()
            body(b.u32(i * 4))
        }
        out.endArray()
    }
}
