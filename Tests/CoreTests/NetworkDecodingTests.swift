import RenacerCore
import Testing

/// Little-endian words of two bytes.
private func halves(_ values: UInt16...) -> [UInt8] { values.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] } }

private func words(_ values: UInt32...) -> [UInt8] {
    values.flatMap { v in (0..<4).map { UInt8(truncatingIfNeeded: v >> (8 * UInt32($0))) } }
}

private func longs(_ values: UInt64...) -> [UInt8] {
    values.flatMap { v in (0..<8).map { UInt8(truncatingIfNeeded: v >> (8 * UInt64($0))) } }
}

private func attribute(_ type: UInt16, _ value: [UInt8]) -> [UInt8] {
    halves(UInt16(value.count + 4), type) + value + [UInt8](repeating: 0, count: -value.count & 3)
}

private func message(_ type: UInt16, _ body: [UInt8]) -> [UInt8] {
    words(UInt32(16 + body.count)) + halves(type, 1) + words(0, 0) + body
}

/// Every descriptor is a netlink socket of one protocol.
private final class NetlinkSockets: TaskInspector {
    let netlink: Int32
    init(_ netlink: Int32) { self.netlink = netlink }
    func socketProtocol(fd: Int32, of tid: Int32, _ memory: any TraceeMemory) -> (family: Int32, protocol: Int32)? { (16, netlink) }
}

@Suite struct NetworkDecodingTests {
    private static let loopback: [UInt8] = halves(2, 0x5000) + [127, 0, 0, 1] + longs(0)

    private static let path: [UInt8] = halves(1) + Array("/tmp/s\0x".utf8)
    private static let abstract: [UInt8] = halves(1) + [0] + Array("a\0b".utf8)
    private static let loopback6: [UInt8] = {
        let address = [UInt8](repeating: 0, count: 15) + [1]
        return halves(10, 0x5000) + words(0) + address + words(0)
    }()
    private static let addresses: [([UInt8], String)] = [
        (path, "{sa_family=AF_UNIX, sun_path=\"/tmp/s\"}"),
        (abstract, "{sa_family=AF_UNIX, sun_path=@\"a\\0b\"}"),
        (halves(1), "{sa_family=AF_UNIX}"),
        (loopback, "{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr(\"127.0.0.1\")}"),
        ([UInt8](loopback.prefix(8)), "{sa_family=AF_INET, sa_data=\"\\0P\\177\\0\\0\\1\"}"),
        (
            loopback6,
            "{sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, \"::1\", &sin6_addr), sin6_scope_id=0}"
        ),
        (halves(16, 0) + words(0, 1), "{sa_family=AF_NETLINK, nl_pid=0, nl_groups=0x000001}"),
        (halves(29, 1), "{sa_family=AF_CAN, sa_data=\"\\1\\0\"}"),
    ]

    @Test(arguments: addresses)
    func anAddressPrintsByItsFamily(_ address: [UInt8], _ text: String) throws {
        var t = ScriptedTrace()
        t.call("connect", 3, t.place(address), UInt64(address.count), outcome: .returned(0))
        #expect(try t.text() == "connect(3, \(text), \(address.count)) = 0\n")
    }

    @Test func aLearntAddressIsNoLongerThanItsRoom() throws {
        var t = ScriptedTrace()
        let address = t.place(Self.loopback)
        let length = t.place(words(16))
        t.enter("accept4", 3, address, length, 0o2000000)
        t.exit("accept4", 3, address, length, 0o2000000, outcome: .returned(4))
        #expect(
            try t.text() == """
                accept4(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, [16], SOCK_CLOEXEC) = 4

                """)
    }

    @Test func descriptorsTravelInControlMessages() throws {
        var t = ScriptedTrace()
        let data = t.place("hi")
        let control = t.place(longs(20) + words(1, 1, 7, 0))
        let header = t.place(longs(0, 0, t.place(longs(data, 2)), 1, control, 24, 0))
        t.call("sendmsg", 3, header, 0x4000, outcome: .returned(2))
        #expect(
            try t.text() == """
                sendmsg(3, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="hi", iov_len=2}], msg_iovlen=1, \
                msg_control=[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[7]}], \
                msg_controllen=24, msg_flags=0}, MSG_NOSIGNAL) = 2

                """)
    }

    @Test func nestedAttributesOfARouteMessagePrintByTheirTables() throws {
        var t = ScriptedTrace()
        t.inspector = NetlinkSockets(0)
        var body: [UInt8] = [2, 0] + halves(1) + words(7, 1, 0)
        body += attribute(3, Array("eth0\0".utf8))
        body += attribute(43, attribute(2, [1]))
        let bytes = message(16, body)
        t.call("sendto", 3, t.place(bytes), UInt64(bytes.count), 0, 0, 0, outcome: .returned(Int64(bytes.count)))
        #expect(
            try t.text() == """
                sendto(3, [{nlmsg_len=56, nlmsg_type=RTM_NEWLINK, nlmsg_flags=NLM_F_REQUEST, nlmsg_seq=0, nlmsg_pid=0}, \
                {ifi_family=AF_INET, ifi_type=ARPHRD_ETHER, ifi_index=7, ifi_flags=IFF_UP, ifi_change=0}, \
                [[{nla_len=9, nla_type=IFLA_IFNAME}, "eth0"], \
                [{nla_len=12, nla_type=IFLA_XDP}, [{nla_len=5, nla_type=IFLA_XDP_ATTACHED}, XDP_ATTACHED_DRV]]]], \
                56, 0, NULL, 0) = 56

                """)
    }

    @Test func anErrorAboutAnErrorAboutAnErrorComesToAnEnd() throws {
        var t = ScriptedTrace()
        t.inspector = NetlinkSockets(0)
        var body: [UInt8] = []
        for _ in 0..<10_000 { body = words(0xffff_fff3) + message(2, body) }
        let bytes = message(2, body)
        t.call("sendto", 3, t.place(bytes), UInt64(bytes.count), 0, 0, 0, outcome: .returned(1))
        #expect(try t.text().contains("{error=-EACCES, msg=["))
    }

    @Test func attributesNestedInThemselvesComeToAnEnd() throws {
        var t = ScriptedTrace()
        t.inspector = NetlinkSockets(0)
        var value: [UInt8] = []
        for _ in 0..<16_000 { value = attribute(52, value) }
        let bytes = message(16, [UInt8](repeating: 0, count: 16) + value)
        t.call("sendto", 3, t.place(bytes), UInt64(bytes.count), 0, 0, 0, outcome: .returned(1))
        #expect(try t.text().contains("IFLA_PROP_LIST"))
    }

    @Test(arguments: [0, 4, 6, 7, 9, 12, 15, 16, 21] as [Int32])
    func bytesThatMeanNothingNeitherCrashNorHang(_ netlink: Int32) throws {
        var t = ScriptedTrace()
        t.inspector = NetlinkSockets(netlink)
        var state = UInt64(netlink) &+ 0x9e37_79b9
        func random() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        for _ in 0..<1500 {
            var bytes = [UInt8]()
            for _ in 0..<200 { bytes.append(UInt8(truncatingIfNeeded: random() & 3 == 0 ? random() : random() & 15)) }
            bytes.replaceSubrange(0..<6, with: words(UInt32(random() & 255)) + halves(UInt16(16 + random() % 104)))
            let at = t.place(bytes)
            t.call("sendto", 3, at, 200, 0, at, 128, outcome: .returned(200))
            t.call("setsockopt", 3, random() % 290, random() % 90, at, random() % 210, outcome: .failed(22))
            t.call("sendmsg", 3, at, 0, outcome: .failed(22))
        }
        #expect(try t.text().split(separator: "\n").count == 4500)
    }
}
