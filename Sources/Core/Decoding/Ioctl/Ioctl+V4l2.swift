// Video4Linux: <linux/videodev2.h>.

extension IoctlRequest {
    static let v4l2: [IoctlRequest] = [
        .init("VIDIOC_QUERYCAP", 0x80685600, .written(.structure(.v4l2Capability))),
        .init("VIDIOC_ENUM_FMT", 0xc0405602, .extended(.v4l2FormatQuery, by: .v4l2FormatDescription)),
        .init("VIDIOC_G_FMT", 0xc0d05604, .dialect { $0.v4l2Format(isSet: false) }, capture: .v4l2Format),
        .init("VIDIOC_S_FMT", 0xc0d05605, .dialect { $0.v4l2Format(isSet: true) }, capture: .v4l2Format),
        .init("VIDIOC_TRY_FMT", 0xc0d05640, .dialect { $0.v4l2Format(isSet: true) }, capture: .v4l2Format),
        .init("VIDIOC_REQBUFS", 0xc0145608, .dialect { $0.v4l2RequestBuffers() }),
        .init("VIDIOC_CREATE_BUFS", 0xc100565c, .dialect { $0.v4l2CreateBuffers() }),
        .init("VIDIOC_EXPBUF", 0xc0405610, .answered(.v4l2ExportRequest, by: .v4l2ExportDescriptor)),
        .init("VIDIOC_QUERYBUF", 0xc0585609, .dialect { $0.v4l2Buffer(.query, isTime32: false) }),
        .init("VIDIOC_QBUF", 0xc058560f, .dialect { $0.v4l2Buffer(.queue, isTime32: false) }),
        .init("VIDIOC_DQBUF", 0xc0585611, .dialect { $0.v4l2Buffer(.dequeue, isTime32: false) }),
        .init("VIDIOC_QUERYBUF_TIME32", 0xc0505609, .dialect { $0.v4l2Buffer(.query, isTime32: true) }),
        .init("VIDIOC_QBUF_TIME32", 0xc050560f, .dialect { $0.v4l2Buffer(.queue, isTime32: true) }),
        .init("VIDIOC_DQBUF_TIME32", 0xc0505611, .dialect { $0.v4l2Buffer(.dequeue, isTime32: true) }),
        .init("VIDIOC_G_FBUF", 0x8030560a, .written(.structure(.v4l2Framebuffer))),
        .init("VIDIOC_S_FBUF", 0x4030560b, .read(.structure(.v4l2Framebuffer))),
        .init("VIDIOC_STREAMON", 0x40045612, .read(.pointee(.enumerated(.v4l2BufferTypes)))),
        .init("VIDIOC_STREAMOFF", 0x40045613, .read(.pointee(.enumerated(.v4l2BufferTypes)))),
        .init("VIDIOC_G_PARM", 0xc0cc5615, .dialect { $0.v4l2Parameters(isSet: false) }),
        .init("VIDIOC_S_PARM", 0xc0cc5616, .dialect { $0.v4l2Parameters(isSet: true) }),
        .init("VIDIOC_G_STD", 0x80085617, .written(.pointee(.hex))),
        .init("VIDIOC_S_STD", 0x40085618, .read(.pointee(.hex))),
        .init("VIDIOC_ENUMSTD", 0xc0485619, .extended(.v4l2StandardIndex, by: .v4l2Standard)),
        .init("VIDIOC_ENUMINPUT", 0xc050561a, .extended(.v4l2InputIndex, by: .v4l2Input)),
        .init("VIDIOC_G_INPUT", 0x80045626, .written(.pointee(.uint))),
        .init("VIDIOC_S_INPUT", 0xc0045627, .read(.pointee(.uint))),
        .init("VIDIOC_G_CTRL", 0xc008561b, .extended(.v4l2ControlID, by: .v4l2ControlValue)),
        .init("VIDIOC_S_CTRL", 0xc008561c, .read(.structure(.v4l2Control))),
        .init("VIDIOC_G_EXT_CTRLS", 0xc0205647, .dialect { $0.v4l2GetControls() }, capture: .v4l2Controls),
        .init("VIDIOC_S_EXT_CTRLS", 0xc0205648, .dialect { $0.v4l2SetControls() }, capture: .v4l2Controls),
        .init("VIDIOC_TRY_EXT_CTRLS", 0xc0205649, .dialect { $0.v4l2SetControls() }, capture: .v4l2Controls),
        .init("VIDIOC_QUERYCTRL", 0xc0445624, .dialect { $0.v4l2QueryControl(.v4l2ControlDescription) }),
        .init("VIDIOC_QUERY_EXT_CTRL", 0xc0e85667, .dialect { $0.v4l2QueryControl(.v4l2ExtendedControlDescription) }),
        .init("VIDIOC_QUERYMENU", 0xc02c5625, .answered(.v4l2MenuQuery, by: .v4l2MenuItem)),
        .init("VIDIOC_G_TUNER", 0xc054561d, .extended(.v4l2TunerIndex, by: .v4l2TunerState)),
        .init("VIDIOC_S_TUNER", 0x4054561e, .answered(.v4l2Tuner, by: .v4l2TunerState)),
        .init("VIDIOC_CROPCAP", 0xc02c563a, .extended(.v4l2CropCapabilityType, by: .v4l2CropCapability)),
        .init("VIDIOC_G_CROP", 0xc014563b, .extended(.v4l2CropType, by: .v4l2CropRectangle)),
        .init("VIDIOC_S_CROP", 0x4014563c, .read(.structure(.v4l2Crop))),
        .init("VIDIOC_ENUM_FRAMESIZES", 0xc02c564a, .extended(.v4l2FrameSizeQuery, by: .v4l2FrameSize)),
        .init("VIDIOC_ENUM_FRAMEINTERVALS", 0xc034564b, .extended(.v4l2FrameIntervalQuery, by: .v4l2FrameInterval)),
    ]
}

extension StructLayout {
    static let v4l2Rectangle = StructLayout(size: 16, [
        .init("left", 0, .int), .init("top", 4, .int), .init("width", 8, .uint), .init("height", 12, .uint),
    ])
    static let v4l2Framebuffer = StructLayout(size: 48, [
        .init("capability", 0, .hex32), .init("flags", 4, .hex32), .init("base", 8, .address),
    ])
    static let v4l2CropType = StructLayout(size: 20, [
        .init("type", 0, .enumerated(.v4l2BufferTypes)),
    ])
    static let v4l2CropRectangle = StructLayout(size: 20, [
        .init("c") { d, b in d.structure(b.slice(4, 16), .v4l2Rectangle) },
    ])
    static let v4l2Crop = StructLayout(size: 20, [
        .init("type", 0, .enumerated(.v4l2BufferTypes)),
        .init("c") { d, b in d.structure(b.slice(4, 16), .v4l2Rectangle) },
    ])
    static let v4l2CropCapabilityType = StructLayout(size: 44, [
        .init("type", 0, .enumerated(.v4l2BufferTypes)),
    ])
    static let v4l2CropCapability = StructLayout(size: 44, [
        .init("bounds") { d, b in d.structure(b.slice(4, 16), .v4l2Rectangle) },
        .init("defrect") { d, b in d.structure(b.slice(20, 16), .v4l2Rectangle) },
        .init("pixelaspect") { d, b in d.v4l2Fraction(b.slice(36, 8)) },
    ])
    static let v4l2FormatQuery = StructLayout(size: 64, [
        .init("index", 0, .uint), .init("type", 4, .enumerated(.v4l2BufferTypes)),
    ])
    static let v4l2FormatDescription = StructLayout(size: 64, [
        .init("flags", 8, .flags(.v4l2FormatFlags)),
        .init("description") { d, b in d.cString(b.slice(12, 32)) },
        .init("pixelformat") { d, b in d.v4l2FourCC(b.slice(44, 4), .v4l2PixelFormats) },
    ])
    static let v4l2StandardIndex = StructLayout(size: 72, [
        .init("index", 0, .uint),
    ])
    static let v4l2Standard = StructLayout(size: 72, [
        .init("name") { d, b in d.cString(b.slice(16, 24)) },
        .init("frameperiod") { d, b in d.v4l2Fraction(b.slice(40, 8)) }, .init("framelines", 48, .uint),
    ])
    static let v4l2InputIndex = StructLayout(size: 80, [
        .init("index", 0, .uint),
    ])
    static let v4l2Input = StructLayout(size: 80, [
        .init("name") { d, b in d.cString(b.slice(4, 32)) }, .init("type", 36, .enumerated(.v4l2InputTypes)),
        .init("audioset", 40, .hex32), .init("tuner", 44, .uint), .init("std", 48, .flags64(.v4l2Standards)),
        .init("status", 56, .flags(.v4l2InputStatus)), .init("capabilities", 60, .flags(.v4l2InputCapabilities)),
    ])
    static let v4l2ControlID = StructLayout(size: 8, [
        .init("id") { d, b in d.v4l2ControlName(b.slice(0, 4)) },
    ])
    static let v4l2ControlValue = StructLayout(size: 8, [
        .init("value", 4, .int),
    ])
    static let v4l2Control = StructLayout(size: 8, [
        .init("id") { d, b in d.v4l2ControlName(b.slice(0, 4)) }, .init("value", 4, .int),
    ])
    static let v4l2TunerIndex = StructLayout(size: 84, [
        .init("index", 0, .uint),
    ])
    static let v4l2TunerState = StructLayout(size: 84, [
        .init("name") { d, b in d.cString(b.slice(4, 32)) }, .init("type", 36, .enumerated(.v4l2TunerTypes)),
        .init("capability", 40, .flags(.v4l2TunerCapabilities)), .init("rangelow", 44, .uint),
        .init("rangehigh", 48, .uint), .init("rxsubchans", 52, .flags(.v4l2TunerSubchannels)),
        .init("audmode", 56, .enumerated(.v4l2TunerModes)), .init("signal", 60, .int), .init("afc", 64, .int),
    ])
    static let v4l2MenuQuery = StructLayout(size: 44, [
        .init("id") { d, b in d.v4l2ControlName(b.slice(0, 4)) }, .init("index", 4, .uint),
    ])
    static let v4l2MenuItem = StructLayout(size: 44, [
        .init("name") { d, b in d.cString(b.slice(8, 32)) }, .init("value", 8, .long),
    ])
    static let v4l2ExportRequest = StructLayout(size: 64, [
        .init("type", 0, .enumerated(.v4l2BufferTypes)), .init("index", 4, .uint), .init("plane", 8, .uint),
        .init("flags", 12, .custom { $0.openFlags($1) }, width: 4),
    ])
    static let v4l2ExportDescriptor = StructLayout(size: 64, [
        .init("fd", 16, .fd),
    ])
    static let v4l2Capability = StructLayout(size: 104, [
        .init("driver") { d, b in d.cString(b.slice(0, 16)) },
        .init("card") { d, b in d.cString(b.slice(16, 32)) },
        .init("bus_info") { d, b in d.cString(b.slice(48, 32)) },
        .init("version") { d, b in d.kernelVersion(b.slice(80, 4)) },
        .init("capabilities", 84, .flags(.v4l2Capabilities)), .init("device_caps", 88, .flags(.v4l2Capabilities)),
    ])
    static let v4l2ControlDescription = StructLayout(size: 68, [
        .init("type", 4, .enumerated(.v4l2ControlTypes)),
        .init("name") { d, b in d.cString(b.slice(8, 32)) }, .init("minimum", 40, .int, .verbose),
        .init("maximum", 44, .int, .verbose), .init("step", 48, .int, .verbose),
        .init("default_value", 52, .int, .verbose), .init("flags", 56, .flags(.v4l2ControlFlags), .verbose),
        .init(rest: .verbose) { d, b in d.nonzeroElements("reserved", b.slice(60, 8), .hex32) },
    ])
    static let v4l2ExtendedControlDescription = StructLayout(size: 232, [
        .init("type", 4, .enumerated(.v4l2ControlTypes)),
        .init("name") { d, b in d.cString(b.slice(8, 32)) }, .init("minimum", 40, .long, .verbose),
        .init("maximum", 48, .long, .verbose), .init("step", 56, .ulong, .verbose),
        .init("default_value", 64, .long, .verbose), .init("flags", 72, .flags(.v4l2ControlFlags), .verbose),
        .init("elem_size", 76, .uint, .verbose), .init("elems", 80, .uint, .verbose),
        .init("nr_of_dims", 84, .uint, .verbose),
        .init("dims", .verbose) { d, b in d.elements(b.slice(88, 4 * min(Int(b.u32(84)), 4)), .uint) },
        .init(rest: .verbose) { d, b in d.nonzeroElements("reserved", b.slice(104, 128), .hex32) },
    ])
    static let v4l2Tuner = StructLayout(size: v4l2TunerState.size, v4l2TunerIndex.fields + v4l2TunerState.fields)

    static let v4l2FrameSizeQuery = StructLayout(size: 44, [
        .init("index", 0, .uint),
        .init("pixel_format") { d, b in d.v4l2FourCC(b.slice(4, 4), .v4l2PixelFormats) },
    ])
    static let v4l2FrameSize = StructLayout(size: 44, [
        .init("type", 8, .enumerated(.v4l2FrameSizeTypes)),
        .init(rest: .always) { d, b in
            switch b.u32(8) {
            case 1:
                d.field("discrete")
                d.structure(b.slice(12), .v4l2DiscreteSize)
            case 3:
                d.field("stepwise")
                d.structure(b.slice(12), .v4l2StepwiseSize)
            default: break
            }
        },
    ])
    private static let v4l2DiscreteSize = StructLayout(size: 8, [.init("width", 0, .uint), .init("height", 4, .uint)])
    private static let v4l2StepwiseSize = StructLayout(size: 24, [
        .init("min_width", 0, .uint), .init("max_width", 4, .uint), .init("step_width", 8, .uint),
        .init("min_height", 12, .uint), .init("max_height", 16, .uint), .init("step_height", 20, .uint),
    ])
    static let v4l2FrameIntervalQuery = StructLayout(size: 52, [
        .init("index", 0, .uint),
        .init("pixel_format") { d, b in d.v4l2FourCC(b.slice(4, 4), .v4l2PixelFormats) },
        .init("width", 8, .uint), .init("height", 12, .uint),
    ])
    static let v4l2FrameInterval = StructLayout(size: 52, [
        .init("type", 16, .enumerated(.v4l2FrameIntervalTypes)),
        .init(rest: .always) { d, b in
            switch b.u32(16) {
            case 1:
                d.field("discrete")
                d.v4l2Fraction(b.slice(20, 8))
            case 2, 3:
                d.field("stepwise")
                d.structure(b.slice(20), .v4l2StepwiseInterval)
            default: break
            }
        },
    ])
    private static let v4l2StepwiseInterval = StructLayout(size: 24, [
        .init("min") { d, b in d.v4l2Fraction(b.slice(0, 8)) },
        .init("max") { d, b in d.v4l2Fraction(b.slice(8, 8)) },
        .init("step") { d, b in d.v4l2Fraction(b.slice(16, 8)) },
    ])
}

extension Decoder {
    /// `1/30`
    func v4l2Fraction(_ b: Bytes) {
        out.unsigned(UInt64(b.u32(0)))
        out.verbatim("/")
        out.unsigned(UInt64(b.u32(4)))
    }

    /// `KERNEL_VERSION(6, 1, 0)`
    func kernelVersion(_ b: Bytes) {
        let v = UInt64(b.u32(0))
        guard out.beginSymbolic(v, radix: .hex) else { return }
        out.beginCall("KERNEL_VERSION")
        for part in [v >> 16, v >> 8 & 0xff, v & 0xff] {
            out.element()
            out.unsigned(part)
        }
        out.endCall()
        out.endSymbolic()
    }

    /// `v4l2_fourcc('J', 'P', 'E', 'G') /* V4L2_PIX_FMT_JPEG */`
    func v4l2FourCC(_ b: Bytes, _ table: ConstantTable) {
        let v = b.u32(0)
        guard options.constants != .raw else {
            out.hex(UInt64(v))
            return
        }
        out.beginCall("v4l2_fourcc")
        for i in 0..<4 {
            out.element()
            character(b.u8(i))
        }
        out.endCall()
        if let name = table.name(of: UInt64(v)) { out.comment(name) }
    }

    /// `'a'`, `'\''`, `'\x0d'`
    func character(_ c: UInt8) {
        scratch.truncate(to: 0)
        scratch.ascii("'")
        switch c {
        case UInt8(ascii: "'"), UInt8(ascii: "\\"):
            scratch.ascii("\\")
            scratch.byte(c)
        case 0x20..<0x7f:
            scratch.byte(c)
        default:
            scratch.append("\\x")
            scratch.hexDigits(UInt64(c), width: 2)
        }
        scratch.ascii("'")
        out.verbatim(scratch.bytes)
    }

    /// The id of a control asked for, or of where to look for the next one:
    /// `V4L2_CTRL_FLAG_NEXT_CTRL|0x980900`.
    func v4l2ControlQuery(_ v: UInt32) {
        let next: UInt32 = 0xc000_0000
        if v & next != 0 {
            guard options.constants != .raw else {
                out.hex(UInt64(v))
                return
            }
            flags(v & next, .v4l2NextControl)
            out.verbatim("|")
        }
        v4l2ControlName(UInt64(v & ~next))
    }

    func v4l2ControlName(_ b: Bytes) { v4l2ControlName(UInt64(b.u32(0))) }

    /// A control's id: its name, or its class and what lies above it: `V4L2_CTRL_CLASS_USER+0`.
    private func v4l2ControlName(_ id: UInt64) {
        if ConstantTable.v4l2ControlIDs.name(of: id) != nil {
            enumerated(id, .v4l2ControlIDs)
        } else if let name = ConstantTable.v4l2ControlClasses.name(of: id & ~0xffff) {
            guard out.beginSymbolic(id, radix: .hex) else { return }
            out.verbatim(name)
            out.verbatim("+")
            out.hex(id & 0xffff)
            out.endSymbolic()
        } else {
            out.unnamed(id, radix: .hex, ConstantTable.v4l2ControlIDs.unknown)
        }
    }
}
