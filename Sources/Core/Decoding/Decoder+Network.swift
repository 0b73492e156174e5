// Values of the network: ports, addresses and interfaces.

extension Decoder {
    /// Bytes that a C expression spells: the expression, or with `-X raw` the bytes in
    /// hexadecimal, or with `-X verbose` both.
    func spelled(_ b: Bytes, _ expression: () -> Void) {
        if options.constants == .abbrev {
            expression()
            return
        }
        out.string(b.raw, truncated: false, escaping: .all)
        guard options.constants == .verbose else { return }
        out.verbatim(" /* ")
        expression()
        out.verbatim(" */")
    }

    /// A number whose name is always a comment: `0x1 /* CM_SERVICE */`.
    func numbered(_ v: UInt64, _ table: ConstantTable, radix: Radix = .hex) {
        out.number(v, radix)
        guard options.constants != .raw else { return }
        let name = table.name(of: v) ?? table.unknown
        if !name.isEmpty { out.comment(name) }
    }

    /// Flags whose names are always a comment.
    func numberedFlags(_ v: UInt64, _ table: ConstantTable) {
        out.hex(v)
        guard options.constants != .raw, v != 0 else { return }
        scratch.truncate(to: 0)
        var rest = v
        for e in table.entries where e.value != 0 && e.value & rest == e.value {
            if scratch.count > 0 { scratch.ascii("|") }
            scratch.append(e.name)
            rest &= ~e.value
        }
        if scratch.count == 0 {
            scratch.append(table.unknown)
        } else if rest != 0 {
            scratch.ascii("|")
            scratch.hex(rest)
        }
        out.comment(scratch.bytes)
    }

    /// The name of a constant whatever the style, for use within an expression.
    private func plainName(_ v: UInt64, _ table: ConstantTable) {
        if let name = table.name(of: v) {
            out.verbatim(name)
        } else {
            out.hex(v)
            out.comment(table.unknown)
        }
    }

    /// `name(value)` of a number in network byte order, 2 or 4 bytes wide.
    private func converted(_ b: Bytes, _ name: Name, hex: Bool = false) {
        out.beginCall(name)
        out.element()
        let v = b.count == 2 ? UInt64(b.u16(0).byteSwapped) : UInt64(b.u32(0).byteSwapped)
        if hex { out.hex(v) } else { out.unsigned(v) }
        out.endCall()
    }

    /// A port in network byte order: `htons(80)`.
    func port(_ b: Bytes) { spelled(b) { converted(b, "htons") } }

    /// A 32-bit number in network byte order: `htonl(1)`.
    func networkLong(_ b: Bytes) { spelled(b) { converted(b, "htonl") } }

    /// The same in hexadecimal, whatever the style.
    func networkHexLong(_ b: Bytes) { converted(b, "htonl", hex: true) }

    /// An Ethernet protocol in network byte order: `htons(ETH_P_IP)`.
    func etherProtocol(_ b: Bytes) {
        spelled(b) {
            out.beginCall("htons")
            out.element()
            plainName(UInt64(b.u16(0).byteSwapped), .etherProtocols)
            out.endCall()
        }
    }

    /// `inet_addr("127.0.0.1")`; the first four of the bytes that hold it.
    func inetAddress(_ b: Bytes) {
        spelled(b) {
            out.beginCall("inet_addr")
            out.element()
            scratch.truncate(to: 0)
            scratch.inetAddress(b)
            out.string(scratch.bytes, truncated: false, escaping: .octal)
            out.endCall()
        }
    }

    /// The field `name` with an IPv4 address.
    func inetField(_ name: Name, _ b: Bytes) {
        field(name)
        inetAddress(b)
    }

    /// The field `name` with an IPv6 address: `inet_pton(AF_INET6, "::1", &sin6_addr)`.
    func inet6Field(_ name: Name, _ b: Bytes) {
        if options.constants == .abbrev {
            out.element()
            inetPton(b, "AF_INET6", name)
        } else {
            field(name)
            spelled(b) { inetPton(b, "AF_INET6", "") }
        }
    }

    /// An address that stands alone: `inet_pton(AF_INET6, "::1")`, or `inet_addr("…")`.
    func networkAddress(_ b: Bytes, family: UInt64) {
        switch family {
        case 2 where b.count >= 4: inetAddress(b.slice(0, 4))
        case 10 where b.count >= 16: spelled(b.slice(0, 16)) { inetPton(b.slice(0, 16), "AF_INET6", "") }
        default: out.string(b.raw, truncated: false, escaping: .all)
        }
    }

    private func inetPton(_ b: Bytes, _ family: Name, _ target: Name) {
        out.beginCall("inet_pton")
        out.element()
        out.verbatim(family)
        out.element()
        scratch.truncate(to: 0)
        scratch.inet6Address(b)
        out.string(scratch.bytes, truncated: false, escaping: .octal)
        if !target.isEmpty {
            out.element()
            out.verbatim("&")
            out.verbatim(target)
        }
        out.endCall()
    }

    /// A hardware address: `00:11:22:33:44:55`; at most `length` of the bytes that hold it.
    func hardwareAddress(_ b: Bytes, length: Int = .max) {
        spelled(b) {
            scratch.truncate(to: 0)
            for i in 0..<min(b.count, length) {
                if i > 0 { scratch.ascii(":") }
                scratch.hexDigits(UInt64(b.u8(i)), width: 2)
            }
            out.verbatim(scratch.bytes)
        }
    }

    /// An interface's index: `if_nametoindex("lo")`, or its number where it has no name.
    func interfaceIndex(_ v: UInt32) {
        scratch.truncate(to: 0)
        guard v != 0, options.constants != .raw, inspector.interfaceName(v, of: tid, into: scratch) else {
            out.unsigned(UInt64(v))
            return
        }
        if options.constants == .verbose {
            out.unsigned(UInt64(v))
            out.verbatim(" /* ")
        }
        out.beginCall("if_nametoindex")
        out.element()
        out.string(scratch.bytes, truncated: false, escaping: .octal)
        out.endCall()
        if options.constants == .verbose { out.verbatim(" */") }
    }

    /// `[0x1, 0x2]`, followed by `...` if there are `more`.
    func hexBytes(_ b: Bytes, more: Bool = false) {
        out.beginArray()
        for i in 0..<b.count {
            out.element()
            out.hex(UInt64(b.u8(i)))
        }
        if more { out.more() }
        out.endArray()
    }

    /// Bytes in quotes, in full.
    func quoted(_ b: Bytes) { out.string(b.raw, truncated: false) }

    /// The characters of a fixed-size field before its NUL; `...` if it has none.
    func cString(_ b: Bytes) {
        if let end = b.terminator {
            out.string(b.slice(0, end).raw, truncated: false)
        } else {
            out.string(b.slice(0, max(b.count - 1, 0)).raw, truncated: true)
        }
    }

    /// A number in hexadecimal with zeros, as C's `%#0*x` has it.
    func paddedHex(_ v: UInt64, width: Int) {
        scratch.truncate(to: 0)
        if v == 0 {
            scratch.decimal(0, width: width)
        } else {
            scratch.append("0x")
            scratch.hexDigits(v, width: width - 2)
        }
        out.verbatim(scratch.bytes)
    }
}

extension TextBuffer {
    /// Four bytes in dotted notation.
    func inetAddress(_ b: Bytes) {
        for i in 0..<4 {
            if i > 0 { ascii(".") }
            decimal(UInt64(b.u8(i)))
        }
    }

    /// Sixteen bytes as RFC 5952 has them, IPv4 tails dotted as the C library does.
    func inet6Address(_ b: Bytes) {
        func word(_ i: Int) -> UInt16 { b.u16(i * 2).byteSwapped }
        var best = 8
        var length = 1
        var i = 0
        while i < 8 {
            var n = 0
            while i + n < 8, word(i + n) == 0 { n += 1 }
            if n > length {
                best = i
                length = n
            }
            i += max(n, 1)
        }
        let dotted = best == 0 && (length == 6 || (length == 5 && word(5) == 0xffff))
        i = 0
        while i < 8 {
            if i == best {
                append("::")
                i += length
                continue
            }
            if i > 0 && i != best + length { ascii(":") }
            if i == 6 && dotted {
                inetAddress(b.slice(12, 4))
                return
            }
            hexDigits(UInt64(word(i)))
            i += 1
        }
    }
}
