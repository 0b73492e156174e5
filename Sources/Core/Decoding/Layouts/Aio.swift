// Structures of io_submit(2) and io_getevents(2).

extension StructLayout {
    static let ioEvent = StructLayout(size: 32, [
        .init("data", 0, .hex), .init("obj", 8, .hex), .init("res", 16, .long), .init("res2", 24, .long),
    ])
}

extension Decoder {
    /// The pointers to control blocks that io_submit(2) takes.
    func controlBlocks(_ address: UInt64, count: UInt64) {
        guard Int64(bitPattern: count) >= 0 else {
            out.address(address)
            return
        }
        array(address, count: Int(clamping: count), stride: 8, evenOnError: true) { b in
            object(b.u64(0), 64, evenOnError: true) { controlBlock($0, inFull: true) }
        }
    }

    /// A control block; io_cancel(2) looks at what identifies it only.
    func controlBlock(_ address: UInt64) {
        object(address, 64, evenOnError: true) { controlBlock($0, inFull: false) }
    }

    private func controlBlock(_ b: Bytes, inFull: Bool) {
        structure {
            let flags = b.u32(56)
            let command = UInt64(b.u16(16))
            field("aio_data")
            out.hex(b.u64(0))
            if b.u32(8) != 0 {
                field("aio_key")
                out.unsigned(UInt64(b.u32(8)))
            }
            if b.u32(12) != 0 {
                field("aio_rw_flags")
                self.flags(b.u32(12), .readWriteFlags)
            }
            field("aio_lio_opcode")
            enumerated(command, .aioCommands, radix: .unsigned)
            if flags & 2 != 0 {
                field("aio_reqprio")
                ioPriority(UInt64(b.u16(18)), radix: .hex)
            } else if b.u16(18) != 0 {
                field("aio_reqprio")
                out.signed(Int64(b.i16(18)))
            }
            field("aio_fildes")
            fd(UInt64(b.u32(20)))
            if inFull { transfer(b, command: command, flags: flags) }
        }
    }

    /// What a control block transfers.
    private func transfer(_ b: Bytes, command: UInt64, flags: UInt32) {
        let buffer = b.u64(24)
        let count = b.u64(32)
        switch command {
        case 0, 1:
            field("aio_buf")
            if command == 1 { self.buffer(buffer, count, evenOnError: true) } else { out.address(buffer) }
            field("aio_nbytes")
            out.unsigned(count)
            field("aio_offset")
            out.signed(b.i64(40))
        case 7, 8:
            field("aio_buf")
            iovecs(buffer, count: count) { d, address, length in
                if command == 8 { d.buffer(address, length, evenOnError: true) } else { d.out.address(address) }
            }
            field("aio_offset")
            out.signed(b.i64(40))
        case 5:
            field("aio_buf")
            self.flags(buffer, .pollEvents)
        default: return
        }
        if flags != 0 {
            field("aio_flags")
            self.flags(flags, .aioFlags)
        }
        if flags & 1 != 0 {
            field("aio_resfd")
            fd(UInt64(b.u32(60)))
        } else if b.u32(60) != 0 {
            field("aio_resfd")
            out.hex(UInt64(b.u32(60)))
        }
    }
}
