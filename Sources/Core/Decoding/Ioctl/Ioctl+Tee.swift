// Trusted execution environments: <linux/tee.h>.

extension IoctlRequest {
    static let tee: [IoctlRequest] = [
        .init("TEE_IOC_VERSION", 0x800ca400, .written(.structure(.teeVersion))),
        .init("TEE_IOC_OPEN_SESSION", 0x8010a402, .dialect { $0.teeBuffer(.open) }, capture: .teeBuffer),
        .init("TEE_IOC_INVOKE", 0x8010a403, .dialect { $0.teeBuffer(.invoke) }, capture: .teeBuffer),
        .init("TEE_IOC_SUPPL_RECV", 0x8010a406, .dialect { $0.teeBuffer(.receive) }, capture: .teeBuffer),
        .init("TEE_IOC_SUPPL_SEND", 0x8010a407, .dialect { $0.teeBuffer(.send) }, capture: .teeBuffer),
        .init("TEE_IOC_CANCEL", 0x8008a404, .read(.structure(.teeCancel))),
        .init("TEE_IOC_CLOSE_SESSION", 0x8004a405, .read(.structure(.teeSession))),
        .init("TEE_IOC_SHM_ALLOC", 0xc010a401, .answered(.teeAllocation, by: .teeAllocated)),
        .init("TEE_IOC_SHM_REGISTER", 0xc018a409, .answered(.teeRegistration, by: .teeRegistered)),
        .init("TEE_IOC_SHM_REGISTER_FD", 0xc018a408, .answered(.teeDescriptor, by: .teeDescribed)),
    ]
}

extension StructLayout {
    static let teeVersion = StructLayout(size: 12, [
        .init("impl_id", 0, .enumerated(.teeImplementations)), .init("gen_caps", 8, .flags(.teeGenericCapabilities)),
        .init("impl_caps") { d, b in
            if b.u32(0) == 1 { d.flags(b.u32(4), .teeOpteeCapabilities) } else { d.out.hex(UInt64(b.u32(4))) }
        },
    ])
    static let teeCancel = StructLayout(size: 8, [.init("cancel_id", 0, .uint), .init("session", 4, .hex32)])
    static let teeSession = StructLayout(size: 4, [.init("session", 0, .hex32)])
    static let teeAllocation = StructLayout(size: 16, [
        .init("size", 0, .hex), .init("flags", 8, .flags(.teeSharedMemory)),
    ])
    static let teeAllocated = StructLayout(size: 16, teeAllocation.fields + [.init("id", 12, .int)])
    static let teeRegistration = StructLayout(size: 24, [
        .init("addr", 0, .hex), .init("length", 8, .hex), .init("flags", 16, .flags(.teeSharedMemory)),
    ])
    static let teeRegistered = StructLayout(size: 24, [
        .init("length", 8, .hex), .init("flags", 16, .flags(.teeSharedMemory)), .init("id", 20, .int),
    ])
    static let teeDescriptor = StructLayout(size: 24, [
        .init("fd", 0, .fd), .init("flags", 16, .flags(.teeSharedMemory)),
    ])
    static let teeDescribed = StructLayout(size: 24, [.init("size", 8, .hex), .init("id", 20, .int)])
}

/// What a buffer passed to a trusted environment holds.
private enum TeeBuffer {
    case open, invoke, receive, send

    /// Bytes before the parameters, of which the last four count them.
    var header: Int {
        switch self {
        case .open: 56
        case .invoke: 24
        case .receive, .send: 8
        }
    }
}

extension Decoder {
    /// `{buf_len=…, buf_ptr={…} => {…}}`
    fileprivate func teeBuffer(_ kind: TeeBuffer) -> Syscall.Progress {
        extended(call[2], 16) { b in
            let address = b.u64(0)
            let content = teeContent(kind, address, b.u64(8))
            if entering {
                field("buf_len")
                out.unsigned(b.u64(8))
                field("buf_ptr")
                if let content { structure { teeAsked(kind, content, address) } } else { out.address(address) }
            } else if !failed, let content {
                out.changed()
                structure { teeAnswered(kind, content, address) }
            }
        }
    }

    /// The header of a buffer whose length is what its parameters need.
    private func teeContent(_ kind: TeeBuffer, _ address: UInt64, _ length: UInt64) -> Bytes? {
        guard length <= 1024, let b = read(address, kind.header) else { return nil }
        return UInt64(kind.header) + UInt64(b.u32(kind.header - 4)) * 32 == length ? b : nil
    }

    private func teeAsked(_ kind: TeeBuffer, _ b: Bytes, _ address: UInt64) {
        switch kind {
        case .open:
            field("uuid")
            uuid(b.slice(0, 16))
            field("clnt_login")
            enumerated(b.u32(32), .teeLogins)
            switch b.u32(32) {
            case 0, 1, 4, 5: break
            case 2, 6:
                field("clnt_uuid")
                out.unsigned(UInt64(b.u32(16)))
            default:
                field("clnt_uuid")
                elements(b.slice(16, 16), .sized(.hex32, 1))
            }
            field("cancel_id")
            out.unsigned(UInt64(b.u32(36)))
        case .invoke:
            field("func")
            out.unsigned(UInt64(b.u32(0)))
            field("session")
            out.hex(UInt64(b.u32(4)))
            field("cancel_id")
            out.unsigned(UInt64(b.u32(8)))
        case .receive:
            field("func")
            out.unsigned(UInt64(b.u32(0)))
        case .send: break
        }
        teeCount(kind, b)
        teeParameters(kind, b, address)
    }

    private func teeAnswered(_ kind: TeeBuffer, _ b: Bytes, _ address: UInt64) {
        func result(_ offset: Int) {
            field("ret")
            out.hex(UInt64(b.u32(offset)))
        }
        func origin(_ offset: Int) {
            field("ret_origin")
            enumerated(b.u32(offset), .teeOrigins)
        }
        switch kind {
        case .open:
            field("session")
            out.hex(UInt64(b.u32(40)))
            result(44)
            origin(48)
        case .invoke:
            result(12)
            origin(16)
        case .receive: teeCount(kind, b)
        case .send: result(0)
        }
        teeParameters(kind, b, address)
    }

    private func teeCount(_ kind: TeeBuffer, _ b: Bytes) {
        field("num_params")
        out.unsigned(UInt64(b.u32(kind.header - 4)))
    }

    private func teeParameters(_ kind: TeeBuffer, _ b: Bytes, _ address: UInt64) {
        field("params")
        array(address &+ UInt64(kind.header), count: Int(b.u32(kind.header - 4)), stride: 32) { p in
            structure {
                field("attr")
                enumerated(p.u64(0), mask: 0xff, .teeParameterTypes, flags: .teeParameterFlags)
                switch p.u64(0) & 0xff {
                case 1...3: words(p, ["a", "b", "c"])
                case 5...7:
                    words(p, ["shm_offs", "size"])
                    field("shm_id")
                    out.unsigned(p.u64(24))
                case 8...10: words(p, ["buf", "size"])
                case 11...13: words(p, ["obj_id", "flags"])
                default: break
                }
            }
        }
    }

    /// 64-bit numbers after a parameter's attributes.
    private func words(_ p: Bytes, _ names: [Name]) {
        for (i, name) in names.enumerated() {
            field(name)
            out.hex(p.u64(8 + 8 * i))
        }
    }

    /// `01234567-89ab-cdef-fedc-ba9876543210`
    func uuid(_ b: Bytes) {
        scratch.truncate(to: 0)
        for i in 0..<16 {
            if [4, 6, 8, 10].contains(i) { scratch.ascii("-") }
            scratch.hexDigits(UInt64(b.u8(i)), width: 2)
        }
        out.verbatim(scratch.bytes)
    }
}

extension Capture {
    fileprivate static let teeBuffer = Capture.always(.all([
        .memory(.constant(16)), .through(0, .memory(.field(8, width: 8), most: 1024)),
    ]))
}
