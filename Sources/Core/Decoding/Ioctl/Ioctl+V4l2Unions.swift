// Video4Linux structures that hold unions or change in the call: formats, buffers, stream
// parameters, controls.

extension Decoder {
    // MARK: Formats

    /// `{type=…, fmt.pix={…}}`; one that is set may come back changed.
    func v4l2Format(isSet: Bool) -> Syscall.Progress {
        let size = 208
        if isSet {
            if entering {
                guard object(call[2], size, { b in structure { format(b) } }), let b = read(call[2], size) else {
                    return .complete
                }
                return comesBack(b) ? .sameAtExit : .complete
            }
            guard !failed, let b = read(call[2], size) else { return .complete }
            out.changed()
            structure { formatUnion(b) }
            return .complete
        }
        return extended(call[2], size) { b in
            if entering {
                field("type")
                enumerated(b.u32(0), .v4l2BufferTypes)
            } else if !failed {
                formatUnion(b)
            }
        }
    }

    private func format(_ b: Bytes) {
        field("type")
        enumerated(b.u32(0), .v4l2BufferTypes)
        formatUnion(b)
    }

    /// Whether a format that was set is shown again: one of a known type, but no window.
    private func comesBack(_ b: Bytes) -> Bool {
        switch b.u32(0) {
        case 3, 8: false
        default: (1...14).contains(b.u32(0))
        }
    }

    private func formatUnion(_ b: Bytes) {
        let u = b.slice(8)
        let (name, layout): (Name, StructLayout)
        switch b.u32(0) {
        case 1, 2: (name, layout) = ("fmt.pix", .v4l2PixelFormat)
        case 3, 8: (name, layout) = ("fmt.win", .v4l2Window)
        case 4, 5: (name, layout) = ("fmt.vbi", .v4l2VbiFormat)
        case 6, 7: (name, layout) = ("fmt.sliced", .v4l2SlicedFormat)
        case 9, 10: (name, layout) = ("fmt.pix_mp", .v4l2MultiplanarFormat)
        case 11, 12: (name, layout) = ("fmt.sdr", .v4l2SdrFormat)
        case 13, 14: (name, layout) = ("fmt.meta", .v4l2MetaFormat)
        default: return
        }
        field(name)
        structure(u, layout)
    }

    fileprivate func v4l2Planes(_ b: Bytes, _ count: Int) {
        let stride = StructLayout.v4l2PlaneFormat.size
        out.beginArray()
        for i in 0..<min(count, b.count / stride) {
            out.element()
            structure(b.slice(i * stride, stride), .v4l2PlaneFormat)
        }
        out.endArray()
    }

    // MARK: Buffers

    /// `{type=…, memory=…, count=4 => 3}`
    func v4l2RequestBuffers() -> Syscall.Progress {
        extended(call[2], 20) { b in
            if entering {
                kept = UInt64(b.u32(0))
                field("type")
                enumerated(b.u32(4), .v4l2BufferTypes)
                field("memory")
                enumerated(b.u32(8), .v4l2MemoryTypes)
                field("count")
                out.unsigned(kept)
            } else if !failed, UInt64(b.u32(0)) != kept {
                out.changed()
                out.unsigned(UInt64(b.u32(0)))
            }
        }
    }

    /// `{count=…, format={…}}`, and behind the result which buffers there are.
    func v4l2CreateBuffers() -> Syscall.Progress {
        let size = 256
        if entering {
            let isRead = object(call[2], size) { b in
                structure {
                    field("count")
                    out.unsigned(UInt64(b.u32(4)))
                    field("memory")
                    enumerated(b.u32(8), .v4l2MemoryTypes)
                    field("format")
                    structure { format(b.slice(16)) }
                }
            }
            return isRead ? .sameAtExit : .complete
        }
        guard !failed, let b = read(call[2], size) else { return .complete }
        out.beginNote()
        structure {
            field("index")
            out.unsigned(UInt64(b.u32(0)))
            field("count")
            out.unsigned(UInt64(b.u32(4)))
        }
        out.endNote()
        return .complete
    }

    enum V4l2BufferUse { case query, queue, dequeue }

    /// `struct v4l2_buffer`, of which the kernel fills in most.
    func v4l2Buffer(_ use: V4l2BufferUse, isTime32: Bool) -> Syscall.Progress {
        extended(call[2], isTime32 ? 80 : 88) { b in
            if entering {
                field("type")
                enumerated(b.u32(4), .v4l2BufferTypes)
                if use != .dequeue { index(b) }
                return
            }
            guard !failed else { return }
            if use == .dequeue { index(b) }
            let tail = b.slice(isTime32 ? 48 : 60)
            let member = b.slice(isTime32 ? 56 : 64)
            field("memory")
            enumerated(tail.u32(0), .v4l2MemoryTypes)
            switch tail.u32(0) {
            case 1:
                field("m.offset")
                out.hex(UInt64(member.u32(0)))
            case 2:
                field("m.userptr")
                out.hex(member.u64(0))
            case 4:
                field("m.fd")
                fd(UInt64(member.u32(0)))
            default: break
            }
            field("length")
            out.unsigned(UInt64(member.u32(8)))
            field("bytesused")
            out.unsigned(UInt64(b.u32(8)))
            field("flags")
            bufferFlags(UInt64(b.u32(12)))
            if use == .dequeue {
                field("timestamp")
                structure {
                    field("tv_sec")
                    out.signed(isTime32 ? Int64(b.i32(20)) : b.i64(24))
                    field("tv_usec")
                    if isTime32 { out.signed(Int64(b.i32(24))) } else { out.unsigned(b.u64(32)) }
                }
            }
            out.more()
        }
    }

    private func index(_ b: Bytes) {
        field("index")
        out.unsigned(UInt64(b.u32(0)))
    }

    /// Flags, the kind of timestamp and its source: `…|V4L2_BUF_FLAG_TSTAMP_SRC_EOF`.
    private func bufferFlags(_ v: UInt64) {
        let timestamp: UInt64 = 0xe000
        let source: UInt64 = 0x70000
        guard options.constants != .raw else {
            out.hex(v)
            return
        }
        let rest = v & ~(timestamp | source)
        if rest != 0 {
            flags(rest, .v4l2BufferFlags)
            out.verbatim("|")
        }
        enumerated(v & timestamp, .v4l2TimestampTypes)
        out.verbatim("|")
        enumerated(v & source, .v4l2TimestampSources)
    }

    // MARK: Stream parameters

    func v4l2Parameters(isSet: Bool) -> Syscall.Progress {
        let size = 204
        guard isSet else {
            return extended(call[2], size) { b in
                if entering {
                    field("type")
                    enumerated(b.u32(0), .v4l2BufferTypes)
                } else if !failed {
                    parameters(b)
                }
            }
        }
        if entering {
            guard object(call[2], size, { b in
                structure {
                    field("type")
                    enumerated(b.u32(0), .v4l2BufferTypes)
                    parameters(b)
                }
            }) else { return .complete }
            return (1...2).contains(read(call[2], 4)?.u32(0) ?? 0) ? .sameAtExit : .complete
        }
        guard !failed, let b = read(call[2], size) else { return .complete }
        out.changed()
        structure { parameters(b) }
        return .complete
    }

    private func parameters(_ b: Bytes) {
        switch b.u32(0) {
        case 1:
            field("parm.capture")
            structure(b.slice(4), .v4l2CaptureParameters)
        case 2:
            field("parm.output")
            structure(b.slice(4), .v4l2OutputParameters)
        default: break
        }
    }

    // MARK: Controls

    func v4l2QueryControl(_ description: StructLayout) -> Syscall.Progress {
        extended(call[2], description.size) { b in
            if entering {
                kept = UInt64(b.u32(0))
                field("id")
                v4l2ControlQuery(b.u32(0))
            } else if !failed {
                if UInt64(b.u32(0)) != kept {
                    out.changed()
                    v4l2ControlQuery(b.u32(0))
                }
                fields(b, description)
            }
        }
    }

    /// `{ctrl_class=…, count=2, controls=[…]} => {controls=[…]}`
    func v4l2SetControls() -> Syscall.Progress {
        let size = 32
        if entering {
            guard object(call[2], size, { b in
                structure {
                    controlCount(b)
                    controls(b)
                }
            }), let b = read(call[2], size) else { return .complete }
            let count = Int(b.u32(4))
            return count > 0 && canRead(b.u64(24), count &* 20) ? .sameAtExit : .complete
        }
        guard let b = read(call[2], size) else { return .complete }
        out.changed()
        structure {
            controls(b)
            controlError(b)
        }
        return .complete
    }

    /// As above, but the values are known at exit only, and even if the call failed.
    func v4l2GetControls() -> Syscall.Progress {
        extended(call[2], 32) { b in
            if entering {
                controlCount(b)
            } else {
                controls(b)
                controlError(b)
            }
        }
    }

    private func controlCount(_ b: Bytes) {
        field("ctrl_class")
        enumerated(b.u32(0), .v4l2ControlClasses)
        field("count")
        out.unsigned(UInt64(b.u32(4)))
    }

    private func controlError(_ b: Bytes) {
        guard failed else { return }
        field("error_idx")
        out.unsigned(UInt64(b.u32(8)))
    }

    private func controls(_ b: Bytes) {
        guard b.u32(4) > 0 else { return }
        field("controls")
        array(b.u64(24), count: Int(b.u32(4)), stride: 20, evenOnError: true) { c in
            structure {
                field("id")
                v4l2ControlName(c.slice(0, 4))
                field("size")
                out.unsigned(UInt64(c.u32(4)))
                if c.u32(4) > 0 {
                    field("string")
                    buffer(c.u64(12), UInt64(c.u32(4)), evenOnError: true)
                } else {
                    field("value")
                    out.signed(Int64(c.i32(12)))
                    field("value64")
                    out.signed(c.i64(12))
                }
            }
        }
    }
}

extension StructLayout {
    fileprivate static let v4l2PixelFormat = StructLayout(size: 48, [
        .init("width", 0, .uint), .init("height", 4, .uint),
        .init("pixelformat") { d, b in d.v4l2FourCC(b.slice(8, 4), .v4l2PixelFormats) }, .init("field", 12, .enumerated(.v4l2Fields)),
        .init("bytesperline", 16, .uint), .init("sizeimage", 20, .uint),
        .init("colorspace", 24, .enumerated(.v4l2Colorspaces)),
    ])
    fileprivate static let v4l2MultiplanarFormat = StructLayout(size: 192, [
        .init("width", 0, .uint), .init("height", 4, .uint),
        .init("pixelformat") { d, b in d.v4l2FourCC(b.slice(8, 4), .v4l2PixelFormats) }, .init("field", 12, .enumerated(.v4l2Fields)),
        .init("colorspace", 16, .enumerated(.v4l2Colorspaces)),
        .init("plane_fmt") { d, b in d.v4l2Planes(b.slice(20, 160), Int(b.u8(180))) },
        .init("num_planes", 180, .uint, width: 1),
    ])
    fileprivate static let v4l2PlaneFormat = StructLayout(size: 20, [
        .init("sizeimage", 0, .uint), .init("bytesperline", 4, .uint),
    ])
    fileprivate static let v4l2Window = StructLayout(size: 56, [
        .init("w") { d, b in d.structure(b.slice(0, 16), .v4l2Rectangle) },
        .init("field", 16, .enumerated(.v4l2Fields)), .init("chromakey", 20, .hex32),
        .init("clips") { d, b in
            d.array(b.u64(24), count: Int(b.u32(32)), stride: 24, evenOnError: true) { clip in
                d.structure {
                    d.field("c")
                    d.structure(clip.slice(0, 16), .v4l2Rectangle)
                }
            }
        },
        .init("clipcount", 32, .uint), .init("bitmap", 40, .address),
        .init("global_alpha", 48, .hex32, width: 1),
    ])
    fileprivate static let v4l2VbiFormat = StructLayout(size: 44, [
        .init("sampling_rate", 0, .uint), .init("offset", 4, .uint), .init("samples_per_line", 8, .uint),
        .init("sample_format") { d, b in d.v4l2FourCC(b.slice(12, 4), .v4l2PixelFormats) },
        .init("start") { d, b in d.elements(b.slice(16, 8), .int) },
        .init("count") { d, b in d.elements(b.slice(24, 8), .uint) }, .init("flags", 32, .flags(.v4l2VbiFlags)),
    ])
    fileprivate static let v4l2SlicedFormat = StructLayout(size: 112, [
        .init("service_set", 0, .flags(.v4l2SlicedServices), width: 2),
        .init("service_lines") { d, b in
            d.out.beginArray()
            for i in 0..<2 {
                d.out.element()
                d.elements(b.slice(2 + 48 * i, 48), .sized(.hex32, 2))
            }
            d.out.endArray()
        },
        .init("io_size", 100, .uint),
    ])
    fileprivate static let v4l2SdrFormat = StructLayout(size: 32, [
        .init("pixelformat") { d, b in d.v4l2FourCC(b.slice(0, 4), .v4l2SdrFormats) }, .init("buffersize", 4, .uint),
    ])
    fileprivate static let v4l2MetaFormat = StructLayout(size: 20, [
        .init("dataformat") { d, b in d.v4l2FourCC(b.slice(0, 4), .v4l2MetaFormats) }, .init("buffersize", 4, .uint),
    ])
    fileprivate static let v4l2CaptureParameters = StructLayout(size: 40, [
        .init("capability", 0, .flags(.v4l2StreamCapabilities)),
        .init("capturemode", 4, .flags(.v4l2StreamModes)),
        .init("timeperframe") { d, b in d.v4l2Fraction(b.slice(8, 8)) }, .init("extendedmode", 16, .hex32),
        .init("readbuffers", 20, .uint),
    ])
    fileprivate static let v4l2OutputParameters = StructLayout(size: 40, [
        .init("capability", 0, .flags(.v4l2StreamCapabilities)),
        .init("outputmode", 4, .flags(.v4l2StreamModes)),
        .init("timeperframe") { d, b in d.v4l2Fraction(b.slice(8, 8)) }, .init("extendedmode", 16, .hex32),
        .init("writebuffers", 20, .uint),
    ])
}

extension Capture {
    /// Overlays (3 and 8) have clips.
    static let v4l2Format = Capture.always(.all([
        .memory(.constant(208)), .whenField(0, is: 3, v4l2Clips), .whenField(0, is: 8, v4l2Clips),
    ]))
    private static let v4l2Clips = Capture.through(32, .memory(.field(40), scale: 24, most: 1 << 16))

    /// Controls and the values of those that have a size.
    static let v4l2Controls = Capture.always(.all([
        .memory(.constant(32)),
        .through(24, .all([
            .memory(.field(4), scale: 20, most: 1 << 15), .each(.field(4), stride: 20, most: 256, .through(12, .buffer(.field(4)))),
        ])),
    ]))
}
