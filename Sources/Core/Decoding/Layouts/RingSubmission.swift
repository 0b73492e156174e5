// `struct io_uring_sqe`, an entry of a submission queue.

extension Decoder {
    /// `struct io_uring_sqe`.
    func ringSubmission(_ address: UInt64) {
        object(address, 64, evenOnError: true) { b in
            let operation = b.u8(0)
            // Entries of twice the size carry a command.
            let command = Ring.isWide(operation) ? read(address &+ 64, 64) : nil
            structure {
                fields(b, Ring.submission)
                let attributes = Ring.hasAttributes(operation) ? b.u64(56) : 0
                if attributes != 0 {
                    field("attr_type_mask")
                    flags(attributes, .ringAttributes)
                    field("attr_ptr")
                    if attributes & 1 != 0 {
                        structure(b.u64(48), Ring.protection, evenOnError: true)
                    } else {
                        out.address(b.u64(48))
                    }
                } else {
                    field("optval")
                    out.hex(b.u64(48))
                }
                if let command {
                    field("cmd")
                    let shown = abbreviating ? min(command.count, options.stringLimit) : command.count
                    hexBytes(command.slice(0, shown), more: shown < command.count)
                }
            }
        }
    }

    /// The offset, or what a socket is to do.
    func ringOffset(_ b: Bytes) {
        let v = b.u64(8)
        let isCommand = b.u8(0) == 46 || b.u8(0) == 64
        if isCommand, refers(b.i32(4), to: "socket:") {
            enumerated(v, .ringSocketCommands, radix: .unsigned)
        } else {
            out.hex(v)
        }
    }

    /// The priority of most operations, flags of those on sockets.
    func ringPriority(_ b: Bytes) {
        let v = UInt64(b.u16(2))
        switch b.u8(0) {
        case 13: flags(v, .ringAcceptFlags)
        case 9, 10, 26, 27, 47, 48, 58: flags(v, .ringMessageFlags)
        default: out.unsigned(v)
        }
    }

    func ringOperationFlags(_ b: Bytes) {
        let v = b.u32(28)
        switch b.u8(0) {
        case 0, 63:
            field("nop_flags")
            flags(v, .ringNopFlags)
        case 40:
            field("msg_ring_flags")
            flags(v, .ringPassFlags)
        case 54:
            field("install_fd_flags")
            flags(v, .ringInstallFlags)
        default:
            field("rw_flags")
            out.hex(UInt64(v))
        }
    }
}

extension Ring {
    static let submission = StructLayout(size: 64, [
        .init("opcode") { d, b in d.enumerated(UInt64(b.u8(0)), .ringOperations, radix: .unsigned) },
        .init("flags", 1, .flags(.ringSubmissionFlags), width: 1), .init("ioprio") { d, b in d.ringPriority(b) },
        .init("fd", 4, .fd), .init("off") { d, b in d.ringOffset(b) }, .init("addr", 16, .hex), .init("len", 24, .uint),
        .init(rest: .always) { d, b in d.ringOperationFlags(b) }, .init("user_data", 32, .hex),
        .init("buf_index", 40, .hex32, width: 2), .init("personality", 42, .uint, width: 2), .init("file_index", 44, .hex32),
    ])
    /// `struct io_uring_attr_pi`.
    static let protection = StructLayout(size: 32, [
        .init("flags", 0, .hex32, width: 2), .init("app_tag", 2, .hex32, width: 2), .init("len", 4, .uint),
        .init("addr", 8, .hex), .init("seed", 16, .hex), .init("rsvd", 24, .hex),
    ])
}
