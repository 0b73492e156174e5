// Sockets and network interfaces: netdevice(7), socket(7), bridges.

extension IoctlRequest {
    static let sockets: [IoctlRequest] = [
        .init("FIOSETOWN", 0x8901, .read(.pointee(.pid))),
        .init("SIOCSPGRP", 0x8902, .read(.pointee(.pid))),
        .init("FIOGETOWN", 0x8903, .written(.pointee(.pid))),
        .init("SIOCGPGRP", 0x8904, .written(.pointee(.pid))),
        .init("SIOCATMARK", 0x8905, .written(.pointee(.int))),
        .init("SIOCGIFENCAP", 0x8925, .written(.pointee(.int))),
        .init("SIOCSIFENCAP", 0x8926, .read(.pointee(.int))),
        .init("SIOCOUTQNSD", 0x894b, .written(.pointee(.int))),
        .init("SIOCGIFCONF", 0x8912, .dialect { $0.interfaceList() },
            capture: .all([.always(.memory(.constant(16))), .atExit(.through(8, .memory(.field(0), most: 1 << 16)))])),
        .init("SIOCGIFNAME", 0x8910, .extended(.interfaceIndex, by: .interfaceName)),
        .init("SIOCBRADDBR", 0x89a0, .read(.custom { $0.bridgeName($1) })),
        .init("SIOCBRDELBR", 0x89a1, .read(.custom { $0.bridgeName($1) })),
        .init("SIOCBRADDIF", 0x89a2, .read(.structure(.bridgePort))),
        .init("SIOCBRDELIF", 0x89a3, .read(.structure(.bridgePort))),
        .init("SIOCGIFFLAGS", 0x8913, .extended(.interfaceName, by: .interfaceFlags)),
        .init("SIOCSIFFLAGS", 0x8914, .read(.interface(.interfaceFlags))),
        .init("SIOCGIFADDR", 0x8915, .extended(.interfaceName, by: .interfaceAddress)),
        .init("SIOCSIFADDR", 0x8916, .read(.interface(.interfaceAddress))),
        .init("SIOCGIFDSTADDR", 0x8917, .extended(.interfaceName, by: .interfacePeer)),
        .init("SIOCSIFDSTADDR", 0x8918, .read(.interface(.interfacePeer))),
        .init("SIOCGIFBRDADDR", 0x8919, .extended(.interfaceName, by: .interfaceBroadcast)),
        .init("SIOCSIFBRDADDR", 0x891a, .read(.interface(.interfaceBroadcast))),
        .init("SIOCGIFNETMASK", 0x891b, .extended(.interfaceName, by: .interfaceMask)),
        .init("SIOCSIFNETMASK", 0x891c, .read(.interface(.interfaceMask))),
        .init("SIOCGIFHWADDR", 0x8927, .extended(.interfaceName, by: .interfaceHardware)),
        .init("SIOCSIFHWADDR", 0x8924, .read(.interface(.interfaceHardware))),
        .init("SIOCSIFHWBROADCAST", 0x8937, .read(.interface(.interfaceHardware))),
        .init("SIOCADDMULTI", 0x8931, .read(.interface(.interfaceHardware))),
        .init("SIOCDELMULTI", 0x8932, .read(.interface(.interfaceHardware))),
        .init("SIOCGIFMETRIC", 0x891d, .extended(.interfaceName, by: .interfaceMetric)),
        .init("SIOCSIFMETRIC", 0x891e, .read(.interface(.interfaceMetric))),
        .init("SIOCGIFMTU", 0x8921, .extended(.interfaceName, by: .interfaceMTU)),
        .init("SIOCSIFMTU", 0x8922, .read(.interface(.interfaceMTU))),
        .init("SIOCGIFSLAVE", 0x8929, .extended(.interfaceName, by: .interfaceSlave)),
        .init("SIOCSIFSLAVE", 0x8930, .read(.interface(.interfaceSlave))),
        .init("SIOCGIFTXQLEN", 0x8942, .extended(.interfaceName, by: .interfaceQueue)),
        .init("SIOCSIFTXQLEN", 0x8943, .read(.interface(.interfaceQueue))),
        .init("SIOCGIFMAP", 0x8970, .extended(.interfaceName, by: .interfaceMap)),
        .init("SIOCSIFMAP", 0x8971, .read(.interface(.interfaceMap))),
        .init("SIOCGIFINDEX", 0x8933, .extended(.interfaceName, by: .interfaceIndex)),
        .init("SIOCSIFNAME", 0x8923, .read(.interface(.interfaceNewName))),
    ] + undescribed

    /// Requests whose argument is known to be a pointer, and no more.
    private static let undescribed: [IoctlRequest] = [
        .init("SIOCGSTAMP_OLD", 0x8906, .value(.address)),
        .init("SIOCGSTAMPNS_OLD", 0x8907, .value(.address)),
        .init("SIOCGSTAMP_NEW", 0x80108906, .value(.address)),
        .init("SIOCGSTAMPNS_NEW", 0x80108907, .value(.address)),
        .init("SIOCADDRT", 0x890b, .value(.address)),
        .init("SIOCDELRT", 0x890c, .value(.address)),
        .init("SIOCRTMSG", 0x890d, .value(.address)),
        .init("SIOCSIFLINK", 0x8911, .value(.address)),
        .init("SIOCGIFMEM", 0x891f, .value(.address)),
        .init("SIOCSIFMEM", 0x8920, .value(.address)),
        .init("SIOCSIFPFLAGS", 0x8934, .value(.address)),
        .init("SIOCGIFPFLAGS", 0x8935, .value(.address)),
        .init("SIOCDIFADDR", 0x8936, .value(.address)),
        .init("SIOCGIFCOUNT", 0x8938, .value(.address)),
        .init("SIOCGIFBR", 0x8940, .value(.address)),
        .init("SIOCSIFBR", 0x8941, .value(.address)),
        .init("SIOCETHTOOL", 0x8946, .value(.address)),
        .init("SIOCGMIIPHY", 0x8947, .value(.address)),
        .init("SIOCGMIIREG", 0x8948, .value(.address)),
        .init("SIOCSMIIREG", 0x8949, .value(.address)),
        .init("SIOCWANDEV", 0x894a, .value(.address)),
        .init("SIOCGSKNS", 0x894c, .value(.address), returns: .fd),
        .init("SIOCDARP", 0x8953, .value(.address)),
        .init("SIOCGARP", 0x8954, .value(.address)),
        .init("SIOCSARP", 0x8955, .value(.address)),
        .init("SIOCDRARP", 0x8960, .value(.address)),
        .init("SIOCGRARP", 0x8961, .value(.address)),
        .init("SIOCSRARP", 0x8962, .value(.address)),
        .init("SIOCADDDLCI", 0x8980, .value(.address)),
        .init("SIOCDELDLCI", 0x8981, .value(.address)),
        .init("SIOCGIFVLAN", 0x8982, .value(.address)),
        .init("SIOCSIFVLAN", 0x8983, .value(.address)),
        .init("SIOCBONDENSLAVE", 0x8990, .value(.address)),
        .init("SIOCBONDRELEASE", 0x8991, .value(.address)),
        .init("SIOCBONDSETHWADDR", 0x8992, .value(.address)),
        .init("SIOCBONDSLAVEINFOQUERY", 0x8993, .value(.address)),
        .init("SIOCBONDINFOQUERY", 0x8994, .value(.address)),
        .init("SIOCBONDCHANGEACTIVE", 0x8995, .value(.address)),
        .init("SIOCSHWTSTAMP", 0x89b0, .value(.address)),
        .init("SIOCGHWTSTAMP", 0x89b1, .value(.address)),
    ]
}

extension ValueKind {
    /// A pointer to a `struct ifreq`: the interface's name and a member of its union.
    fileprivate static func interface(_ member: StructLayout) -> ValueKind {
        .structure(StructLayout(size: member.size, StructLayout.interfaceName.fields + member.fields))
    }
}

/// Members of `struct ifreq`, named after its fields.
extension StructLayout {
    private static func request(_ fields: [Field]) -> StructLayout { StructLayout(size: 40, fields) }
    private static func address(_ name: Name) -> StructLayout {
        request([.init(name) { d, b in d.socketAddress(b.slice(16, 16)) }])
    }

    static let interfaceName = request([.init("ifr_name") { d, b in d.cString(b.slice(0, 16)) }])
    static let interfaceIndex = request([.init("ifr_ifindex", 16, .int)])
    static let interfaceFlags = request([.init("ifr_flags", 16, .flags(.interfaceFlags), width: 2)])
    static let interfaceAddress = address("ifr_addr")
    static let interfacePeer = address("ifr_dstaddr")
    static let interfaceBroadcast = address("ifr_broadaddr")
    static let interfaceMask = address("ifr_netmask")
    static let interfaceHardware = request([
        .init("ifr_hwaddr") { d, b in
            d.structure {
                let type = b.u16(16)
                d.field("sa_family")
                d.enumerated(UInt64(type), .arpHardwareTypes)
                d.field("sa_data")
                d.colonBytes(b.slice(18, Decoder.hardwareAddressLength(type)))
            }
        },
    ])
    static let interfaceMetric = request([.init("ifr_metric", 16, .int)])
    static let interfaceMTU = request([.init("ifr_mtu", 16, .int)])
    static let interfaceQueue = request([.init("ifr_qlen", 16, .int)])
    static let interfaceSlave = request([.init("ifr_slave") { d, b in d.cString(b.slice(16, 16)) }])
    static let interfaceNewName = request([.init("ifr_newname") { d, b in d.cString(b.slice(16, 16)) }])
    static let interfaceMap = request([.init("ifr_map") { d, b in d.structure(b.slice(16), .interfaceResources) }])
    private static let interfaceResources = StructLayout(size: 24, [
        .init("mem_start", 0, .hex), .init("mem_end", 8, .hex), .init("base_addr", 16, .hex32, width: 2),
        .init("irq", 18, .hex32, width: 1), .init("dma", 19, .hex32, width: 1), .init("port", 20, .hex32, width: 1),
    ])
    static let bridgePort = request([.init("ifr_ifindex") { d, b in d.interfaceIndex(b.u32(16)) }])
}

extension Decoder {
    /// How long the addresses of a type of hardware are; all that there is room for, if unknown.
    fileprivate static func hardwareAddressLength(_ type: UInt16) -> Int {
        switch type {
        case 7, 290, 773, 820, 821, 822: 1
        case 15: 2
        case 768, 776, 777, 778, 779, 783: 4
        case 270, 271: 5
        case 1, 6, 772, 774, 780, 801, 802, 803: 6
        case 0, 3: 7
        case 27, 804, 805, 825, 826: 8
        default: 14
        }
    }

    /// `00:11:22`
    fileprivate func colonBytes(_ b: Bytes) {
        scratch.truncate(to: 0)
        for i in 0..<b.count {
            if i > 0 { scratch.ascii(":") }
            scratch.hexDigits(UInt64(b.u8(i)), width: 2)
        }
        out.verbatim(scratch.bytes)
    }

    /// A bridge's name, of which the kernel takes no more than `IFNAMSIZ` bytes.
    fileprivate func bridgeName(_ address: UInt64) {
        guard follows(address), let b = readSome(address, 17) else {
            out.address(address)
            return
        }
        if let end = b.terminator {
            out.string(b.slice(0, end).raw, truncated: false)
        } else if b.count >= 16 {
            out.string(b.slice(0, 16).raw, truncated: true)
        } else {
            out.address(address)
        }
    }

    /// `{ifc_len=80 => 40, ifc_buf=[…]}`
    fileprivate func interfaceList() -> Syscall.Progress {
        extended(call[2], 16) { b in
            let length = b.i32(0)
            let list = b.u64(8)
            // Without a list the kernel only tells how long it would be.
            if entering != (list == 0) {
                kept = UInt64(bitPattern: Int64(length))
                field("ifc_len")
                requestCount(length)
            }
            if entering { return }
            if !failed, Int64(length) != Int64(bitPattern: kept) {
                out.changed()
                requestCount(length)
            }
            field("ifc_buf")
            guard !failed, length >= 0 else {
                out.address(list)
                return
            }
            array(list, count: Int(length) / 40, stride: 40) { entry in
                structure {
                    fields(entry, .interfaceName)
                    fields(entry, .interfaceAddress)
                }
            }
        }
    }

    /// A length in bytes and the structures it has room for.
    private func requestCount(_ length: Int32) {
        out.signed(Int64(length))
        guard length > 0, length % 40 == 0 else { return }
        scratch.truncate(to: 0)
        scratch.decimal(Int64(length / 40))
        scratch.append(" * sizeof(struct ifreq)")
        out.comment(scratch.bytes)
    }
}
