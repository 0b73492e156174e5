// SCSI generic devices, both versions of the interface: <scsi/sg.h>, <linux/bsg.h>.

extension IoctlRequest {
    static let scsi: [IoctlRequest] = [
        .init("SG_GET_TIMEOUT", 0x2202, .none),
        .init("SG_SET_TRANSFORM", 0x2204, .value(.hex32)),
        .init("SG_NEXT_CMD_LEN", 0x2283, .read(.pointee(.int))),
        .init("SG_SET_COMMAND_Q", 0x2271, .read(.pointee(.int))),
        .init("SG_SET_DEBUG", 0x227e, .read(.pointee(.int))),
        .init("SG_SET_FORCE_LOW_DMA", 0x2279, .read(.pointee(.int))),
        .init("SG_SET_FORCE_PACK_ID", 0x227b, .read(.pointee(.int))),
        .init("SG_SET_KEEP_ORPHAN", 0x2287, .read(.pointee(.int))),
        .init("SG_SET_RESERVED_SIZE", 0x2275, .read(.pointee(.int))),
        .init("SG_SET_TIMEOUT", 0x2201, .read(.pointee(.int))),
        .init("SG_EMULATED_HOST", 0x2203, .written(.pointee(.int))),
        .init("SG_GET_ACCESS_COUNT", 0x2289, .written(.pointee(.int))),
        .init("SG_GET_COMMAND_Q", 0x2270, .written(.pointee(.int))),
        .init("SG_GET_KEEP_ORPHAN", 0x2288, .written(.pointee(.int))),
        .init("SG_GET_LOW_DMA", 0x227a, .written(.pointee(.int))),
        .init("SG_GET_NUM_WAITING", 0x227d, .written(.pointee(.int))),
        .init("SG_GET_PACK_ID", 0x227c, .written(.pointee(.int))),
        .init("SG_GET_RESERVED_SIZE", 0x2272, .written(.pointee(.int))),
        .init("SG_GET_SG_TABLESIZE", 0x227f, .written(.pointee(.int))),
        .init("SG_GET_TRANSFORM", 0x2205, .written(.pointee(.int))),
        .init("SG_GET_VERSION_NUM", 0x2282, .written(.pointee(.int))),
        .init("SG_GET_SCSI_ID", 0x2276, .written(.structure(.sgScsiID))),
        .init("SG_GET_REQUEST_TABLE", 0x2286, .written(.structure(.sgRequestInfo))),
        .init("SG_SCSI_RESET", 0x2284, .read(.custom { $0.sgReset($1) })),
        .init("SG_IO", 0x2285, .dialect { $0.sgIO() }, capture: .scsi),
    ]
}

extension StructLayout {
    static let sgScsiID = StructLayout(size: 32, [
        .init("host_no", 0, .int), .init("channel", 4, .int), .init("scsi_id", 8, .hex32), .init("lun", 12, .int),
        .init("scsi_type", 16, .hex32), .init("h_cmd_per_lun", 20, .int, width: 2),
        .init("d_queue_depth", 22, .int, width: 2),
    ])
    static let sgRequestInfo = StructLayout(size: 24, [
        .init("req_state", 0, .int, width: 1), .init("orphan", 1, .int, width: 1),
        .init("sg_io_owned", 2, .int, width: 1), .init("problem", 3, .int, width: 1),
        .init("pack_id", 4, .int), .init("usr_ptr", 8, .address), .init("duration", 16, .uint),
    ])

    /// `struct sg_io_hdr` as it goes in, but for the data that it points to.
    fileprivate static let sgRequest = StructLayout(size: 88, [
        .init("dxfer_direction", 4, .custom { d, v in d.enumerated(UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: v))), .sgDirections) }, width: 4),
        .init("cmd_len", 8, .uint, width: 1),
        .init("cmdp") { d, b in d.sgBytes(b.u64(24), UInt64(b.u8(8))) },
        .init("mx_sb_len", 9, .uint, width: 1), .init("iovec_count", 10, .uint, width: 2),
        .init("dxfer_len", 12, .uint), .init("timeout", 40, .uint), .init("flags", 44, .flags(.sgFlags)),
    ])
    fileprivate static let sgResult = StructLayout(size: 88, [
        .init("status", 64, .hex32, width: 1), .init("masked_status", 65, .hex32, width: 1),
        .init("msg_status", 66, .hex32, width: 1), .init("sb_len_wr", 67, .uint, width: 1),
        .init("sbp") { d, b in d.sgBytes(b.u64(32), UInt64(b.u8(67))) },
        .init("host_status", 68, .hex32, width: 2), .init("driver_status", 70, .hex32, width: 2),
        .init("resid", 72, .int), .init("duration", 76, .uint), .init("info", 80, .flags(.sgInformation)),
    ])

    /// `struct sg_io_v4` as it goes in.
    fileprivate static let bsgRequest = StructLayout(size: 160, [
        .init("protocol", 4, .enumerated(.bsgProtocols)), .init("subprotocol", 8, .enumerated(.bsgSubprotocols)),
        .init("request_len", 12, .uint),
        .init("request") { d, b in d.sgBytes(b.u64(16), UInt64(b.u32(12))) },
        .init("request_tag", 24, .hex), .init("request_attr", 32, .uint), .init("request_priority", 36, .uint),
        .init("request_extra", 40, .uint), .init("max_response_len", 44, .uint),
        .init("dout_iovec_count", 56, .uint), .init("dout_xfer_len", 60, .uint),
        .init("din_iovec_count", 64, .uint), .init("din_xfer_len", 68, .uint),
        .init("dout_xferp") { d, b in d.sgData(b.u64(72), iovecs: b.u32(56), length: b.u32(60)) },
        .init("timeout", 88, .uint), .init("flags", 92, .flags(.bsgFlags)), .init("usr_ptr", 96, .hex),
    ])
    fileprivate static let bsgResult = StructLayout(size: 160, [
        .init("response_len", 132, .uint),
        .init("response") { d, b in d.sgBytes(b.u64(48), UInt64(b.u32(132))) },
        .init("din_xferp") { d, b in
            d.sgData(b.u64(80), iovecs: b.u32(64), length: Decoder.sgReceived(b.u32(68), left: b.i32(136)))
        },
        .init("driver_status", 108, .hex32), .init("transport_status", 112, .hex32),
        .init("device_status", 116, .hex32), .init("retry_delay", 120, .uint),
        .init("info", 124, .flags(.sgInformation)), .init("duration", 128, .uint),
        .init("response_len", 132, .uint), .init("din_resid", 136, .int), .init("dout_resid", 140, .int),
        .init("generated_tag", 144, .hex),
    ])
}

extension Decoder {
    /// `SG_IO` of version 3 (`struct sg_io_hdr`) or 4 (`struct sg_io_v4`), told by the first word.
    fileprivate func sgIO() -> Syscall.Progress {
        let arg = call[2]
        guard follows(arg, evenOnError: true), let id = readU32(arg) else {
            out.address(arg)
            return .complete
        }
        switch id {
        case UInt32(UInt8(ascii: "S")): return sgVersion3(arg)
        case UInt32(UInt8(ascii: "Q")): return sgVersion4(arg)
        default:
            out.beginArray()
            out.element()
            out.unsigned(UInt64(id))
            out.endArray()
            return .complete
        }
    }

    private func sgVersion3(_ arg: UInt64) -> Syscall.Progress {
        let size = StructLayout.sgRequest.size
        if entering {
            out.beginStructure()
            field("interface_id")
            out.verbatim("'S'")
        }
        guard let b = read(arg, size) else { return sgUnreadable(arg) }
        let direction = b.i32(4)
        let sends = direction == -2 || direction == -4
        let receives = direction == -3 || direction == -4
        if entering {
            fields(b, .sgRequest)
            if sends {
                field("dxferp")
                sgData(b.u64(16), iovecs: UInt32(b.u16(10)), length: b.u32(12))
            }
            return .sameAtExit
        }
        if receives {
            let length = Self.sgReceived(b.u32(12), left: b.i32(72))
            if direction == -3 {
                field("dxferp")
                sgData(b.u64(16), iovecs: UInt32(b.u16(10)), length: length)
            } else if length > 0 {
                out.changed()
                sgData(b.u64(16), iovecs: UInt32(b.u16(10)), length: length)
            }
        }
        fields(b, .sgResult)
        out.endStructure()
        return .complete
    }

    private func sgVersion4(_ arg: UInt64) -> Syscall.Progress {
        if entering {
            out.beginStructure()
            field("guard")
            out.verbatim("'Q'")
        }
        guard let b = read(arg, StructLayout.bsgRequest.size) else { return sgUnreadable(arg) }
        if entering {
            fields(b, .bsgRequest)
            return .sameAtExit
        }
        fields(b, .bsgResult)
        out.endStructure()
        return .complete
    }

    /// What follows the first word could not be read: its address ends the structure.
    private func sgUnreadable(_ arg: UInt64) -> Syscall.Progress {
        if entering {
            out.element()
            out.address(arg &+ 4)
        }
        out.endStructure()
        return .complete
    }

    /// Bytes received of those there was room for; a remainder that cannot be is disregarded.
    fileprivate static func sgReceived(_ room: UInt32, left: Int32) -> UInt32 {
        left > 0 && UInt32(left) <= room ? room - UInt32(left) : room
    }

    fileprivate func sgBytes(_ address: UInt64, _ count: UInt64) {
        let shown = Int(min(count, UInt64(options.stringLimit)))
        guard address != 0, let b = read(address, shown) else {
            out.address(address)
            return
        }
        out.string(b.raw, truncated: count > UInt64(shown), escaping: .all)
    }

    fileprivate func sgData(_ address: UInt64, iovecs count: UInt32, length: UInt32) {
        if count > 0 {
            iovecs(address, count: UInt64(count), limit: UInt64(length))
        } else {
            sgBytes(address, UInt64(length))
        }
    }

    /// `[SG_SCSI_RESET_NO_ESCALATE|SG_SCSI_RESET_DEVICE]`
    fileprivate func sgReset(_ address: UInt64) {
        let noEscalate: UInt32 = 0x100
        pointee(address, 4) { b in
            let v = b.u32(0)
            if v & noEscalate != 0 {
                flags(v & noEscalate, .sgResetFlags)
                out.verbatim("|")
            }
            enumerated(v & ~noEscalate, .sgResets)
        }
    }
}

extension Capture {
    /// `SG_IO`: a structure that tells its version by its first word, and what it leads to.
    fileprivate static let scsi = Capture.all([
        .always(.memory(.constant(160))),
        .whenField(0, is: UInt64(UInt8(ascii: "S")), .all([
            .atEntry(.through(24, .memory(.field(8, width: 1)))), .both(data(16, vectors: 10, width: 2, length: 12)),
            .atExit(.through(32, .memory(.field(67, width: 1)))),
        ])),
        .whenField(0, is: UInt64(UInt8(ascii: "Q")), .all([
            .atEntry(.through(16, .memory(.field(12)))), .atEntry(data(72, vectors: 56, width: 4, length: 60)),
            .atExit(.through(48, .memory(.field(132)))), .atExit(data(80, vectors: 64, width: 4, length: 68)),
        ])),
    ])

    /// A buffer, or vectors if there is a number of them.
    private static func data(_ pointer: Int, vectors: Int, width: Int, length: Int) -> Capture {
        .all([
            .whenField(vectors, width: width, is: 0, .through(pointer, .buffer(.field(length)))),
            .through(pointer, .vectors(.field(vectors, width: width))),
        ])
    }
}
