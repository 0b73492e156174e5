// GPIO chips and lines: <linux/gpio.h>, both versions of the interface.

extension IoctlRequest {
    static let gpio: [IoctlRequest] = [
        .init("GPIO_GET_CHIPINFO_IOCTL", 0x8044b401, .written(.structure(.gpioChipInfo))),
        .init("GPIO_GET_LINEINFO_IOCTL", 0xc048b402, .answered(.gpioLineOffset, by: .gpioLineInfo)),
        .init("GPIO_GET_LINEINFO_WATCH_IOCTL", 0xc048b40b, .answered(.gpioLineOffset, by: .gpioLineInfo)),
        .init("GPIO_GET_LINEINFO_UNWATCH_IOCTL", 0xc004b40c, .read(.structure(.gpioOffset))),
        .init("GPIO_GET_LINEHANDLE_IOCTL", 0xc16cb403, .answered(.gpioHandleRequest, by: .gpioHandleDescriptor)),
        .init("GPIO_GET_LINEEVENT_IOCTL", 0xc030b404, .answered(.gpioEventRequest, by: .gpioEventDescriptor)),
        .init("GPIOHANDLE_GET_LINE_VALUES_IOCTL", 0xc040b408, .written(.structure(.gpioHandleData))),
        .init("GPIOHANDLE_SET_LINE_VALUES_IOCTL", 0xc040b409, .read(.structure(.gpioHandleData))),
        .init("GPIOHANDLE_SET_CONFIG_IOCTL", 0xc054b40a, .read(.structure(.gpioHandleConfig))),
        .init("GPIO_V2_GET_LINEINFO_IOCTL", 0xc100b405, .answered(.gpioV2LineOffset, by: .gpioV2LineInfo)),
        .init("GPIO_V2_GET_LINEINFO_WATCH_IOCTL", 0xc100b406, .answered(.gpioV2LineOffset, by: .gpioV2LineInfo)),
        .init("GPIO_V2_GET_LINE_IOCTL", 0xc250b407, .answered(.gpioV2LineRequest, by: .gpioLineDescriptor)),
        .init("GPIO_V2_LINE_GET_VALUES_IOCTL", 0xc010b40e, .answered(.gpioLineValuesMask, by: .gpioLineValuesBits)),
        .init("GPIO_V2_LINE_SET_VALUES_IOCTL", 0xc010b40f, .read(.structure(.gpioLineValues))),
        .init("GPIO_V2_LINE_SET_CONFIG_IOCTL", 0xc110b40d, .read(.structure(.gpioV2LineConfig))),
    ]
}

extension StructLayout {
    static let gpioChipInfo = StructLayout(size: 68, [
        .init("name") { d, b in d.cString(b.slice(0, 32)) },
        .init("label") { d, b in d.cString(b.slice(32, 32)) }, .init("lines", 64, .uint),
    ])
    static let gpioLineOffset = StructLayout(size: 72, [
        .init("line_offset", 0, .uint),
    ])
    static let gpioLineInfo = StructLayout(size: 72, [
        .init("flags", 4, .flags(.gpioLineFlags)), .init("name") { d, b in d.cString(b.slice(8, 32)) },
        .init("consumer") { d, b in d.cString(b.slice(40, 32)) },
    ])
    static let gpioEventRequest = StructLayout(size: 48, [
        .init("lineoffset", 0, .uint), .init("handleflags", 4, .flags(.gpioHandleFlags)),
        .init("eventflags", 8, .flags(.gpioEventFlags)),
        .init("consumer_label") { d, b in d.cString(b.slice(12, 32)) },
    ])
    static let gpioEventDescriptor = StructLayout(size: 48, [
        .init("fd", 44, .fd),
    ])
    static let gpioHandleDescriptor = StructLayout(size: 364, [
        .init("fd", 360, .fd),
    ])
    static let gpioLineDescriptor = StructLayout(size: 592, [
        .init("fd", 588, .fd),
    ])
    static let gpioV2LineOffset = StructLayout(size: 256, [
        .init("offset", 64, .uint),
    ])
    static let gpioLineValuesMask = StructLayout(size: 16, [
        .init("mask", 8, .hex),
    ])
    static let gpioLineValuesBits = StructLayout(size: 16, [
        .init("bits", 0, .hex),
    ])
    static let gpioLineValues = StructLayout(size: 16, [
        .init("bits", 0, .hex), .init("mask", 8, .hex),
    ])
    static let gpioOffset = StructLayout(size: 4, [.init("offset", 0, .uint)])
    static let gpioHandleRequest = StructLayout(size: 364, [
        .init("lines", 356, .uint),
        .init("lineoffsets") { d, b in d.elements(b.slice(0, 4 * min(Int(b.u32(356)), 64)), .uint, shortened: true) },
        .init("flags", 256, .flags(.gpioHandleFlags)),
        .init("default_values") { d, b in
            d.elements(b.slice(260, min(Int(b.u32(356)), 64)), .sized(.uint, 1), shortened: true)
        },
        .init("consumer_label") { d, b in d.cString(b.slice(324, 32)) },
    ])
    static let gpioHandleConfig = StructLayout(size: 84, [
        .init("flags", 0, .flags(.gpioHandleFlags)),
        .init("default_values") { d, b in d.elements(b.slice(4, 64), .sized(.uint, 1), shortened: true) },
    ])
    static let gpioHandleData = StructLayout(size: 64, [
        .init("values") { d, b in d.elements(b, .sized(.uint, 1), shortened: true) },
    ])
    static let gpioV2LineInfo = StructLayout(size: 256, [
        .init("name") { d, b in d.cString(b.slice(0, 32)) },
        .init("consumer") { d, b in d.cString(b.slice(32, 32)) },
        .init("flags", 72, .flags64(.gpioV2LineFlags)),
        .init("num_attrs", 68, .uint),
        .init(rest: .always) { d, b in
            d.gpioAttributes(b.slice(80, 160), Int(b.u32(68)), stride: 16)
            d.nonzeroElements("padding", b.slice(240, 16), .hex32)
        },
    ])
    static let gpioV2LineRequest = StructLayout(size: 592, [
        .init("num_lines", 560, .uint),
        .init("offsets") { d, b in d.elements(b.slice(0, 4 * min(Int(b.u32(560)), 64)), .uint, shortened: true) },
        .init("consumer") { d, b in d.cString(b.slice(256, 32)) },
        .init("config") { d, b in d.structure(b.slice(288, 272), .gpioV2LineConfig) },
        .init("event_buffer_size", 564, .uint, .nonzero),
        .init(rest: .always) { d, b in d.nonzeroElements("padding", b.slice(568, 20), .hex32) },
    ])
    static let gpioV2LineConfig = StructLayout(size: 272, [
        .init("flags", 0, .flags64(.gpioV2LineFlags)),
        .init("num_attrs", 8, .uint),
        .init(rest: .always) { d, b in
            d.nonzeroElements("padding", b.slice(12, 20), .hex32)
            d.gpioAttributes(b.slice(32, 240), Int(b.u32(8)), stride: 24)
        },
    ])
}

extension Decoder {
    /// `attrs=[{flags=…}, {debounce_period_us=…}]`; attributes of a request (24 bytes) also
    /// say for which lines: `{flags=…, mask=0x1}`.
    fileprivate func gpioAttributes(_ b: Bytes, _ count: Int, stride: Int) {
        guard count > 0 else { return }
        field("attrs")
        out.beginArray()
        for i in 0..<min(count, b.count / stride) {
            out.element()
            structure {
                let attribute = b.slice(i * stride, stride)
                let isKnown = attribute.u32(4) == 0 && (1...3).contains(attribute.u32(0))
                if stride == 16 || isKnown {
                    gpioAttribute(attribute, isKnown)
                } else {
                    field("attr")
                    structure { gpioAttribute(attribute, false) }
                }
                if stride > 16 {
                    field("mask")
                    out.hex(attribute.u64(16))
                }
            }
        }
        out.endArray()
    }

    private func gpioAttribute(_ b: Bytes, _ isKnown: Bool) {
        guard isKnown else {
            field("id")
            out.unsigned(UInt64(b.u32(0)))
            if b.u32(4) != 0 {
                field("padding")
                out.hex(UInt64(b.u32(4)))
            }
            field("data")
            out.hex(b.u64(8))
            return
        }
        switch b.u32(0) {
        case 1:
            field("flags")
            flags(b.u64(8), .gpioV2LineFlags)
        case 2:
            field("values")
            out.hex(b.u64(8))
        default:
            field("debounce_period_us")
            out.unsigned(UInt64(b.u32(8)))
        }
    }
}
