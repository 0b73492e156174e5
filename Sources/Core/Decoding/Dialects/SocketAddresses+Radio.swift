// Addresses of Bluetooth and of amateur radio (AX.25).

extension Decoder {
    // MARK: Bluetooth

    /// Bluetooth's four kinds of address tell apart by their size alone.
    func bluetoothAddress(_ b: Bytes) -> Bool {
        switch b.count {
        case 4, 6:
            field("hci_dev")
            out.beginCall("htobs")
            out.element()
            out.unsigned(UInt64(b.u16(2)))
            out.endCall()
            guard b.count == 6 else { return true }
            field("hci_channel")
            enumerated(UInt64(b.u16(4)), .hciChannels)
        case 8:
            field("sco_bdaddr")
            hardwareAddress(b.slice(2, 6))
        case 10:
            field("rc_bdaddr")
            hardwareAddress(b.slice(2, 6))
            field("rc_channel")
            out.unsigned(UInt64(b.u8(8)))
        case 12, 14:
            field("l2_psm")
            l2cap(b.u16(2), .l2capMultiplexers)
            field("l2_bdaddr")
            hardwareAddress(b.slice(4, 6))
            field("l2_cid")
            l2cap(b.u16(10), .l2capChannels)
            guard b.count == 14 else { return true }
            field("l2_bdaddr_type")
            enumerated(UInt64(b.u8(12)), .bluetoothAddressTypes)
        default: return false
        }
        return true
    }

    /// A channel or multiplexer number; dynamic ones count from the start of their range.
    private func l2cap(_ v: UInt16, _ table: ConstantTable) {
        out.beginCall("htobs")
        out.element()
        let value = UInt64(v)
        if table.name(of: value) != nil {
            enumerated(value, table)
        } else if let range = l2capRange(v, table), options.constants != .raw {
            if options.constants == .verbose {
                out.hex(value)
                out.verbatim(" /* ")
            }
            enumerated(range, table)
            scratch.truncate(to: 0)
            scratch.ascii("+")
            scratch.decimal(value - range)
            out.verbatim(scratch.bytes)
            if options.constants == .verbose { out.verbatim(" */") }
        } else {
            enumerated(value, table)
        }
        out.endCall()
    }

    /// The start of the dynamic range a number lies in.
    private func l2capRange(_ v: UInt16, _ table: ConstantTable) -> UInt64? {
        if table === ConstantTable.l2capChannels { return v >= 0x40 ? 0x40 : nil }
        switch v {
        case 0x80...0xff: return 0x80
        case 0x1001...: return 0x1001
        default: return nil
        }
    }

    // MARK: AX.25

    /// A station's address and the digipeaters on the way to it.
    func ax25SocketAddress(_ b: Bytes) {
        let count = Int(b.i32(12))
        func station() {
            field("sax25_call")
            ax25Call(b.slice(2, 7))
            field("sax25_ndigis")
            out.signed(Int64(count))
        }
        if b.count == 16 && count == 0 {
            station()
            return
        }
        field("fsa_ax25")
        structure { station() }
        let room = b.count - 16
        if count > 0 {
            let there = min(room / 7, 8)
            field("fsa_digipeater")
            out.beginArray()
            for i in 0..<min(count, there) {
                out.element()
                ax25Call(b.slice(16 + i * 7, 7))
            }
            if count > room / 7 { out.more() }
            out.endArray()
        }
        if room % 7 != 0 || room > 8 * 7 { out.more() }
    }

    /// A call sign with its station number: `VALID-13`; spelled in bytes if it is none.
    private func ax25Call(_ b: Bytes) {
        let text = TextBuffer(capacity: 64)
        var proper = b.u8(6) & ~0x1e == 0
        var printable = true
        var length = 0
        for i in 0..<6 where b.u8(i) >> 1 != 0x20 { length = i + 1 }
        for i in 0..<6 {
            let byte = b.u8(i)
            let c = byte >> 1
            if byte & 1 != 0 { proper = false }
            guard i < length else { continue }
            switch c {
            case 0x41...0x5a, 0x30...0x39: break
            case 0x20..<0x7f: proper = false
            default:
                proper = false
                printable = false
            }
            // The text may stand in a comment: it must not end it.
            if c == 0x2f && i > 0 && b.u8(i - 1) >> 1 == 0x2a { printable = false }
            text.byte(c)
        }
        let station = (b.u8(6) >> 1) & 0xf
        if length == 0 && station == 0 && proper {
            text.ascii("*")
        } else {
            if length == 0 { proper = false }
            text.ascii("-")
            text.decimal(UInt64(station))
        }
        if proper && options.constants == .abbrev {
            out.verbatim(text.bytes)
            return
        }
        structure {
            field("ax25_call")
            out.string(b.raw, truncated: false, escaping: .all)
        }
        if printable && options.constants != .raw { out.comment(text.bytes) }
    }
}
