// The Linux console: ioctl_console(2), <linux/kd.h>.

extension IoctlRequest {
    static let console: [IoctlRequest] = [
        .init("KDENABIO", 0x4b36, .none),
        .init("KDDISABIO", 0x4b37, .none),
        .init("KDMAPDISP", 0x4b3c, .none),
        .init("KDUNMAPDISP", 0x4b3d, .none),
        .init("PIO_FONTRESET", 0x4b6d, .none),
        .init("KDADDIO", 0x4b34, .value(.custom { $0.ioPort($1) })),
        .init("KDDELIO", 0x4b35, .value(.custom { $0.ioPort($1) })),
        .init("KIOCSOUND", 0x4b2f, .value(.custom { $0.consoleSound($1) })),
        .init("KDMKTONE", 0x4b30, .value(.custom { $0.consoleTone($1) })),
        .init("KDGETLED", 0x4b31, .written(.pointee(.sized(.flags(.ledIndicators), 1)))),
        .init("KDSETLED", 0x4b32, .value(.custom { d, v in d.flags(v & 0xff, .ledIndicators) })),
        .init("KDGKBLED", 0x4b64, .written(.pointee(.sized(.flags(.keyboardLeds), 1)))),
        .init("KDSKBLED", 0x4b65, .value(.custom { d, v in d.flags(v & 0xff, .keyboardLeds) })),
        .init("KDGKBTYPE", 0x4b33, .written(.pointee(.sized(.enumerated(.keyboardKinds), 1)))),
        .init("KDGETMODE", 0x4b3b, .written(.pointee(.enumerated(.consoleModes)))),
        .init("KDSETMODE", 0x4b3a, .value(.enumerated(.consoleModes))),
        .init("KDGKBMODE", 0x4b44, .written(.pointee(.keyboardMode))),
        .init("KDSKBMODE", 0x4b45, .value(.keyboardMode)),
        .init("KDGKBMETA", 0x4b62, .written(.pointee(.enumerated(.keyboardMeta)))),
        .init("KDSKBMETA", 0x4b63, .value(.enumerated(.keyboardMeta))),
        .init("KDSIGACCEPT", 0x4b4e, .value(.custom { d, v in
            if v <= 64 { d.signal(v) } else { d.out.unsigned(v) }
        })),
        .init("KDGETKEYCODE", 0x4b4c, .dialect { $0.keycode() }, capture: .always(.memory(.constant(8)))),
        .init("KDSETKEYCODE", 0x4b4d, .read(.structure(.keycode))),
        .init("KDGKBENT", 0x4b46, .dialect { $0.keyboardEntry(set: false) },
            capture: .always(.memory(.constant(4)))),
        .init("KDSKBENT", 0x4b47, .dialect { $0.keyboardEntry(set: true) },
            capture: .always(.memory(.constant(4)))),
        .init("KDGKBSENT", 0x4b48, .dialect { $0.keyboardString(set: false) },
            capture: .always(.memory(.constant(513)))),
        .init("KDSKBSENT", 0x4b49, .dialect { $0.keyboardString(set: true) },
            capture: .always(.memory(.constant(513)))),
        .init("KDGKBDIACR", 0x4b4a, .written(.diacritics), capture: .atExit(.diacritics(3))),
        .init("KDSKBDIACR", 0x4b4b, .read(.diacritics), capture: .diacritics(3)),
        .init("KDGKBDIACRUC", 0x4bfa, .written(.unicodeDiacritics), capture: .atExit(.diacritics(12))),
        .init("KDSKBDIACRUC", 0x4bfb, .read(.unicodeDiacritics), capture: .diacritics(12)),
        .init("KDKBDREP", 0x4b52, .changed(.structure(.keyboardRepeat))),
        .init("GIO_FONT", 0x4b60, .written(.hexadecimal(8192))),
        .init("PIO_FONT", 0x4b61, .read(.hexadecimal(8192))),
        .init("GIO_SCRNMAP", 0x4b40, .written(.hexadecimal(256))),
        .init("PIO_SCRNMAP", 0x4b41, .read(.hexadecimal(256))),
        .init("GIO_CMAP", 0x4b70, .written(.hexadecimal(48))),
        .init("PIO_CMAP", 0x4b71, .read(.hexadecimal(48))),
        .init("GIO_UNISCRNMAP", 0x4b69, .written(.array(.glyph, .constant(256)))),
        .init("PIO_UNISCRNMAP", 0x4b6a, .read(.array(.glyph, .constant(256)))),
        .init("GIO_UNIMAP", 0x4b66, .dialect { $0.unicodeMap() },
            capture: .always(.all([.memory(.constant(16)), .through(8, .memory(.field(0, width: 2), scale: 4, most: 1 << 18))]))),
        .init("PIO_UNIMAP", 0x4b67, .read(.structure(.unicodeMap))),
        .init("PIO_UNIMAPCLR", 0x4b68, .read(.structure(.unicodeMapAdvice))),
        .init("GIO_FONTX", 0x4b6b, .answered(.consoleFontRoom, by: .consoleFont)),
        .init("PIO_FONTX", 0x4b6c, .read(.structure(.consoleFont))),
        .init("KDFONTOP", 0x4b72, .dialect { $0.fontOperation() },
            capture: .both(.all([.memory(.constant(32)), .through(24, .all([.string(most: 32), .buffer(.shown)]))]))),
    ]
}

extension ValueKind {
    fileprivate static let keyboardMode = ValueKind.sized(
        .custom { d, v in
            d.enumerated(UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: v))), .keyboardModes, radix: .decimal)
        }, 4)
    /// `UNI_DIRECT_BASE+0x15`: characters that mean glyphs of the font.
    fileprivate static let glyph = ValueKind.sized(
        .custom { d, v in
            guard v & ~0x1ff == 0xf000 else {
                d.out.hex(v)
                return
            }
            guard d.out.beginSymbolic(v, radix: .hex) else { return }
            d.out.verbatim("UNI_DIRECT_BASE+")
            d.out.hex(v & 0x1ff)
            d.out.endSymbolic()
        }, 2)
    fileprivate static let diacritics = ValueKind.custom { d, v in
        d.diacritics(v, "kbdiacr", stride: 3) { r, i in d.keyCharacter(r.u8(i)) }
    }
    fileprivate static let unicodeDiacritics = ValueKind.custom { d, v in
        d.diacritics(v, "kbdiacruc", stride: 12) { r, i in d.out.hex(UInt64(r.u32(4 * i))) }
    }
    /// Bytes at an address, every one in hexadecimal.
    fileprivate static func hexadecimal(_ count: Int) -> ValueKind {
        .custom { d, v in
            // The one that shows that there are more has to be there as well.
            let read = min(count, d.options.stringLimit + 1)
            if d.follows(v), d.read(v &+ UInt64(read) &- 1, 1) != nil { d.hexBytes(v, count) } else { d.out.address(v) }
        }
    }
}

extension StructLayout {
    fileprivate static let keycode = StructLayout(size: 8, [.init("scancode", 0, .hex32), .init("keycode", 4, .hex32)])
    fileprivate static let keyboardRepeat = StructLayout(size: 8, [.init("delay", 0, .int), .init("period", 4, .int)])
    fileprivate static let unicodeMap = StructLayout(size: 16, capture: .through(8, .memory(.field(0, width: 2), scale: 4, most: 1 << 18)), [
        .init("entry_ct", 0, .uint, width: 2),
        .init("entries") { d, b in
            d.unicodePairs(b)
        },
    ])
    fileprivate static let unicodePair = StructLayout(size: 4, [
        .init("unicode", 0, .hex32, width: 2), .init("fontpos", 2, .hex32, width: 2),
    ])
    fileprivate static let unicodeMapAdvice = StructLayout(size: 6, [
        .init("advised_hashsize", 0, .uint, width: 2), .init("advised_hashstep", 2, .uint, width: 2),
        .init("advised_hashlevel", 4, .uint, width: 2),
    ])
    fileprivate static let consoleFont = StructLayout(size: 16, capture: .through(8, .buffer(.shown)), [
        .init("charcount", 0, .uint, width: 2), .init("charheight", 2, .uint, width: 2),
        .init("chardata") { d, b in d.fontData(b.u64(8), glyphs: UInt64(b.u16(0)), bytes: 32) },
    ])
    fileprivate static let consoleFontRoom = StructLayout(size: 16, [
        .init("charcount", 0, .uint, width: 2), .init("charheight", 2, .uint, width: 2), .init("chardata", 8, .address),
    ])
    /// `struct console_font_op`.
    fileprivate static let fontOperation = StructLayout(size: 32, [])
}

extension Decoder {
    /// The timer's frequency, of which console sounds are divisions.
    private static let timer: UInt64 = 1_193_182

    fileprivate func consoleSound(_ v: UInt64) {
        out.unsigned(v)
        guard options.constants != .raw else { return }
        scratch.truncate(to: 0)
        if v == 0 {
            scratch.append("off")
        } else {
            scratch.decimal(Self.timer / v)
            scratch.append(" Hz")
        }
        if v > Self.timer {
            scratch.truncate(to: 0)
            scratch.append("off")
        }
        out.comment(scratch.bytes)
    }

    fileprivate func consoleTone(_ v: UInt64) {
        let ticks = v & 0xffff
        let duration = v >> 16 & 0xffff
        if duration != 0 {
            out.unsigned(duration)
            out.verbatim("<<16|")
        }
        out.unsigned(ticks)
        guard options.constants != .raw else { return }
        scratch.truncate(to: 0)
        if ticks == 0 || duration == 0 {
            scratch.append("off")
        } else {
            scratch.decimal(Self.timer / ticks)
            scratch.append(" Hz, ")
            scratch.decimal(duration)
            scratch.append(" ms")
        }
        out.comment(scratch.bytes)
    }

    /// `{scancode=0x1, keycode=0x2}`: told even if the call failed.
    fileprivate func keycode() -> Syscall.Progress {
        extended(call[2], 8) { b in
            field(entering ? "scancode" : "keycode")
            out.hex(UInt64(b.u32(entering ? 0 : 4)))
        }
    }

    /// `{kb_table=K_NORMTAB, kb_index=1, kb_value=…}`: the key and what it means, each told if it can be read.
    fileprivate func keyboardEntry(set: Bool) -> Syscall.Progress {
        told(call[2], 2, set: set) { b in
            field("kb_table")
            keyboardTable(UInt64(b.u8(0)))
            field("kb_index")
            out.unsigned(UInt64(b.u8(1)))
        } then: {
            field("kb_value")
            if let b = read(call[2] &+ 2, 2) { keyboardSymbol(b.u16(0)) } else { out.verbatim("???") }
        }
    }

    /// `{kb_func=KVAL(K_F1), kb_string="…"}`
    fileprivate func keyboardString(set: Bool) -> Syscall.Progress {
        told(call[2], 1, set: set) { b in
            field("kb_func")
            keyboardFunction(b.u8(0))
        } then: {
            field("kb_string")
            string(call[2] &+ 1, limit: 512)
        }
    }

    /// A structure whose second part is an input as well if it is `set`, otherwise a result.
    private func told(
        _ address: UInt64, _ size: Int, set: Bool, _ asked: (Bytes) -> Void, then answer: () -> Void
    ) -> Syscall.Progress {
        if entering {
            guard follows(address), let b = read(address, size) else {
                out.address(address)
                return .complete
            }
            out.beginStructure()
            asked(b)
            guard set else { return .sameAtExit }
        }
        if set || !failed { answer() }
        out.endStructure()
        return .complete
    }

    /// `{kb_cnt=1, kbdiacr=[{diacr='(', base=')', result='*'}]}`
    fileprivate func diacritics(_ address: UInt64, _ name: Name, stride: Int, _ character: (Bytes, Int) -> Void) {
        object(address, 4) { b in
            let count = b.u32(0)
            structure {
                field("kb_cnt")
                out.unsigned(UInt64(count))
                field(name)
                array(address &+ 4, count: Int(count), stride: stride, limit: 256) { r in
                    structure {
                        let names: [Name] = ["diacr", "base", "result"]
                        for (i, name) in names.enumerated() {
                            field(name)
                            character(r, i)
                        }
                    }
                }
            }
        }
    }

    /// `{entry_ct=2 => 1, entries=[…]}`
    fileprivate func unicodeMap() -> Syscall.Progress {
        extended(call[2], 16) { b in
            let count = b.u16(0)
            if entering {
                kept = UInt64(count)
                field("entry_ct")
                out.unsigned(UInt64(count))
                return
            }
            if UInt64(count) != kept {
                out.changed()
                out.unsigned(UInt64(count))
            }
            field("entries")
            if failed { out.address(b.u64(8)) } else { unicodePairs(b) }
        }
    }

    fileprivate func unicodePairs(_ b: Bytes) {
        array(b.u64(8), count: Int(b.u16(0)), stride: 4) { structure($0, .unicodePair) }
    }

    /// `0x3c0 /* GPFIRST + 12 */`: a port of the video adapter.
    fileprivate func ioPort(_ v: UInt64) {
        out.hex(v)
        let first: UInt64 = 0x3b4
        guard options.constants != .raw, (first...0x3df).contains(v) else { return }
        scratch.truncate(to: 0)
        scratch.append("GPFIRST + ")
        scratch.decimal(v - first)
        out.comment(scratch.bytes)
    }

    /// `{op=KD_FONT_OP_GET, …} => {width=…}`: each operation has fields of its own.
    fileprivate func fontOperation() -> Syscall.Progress {
        // Setting and copying a font changes nothing.
        guard entering || kept == 0 else { return .complete }
        return answered(call[2], StructLayout.fontOperation.size) { b in
            kept = b.u32(0) == 0 || b.u32(0) == 3 ? 1 : 0
            structure {
                field("op")
                enumerated(b.u32(0), .fontOperations)
                switch b.u32(0) {
                case 2:
                    fontSize(b)
                    field("data")
                    fontName(b.u64(24))
                case 3: unsignedField("height", b.u32(12))
                default:
                    field("flags")
                    flags(b.u32(4), .fontFlags)
                    fontSize(b)
                    unsignedField("charcount", b.u32(16))
                    field("data")
                    if b.u32(0) == 0 {
                        fontData(b.u64(24), glyphs: UInt64(b.u32(16)), bytes: (UInt64(b.u32(8)) + 7) / 8 * 32)
                    } else {
                        out.address(b.u64(24))
                    }
                }
            }
        } _: { b in
            structure {
                fontSize(b)
                guard b.u32(0) != 2 else { return }
                unsignedField("charcount", b.u32(16))
                field("data")
                if b.u32(0) == 1 {
                    fontData(b.u64(24), glyphs: UInt64(b.u32(16)), bytes: (UInt64(b.u32(8)) + 7) / 8 * 32)
                } else {
                    out.address(b.u64(24))
                }
            }
        }
    }

    private func fontSize(_ b: Bytes) {
        unsignedField("width", b.u32(8))
        unsignedField("height", b.u32(12))
    }

    private func unsignedField(_ name: Name, _ v: UInt32) {
        field(name)
        out.unsigned(UInt64(v))
    }

    fileprivate func keyboardTable(_ v: UInt64) {
        if v < 4 { enumerated(v, .keyboardTables) } else { flags(v, .keyboardModifiers) }
    }

    /// `0x100 /* K_F1 */`, `0x61 /* K(KT_LATIN, 'a') */`
    fileprivate func keyboardSymbol(_ v: UInt16) {
        out.hex(UInt64(v))
        guard options.constants != .raw else { return }
        out.verbatim(" /* ")
        if let name = ConstantTable.keyboardSymbols.name(of: UInt64(v)) {
            out.verbatim(name)
        } else {
            let type = UInt64(v >> 8)
            out.beginCall("K")
            out.element()
            if let name = ConstantTable.keyboardTypes.name(of: type) { out.verbatim(name) } else { out.hex(type) }
            out.element()
            switch type {
            // Latin, meta, letter and dead keys are characters.
            case 0, 8, 11, 13: keyCharacter(UInt8(truncatingIfNeeded: v))
            default: out.hex(UInt64(v & 0xff))
            }
            out.endCall()
        }
        out.verbatim(" */")
    }

    fileprivate func keyCharacter(_ c: UInt8) {
        let escapes: [Name] = ["'\\t'", "'\\n'", "'\\v'", "'\\f'", "'\\r'"]
        if (9...13).contains(c) { out.verbatim(escapes[Int(c) - 9]) } else { character(c) }
    }

    /// `KVAL(K_F1)`
    fileprivate func keyboardFunction(_ v: UInt8) {
        guard out.beginSymbolic(UInt64(v), radix: .hex) else { return }
        let function: UInt64 = 0x100
        out.beginCall("KVAL")
        out.element()
        if let name = ConstantTable.keyboardSymbols.name(of: function | UInt64(v)) {
            out.verbatim(name)
        } else {
            out.hex(UInt64(v))
        }
        out.endCall()
        out.endSymbolic()
    }

    /// `MAX_FONT_NAME` bytes at most, the last of which ought to be NUL.
    private func fontName(_ address: UInt64) {
        let size = 32
        guard address != 0, let b = readSome(address, size), b.terminator != nil || b.count == size else {
            out.address(address)
            return
        }
        let shown = min(b.terminator ?? size - 1, options.stringLimit)
        out.string(b.slice(0, shown).raw, truncated: b.terminator != shown)
    }

    fileprivate func fontData(_ address: UInt64, glyphs: UInt64, bytes: UInt64) {
        let count = Int(clamping: glyphs &* bytes)
        if canRead(address, min(count, options.stringLimit)) {
            hexBytes(address, count)
        } else {
            out.address(address)
        }
    }
}

extension Capture {
    fileprivate static func diacritics(_ stride: Int) -> Capture { .memory(.field(0), scale: stride, plus: 4) }
}
