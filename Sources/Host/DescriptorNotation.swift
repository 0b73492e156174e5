import Glibc
import RenacerCore

/// How things that descriptors refer to are written, wherever they are known from.
extension TextBuffer {
    /// Text that will stand between angle brackets: these and what is not printable in octal.
    public func angled(_ bytes: UnsafeRawBufferPointer) {
        escaped(bytes, .octal, angled: true)
    }

    /// `<char 1:3>` behind a device's path.
    public func device(isCharacter: Bool, major: UInt64, minor: UInt64) {
        append(isCharacter ? "<char " : "<block ")
        decimal(major)
        ascii(":")
        decimal(minor)
        ascii(">")
    }

    /// `{eventfd-count=0x1, eventfd-id=7, eventfd-semaphore=0}`
    public func eventfd(count: UInt64, id: Int64, semaphore: UInt64?) {
        append("{eventfd-count=")
        hex(count)
        append(", eventfd-id=")
        decimal(id)
        if let semaphore {
            append(", eventfd-semaphore=")
            decimal(semaphore)
        }
        append("}")
    }

    /// `signalfd:[USR1 USR2]`
    public func signalfd(_ mask: UInt64) {
        append("signalfd:[")
        var first = true
        for n in 1...64 where mask >> UInt64(n - 1) & 1 == 1 {
            if !first { ascii(" ") }
            first = false
            if let name = ConstantTable.signals.name(of: UInt64(n)) {
                append(UnsafeRawBufferPointer(rebasing: name.bytes.dropFirst(3)))
            } else {
                decimal(UInt64(n))
            }
        }
        ascii("]")
    }

    // MARK: Sockets, without the brackets

    /// `127.0.0.1:80->127.0.0.1:2048`; addresses are in network order, ports are not.
    public func internetSocket(
        _ family: Int32, _ source: UnsafeRawPointer, port: UInt16, to destination: UnsafeRawPointer, port destinationPort: UInt16
    ) {
        endpoint(family, source, port)
        guard destinationPort != 0 else { return }
        append("->")
        endpoint(family, destination, destinationPort)
    }

    private func endpoint(_ family: Int32, _ address: UnsafeRawPointer, _ port: UInt16) {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { name in
            guard let base = name.baseAddress, inet_ntop(family, address, base, 64) != nil else { return }
            if family == AF_INET6 { ascii("[") }
            append(UnsafeRawBufferPointer(start: base, count: strlen(base)))
            if family == AF_INET6 { ascii("]") }
        }
        ascii(":")
        decimal(UInt64(port))
    }

    /// `12->13,"/path"`
    ///
    /// - Parameter peer: 0 if there is none.
    /// - Parameter name: as `sun_path` has it; an abstract one begins with a NUL.
    public func unixSocket(_ inode: UInt64, peer: UInt64, name: UnsafeRawBufferPointer) {
        decimal(inode)
        if peer != 0 {
            append("->")
            decimal(peer)
        }
        guard let first = name.first else { return }
        append(first == 0 ? ",@\"" : ",\"")
        let shown = first == 0 ? name.dropFirst() : name[..<(name.firstIndex(of: 0) ?? name.endIndex)]
        escaped(UnsafeRawBufferPointer(rebasing: shown), .octal)
        ascii("\"")
    }

    /// `ROUTE:1234`
    public func netlinkSocket(_ family: UInt64, port: UInt32) {
        if let name = netlinkNames.name(of: family) { append(name) } else { decimal(family) }
        ascii(":")
        decimal(UInt64(port))
    }
}

private let netlinkNames = ConstantTable("", """
    ROUTE 0 UNUSED 1 USERSOCK 2 FIREWALL 3 SOCK_DIAG 4 NFLOG 5 XFRM 6 SELINUX 7 ISCSI 8 AUDIT 9
    FIB_LOOKUP 10 CONNECTOR 11 NETFILTER 12 IP6_FW 13 DNRTMSG 14 KOBJECT_UEVENT 15 GENERIC 16
    SCSITRANSPORT 18 ECRYPTFS 19 RDMA 20 CRYPTO 21 SMC 22
    """)
