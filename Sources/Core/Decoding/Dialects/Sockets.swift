// socket(2) and the calls that learn an address: accept(2), getsockname(2), recvfrom(2).

extension Decoder {
    /// `SOCK_STREAM|SOCK_CLOEXEC`
    func socketType(_ v: UInt64) {
        let type = v & 0xf
        let rest = v & 0xffff_fff0
        guard ConstantTable.socketTypes.name(of: type) != nil else {
            flags(v & 0xffff_ffff, .socketTypeFlags)
            return
        }
        enumerated(type, .socketTypes)
        guard rest != 0 else { return }
        out.verbatim("|")
        flags(rest, .socketTypeFlags)
    }

    /// A protocol, as its family names it.
    func socketProtocol(_ v: UInt64, family: UInt64) {
        let table: ConstantTable
        switch family & 0xffff_ffff {
        case 2, 10: table = .inetProtocols
        case 3: table = .ax25Protocols
        case 16: table = .netlinkProtocols
        case 17:
            withUnsafeBytes(of: UInt16(truncatingIfNeeded: v).littleEndian) { raw in
                guard let base = raw.baseAddress else { return }
                etherProtocol(Bytes(base: base, count: 2))
            }
            return
        case 29: table = .canProtocols
        case 31: table = .bluetoothProtocols
        case 33: table = .socketFamilies
        case 34: table = .isdnProtocols
        case 35: table = .phonetProtocols
        case 37: table = .caifProtocols
        case 39: table = .nfcSocketProtocols
        case 41: table = .kcmProtocols
        case 43: table = .smcProtocols
        default:
            out.unsigned(v)
            return
        }
        enumerated(v & 0xffff_ffff, table)
    }

    /// accept(2), accept4(2), getsockname(2), getpeername(2): the address is there at the end.
    func addressCall(flags hasFlags: Bool = false) -> Syscall.Progress {
        if entering {
            argument("sockfd")
            fd(self[0])
            keepAddressRoom(self[2])
            return .nextAtExit
        }
        learntAddress("addr", self[1], self[2])
        if hasFlags {
            argument("flags")
            flags(self[3] & 0xffff_ffff, .socketTypeFlags)
        }
        return .complete
    }

    /// sendto(2): a netlink socket's buffer holds messages.
    func sendtoCall() -> Syscall.Progress {
        argument("sockfd")
        fd(self[0])
        argument("buf")
        payload(self[1], self[2])
        argument("len")
        ulong(self[2])
        argument("flags")
        flags(self[3] & 0xffff_ffff, .messageFlags)
        argument("dest_addr")
        socketAddress(self[4], length: Int(Int32(truncatingIfNeeded: self[5])))
        argument("addrlen")
        int(self[5])
        return .complete
    }

    /// recvfrom(2)
    func recvfromCall() -> Syscall.Progress {
        if entering {
            argument("sockfd")
            fd(self[0])
            keepAddressRoom(self[5])
            return .nextAtExit
        }
        argument("buf")
        if failed {
            out.address(self[1])
        } else {
            // A datagram may be longer than what was taken of it (MSG_TRUNC).
            payload(self[1], min(UInt64(bitPattern: result), self[2]))
        }
        argument("len")
        ulong(self[2])
        argument("flags")
        flags(self[3] & 0xffff_ffff, .messageFlags)
        learntAddress("src_addr", self[4], self[5])
        return .complete
    }

    private func keepAddressRoom(_ length: UInt64) {
        if length != 0, let room = readU32(length) { kept = 1 << 32 | UInt64(room) }
    }

    /// An address the kernel wrote and `[room => length]`.
    private func learntAddress(_ name: Name, _ address: UInt64, _ lengthAddress: UInt64) {
        argument(name)
        let room = Int32(truncatingIfNeeded: kept)
        guard kept != 0, address != 0, dereferencing else {
            out.address(address)
            argument("addrlen")
            out.address(lengthAddress)
            return
        }
        let length = failed ? room : readU32(lengthAddress).map { Int32(bitPattern: $0) } ?? room
        if failed { out.address(address) } else { socketAddress(address, length: Int(min(room, length))) }
        argument("addrlen")
        out.beginArray()
        out.element()
        out.signed(Int64(room))
        if length != room {
            out.changed()
            out.signed(Int64(length))
        }
        out.endArray()
    }
}
