// io_uring_register(2): the argument is what the operation makes of it.

extension Decoder {
    func ringRegisterCall() -> Syscall.Progress {
        let address = call[2]
        let count = call[3] & 0xffff_ffff
        let operation = call[1] & 0x7fff_ffff
        let registration = Ring.registrations[operation]
        if entering {
            let isRegistered = call[1] & 0x8000_0000 != 0
            argument("fd")
            if isRegistered { uint(call[0]) } else { fd(call[0]) }
            argument("opcode")
            enumerated(operation, .ringRegistrations)
            if isRegistered {
                out.verbatim("|")
                flags(0x8000_0000 as UInt64, .ringRegistrationFlags)
            }
        }
        switch registration {
        case nil:
            argument("arg")
            out.address(address)
        case .given(let body):
            argument("arg")
            body(self, address, count)
        case .structure(let layout, let wanted, let moment):
            let isShown = count == wanted
            if entering && isShown && moment == .answer { return .nextAtExit }
            if entering { argument("arg") }
            if exiting && moment == .both && failed { break }
            if exiting {
                if moment == .both { out.changed() } else { argument("arg") }
            }
            if isShown { structure(address, layout, evenOnError: entering) } else { out.address(address) }
            if entering && isShown && moment == .both { return .sameAtExit }
        case .dialect(let body):
            if entering { argument("arg") }
            if !body(self, address, count) { return .sameAtExit }
        }
        argument("nr_args")
        out.unsigned(count)
        return .complete
    }

    // MARK: Arrays

    /// Descriptors, of which -2 leaves an entry as it is where entries are changed.
    fileprivate func ringFiles(_ address: UInt64, _ count: UInt64, skipping: Bool) {
        array(address, count: Int(count), stride: 4, evenOnError: true) { b in
            let v = b.u32(0)
            if !skipping || v != 0xffff_fffe {
                fd(UInt64(v))
            } else if out.beginSymbolic(UInt64(bitPattern: -2), radix: .decimal) {
                out.symbol("IORING_REGISTER_FILES_SKIP")
                out.endSymbolic()
            }
        }
    }

    /// Operations that a ring may and may not do from now on.
    fileprivate func ringRestriction(_ b: Bytes) {
        structure {
            let kind = UInt64(b.u16(0))
            let operand = UInt64(b.u8(2))
            field("opcode")
            enumerated(kind, .ringRestrictions)
            switch kind {
            case 0:
                field("register_op")
                enumerated(operand, .ringRegistrations)
            case 1:
                field("sqe_op")
                enumerated(operand, .ringOperations)
            case 2, 3:
                field("sqe_flags")
                flags(operand, .ringSubmissionFlags)
            default:
                scratch.truncate(to: 0)
                scratch.append("op: ")
                scratch.hex(operand)
                out.comment(scratch.bytes)
            }
            if b.u8(3) != 0 {
                field("resv")
                out.hex(UInt64(b.u8(3)))
            }
            nonzeroElements("resv2", b.slice(4, 12), .hex32)
        }
    }

    /// The limits of workers of each kind, and what they were before.
    fileprivate func ringWorkerLimits(_ address: UInt64, _ count: UInt64) -> Bool {
        if exiting && failed {
            out.address(address)
            return true
        }
        array(address, count: Int(count), stride: 4, evenOnError: true, index: .ringWorkers) { out.unsigned(UInt64($0.u32(0))) }
        guard entering, count > 0, follows(address), read(address, Int(count) * 4) != nil else { return true }
        out.changed()
        return false
    }

    // MARK: Structures

    /// What operations there are, written over what the program asked with, if not zero.
    fileprivate func ringProbe(_ address: UInt64, _ count: UInt64) -> Bool {
        let size = 16 + Int(count) * 8
        guard follows(address, evenOnError: true), let b = read(address, size) else {
            out.address(address)
            return true
        }
        if entering {
            kept = b.raw.contains { $0 != 0 } ? 1 : 0
            if kept == 1 { ringProbe(b, address, count: count) }
            return false
        }
        if failed {
            if kept == 0 { out.address(address) }
            return true
        }
        if kept == 1 { out.changed() }
        ringProbe(b, address, count: UInt64(b.u8(1)), room: count)
        return true
    }

    private func ringProbe(_ b: Bytes, _ address: UInt64, count: UInt64, room: UInt64 = .max) {
        structure {
            field("last_op")
            enumerated(UInt64(b.u8(0)), .ringOperations, radix: .unsigned)
            field("ops_len")
            out.unsigned(UInt64(b.u8(1)))
            if b.u16(2) != 0 {
                field("resv")
                out.hex(UInt64(b.u16(2)))
            }
            nonzeroElements("resv2", b.slice(4, 12), .hex32)
            field("ops")
            array(address &+ 16, count: Int(count), stride: 8, evenOnError: true, limit: Int(clamping: room)) {
                structure($0, Ring.probedOperation)
            }
        }
    }

    /// Resources with a tag each, in a structure of the size that the program knows.
    fileprivate func ringResources(_ address: UInt64, size: UInt64, isUpdate: Bool, areFiles: Bool) {
        guard size >= 32, follows(address, evenOnError: true), let b = read(address, 32) else {
            out.address(address)
            return
        }
        let count = UInt64(b.u32(isUpdate ? 24 : 0))
        let data = b.u64(isUpdate ? 8 : 16)
        structure {
            field(isUpdate ? "offset" : "nr")
            out.unsigned(UInt64(b.u32(0)))
            if isUpdate {
                if b.u32(4) != 0 {
                    field("resv")
                    out.hex(UInt64(b.u32(4)))
                }
            } else {
                field("flags")
                flags(b.u32(4), .ringResourceFlags)
                if b.u64(8) != 0 {
                    field("resv2")
                    out.hex(b.u64(8))
                }
            }
            field("data")
            if areFiles {
                ringFiles(data, count, skipping: isUpdate)
            } else {
                ringBuffers(data, count)
            }
            field("tags")
            array(b.u64(isUpdate ? 16 : 24), count: Int(count), stride: 8, evenOnError: true) { out.hex($0.u64(0)) }
            if isUpdate {
                field("nr")
                out.unsigned(count)
                if b.u32(28) != 0 {
                    field("resv2")
                    out.hex(UInt64(b.u32(28)))
                }
            }
            if size > 32 {
                if let all = read(address, Int(size)) {
                    trailingBytes(all, from: 32)
                } else {
                    out.element()
                    out.verbatim("???")
                }
            }
        }
    }

    fileprivate func ringBuffers(_ address: UInt64, _ count: UInt64) {
        iovecs(address, count: count) { d, base, _ in d.out.address(base) }
    }

    fileprivate func ringFilesUpdate(_ address: UInt64, _ count: UInt64) {
        object(address, 16, evenOnError: true) { b in
            structure {
                field("offset")
                out.unsigned(UInt64(b.u32(0)))
                if b.u32(4) != 0 {
                    field("resv")
                    out.hex(UInt64(b.u32(4)))
                }
                field("fds")
                ringFiles(b.u64(8), count, skipping: true)
            }
        }
    }

    /// A command to a queue of received packets; an export is answered.
    fileprivate func ringReceiveCommand(_ address: UInt64, _ count: UInt64) -> Bool {
        if exiting {
            if !failed, let b = read(address, 72) {
                field("zc_export")
                structure {
                    field("zcrx_fd")
                    fd(UInt64(b.u32(24)))
                    nonzeroElements("__resv1", b.slice(28, 44), .hex32)
                }
            }
            out.endStructure()
            return true
        }
        guard count == 1, follows(address), let b = read(address, 72) else {
            out.address(address)
            return true
        }
        out.beginStructure()
        fields(b, Ring.receiveCommand)
        switch b.u32(4) {
        case 0:
            field("zc_flush")
            structure { nonzeroElements("__resv", b.slice(24, 48), .hex) }
        case 1: return false
        case 2:
            field("zc_arm_event")
            structure {
                field("event_type")
                enumerated(b.u32(24), .ringReceiveEvents)
                nonzeroElements("__resv", b.slice(28, 44), .hex32)
            }
        default: break
        }
        out.endStructure()
        return true
    }

    /// A chain of questions about what the kernel can do.
    fileprivate func ringQuery(_ address: UInt64, depth: Int = 0) {
        if depth == Ring.maximalChain && address != 0 {
            out.address(address)
            out.comment("...")
            return
        }
        object(address, 40, evenOnError: true) { b in
            structure {
                fields(b, Ring.query)
                let data = b.u64(8)
                if data != 0 && b.u32(20) != 0 {
                    field("query_data")
                    if let answer = Ring.answers[b.u32(16)] {
                        structure(data, answer, evenOnError: true)
                    } else {
                        out.address(data)
                    }
                }
                field("next_entry")
                ringQuery(b.u64(0), depth: depth + 1)
            }
        }
    }

    // MARK: Submission queue entries

    /// `struct io_uring_sqe`.
    fileprivate func ringSubmission(_ address: UInt64) {
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
    fileprivate func ringOffset(_ b: Bytes) {
        let v = b.u64(8)
        let isCommand = b.u8(0) == 46 || b.u8(0) == 64
        if isCommand, isSocket(b.i32(4)) {
            enumerated(v, .ringSocketCommands, radix: .unsigned)
        } else {
            out.hex(v)
        }
    }

    private func isSocket(_ fd: Int32) -> Bool {
        scratch.truncate(to: 0)
        guard inspector.describe(fd: fd, of: tid, .path, into: scratch) == .known else { return false }
        return scratch.bytes.starts(with: "socket:".utf8)
    }

    /// The priority of most operations, flags of those on sockets.
    fileprivate func ringPriority(_ b: Bytes) {
        let v = UInt64(b.u16(2))
        switch b.u8(0) {
        case 13: flags(v, .ringAcceptFlags)
        case 9, 10, 26, 27, 47, 48, 58: flags(v, .ringMessageFlags)
        default: out.unsigned(v)
        }
    }

    fileprivate func ringOperationFlags(_ b: Bytes) {
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

/// What each operation of io_uring_register(2) takes.
private enum Ring {
    enum Moment { case request, answer, both }

    enum Registration: Sendable {
        /// What the program gives, with the count of it.
        case given(@Sendable (Decoder, _ address: UInt64, _ count: UInt64) -> Void)
        /// A structure, if the count is what it has to be.
        case structure(StructLayout, Int = 1, Moment = .request)
        /// Returns whether nothing is left to be shown at exit.
        case dialect(@Sendable (Decoder, _ address: UInt64, _ count: UInt64) -> Bool)
    }

    static let registrations: [UInt64: Registration] = [
        0: .given { d, v, n in d.ringBuffers(v, n) },
        2: .given { d, v, n in d.ringFiles(v, n, skipping: false) },
        4: .given { d, v, n in d.ringFiles(v, n, skipping: false) },
        6: .given { d, v, n in d.ringFilesUpdate(v, n) },
        7: .given { d, v, n in d.ringFiles(v, n, skipping: false) },
        8: .dialect { d, v, n in d.ringProbe(v, n) },
        11: .given { d, v, n in d.array(v, count: Int(n), stride: 16, evenOnError: true) { d.ringRestriction($0) } },
        13: .given { d, v, n in d.ringResources(v, size: n, isUpdate: false, areFiles: true) },
        14: .given { d, v, n in d.ringResources(v, size: n, isUpdate: true, areFiles: true) },
        15: .given { d, v, n in d.ringResources(v, size: n, isUpdate: false, areFiles: false) },
        16: .given { d, v, n in d.ringResources(v, size: n, isUpdate: true, areFiles: false) },
        17: .given { d, v, n in d.processorSet(v, size: n) },
        19: .dialect { d, v, n in d.ringWorkerLimits(v, n) },
        20: .given { d, v, n in d.array(v, count: Int(n), stride: 16, evenOnError: true) { d.structure($0, registeredRing) } },
        21: .given { d, v, n in d.array(v, count: Int(n), stride: 16, evenOnError: true) { d.structure($0, unregisteredRing) } },
        22: .structure(bufferRing),
        23: .structure(bufferRing),
        24: .structure(cancellation),
        25: .structure(fileRange),
        26: .structure(bufferStatus, 1, .answer),
        27: .structure(polling, 1, .both),
        28: .structure(polling, 1, .answer),
        29: .structure(clock, 0),
        30: .structure(clone),
        31: .given { d, v, n in if n == 1 { d.ringSubmission(v) } else { d.out.address(v) } },
        32: .structure(receiveQueue),
        33: .structure(sizes),
        34: .structure(region),
        35: .given { d, v, n in if n == 0 { d.ringQuery(v) } else { d.out.address(v) } },
        36: .dialect { d, v, n in d.ringReceiveCommand(v, n) },
    ]

    /// Structures in a chain that are followed.
    static let maximalChain = 32

    static func isWide(_ operation: UInt8) -> Bool { operation == 63 || operation == 64 }

    /// Reads and writes, which can have attributes.
    static func hasAttributes(_ operation: UInt8) -> Bool {
        switch operation {
        case 1, 2, 4, 5, 9, 10, 22, 23, 26, 27, 47, 49, 58, 60, 61: true
        default: false
        }
    }

    private static func reserved(_ name: Name, _ offset: Int, _ count: Int, _ kind: ValueKind) -> StructLayout.Field {
        .init(rest: .always) { d, b in d.nonzeroElements(name, b.slice(offset, count * kind.width), kind) }
    }

    static let probedOperation = StructLayout(size: 8, [
        .init("op") { d, b in d.enumerated(UInt64(b.u8(0)), .ringOperations, radix: .unsigned) },
        .init("resv", 1, .hex32, width: 1, .nonzero),
        .init("flags", 2, .flags(.ringOperationFlags), width: 2),
        .init("resv2", 4, .hex32, .nonzero),
    ])
    static let registeredRing = StructLayout(size: 16, [
        .init("offset") { d, b in
            if b.u32(0) == .max { d.out.signed(-1) } else { d.out.unsigned(UInt64(b.u32(0))) }
        },
        .init("resv", 4, .hex32, .nonzero), .init("data", 8, .fd),
    ])
    static let unregisteredRing = StructLayout(size: 16, [
        .init("offset", 0, .uint), .init("resv", 4, .hex32, .nonzero), .init("data", 8, .hex, .nonzero),
    ])
    static let bufferRing = StructLayout(size: 40, [
        .init("ring_addr", 0, .address), .init("ring_entries", 8, .uint), .init("bgid", 12, .uint, width: 2),
        .init("flags", 14, .hex32, width: 2), .init("min_left", 16, .uint), reserved("resv", 20, 5, .hex32),
    ])
    static let cancellation = StructLayout(size: 64, [
        .init("addr", 0, .address), .init("fd", 8, .fd), .init("flags", 12, .flags(.ringCancelFlags)),
        .init("timeout") { d, b in
            d.structure {
                d.field("tv_sec")
                d.long(b.u64(16))
                d.field("tv_nsec")
                d.long(b.u64(24))
            }
        },
        .init("opcode", 32, .enumerated(.ringOperations), width: 1),
        reserved("pad", 33, 7, .sized(.hex32, 1)), reserved("pad2", 40, 3, .hex),
    ])
    static let fileRange = StructLayout(size: 16, [
        .init("off", 0, .uint), .init("len", 4, .uint), .init("resv", 8, .hex, .nonzero),
    ])
    static let bufferStatus = StructLayout(size: 40, [
        .init("buf_group", 0, .hex32), .init("head", 4, .hex32), reserved("resv", 8, 8, .hex32),
    ])
    static let polling = StructLayout(size: 16, [
        .init("busy_poll_to", 0, .hex32), .init("prefer_busy_poll", 4, .hex32, width: 1),
        .init("opcode", 5, .enumerated(.ringNapiOperations), width: 1), reserved("pad", 6, 2, .sized(.hex32, 1)),
        .init("op_param") { d, b in
            if b.u8(5) == 0 { d.enumerated(b.u32(8), .ringNapiTracking) } else { d.out.hex(UInt64(b.u32(8))) }
        },
        .init("resv", 12, .hex32, .nonzero),
    ])
    static let clock = StructLayout(size: 16, [
        .init("clockid", 0, .enumerated(.clockIDs)), reserved("__resv", 4, 3, .hex32),
    ])
    static let clone = StructLayout(size: 32, [
        .init("src_fd", 0, .fd), .init("flags", 4, .flags(.ringCloneFlags)), .init("src_off", 8, .uint),
        .init("dst_off", 12, .uint), .init("nr", 16, .uint), reserved("pad", 20, 3, .hex32),
    ])
    static let receiveQueue = StructLayout(size: 96, [
        .init("if_idx", 0, .uint), .init("if_rxq", 4, .uint), .init("rq_entries", 8, .uint),
        .init("flags", 12, .flags(.ringReceiveFlags)), .init("area_ptr", 16, .address), .init("region_ptr", 24, .address),
        .init("offsets") { d, b in d.structure(b.slice(32, 32), receiveOffsets) },
        .init("zcrx_id", 64, .uint), .init("rx_buf_len", 68, .uint), .init("event_desc", 72, .address),
        reserved("__resv", 80, 2, .hex),
    ])
    private static let receiveOffsets = StructLayout(size: 32, [
        .init("head", 0, .uint), .init("tail", 4, .uint), .init("rqes", 8, .uint), .init("__resv2", 12, .hex32, .nonzero),
        reserved("__resv", 16, 2, .hex),
    ])
    static let receiveCommand = StructLayout(size: 24, [
        .init("zcrx_id", 0, .uint), .init("op", 4, .enumerated(.ringReceiveCommands)), reserved("__resv", 8, 2, .hex),
    ])
    static let sizes = StructLayout(size: 120, [
        .init("sq_entries", 0, .uint), .init("cq_entries", 4, .uint), .init("flags", 8, .flags(.ringSetupFlags)),
        .init("sq_off", .when { $0.u64(72) != 0 }) { d, b in d.structure(b.slice(72, 8), userAddress) },
        .init("cq_off", .when { $0.u64(112) != 0 }) { d, b in d.structure(b.slice(112, 8), userAddress) },
        reserved("resv", 28, 3, .hex32),
    ])
    private static let userAddress = StructLayout(size: 8, [.init("user_addr", 0, .hex)])
    static let region = StructLayout(size: 32, [
        .init("region_uptr", 0, .address), .init("flags", 8, .flags64(.ringRegionFlags)), reserved("__resv", 16, 2, .hex),
    ])

    // MARK: Queries

    static let query = StructLayout(size: 40, [
        .init("query_data", 8, .address), .init("query_op", 16, .enumerated(.ringQueries)), .init("size", 20, .uint),
        .init("result", 24, .int), reserved("__resv", 28, 3, .hex32),
    ])
    static let answers: [UInt32: StructLayout] = [
        0: StructLayout(size: 48, [
            .init("nr_request_opcodes", 0, .uint), .init("nr_register_opcodes", 4, .uint),
            .init("feature_flags", 8, .flags64(.ringFeatures)), .init("ring_setup_flags", 16, .flags64(.ringSetupFlags)),
            .init("enter_flags", 24, .flags64(.ringEnterFlags)), .init("sqe_flags", 32, .flags64(.ringSubmissionFlags)),
            .init("nr_query_opcodes", 40, .uint), .init("__pad", 44, .hex32, .nonzero),
        ]),
        1: StructLayout(size: 40, [
            .init("register_flags", 0, .flags64(.ringReceiveFlags)), .init("area_flags", 8, .flags64(.ringReceiveAreaFlags)),
            .init("nr_ctrl_opcodes", 16, .uint), .init("features", 20, .hex32), .init("rq_hdr_size", 24, .uint),
            .init("rq_hdr_alignment", 28, .uint), .init("__resv2", 32, .hex, .nonzero),
        ]),
        2: StructLayout(size: 16, [.init("hdr_size", 0, .ulong), .init("hdr_alignment", 8, .ulong)]),
        3: StructLayout(size: 48, [
            .init("event_flags", 0, .hex32), .init("stats_size", 4, .uint), .init("stats_off_alignment", 8, .uint),
            .init("__resv1", 12, .hex32, .nonzero), reserved("__resv2", 16, 4, .hex),
        ]),
    ]

    // MARK: Submission queue entries

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
