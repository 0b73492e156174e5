// struct sockaddr, by family: socket(7), packet(7), vsock(7), …

extension Decoder {
    /// The most bytes the kernel takes for an address (`struct sockaddr_storage`).
    private static let storage = 128

    /// A socket address that the tracee wrote, or the kernel if the caller knows so.
    func socketAddress(_ address: UInt64, length: Int) {
        guard length >= 2, address != 0, dereferencing, let b = read(address, min(length, Self.storage)) else {
            out.address(address)
            return
        }
        socketAddress(b)
    }

    /// A socket address in hand, family included.
    func socketAddress(_ b: Bytes) {
        structure {
            let family = UInt64(b.u16(0))
            field("sa_family")
            enumerated(family, .socketFamilies)
            guard b.count > 2 else { return }
            if !familyFields(family, b) {
                field("sa_data")
                quoted(b.slice(2))
            }
        }
    }

    /// The fields behind the family; false if the address is too short for any.
    private func familyFields(_ family: UInt64, _ b: Bytes) -> Bool {
        switch family {
        case 1: unixAddress(b)
        case 2 where b.count >= 16: inetSocketAddress(b)
        case 3 where b.count >= 16: ax25SocketAddress(b)
        case 4 where b.count >= 16: ipxAddress(b)
        case 9 where b.count >= 18:
            field("sx25_addr")
            structure {
                field("x25_addr")
                cString(b.slice(2, 16))
            }
        case 10 where b.count >= 24: inet6SocketAddress(b, scope: b.count > 24)
        case 16 where b.count >= 12: netlinkAddress(b)
        case 17 where b.count >= 20: packetAddress(b)
        case 30 where b.count >= 16: tipcAddress(b)
        case 31: return bluetoothAddress(b)
        case 33 where b.count >= 36: rxrpcAddress(b)
        case 36 where b.count >= 20: ieee802154Address(b)
        case 38 where b.count > 24: algAddress(b)
        case 39 where b.count >= 16: nfcAddress(b)
        case 40 where b.count >= 16: vsockAddress(b)
        case 42 where b.count >= 12:
            field("sq_node")
            enumerated(b.u32(4), .qrtrNodes)
            field("sq_port")
            enumerated(b.u32(8), .qrtrPorts)
        case 44 where b.count >= 16: xdpAddress(b)
        case 45 where b.count >= 12: mctpAddress(b)
        default: return false
        }
        return true
    }

    private func unixAddress(_ b: Bytes) {
        let path = b.slice(2, 108)
        field("sun_path")
        if path.u8(0) != 0 {
            quoted(path.slice(0, path.terminator ?? path.count))
        } else {
            // An abstract address: its name may hold any byte.
            out.verbatim("@")
            quoted(path.slice(1))
        }
    }

    private func inetSocketAddress(_ b: Bytes) {
        field("sin_port")
        port(b.slice(2, 2))
        inetField("sin_addr", b.slice(4, 4))
    }

    private func inet6SocketAddress(_ b: Bytes, scope: Bool) {
        field("sin6_port")
        port(b.slice(2, 2))
        field("sin6_flowinfo")
        networkLong(b.slice(4, 4))
        inet6Field("sin6_addr", b.slice(8, 16))
        guard scope else { return }
        field("sin6_scope_id")
        // Only a link-local scope is an interface.
        let (high, low) = (b.u8(8), b.u8(9))
        if (high == 0xfe && low & 0xc0 == 0x80) || (high == 0xff && low & 0xf == 2) {
            interfaceIndex(b.u32(24))
        } else {
            out.unsigned(UInt64(b.u32(24)))
        }
    }

    private func ipxAddress(_ b: Bytes) {
        field("sipx_port")
        port(b.slice(2, 2))
        field("sipx_network")
        networkHexLong(b.slice(4, 4))
        field("sipx_node")
        out.beginArray()
        for i in 8..<14 {
            out.element()
            paddedHex(UInt64(b.u8(i)), width: 2)
        }
        out.endArray()
        field("sipx_type")
        paddedHex(UInt64(b.u8(14)), width: 2)
        nonzero("sipx_zero", UInt64(b.u8(15)))
    }

    /// A field that is shown only when it should have been zero and is not.
    private func nonzero(_ name: Name, _ v: UInt64) {
        guard v != 0 else { return }
        field(name)
        out.hex(v)
    }

    private func netlinkAddress(_ b: Bytes) {
        nonzero("nl_pad", UInt64(b.u16(2)))
        field("nl_pid")
        pid(UInt64(b.u32(4)))
        field("nl_groups")
        paddedHex(UInt64(b.u32(8)), width: 8)
    }

    private func packetAddress(_ b: Bytes) {
        field("sll_protocol")
        etherProtocol(b.slice(2, 2))
        field("sll_ifindex")
        interfaceIndex(b.u32(4))
        field("sll_hatype")
        enumerated(UInt64(b.u16(8)), .arpHardwareTypes)
        field("sll_pkttype")
        enumerated(UInt64(b.u8(10)), .packetTypes)
        let length = Int(b.u8(11))
        field("sll_halen")
        out.unsigned(UInt64(length))
        guard length > 0 else { return }
        field("sll_addr")
        hexBytes(b.slice(12, min(length, b.count - 12)), more: length > b.count - 12)
    }

    private func tipcAddress(_ b: Bytes) {
        let type = b.u8(2)
        field("addrtype")
        enumerated(UInt64(type), .tipcAddressTypes)
        field("scope")
        let scope = Int8(bitPattern: b.u8(3))
        if scope < 0 { out.verbatim("-") }
        enumerated(UInt64(scope.magnitude), .tipcScopes)
        field("addr")
        func number(_ name: Name, _ offset: Int) {
            field(name)
            out.unsigned(UInt64(b.u32(offset)))
        }
        switch type {
        case 1:
            structure {
                field("nameseq")
                structure {
                    number("type", 4)
                    number("lower", 8)
                    number("upper", 12)
                }
            }
        case 2:
            structure {
                field("name")
                structure {
                    field("name")
                    structure {
                        number("type", 4)
                        number("instance", 8)
                    }
                    field("domain")
                    out.hex(UInt64(b.u32(12)))
                }
            }
        case 3:
            structure {
                field("id")
                structure {
                    number("ref", 4)
                    field("node")
                    out.hex(UInt64(b.u32(8)))
                }
            }
        default: quoted(b.slice(4, 12))
        }
    }

    private func rxrpcAddress(_ b: Bytes) {
        field("srx_service")
        numbered(UInt64(b.u16(2)), .rxrpcServices)
        field("transport_type")
        enumerated(UInt64(b.u16(4)), .socketTypes)
        let length = Int(b.u16(6))
        field("transport_len")
        out.unsigned(UInt64(length))
        field("transport")
        let transport = b.slice(8, max(length, 2))
        let family = UInt64(b.u16(8))
        func inner(_ name: Name) {
            field(name)
            enumerated(family, .socketFamilies)
        }
        func rest() {
            guard transport.count > 2 else { return }
            out.element()
            quoted(transport.slice(2))
        }
        structure {
            switch family {
            case 2:
                field("sin")
                structure {
                    inner("sin_family")
                    if length >= 16 { inetSocketAddress(transport) } else { rest() }
                }
            case 10:
                field("sin6")
                structure {
                    inner("sin6_family")
                    if length >= 24 { inet6SocketAddress(b.slice(8), scope: length > 24) } else { rest() }
                }
            default:
                inner("family")
                rest()
            }
        }
    }

    private func ieee802154Address(_ b: Bytes) {
        field("addr")
        structure {
            let type = b.u32(4)
            field("addr_type")
            numbered(UInt64(type), .ieee802154AddressTypes)
            field("pan_id")
            numbered(UInt64(b.u16(8)), .ieee802154PanIDs)
            switch type {
            case 0: break
            case 2:
                field("short_addr")
                numbered(UInt64(b.u16(10)), .ieee802154ShortAddresses)
            default:
                field("hwaddr")
                hardwareAddress(b.slice(10, 8))
            }
        }
    }

    private func algAddress(_ b: Bytes) {
        field("salg_type")
        cString(b.slice(2, 14))
        field("salg_feat")
        numberedFlags(UInt64(b.u32(16)), .cryptoAlgorithmFlags)
        field("salg_mask")
        numberedFlags(UInt64(b.u32(20)), .cryptoAlgorithmFlags)
        field("salg_name")
        cString(b.slice(24))
    }

    private func nfcAddress(_ b: Bytes) {
        field("dev_idx")
        interfaceIndex(b.u32(4))
        field("target_idx")
        out.hex(UInt64(b.u32(8)))
        field("nfc_protocol")
        enumerated(b.u32(12), .nfcProtocols)
        guard b.count >= 96 else {
            if b.count > 16 { out.more() }
            return
        }
        field("dsap")
        numbered(UInt64(b.u8(16)), .nfcServiceAccessPoints)
        field("ssap")
        numbered(UInt64(b.u8(17)), .nfcServiceAccessPoints)
        let length = b.u64(88)
        field("service_name")
        quoted(b.slice(18, Int(min(length, 63))))
        field("service_name_len")
        out.unsigned(length)
    }

    private func vsockAddress(_ b: Bytes) {
        nonzero("svm_reserved1", UInt64(b.u16(2)))
        field("svm_cid")
        enumerated(b.u32(8), .vsockContexts)
        field("svm_port")
        enumerated(b.u32(4), .vsockPorts)
        field("svm_flags")
        flags(UInt64(b.u8(12)), .vsockFlags)
        let zero = b.slice(13, 3)
        guard zero.raw.contains(where: { $0 != 0 }) else { return }
        field("svm_zero")
        out.string(zero.raw, truncated: false, escaping: .all)
    }

    private func xdpAddress(_ b: Bytes) {
        let xdpFlags = b.u16(2)
        field("sxdp_flags")
        flags(UInt64(xdpFlags), .xdpSocketFlags)
        field("sxdp_ifindex")
        interfaceIndex(b.u32(4))
        field("sxdp_queue_id")
        out.unsigned(UInt64(b.u32(8)))
        let shared = b.u32(12)
        guard shared != 0 || xdpFlags & 1 != 0 else { return }
        field("sxdp_shared_umem_fd")
        if Int32(bitPattern: shared) < 0 { out.hex(UInt64(shared)) } else { fd(UInt64(shared)) }
    }

    private func mctpAddress(_ b: Bytes) {
        nonzero("__smctp_pad0", UInt64(b.u16(2)))
        field("smctp_network")
        enumerated(b.u32(4), .mctpNetworks)
        field("smctp_addr")
        structure {
            field("s_addr")
            enumerated(UInt64(b.u8(8)), .mctpAddresses)
        }
        field("smctp_type")
        out.hex(UInt64(b.u8(9)))
        field("smctp_tag")
        out.hex(UInt64(b.u8(10)))
        nonzero("__smctp_pad1", UInt64(b.u8(11)))
    }
}
