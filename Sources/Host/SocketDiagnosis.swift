import Glibc
import RenacerCore

/// Asks the kernel what a socket's inode is: addresses, peers, netlink protocols.
/// sock_diag(7), in the tracer's network namespace.
final class SocketDiagnosis {
    private let socket = Glibc.socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 4)
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    private var peers = UnixPeers()

    deinit {
        if socket >= 0 { close(socket) }
        buffer.deallocate()
    }

    /// Writes `TCP:[127.0.0.1:80->…]` and the like for a socket whose protocol the kernel
    /// calls `proto`.
    ///
    /// - Returns: whether there is anything to say.
    func describe(_ inode: UInt64, _ proto: String, into text: TextBuffer) -> Bool {
        let known: Bool
        let start = text.count
        text.append(proto)
        text.append(":[")
        switch proto {
        case "TCP": known = internet(inode, AF_INET, 6, text)
        case "UDP": known = internet(inode, AF_INET, 17, text)
        case "TCPv6": known = internet(inode, AF_INET6, 6, text)
        case "UDPv6": known = internet(inode, AF_INET6, 17, text)
        case "UNIX", "UNIX-STREAM": known = unix(inode, text)
        case "NETLINK": known = netlink(inode, text)
        case "PACKET":
            text.truncate(to: start)
            return false
        default: known = false
        }
        if !known {
            text.truncate(to: start)
            text.append(proto)
            text.append(":[")
            text.decimal(inode)
        }
        text.ascii("]")
        return true
    }

    func netlinkProtocol(_ inode: UInt64) -> Int32? {
        var found: Int32?
        netlinkSockets { b in
            if UInt64(b.u32(16)) == inode { found = Int32(b.u8(2)) }
        }
        return found
    }

    // MARK: Families

    private func internet(_ inode: UInt64, _ family: Int32, _ proto: UInt8, _ text: TextBuffer) -> Bool {
        // struct inet_diag_req_v2: family, protocol, ext, pad, states, id (48 bytes).
        var request = [UInt8](repeating: 0, count: 56)
        request[0] = UInt8(family)
        request[1] = proto
        for i in 4..<8 { request[i] = 0xff }
        var found = false
        dump(request) { b in
            // struct inet_diag_msg: 4 bytes, id (ports 4, 6; source 8; destination 24), …, inode at 68.
            guard !found, UInt64(b.u32(68)) == inode else { return }
            found = true
            text.internetSocket(
                family, b.base + 8, port: b.u16(4).byteSwapped, to: b.base + 24, port: b.u16(6).byteSwapped)
        }
        return found
    }

    private func unix(_ inode: UInt64, _ text: TextBuffer) -> Bool {
        // struct unix_diag_req: family, protocol, pad, states, ino, show (name 1, peer 4), cookie.
        var request = [UInt8](repeating: 0, count: 24)
        request[0] = UInt8(AF_UNIX)
        for i in 4..<8 { request[i] = 0xff }
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: inode).littleEndian) { request.replaceSubrange(8..<12, with: $0) }
        request[12] = 1 | 4
        var found = false
        dump(request) { b in
            // struct unix_diag_msg: 4 bytes, ino at 4, cookie; attributes from 16.
            guard !found, UInt64(b.u32(4)) == inode else { return }
            found = true
            var name = b.slice(0, 0)
            var peer: UInt64 = 0
            var at = 16
            while at + 4 <= b.count {
                let length = Int(b.u16(at))
                guard length >= 4 else { break }
                switch b.u16(at + 2) {
                case 0: name = b.slice(at + 4, length - 4)
                case 2: peer = UInt64(b.u32(at + 4))
                default: break
                }
                at += (length + 3) & ~3
            }
            text.unixSocket(inode, peer: peers.last(peer, of: inode), name: name.raw)
        }
        return found
    }

    private func netlink(_ inode: UInt64, _ text: TextBuffer) -> Bool {
        var found = false
        netlinkSockets { b in
            // struct netlink_diag_msg: family, type, protocol, state, portid, dst_portid,
            // dst_group, ino at 16.
            guard !found, UInt64(b.u32(16)) == inode else { return }
            found = true
            text.netlinkSocket(UInt64(b.u8(2)), port: b.u32(4))
        }
        return found
    }

    private func netlinkSockets(_ body: (Bytes) -> Void) {
        // struct netlink_diag_req: family, protocol (255: all), pad, ino, show, cookie.
        var request = [UInt8](repeating: 0, count: 20)
        request[0] = UInt8(AF_NETLINK)
        request[1] = 255
        dump(request, body)
    }

    // MARK: Transport

    /// Sends a SOCK_DIAG_BY_FAMILY dump request and hands over every answer's payload.
    private func dump(_ payload: [UInt8], _ body: (Bytes) -> Void) {
        guard socket >= 0, let base = buffer.baseAddress else { return }
        var message = [UInt8](repeating: 0, count: 16)
        func put<T: FixedWidthInteger>(_ v: T, _ at: Int) {
            withUnsafeBytes(of: v.littleEndian) { message.replaceSubrange(at..<at + $0.count, with: $0) }
        }
        put(UInt32(16 + payload.count), 0)
        put(UInt16(20), 4)
        put(UInt16(0x301), 6)
        message += payload
        guard send(socket, message, message.count, 0) == message.count else { return }
        while true {
            let n = recv(socket, base, buffer.count, 0)
            if n < 0 && errno == EINTR { continue }
            guard n >= 16 else { return }
            var at = 0
            while at + 16 <= n {
                let header = Bytes(base: base + at, count: n - at)
                let length = Int(header.u32(0))
                guard length >= 16, length <= n - at else { return }
                switch header.u16(4) {
                case 2, 3: return
                default: body(header.slice(16, length - 16))
                }
                at += (length + 3) & ~3
            }
        }
    }
}
