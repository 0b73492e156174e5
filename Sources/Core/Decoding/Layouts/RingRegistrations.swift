// Structures of io_uring_register(2).

/// What each operation of io_uring_register(2) takes.
enum Ring {
    enum Moment { case request, answer, both }

    enum Registration: Sendable {
        /// What the program gives, with the count of it.
        case given(Capture, @Sendable (Decoder, _ address: UInt64, _ count: UInt64) -> Void)
        /// A structure, if the count is what it has to be.
        case structure(StructLayout, Int = 1, Moment = .request)
        /// Returns whether nothing is left to be shown at exit.
        case dialect(Capture, @Sendable (Decoder, _ address: UInt64, _ count: UInt64) -> Bool)
    }

    private static func array(_ stride: Int) -> Capture { .memory(.argument(3), scale: stride, most: 1 << 16) }

    private static let files = Capture.all([array(4), .descriptors(.argument(3), stride: 4)])

    /// A structure with an array and as many tags.
    private static func resources(count: Int, data: Int, width: Int) -> Capture {
        .all([
            .memory(.argument(3)), .through(data, .memory(.field(count), scale: width, most: 1 << 16)),
            width == 4 ? .through(data, .descriptors(.field(count), stride: 4)) : .nothing,
            .through(data + 8, .memory(.field(count), scale: 8, most: 1 << 16)),
        ])
    }

    /// The memory that each operation leads to, whether the ring is named by a descriptor or is registered.
    static let registered = CaptureVariants(by: 1) {
        registrations.flatMap { operation, registration in
            let capture: Capture = switch registration {
            case .given(let capture, _), .dialect(let capture, _): capture
            case .structure(let layout, _, .request): .like(.structure(layout))
            case .structure(let layout, _, .answer): .atExit(.like(.structure(layout)))
            case .structure(let layout, _, .both): .both(.like(.structure(layout)))
            }
            let argument = Argument("arg", .address, register: 2, capture: capture)
            return [(operation, [argument]), (operation | 0x8000_0000, [argument])]
        }
    }

    static let registrations: [UInt64: Registration] = [
        0: .given(array(16)) { d, v, n in d.ringBuffers(v, n) },
        2: .given(files) { d, v, n in d.ringFiles(v, n, skipping: false) },
        4: .given(files) { d, v, n in d.ringFiles(v, n, skipping: false) },
        6: .given(.all([.memory(.constant(16)), .through(8, files)])) { d, v, n in d.ringFilesUpdate(v, n) },
        7: .given(files) { d, v, n in d.ringFiles(v, n, skipping: false) },
        8: .dialect(.both(.memory(.argument(3), scale: 8, plus: 16))) { d, v, n in d.ringProbe(v, n) },
        11: .given(array(16)) { d, v, n in d.array(v, count: Int(n), stride: 16, evenOnError: true) { d.ringRestriction($0) } },
        13: .given(resources(count: 0, data: 16, width: 4)) { d, v, n in d.ringResources(v, size: n, isUpdate: false, areFiles: true) },
        14: .given(resources(count: 24, data: 8, width: 4)) { d, v, n in d.ringResources(v, size: n, isUpdate: true, areFiles: true) },
        15: .given(resources(count: 0, data: 16, width: 16)) { d, v, n in d.ringResources(v, size: n, isUpdate: false, areFiles: false) },
        16: .given(resources(count: 24, data: 8, width: 16)) { d, v, n in d.ringResources(v, size: n, isUpdate: true, areFiles: false) },
        17: .given(array(1)) { d, v, n in d.processorSet(v, size: n) },
        19: .dialect(.both(array(4))) { d, v, n in d.ringWorkerLimits(v, n) },
        20: .given(.all([array(16), .at(8, .descriptors(.argument(3), stride: 16))])) { d, v, n in d.array(v, count: Int(n), stride: 16, evenOnError: true) { d.structure($0, registeredRing) } },
        21: .given(array(16)) { d, v, n in d.array(v, count: Int(n), stride: 16, evenOnError: true) { d.structure($0, unregisteredRing) } },
        22: .structure(bufferRing),
        23: .structure(bufferRing),
        24: .structure(cancellation),
        25: .structure(fileRange),
        26: .structure(bufferStatus, 1, .answer),
        27: .structure(polling, 1, .both),
        28: .structure(polling, 1, .answer),
        29: .structure(clock, 0),
        30: .structure(clone),
        31: .given(.all([.memory(.constant(128)), .at(4, .descriptors(.constant(1), stride: 4)), .through(48, .memory(.constant(64)))])) { d, v, n in if n == 1 { d.ringSubmission(v) } else { d.out.address(v) } },
        32: .structure(receiveQueue),
        33: .structure(sizes),
        34: .structure(region),
        35: .given(.chain(next: 0, most: maximalChain, .all([.memory(.constant(40)), .through(8, .memory(.constant(64)))]))) { d, v, n in if n == 0 { d.ringQuery(v) } else { d.out.address(v) } },
        36: .dialect(.both(.memory(.constant(72)))) { d, v, n in d.ringReceiveCommand(v, n) },
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
}
