// Sockets.

extension SyscallTable {
    private static let addressAndLength: [Argument] = [
        .fd("sockfd"), .init("addr", .sockaddr(.pointee(argument: 2)), .out), .init("addrlen", .pointee(.int), .inout_, capture: length),
    ]

    /// The room for an address, and its length.
    private static let length = Capture.all([.atEntry(.memory(.constant(4))), .afterAll(.memory(.constant(4)))])
    private static let messages = Capture.atEntry(.like(.mmsghdr(.argument(2))))

    static let network: [Syscall.Row] = [
        .init("socket", x86_64: 41, aarch64: 198, [.network],
            [
                .enumerated("domain", .socketFamilies), .custom("type", capture: .nothing) { d, v in d.socketType(v) },
                .custom("protocol", capture: .nothing) { d, v in d.socketProtocol(v, family: d[0]) },
            ], returns: .fd),
        .init("socketpair", x86_64: 53, aarch64: 199, [.network],
            [
                .enumerated("domain", .socketFamilies), .custom("type", capture: .nothing) { d, v in d.socketType(v) },
                .custom("protocol", capture: .nothing) { d, v in d.socketProtocol(v, family: d[0]) },
                .array("sv", .fd, .out, count: .constant(2)),
            ]),
        .init("bind", x86_64: 49, aarch64: 200, [.network],
            [.fd("sockfd"), .init("addr", .sockaddr(.argument(2))), .int("addrlen")]),
        .init("connect", x86_64: 42, aarch64: 203, [.network],
            [.fd("sockfd"), .init("addr", .sockaddr(.argument(2))), .int("addrlen")]),
        .init("listen", x86_64: 50, aarch64: 201, [.network], [.fd("sockfd"), .int("backlog")]),
        .init("accept", x86_64: 43, aarch64: 202, [.network], addressAndLength, returns: .fd,
            dialect: { $0.addressCall() }),
        .init("accept4", x86_64: 288, aarch64: 242, [.network], addressAndLength + [.flags("flags", .socketTypeFlags)],
            returns: .fd, dialect: { $0.addressCall(flags: true) }),
        .init("getsockname", x86_64: 51, aarch64: 204, [.network], addressAndLength, dialect: { $0.addressCall() }),
        .init("getpeername", x86_64: 52, aarch64: 205, [.network], addressAndLength, dialect: { $0.addressCall() }),
        .init("shutdown", x86_64: 48, aarch64: 210, [.network],
            [.fd("sockfd"), .enumerated("how", .shutdownModes)]),
        .init("sendto", x86_64: 44, aarch64: 206, [.network],
            [
                .fd("sockfd"), .init("buf", .bytes(.argument(2)), capture: .message(.argument(2))), .size("len"),
                .flags("flags", .messageFlags), .init("dest_addr", .sockaddr(.argument(5)), capture: .like(.sockaddr(.argument(5)))), .int("addrlen"),
            ], dialect: { $0.sendtoCall() }),
        .init("recvfrom", x86_64: 45, aarch64: 207, [.network],
            [
                .fd("sockfd"), .init("buf", .bytes(.result), .out, capture: .message(.result)), .size("len"), .flags("flags", .messageFlags),
                .init("src_addr", .sockaddr(.pointee(argument: 5)), .out), .init("addrlen", .pointee(.int), .inout_, capture: length),
            ], dialect: { $0.recvfromCall() }),
        .init("sendmsg", x86_64: 46, aarch64: 211, [.network],
            [.fd("sockfd"), .init("msg", .msghdr), .flags("flags", .messageFlags)]),
        .init("recvmsg", x86_64: 47, aarch64: 212, [.network],
            [.fd("sockfd"), .init("msg", .msghdr, .out, capture: .all([.atEntry(.memory(.constant(56))), .atExit(.like(.msghdr))])),
                .flags("flags", .messageFlags)],
            dialect: { $0.recvmsgCall() }),
        .init("sendmmsg", x86_64: 307, aarch64: 269, [.network],
            [.fd("sockfd"), .init("msgvec", .mmsghdr(.argument(2)), capture: .all([messages, .atExit(.memory(.argument(2), scale: 64, most: 65536))])),
                .uint("vlen"), .flags("flags", .messageFlags)],
            dialect: { $0.sendmmsgCall() }),
        .init("recvmmsg", x86_64: 299, aarch64: 243, [.network],
            [
                .fd("sockfd"),
                .init("msgvec", .mmsghdr(.result), .out, capture: .all([
                    .atEntry(.memory(.argument(2), scale: 64, most: 65536)), .atExit(.like(.mmsghdr(.result))),
                ])), .uint("vlen"),
                .flags("flags", .messageFlags),
                .structure("timeout", .timespec),
            ], dialect: { $0.recvmmsgCall() }),
        .init("getsockopt", x86_64: 55, aarch64: 209, [.network],
            [
                .fd("sockfd"), .enumerated("level", .socketLevels), .int("optname"),
                .address("optval", capture: Decoder.gottenOption), .init("optlen", .pointee(.int), .inout_, capture: length),
            ], dialect: { $0.getsockoptCall() }),
        .init("setsockopt", x86_64: 54, aarch64: 208, [.network],
            [
                .fd("sockfd"), .enumerated("level", .socketLevels), .int("optname"),
                .address("optval", capture: Decoder.givenOption), .int("optlen"),
            ], dialect: { $0.setsockoptCall() }),
    ]
}
