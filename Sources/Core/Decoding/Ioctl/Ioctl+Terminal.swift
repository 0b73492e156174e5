// Terminals: termios(3), ioctl_tty(2).

extension IoctlRequest {
    static let terminals: [IoctlRequest] = [
        .init("TCGETS", 0x5401, .written(.structure(.termios))),
        .init("TCSETS", 0x5402, .read(.structure(.termios)),
            capture: .all([.like(.structure(.termios)), .kind(argument: 0)])),
        .init("TCSETSW", 0x5403, .read(.structure(.termios)),
            capture: .all([.like(.structure(.termios)), .kind(argument: 0)])),
        .init("TCSETSF", 0x5404, .read(.structure(.termios)),
            capture: .all([.like(.structure(.termios)), .kind(argument: 0)])),
        .init("TIOCGLCKTRMIOS", 0x5456, .written(.structure(.termios))),
        .init("TIOCSLCKTRMIOS", 0x5457, .read(.structure(.termios))),
        .init("TCGETS2", 0x802c542a, .written(.structure(.termios2))),
        .init("TCSETS2", 0x402c542b, .read(.structure(.termios2))),
        .init("TCSETSW2", 0x402c542c, .read(.structure(.termios2))),
        .init("TCSETSF2", 0x402c542d, .read(.structure(.termios2))),
        .init("TCGETA", 0x5405, .written(.structure(.termio))),
        .init("TCSETA", 0x5406, .read(.structure(.termio))),
        .init("TCSETAW", 0x5407, .read(.structure(.termio))),
        .init("TCSETAF", 0x5408, .read(.structure(.termio))),
        .init("TIOCGWINSZ", 0x5413, .written(.structure(.winsize))),
        .init("TIOCSWINSZ", 0x5414, .read(.structure(.winsize))),
        .init("TCXONC", 0x540a, .value(.enumerated64(.terminalFlowActions))),
        .init("TCFLSH", 0x540b, .value(.enumerated64(.terminalFlushQueues))),
        .init("TCSBRK", 0x5409, .value(.int)),
        .init("TCSBRKP", 0x5425, .value(.int)),
        .init("TIOCSCTTY", 0x540e, .value(.int)),
        .init("TIOCSTI", 0x5412, .read(.bytes(.constant(1)))),
        .init("TIOCMGET", 0x5415, .written(.pointee(.flags(.modemLines)))),
        .init("TIOCMBIS", 0x5416, .read(.pointee(.flags(.modemLines)))),
        .init("TIOCMBIC", 0x5417, .read(.pointee(.flags(.modemLines)))),
        .init("TIOCMSET", 0x5418, .read(.pointee(.flags(.modemLines)))),
        .init("TIOCGPGRP", 0x540f, .written(.pointee(.pgid))),
        .init("TIOCSPGRP", 0x5410, .read(.pointee(.pgid))),
        .init("TIOCGSID", 0x5429, .written(.pointee(.sid))),
        .init("TIOCOUTQ", 0x5411, .written(.pointee(.int))),
        .init("TIOCPKT", 0x5420, .read(.pointee(.int))),
        .init("TIOCGSOFTCAR", 0x5419, .written(.pointee(.int))),
        .init("TIOCSSOFTCAR", 0x541a, .read(.pointee(.int))),
        .init("TIOCGETD", 0x5424, .written(.pointee(.int))),
        .init("TIOCSETD", 0x5423, .read(.pointee(.int))),
        .init("TIOCGPTN", 0x80045430, .written(.pointee(.int))),
        .init("TIOCSPTLCK", 0x40045431, .read(.pointee(.int))),
        .init("TIOCGDEV", 0x80045432, .written(.pointee(.int))),
        .init("TIOCGEXCL", 0x80045440, .written(.pointee(.int))),
        .init("TIOCGPTPEER", 0x5441, .value(.hex), returns: .fd),
        .init("TIOCSBRK", 0x5427, .none),
        .init("TIOCCBRK", 0x5428, .none),
        .init("TIOCCONS", 0x541d, .none),
        .init("TIOCNOTTY", 0x5422, .none),
        .init("TIOCEXCL", 0x540c, .none),
        .init("TIOCNXCL", 0x540d, .none),
        .init("TIOCVHANGUP", 0x5437, .none),
        .init("TIOCSSERIAL", 0x541f, .none),
    ]
}

extension StructLayout {
    static let winsize = StructLayout(size: 8, [
        .init("ws_row", 0, .uint, width: 2), .init("ws_col", 2, .uint, width: 2),
        .init("ws_xpixel", 4, .uint, width: 2), .init("ws_ypixel", 6, .uint, width: 2),
    ])

    /// The kernel's `struct termios`, not the C library's.
    static let termios = StructLayout(size: 36, flags + [
        .init("c_line", 16, .enumerated(.terminalLineDisciplines), width: 1, .verbose),
        .init("c_cc", .verbose) { d, b in d.controlCharacters(b.slice(17, 19)) },
    ])

    static let termios2 = StructLayout(size: 44, flags + [
        .init("c_line", 16, .enumerated(.terminalLineDisciplines), width: 1, .verbose),
        .init("c_cc", .verbose) { d, b in d.controlCharacters(b.slice(17, 19)) },
        .init("c_ispeed", 36, .uint, .verbose),
        .init("c_ospeed", 40, .uint, .verbose),
    ])

    static let termio = StructLayout(size: 18, [
        .init("c_iflag") { d, b in d.terminalFlags(UInt32(b.u16(0)), .terminalInputFlags) },
        .init("c_oflag") { d, b in d.outputFlags(UInt32(b.u16(2))) },
        .init("c_cflag") { d, b in d.controlFlags(UInt32(b.u16(4))) },
        .init("c_lflag") { d, b in d.terminalFlags(UInt32(b.u16(6)), .terminalLocalFlags) },
        .init("c_line", 8, .enumerated(.terminalLineDisciplines), width: 1, .verbose),
        .init("c_cc", .verbose) { d, b in d.controlCharacters(b.slice(9, 8)) },
    ])

    private static let flags: [Field] = [
        .init("c_iflag") { d, b in d.terminalFlags(b.u32(0), .terminalInputFlags) },
        .init("c_oflag") { d, b in d.outputFlags(b.u32(4)) },
        .init("c_cflag") { d, b in d.controlFlags(b.u32(8)) },
        .init("c_lflag") { d, b in d.terminalFlags(b.u32(12), .terminalLocalFlags) },
    ]
}

extension Decoder {
    /// Flags of which none set is shown as nothing at all.
    fileprivate func terminalFlags(_ v: UInt32, _ table: ConstantTable) {
        if v != 0 { flags(v, table) }
    }

    /// `NL0|CR0|TAB0|BS0|VT0|FF0|OPOST`: every delay is named, zero or not.
    fileprivate func outputFlags(_ v: UInt32) {
        let delays: [(mask: UInt32, table: ConstantTable)] = [
            (0x100, .terminalNewlineDelays), (0x600, .terminalReturnDelays), (0x1800, .terminalTabDelays),
            (0x2000, .terminalBackspaceDelays), (0x4000, .terminalVerticalTabDelays),
            (0x8000, .terminalFormFeedDelays),
        ]
        for (mask, table) in delays {
            enumerated(v & mask, table)
            out.verbatim("|")
        }
        terminalFlags(v & ~0xff00, .terminalOutputFlags)
    }

    /// `B38400|CS8|CREAD`; another input speed stands as `B75<<IBSHIFT`.
    fileprivate func controlFlags(_ v: UInt32) {
        let speed: UInt32 = 0x100f
        let inputShift: UInt32 = 16
        let size: UInt32 = 0x30
        enumerated(v & speed, .terminalSpeeds)
        out.verbatim("|")
        if v & speed << inputShift != 0 {
            enumerated(v >> inputShift & speed, .terminalSpeeds)
            out.verbatim("<<")
            enumerated(inputShift, .inputSpeedShift)
            out.verbatim("|")
        }
        enumerated(v & size, .terminalCharacterSizes)
        out.verbatim("|")
        terminalFlags(v & ~(speed | speed << inputShift | size), .terminalControlFlags)
    }

    /// `[[VINTR]=0x3, …]`
    fileprivate func controlCharacters(_ b: Bytes) {
        out.beginArray()
        for i in 0..<b.count {
            out.element(index: ConstantTable.terminalControlCharacters.name(of: UInt64(i)) ?? "")
            out.hex(UInt64(b.u8(i)))
        }
        out.endArray()
    }
}
