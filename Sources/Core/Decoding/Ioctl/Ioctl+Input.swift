// Input devices: <linux/input.h>. Many requests carry a length or an axis in their code.

extension IoctlRequest {
    static let input: [IoctlRequest] = [
        .init("EVIOCGVERSION", 0x80044501, .written(.pointee(.hex32))),
        .init("EVIOCGEFFECTS", 0x80044584, .written(.pointee(.uint))),
        .init("EVIOCGID", 0x80084502, .written(.structure(.inputID))),
        .init("EVIOCGREP", 0x80084503, .written(.array(.uint, .constant(2)))),
        .init("EVIOCSREP", 0x40084503, .read(.array(.uint, .constant(2)))),
        .init("EVIOCGKEYCODE", 0x80084504, .written(.custom { $0.inputKeycode($1) })),
        .init("EVIOCSKEYCODE", 0x40084504, .read(.custom { $0.inputKeycode($1) })),
        .init("EVIOCGKEYCODE_V2", 0x80284504, .written(.structure(.inputKeymapEntry))),
        .init("EVIOCSKEYCODE_V2", 0x40284504, .read(.structure(.inputKeymapEntry))),
        .init("EVIOCSFF", 0x40304580, .read(.structure(.forceFeedbackEffect))),
        .init("EVIOCRMFF", 0x40044581, .value(.int)),
        .init("EVIOCGRAB", 0x40044590, .value(.ulong)),
        .init("EVIOCREVOKE", 0x40044591, .value(.ulong)),
        .init("EVIOCGMASK", 0x80104592, .value(.address)),
        .init("EVIOCSMASK", 0x40104593, .value(.address)),
        .init("EVIOCSCLOCKID", 0x400445a0, .read(.pointee(.uint))),
    ]

    /// Requests whose code carries a length, an axis or an event type.
    static func input(_ code: Code) -> IoctlRequest? {
        let argument: Argument
        switch (code.direction, code.number) {
        case (Code.read, 0x06...0x08):
            argument = .written(.bytes(.result))
        case (Code.read, 0x09):
            argument = .bits(.inputProperties, last: 0x1f)
        case (Code.read, 0x0a):
            argument = .written(.custom { d, v in d.multitouchSlots(v, code.size) })
        case (Code.read, 0x18):
            argument = .bits(.inputKeys, last: 0x2ff)
        case (Code.read, 0x19):
            argument = .bits(.inputLeds, last: 0xf)
        case (Code.read, 0x1a):
            argument = .bits(.inputSounds, last: 0x7)
        case (Code.read, 0x1b):
            argument = .bits(.inputSwitches, last: 0x11)
        case (Code.read, 0x20...0x3f):
            argument = events(UInt64(code.number - 0x20))
        case (Code.read, 0x40...0x7f):
            argument = .written(.custom { d, v in d.absoluteAxis(v, code.size) })
        case (Code.write, 0xc0...0xff):
            argument = .read(.custom { d, v in d.absoluteAxis(v, code.size) })
        default:
            return nil
        }
        return IoctlRequest("", code.value, argument)
    }

    /// What `EVIOCGBIT(type, …)` tells: the codes of a type of event.
    private static func events(_ type: UInt64) -> Argument {
        switch type {
        case 0x00: .bits(.inputEvents, last: 0x1f)
        case 0x01: .bits(.inputKeys, last: 0x2ff)
        case 0x02: .bits(.inputRelativeAxes, last: 0xf)
        case 0x03: .bits(.inputAbsoluteAxes, last: 0x3f)
        case 0x04: .bits(.inputMiscellany, last: 0x7)
        case 0x05: .bits(.inputSwitches, last: 0x11)
        case 0x11: .bits(.inputLeds, last: 0xf)
        case 0x12: .bits(.inputSounds, last: 0x7)
        case 0x14: .bits(.inputAutorepeat, last: 0x1)
        case 0x15: .bits(.inputForceFeedback, last: 0x7f)
        case 0x16: .written(.pointee(.int))
        case 0x17: .bits(.inputForceFeedbackStatus, last: 0x1)
        default: .value(.address)
        }
    }
}

extension IoctlRequest.Argument {
    /// A bitmap of named bits of which the result says how many bytes there are.
    fileprivate static func bits(_ table: ConstantTable, last: Int) -> Self {
        .written(.custom { d, v in d.inputBits(v, table, last: last) })
    }
}

extension StructLayout {
    static let inputID = StructLayout(size: 8, [
        .init("bustype", 0, .uint, width: 2), .init("vendor", 2, .uint, width: 2),
        .init("product", 4, .uint, width: 2), .init("version", 6, .uint, width: 2),
    ])

    static let inputKeymapEntry = StructLayout(size: 40, [
        .init("flags", 0, .uint, width: 1), .init("len", 1, .uint, width: 1),
        .init("index", 2, .uint, width: 2, .verbose),
        .init("keycode", 4, .enumerated(.inputKeys), .verbose),
        .init("scancode", .verbose) { d, b in d.elements(b.slice(8, 32), .sized(.hex32, 1)) },
    ])

    static let forceFeedbackEffect = StructLayout(size: 48, [
        .init("type", 0, .enumerated(.inputForceFeedback), width: 2),
        .init("id", 2, .int, width: 2),
        .init("direction", 4, .uint, width: 2),
        .init("trigger", .verbose) { d, b in d.structure(b.slice(6, 4), .forceFeedbackTrigger) },
        .init("replay", .verbose) { d, b in d.structure(b.slice(10, 4), .forceFeedbackReplay) },
        .init(rest: .verbose) { d, b in
            guard let (name, layout) = effects[Int(b.u16(0))] else { return }
            d.field(name)
            d.structure(b.slice(16), layout)
        },
    ])

    /// The member of the effect's union by its type.
    private static let effects: [Int: (Name, StructLayout)] = [
        0x50: ("rumble", .init(size: 4, [
            .init("strong_magnitude", 0, .uint, width: 2), .init("weak_magnitude", 2, .uint, width: 2),
        ])),
        0x51: ("periodic", .init(size: 32, [
            .init("waveform", 0, .uint, width: 2), .init("period", 2, .uint, width: 2),
            .init("magnitude", 4, .int, width: 2), .init("offset", 6, .int, width: 2),
            .init("phase", 8, .uint, width: 2),
            .init("envelope") { d, b in d.structure(b.slice(10, 8), .forceFeedbackEnvelope) },
            .init("custom_len", 20, .uint), .init("custom_data", 24, .address),
        ])),
        0x52: ("constant", .init(size: 10, [
            .init("level", 0, .int, width: 2),
            .init("envelope") { d, b in d.structure(b.slice(2, 8), .forceFeedbackEnvelope) },
        ])),
        0x57: ("ramp", .init(size: 12, [
            .init("start_level", 0, .int, width: 2), .init("end_level", 2, .int, width: 2),
            .init("envelope") { d, b in d.structure(b.slice(4, 8), .forceFeedbackEnvelope) },
        ])),
    ]

    private static let forceFeedbackTrigger = StructLayout(size: 4, [
        .init("button", 0, .uint, width: 2), .init("interval", 2, .uint, width: 2),
    ])
    private static let forceFeedbackReplay = StructLayout(size: 4, [
        .init("length", 0, .uint, width: 2), .init("delay", 2, .uint, width: 2),
    ])
    private static let forceFeedbackEnvelope = StructLayout(size: 8, [
        .init("attack_length", 0, .uint, width: 2), .init("attack_level", 2, .uint, width: 2),
        .init("fade_length", 4, .uint, width: 2), .init("fade_level", 6, .hex32, width: 2),
    ])
    fileprivate static let absoluteInfo = StructLayout(size: 24, [
        .init("value", 0, .uint), .init("minimum", 4, .uint), .init("maximum", 8, .uint, .verbose),
        .init("fuzz", 12, .uint, .verbose), .init("flat", 16, .uint, .verbose),
    ])
}

extension Decoder {
    /// `[scancode, KEY_…]`
    fileprivate func inputKeycode(_ address: UInt64) {
        object(address, 8) { b in
            out.beginArray()
            out.element()
            out.unsigned(UInt64(b.u32(0)))
            out.element()
            enumerated(b.u32(4), .inputKeys)
            out.endArray()
        }
    }

    /// `{value=…}` in the size that the request says: older kernels knew no resolution.
    fileprivate func absoluteAxis(_ address: UInt64, _ size: Int) {
        let resolution = 20
        guard size >= resolution else {
            out.address(address)
            return
        }
        object(address, min(size, 24)) { b in
            structure {
                fields(b, .absoluteInfo)
                guard !abbreviating else { return }
                if size >= resolution + 4 {
                    field("resolution")
                    out.unsigned(UInt64(b.u32(resolution)))
                }
                if size > resolution && size != resolution + 4 { out.more() }
            }
        }
    }

    /// `{code=ABS_MT_…, values=[…]}`
    fileprivate func multitouchSlots(_ address: UInt64, _ size: Int) {
        guard size >= 4 else {
            out.address(address)
            return
        }
        object(address, size & ~3) { b in
            structure {
                field("code")
                enumerated(b.u32(0), .inputMultitouchAxes)
                field("values")
                elements(b.slice(4), .int)
            }
        }
    }

    /// `[KEY_1 KEY_2]`: the names of the bits set in as many bytes as the call returned; the
    /// words themselves under `-X raw`.
    fileprivate func inputBits(_ address: UInt64, _ table: ConstantTable, last: Int) {
        let bytes = min(Int(clamping: result), last / 8 + 1)
        guard !failed, bytes > 0, follows(address), let b = read(address, (bytes + 7) & ~7) else {
            out.address(address)
            return
        }
        if options.constants != .raw { setBits(b, count: min(bytes * 8, last + 1), table) }
        guard options.constants != .abbrev else { return }
        if options.constants == .verbose { out.verbatim(" /* ") }
        elements(b, .hex)
        if options.constants == .verbose { out.verbatim(" */") }
    }

    private func setBits(_ b: Bytes, count: Int, _ table: ConstantTable) {
        let limit = abbreviating ? 4 : Int.max
        var shown = 0
        out.verbatim("[")
        for i in 0..<count where b.u8(i / 8) >> UInt8(i % 8) & 1 != 0 {
            if shown > 0 { out.verbatim(" ") }
            if shown == limit {
                out.verbatim("...")
                break
            }
            shown += 1
            enumerated(UInt64(i), table)
        }
        out.verbatim("]")
    }

    /// `EVIOCGABS(ABS_X)` and kin; false if the code is none of them.
    func inputRequestName(_ code: IoctlRequest.Code) -> Bool {
        switch (code.direction, code.number) {
        case (2, 0x06): numbered("EVIOCGNAME", UInt64(code.size))
        case (2, 0x07): numbered("EVIOCGPHYS", UInt64(code.size))
        case (2, 0x08): numbered("EVIOCGUNIQ", UInt64(code.size))
        case (2, 0x09): numbered("EVIOCGPROP", UInt64(code.size))
        case (2, 0x0a): numbered("EVIOCGMTSLOTS", UInt64(code.size))
        case (2, 0x18): numbered("EVIOCGKEY", UInt64(code.size))
        case (2, 0x19): numbered("EVIOCGLED", UInt64(code.size))
        case (2, 0x1a): numbered("EVIOCGSND", UInt64(code.size))
        case (2, 0x1b): numbered("EVIOCGSW", UInt64(code.size))
        case (2, 0x20...0x3f):
            out.beginCall("EVIOCGBIT")
            out.element()
            let type = UInt64(code.number - 0x20)
            // Type 0 asks for the types themselves.
            if type == 0 { out.unsigned(0) } else { requestPart(type, .inputEvents) }
            out.element()
            out.unsigned(UInt64(code.size))
            out.endCall()
        case (2, 0x40...0x7f): axis("EVIOCGABS", UInt64(code.number - 0x40))
        case (1, 0xc0...0xff): axis("EVIOCSABS", UInt64(code.number - 0xc0))
        default: return false
        }
        return true
    }

    private func axis(_ name: Name, _ axis: UInt64) {
        out.beginCall(name)
        out.element()
        requestPart(axis, .inputAbsoluteAxes)
        out.endCall()
    }

    /// A constant inside a request's name, which is itself the comment under `-X verbose`.
    private func requestPart(_ v: UInt64, _ table: ConstantTable) {
        if let name = table.name(of: v) {
            out.verbatim(name)
        } else if options.constants == .verbose {
            out.hex(v)
        } else {
            out.unnamed(v, radix: .hex, table.unknown)
        }
    }
}
