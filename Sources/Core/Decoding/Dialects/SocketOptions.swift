// getsockopt(2), setsockopt(2)

extension Decoder {
    /// How an option's value is shown.
    private enum OptionKind {
        /// Four bytes as `[n]`, anything else as a string.
        case generic
        /// At least four bytes, as `[n]`.
        case int
        /// `[n]` whatever the length.
        case loneInt
        case error, enumerated(ConstantTable), transmitRehash, descriptor, portRange
        case linger, credentials, packetStatistics
        case ipMembership, ipv6Membership, groupMembership, packetMembership, packetRing
        case tipcGroup, netlinkMemberships, icmpFilter, tcpKey, filter, filterInstructions
        /// Only where it is.
        case address
    }

    private static func optionKind(level: UInt32, option: UInt32, setting: Bool) -> OptionKind {
        switch (level, option) {
        case (1, 4): return setting ? .generic : .error
        case (1, 13): return .linger
        case (1, 17): return setting ? .generic : .credentials
        case (1, 26): return setting ? .filter : .filterInstructions
        case (1, 51): return setting ? .filter : .generic
        case (1, 74): return .transmitRehash
        case (1, 77): return setting ? .generic : .descriptor
        case (1, _): return Self.socketInts.contains(option) ? .int : .generic
        case (0, 35), (0, 36): return setting ? .ipMembership : .generic
        case (0, 42), (0, 45), (41, 42), (41, 45): return setting ? .groupMembership : .generic
        case (0, 51): return .portRange
        case (0, 52): return setting ? .generic : .enumerated(.inetProtocols)
        case (41, 20), (41, 21), (41, 27), (41, 28): return setting ? .ipv6Membership : .generic
        case (6, 38): return setting ? .tcpKey : .generic
        case (255, 1): return .icmpFilter
        case (263, 1), (263, 2): return setting ? .packetMembership : .generic
        case (263, 5), (263, 13): return setting ? .packetRing : .generic
        case (263, 6): return setting ? .generic : .packetStatistics
        case (270, 9): return setting ? .int : .netlinkMemberships
        case (270, _): return setting ? .int : .loneInt
        case (271, 127): return .enumerated(.tipcImportances)
        case (271, 135): return .tipcGroup
        case (271, _): return .loneInt
        default: return .generic
        }
    }

    /// The options of `SOL_SOCKET` whose values are plain integers.
    private static let socketInts: Set<UInt32> = [
        1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 18, 19, 27, 29, 30, 32, 33, 34, 35, 36, 37, 40, 41, 42, 43, 44,
        45, 46, 49, 53, 56, 60, 63, 64, 65, 68, 69, 70, 73, 75, 76, 82, 83, 84,
    ]

    private func optionName(setting: Bool) {
        let level = self[1] & 0xffff_ffff
        let option = self[2] & 0xffff_ffff
        argument("level")
        enumerated(level, .socketLevels)
        argument("optname")
        let special: ConstantTable? = switch (level, setting) {
        case (0, true): .ipSetOptions
        case (0, false): .ipGetOptions
        case (1, true): .socketSetOptions
        case (1, false): .socketGetOptions
        case (41, true): .ipv6SetOptions
        case (41, false): .ipv6GetOptions
        default: nil
        }
        if let special, special.name(of: option) != nil {
            enumerated(option, special)
        } else if let table = ConstantTable.socketOptions(level: level) {
            enumerated(option, table)
        } else {
            out.signed(Int64(Int32(truncatingIfNeeded: option)))
        }
    }

    /// What setsockopt(2) is given: a value, and the instructions of a filter behind it
    /// (`SO_ATTACH_FILTER`, `SO_ATTACH_REUSEPORT_CBPF`).
    static let givenOption = Capture.all([
        .memory(.argument(4)),
        .when(argument: 1, is: 1, .when(argument: 2, is: 26, filter)), .when(argument: 1, is: 1, .when(argument: 2, is: 51, filter)),
    ])
    private static let filter = Capture.through(8, .memory(.field(0, width: 2), scale: 8, most: 32768))

    /// What getsockopt(2) returned; of a filter (`SO_GET_FILTER`) the length counts instructions.
    static let gottenOption = Capture.atExit(.all([
        .memory(.pointee(argument: 4)),
        .when(argument: 1, is: 1, .when(argument: 2, is: 26, .memory(.pointee(argument: 4), scale: 8, most: 32768))),
    ]))

    func setsockoptCall() -> Syscall.Progress {
        argument("sockfd")
        fd(self[0])
        optionName(setting: true)
        argument("optval")
        let length = Int(Int32(truncatingIfNeeded: self[4]))
        if self[3] == 0 || !dereferencing {
            out.address(self[3])
        } else if length < 0 {
            // As many bytes as the kernel would take it for, where they are bytes.
            let kind = Self.optionKind(
                level: UInt32(truncatingIfNeeded: self[1]), option: UInt32(truncatingIfNeeded: self[2]), setting: true)
            switch kind {
            case .generic, .portRange, .loneInt: optionValue(self[3], Int(self[4] & 0xffff_ffff), setting: true)
            default: out.address(self[3])
            }
        } else {
            optionValue(self[3], length, setting: true)
        }
        argument("optlen")
        int(self[4])
        return .complete
    }

    func getsockoptCall() -> Syscall.Progress {
        if entering {
            argument("sockfd")
            fd(self[0])
            optionName(setting: false)
            if self[4] != 0, let room = readU32(self[4]) { kept = 1 << 32 | UInt64(room) }
            return .nextAtExit
        }
        let room = Int32(truncatingIfNeeded: kept)
        guard kept != 0, let now = readU32(self[4]) else {
            argument("optval")
            out.address(self[3])
            argument("optlen")
            out.address(self[4])
            return .complete
        }
        let length = Int32(bitPattern: now)
        argument("optval")
        let there = Int(min(room, length))
        if failed || there <= 0 || self[3] == 0 || !dereferencing {
            out.address(self[3])
        } else {
            optionValue(self[3], there, setting: false)
        }
        argument("optlen")
        out.beginArray()
        out.element()
        out.signed(Int64(room))
        if length != room {
            out.changed()
            out.signed(Int64(length))
        }
        out.endArray()
        return .complete
    }

    private func optionValue(_ address: UInt64, _ length: Int, setting: Bool) {
        let kind = Self.optionKind(
            level: UInt32(truncatingIfNeeded: self[1]), option: UInt32(truncatingIfNeeded: self[2]), setting: setting)
        switch kind {
        case .generic:
            if length == 4 { integer(address) { out.signed(Int64($0)) } } else { buffer(address, UInt64(length)) }
        case .int: integer(address, length, setting) { out.signed(Int64($0)) }
        case .loneInt: integer(address) { out.signed(Int64($0)) }
        case .error:
            integer(address, length, setting) { v in
                if v == 0 { out.signed(0) } else { signedSymbol(v, .errors) }
            }
        case .enumerated(let table):
            if level271 {
                whole(address, length, 4) { b in listed { enumerated(b.u32(0), table) } }
            } else if length == 4 {
                integer(address) { enumerated(UInt32(bitPattern: $0), table) }
            } else {
                hexString(address, length)
            }
        case .transmitRehash: integer(address, length, setting) { signedSymbol($0, .transmitRehash) }
        case .descriptor: integer(address, length, setting) { fd(UInt64(bitPattern: Int64($0))) }
        case .portRange:
            if length == 4 { whole(address, 4, 4) { b in listed { portRange(b) } } } else { hexString(address, length) }
        case .linger:
            words(address, length, setting, ["l_onoff", "l_linger"]) { out.signed(Int64(Int32(bitPattern: $1))) }
        case .credentials:
            words(address, length, setting, ["pid", "uid", "gid"]) { i, v in
                if i == 0 { pid(UInt64(v)) } else { id(UInt64(v)) }
            }
        case .packetStatistics:
            words(address, length, setting, ["tp_packets", "tp_drops", "tp_freeze_q_cnt"]) { out.unsigned(UInt64($1)) }
        case .ipMembership: whole(address, length, 8) { structure($0, .ipMreq) }
        case .ipv6Membership: whole(address, length, 20) { ipv6Membership($0) }
        case .groupMembership: whole(address, length, 136) { structure($0, .groupReq) }
        case .packetMembership: exactly(address, length, 16) { structure($0, .packetMreq) }
        case .packetRing: exactly(address, length, 16) { structure($0, .tpacketReq) }
        case .tipcGroup: whole(address, length, 16) { structure($0, .tipcGroupReq) }
        case .netlinkMemberships:
            array(address, count: length / 4, stride: 4) { out.unsigned(UInt64($0.u32(0))) }
        case .icmpFilter: icmpFilter(address, length)
        case .tcpKey: tcpKey(address, length)
        case .filter: exactly(address, length, 16) { filterProgram($0, .socket) }
        case .filterInstructions: filterInstructions(address, count: UInt64(max(length, 0)), .socket, evenOnError: false)
        case .address: out.address(address)
        }
    }

    private var level271: Bool { self[1] & 0xffff_ffff == 271 }

    // MARK: Shapes

    private func listed(_ body: () -> Void) {
        out.beginArray()
        out.element()
        body()
        out.endArray()
    }

    private func integer(_ address: UInt64, _ body: (Int32) -> Void) {
        whole(address, 4, 4) { b in listed { body(b.i32(0)) } }
    }

    /// An integer that must be there in full; what the kernel wrote of a shorter one is
    /// shown in bytes.
    private func integer(_ address: UInt64, _ length: Int, _ setting: Bool, _ body: (Int32) -> Void) {
        if length >= 4 {
            integer(address, body)
        } else if setting {
            out.address(address)
        } else {
            hexString(address, length)
        }
    }

    /// A structure of `size` bytes, of which the value must have as many.
    private func whole(_ address: UInt64, _ length: Int, _ size: Int, _ body: (Bytes) -> Void) {
        guard length >= size, let b = read(address, size) else {
            out.address(address)
            return
        }
        body(b)
    }

    private func exactly(_ address: UInt64, _ length: Int, _ size: Int, _ body: (Bytes) -> Void) {
        if length == size { whole(address, length, size, body) } else { out.address(address) }
    }

    private func hexString(_ address: UInt64, _ length: Int) {
        let limit = options.stringLimit
        guard let b = read(address, min(length, limit)) else {
            out.address(address)
            return
        }
        out.string(b.raw, truncated: length > limit, escaping: .all)
    }

    /// Fields of four bytes; the kernel may have written only the first of them.
    private func words(
        _ address: UInt64, _ length: Int, _ setting: Bool, _ names: [Name], _ body: (Int, UInt32) -> Void
    ) {
        let size = names.count * 4
        guard !setting || length >= size, let b = read(address, min(length, size)), b.count > 0 else {
            out.address(address)
            return
        }
        structure {
            for (i, name) in names.enumerated() where i * 4 < b.count {
                field(name)
                let part = b.slice(i * 4, 4)
                if part.count == 4 {
                    body(i, part.u32(0))
                } else {
                    out.string(part.raw, truncated: false, escaping: .all)
                }
            }
        }
    }

    /// A signed number in decimal with its name.
    private func signedSymbol(_ v: Int32, _ table: ConstantTable) {
        enumerated(UInt64(bitPattern: Int64(v)), table, radix: .decimal)
    }

    // MARK: Values of single options

    private func portRange(_ b: Bytes) {
        out.hex(UInt64(b.u32(0)))
        let (low, high) = (b.u16(0), b.u16(2))
        guard options.constants != .raw, low != 0 || high != 0, high == 0 || low <= high else { return }
        scratch.truncate(to: 0)
        if low != 0 { scratch.decimal(UInt64(low)) }
        scratch.append("..")
        if high != 0 { scratch.decimal(UInt64(high)) }
        out.comment(scratch.bytes)
    }

    private func ipv6Membership(_ b: Bytes) {
        structure {
            inet6Field("ipv6mr_multiaddr", b.slice(0, 16))
            field("ipv6mr_interface")
            interfaceIndex(b.u32(16))
        }
    }

    /// The types of messages a raw socket does not want, or `~` those it wants.
    private func icmpFilter(_ address: UInt64, _ length: Int) {
        guard length > 0, let b = read(address, min(length, 4)) else {
            out.address(address)
            return
        }
        var set: UInt32 = .max
        for i in 0..<b.count { set = set & ~(0xff << UInt32(i * 8)) | UInt32(b.u8(i)) << UInt32(i * 8) }
        if set.nonzeroBitCount > 16 {
            set = ~set
            out.verbatim("~")
        }
        out.verbatim("[")
        var first = true
        for bit in 0..<32 where set >> UInt32(bit) & 1 != 0 {
            if !first { out.verbatim(" ") }
            first = false
            enumerated(UInt64(bit), .icmpTypes)
        }
        out.verbatim("]")
    }

    /// `struct tcp_ao_add`; a shorter one is taken as if zeros followed.
    private func tcpKey(_ address: UInt64, _ length: Int) {
        guard length > 0, let b = read(address, min(length, 288)) else {
            out.address(address)
            return
        }
        let addr = UnsafeMutableRawBufferPointer(rebasing: arena.allocate(288)[0..<288])
        guard let base = addr.baseAddress else { return }
        addr.initializeMemory(as: UInt8.self, repeating: 0)
        base.copyMemory(from: b.base, byteCount: b.count)
        structure(Bytes(base: base, count: 288), .tcpAoAdd)
    }
}

extension StructLayout {
    static let ipMreq = StructLayout(size: 8, [
        .init("imr_multiaddr") { d, b in d.inetAddress(b.slice(0, 4)) },
        .init("imr_interface") { d, b in d.inetAddress(b.slice(4, 4)) },
    ])

    static let groupReq = StructLayout(size: 136, [
        .init("gr_interface") { d, b in d.interfaceIndex(b.u32(0)) },
        .init("gr_group") { d, b in d.socketAddress(b.slice(8, 128)) },
    ])

    static let packetMreq = StructLayout(size: 16, [
        .init("mr_ifindex") { d, b in d.interfaceIndex(b.u32(0)) },
        .init("mr_type", 4, .enumerated(.packetMembershipTypes), width: 2),
        .init("mr_alen", 6, .uint, width: 2),
        .init("mr_address") { d, b in d.hardwareAddress(b.slice(8, min(Int(b.u16(6)), 8))) },
    ])

    static let tpacketReq = StructLayout(size: 16, [
        .init("tp_block_size", 0, .uint), .init("tp_block_nr", 4, .uint), .init("tp_frame_size", 8, .uint),
        .init("tp_frame_nr", 12, .uint),
    ])

    static let tipcGroupReq = StructLayout(size: 16, [
        .init("type", 0, .uint), .init("instance", 4, .uint), .init("scope", 8, .enumerated(.tipcScopes)),
        .init("flags", 12, .flags(.tipcGroupFlags)),
    ])

    static let tcpAoAdd = StructLayout(size: 288, [
        .init("addr") { d, b in d.socketAddress(b.slice(0, 128)) },
        .init("prefix", 202, .uint, width: 1),
        .init("alg_name") { d, b in d.cString(b.slice(128, 64)) },
        .init("ifindex") { d, b in d.interfaceIndex(b.u32(192)) },
        .init("set_current") { d, b in d.out.unsigned(UInt64(b.u32(196) & 1)) },
        .init("set_rnext") { d, b in d.out.unsigned(UInt64(b.u32(196) >> 1 & 1)) },
        .init("sndid", 203, .uint, width: 1), .init("rcvid", 204, .uint, width: 1),
        .init("maclen", 205, .uint, width: 1), .init("keyflags", 206, .flags(.tcpAoKeyFlags), width: 1),
        .init("key") { d, b in
            d.out.string(b.slice(208, min(Int(b.u8(207)), 80)).raw, truncated: false, escaping: .all)
        },
        .init("keylen", 207, .uint, width: 1),
    ])
}
