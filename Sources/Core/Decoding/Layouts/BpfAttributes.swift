// Attributes of bpf(2)'s commands.

enum Bpf {
    /// Which attributes are shown at exit.
    enum Answer: Equatable, Sendable {
        case none
        case from(Name)
        case all
    }

    /// What a command takes.
    struct Attributes: Sendable {
        let layout: SizedLayout
        /// The member of `union bpf_attr` that holds the attributes, if it has a name.
        let member: Name
        /// The result is a new descriptor.
        let opens: Bool
        /// Where the kernel writes to the attributes.
        let answer: Answer
        /// Describes what fields cannot, and tells where the known attributes end.
        let rest: (@Sendable (Decoder, Bytes, Int) -> Int)?

        init(
            _ layout: SizedLayout, member: Name = "", opens: Bool = false, answer: Answer = .none,
            rest: (@Sendable (Decoder, Bytes, Int) -> Int)? = nil
        ) {
            self.layout = layout
            self.member = member
            self.opens = opens
            self.answer = answer
            self.rest = rest
        }
    }

    static let commands: [UInt64: Attributes] = [
        0: .init(mapCreate, opens: true), 1: .init(mapLookup), 2: .init(mapUpdate), 3: .init(mapDelete),
        4: .init(mapNextKey), 5: .init(programLoad, opens: true, answer: .from("log_true_size")), 6: .init(object),
        7: .init(object, opens: true), 8: .init(programAttach), 9: .init(programAttach),
        10: .init(programTest, member: "test"), 11: .init(nextID, answer: .from("next_id")),
        12: .init(nextID, answer: .from("next_id")),
        13: .init(.init(size: 4, [.init(0, [.init("prog_id", 0, .uint)])]), opens: true),
        14: .init(
            .init(size: 12, [.init(0, [.init("map_id", 0, .uint)]), .init(8, [.init("open_flags", 8, .flags(.bpfOpenFlags))])]),
            opens: true),
        15: .init(objectInfo, member: "info", answer: .from("info_len")),
        16: .init(programQuery, member: "query", answer: .from("prog_ids")),
        17: .init(rawTracepoint, member: "raw_tracepoint", opens: true),
        18: .init(btfLoad, opens: true, answer: .from("btf_log_true_size")),
        19: .init(
            .init(size: 16, [
                .init(0, [.init("btf_id", 0, .uint)]),
                .init(8, [.init("open_flags", 8, .flags(.bpfOpenFlags)), .init("fd_by_id_token_fd", 12, .fd)]),
            ]), opens: true),
        20: .init(taskQuery, member: "task_fd_query", answer: .from("buf")), 21: .init(mapLookup),
        22: .init(.init(size: 4, [.init(0, [.init("map_fd", 0, .fd)])])), 23: .init(nextID, answer: .from("next_id")),
        24: .init(batch(withBatches: true, withValues: true, .bpfElementFlags), member: "batch"),
        25: .init(batch(withBatches: true, withValues: true, .bpfElementFlags), member: "batch"),
        26: .init(batch(withBatches: false, withValues: true, .bpfUpdateFlags), member: "batch"),
        27: .init(batch(withBatches: false, withValues: false, .bpfElementFlags), member: "batch"),
        28: .init(linkCreate, member: "link_create", opens: true, rest: { d, b, size in d.linkDetails(b, size: size) }),
        29: .init(linkUpdate, member: "link_update"),
        30: .init(.init(size: 4, [.init(0, [.init("link_id", 0, .uint)])]), opens: true),
        31: .init(nextID, answer: .from("next_id")),
        32: .init(.init(size: 4, [.init(0, [.init("type", 0, .enumerated(.bpfStatistics))])]), member: "enable_stats", opens: true),
        33: .init(
            .init(size: 8, [.init(0, [.init("link_fd", 0, .fd), .init("flags", 4, .hex32)])]), member: "iter_create",
            opens: true),
        34: .init(.init(size: 4, [.init(0, [.init("link_fd", 0, .fd)])]), member: "link_detach"),
        35: .init(
            .init(size: 12, [.init(0, [.init("prog_fd", 0, .fd), .init("map_fd", 4, .fd), .init("flags", 8, .hex32)])]),
            member: "prog_bind_map"),
        36: .init(
            .init(size: 8, [.init(0, [.init("flags", 0, .hex32), .init("bpffs_fd", 4, .fd)])]), member: "token_create",
            opens: true),
        37: .init(streamRead, member: "prog_stream_read", answer: .all),
        38: .init(
            .init(size: 12, [.init(0, [.init("map_fd", 0, .fd), .init("prog_fd", 4, .fd), .init("flags", 8, .hex32)])]),
            member: "prog_assoc_struct_ops"),
    ]

    // MARK: Maps

    static let mapCreate = SizedLayout(size: 92, [
        .init(0, [
            .init("map_type", 0, .enumerated(.bpfMapTypes)), .init("key_size", 4, .uint), .init("value_size", 8, .uint),
            .init("max_entries", 12, .uint),
        ]),
        .init(16, [.init("map_flags", 16, .flags(.bpfMapFlags))]),
        .init(20, [.init("inner_map_fd", 20, .fd)]),
        .init(24, [.init("") { d, b in
            guard b.u32(16) & 4 != 0 else { return }
            d.field("numa_node")
            d.numaNode(b.u32(24))
        }]),
        .init(28, [.init("map_name") { d, b in d.bpfName(b, 28) }]),
        .init(44, [.init("map_ifindex") { d, b in d.interfaceIndex(b.u32(44)) }]),
        .init(48, [.init("btf_fd", 48, .fd), .init("btf_key_type_id", 52, .uint), .init("btf_value_type_id", 56, .uint)]),
        .init(60, [.init("btf_vmlinux_value_type_id", 60, .uint)]),
        .init(64, [.init("map_extra") { d, b in
            if b.u64(64) == .max {
                d.enumerated(.max as UInt64, .unsignedMaximum, radix: .unsigned)
            } else {
                d.out.unsigned(b.u64(64))
            }
        }]),
        .init(72, [.init("value_type_btf_obj_fd", 72, .fd)]),
        .init(76, [.init("map_token_fd", 76, .fd)]),
        .init(80, [
            .init("excl_prog_hash") { d, b in d.hexBytes(b.u64(80), UInt64(b.u32(88))) },
            .init("excl_prog_hash_size", 88, .uint),
        ]),
    ])
    static let mapLookup = SizedLayout(size: 32, [
        .init(0, [.init("map_fd", 0, .fd), .init("key", 8, .address), .init("value", 16, .address)]),
        .init(24, [.init("flags", 24, .flags64(.bpfElementFlags))]),
    ])
    static let mapUpdate = SizedLayout(size: 32, [
        .init(0, [
            .init("map_fd", 0, .fd), .init("key", 8, .address), .init("value", 16, .address),
            .init("flags", 24, .flags64(.bpfUpdateFlags)),
        ])
    ])
    static let mapDelete = SizedLayout(size: 16, [.init(0, [.init("map_fd", 0, .fd), .init("key", 8, .address)])])
    static let mapNextKey = SizedLayout(size: 24, [
        .init(0, [.init("map_fd", 0, .fd), .init("key", 8, .address), .init("next_key", 16, .address)])
    ])
    static func batch(withBatches: Bool, withValues: Bool, _ flags: ConstantTable) -> SizedLayout {
        var fields: [StructLayout.Field] = []
        if withBatches { fields += [.init("in_batch", 0, .address), .init("out_batch", 8, .address)] }
        fields += [.init("keys", 16, .address)]
        if withValues { fields += [.init("values", 24, .address)] }
        fields += [
            .init("count", 32, .uint), .init("map_fd", 36, .fd), .init("elem_flags", 40, .flags64(flags)),
            .init("flags", 48, .hex),
        ]
        return SizedLayout(size: 56, [.init(0, fields)])
    }

    // MARK: Programs

    static let programLoad = SizedLayout(size: 168, [
        .init(0, [
            .init("prog_type", 0, .enumerated(.bpfProgramTypes)), .init("insn_cnt", 4, .uint),
            .init("insns") { d, b in d.bpfInstructions(b.u64(8), count: UInt64(b.u32(4))) }, .init("license", 16, .string),
        ]),
        .init(24, [
            .init("log_level", 24, .uint), .init("log_size", 28, .uint),
            .init("log_buf") { d, b in d.string(b.u64(32), limit: Int(b.u32(28))) },
        ]),
        .init(40, [.init("kern_version") { d, b in d.kernelVersion(b.u32(40)) }]),
        .init(44, [.init("prog_flags", 44, .flags(.bpfProgramFlags))]),
        .init(48, [.init("prog_name") { d, b in d.bpfName(b, 48) }]),
        .init(64, [.init("prog_ifindex") { d, b in d.interfaceIndex(b.u32(64)) }]),
        .init(68, [.init("expected_attach_type", 68, .enumerated(.bpfAttachTypes))]),
        .init(72, [
            .init("prog_btf_fd", 72, .fd), .init("func_info_rec_size", 76, .uint), .init("func_info", 80, .address),
            .init("func_info_cnt", 88, .uint), .init("line_info_rec_size", 92, .uint), .init("line_info", 96, .address),
            .init("line_info_cnt", 104, .uint),
        ]),
        .init(108, [.init("attach_btf_id", 108, .uint)]),
        .init(112, [.init("attach_prog_fd", 112, .fd)]),
        .init(128, [.init("core_relo_cnt", 116, .uint)]),
        .init(120, [.init("fd_array", 120, .address)]),
        .init(128, [.init("core_relos", 128, .address), .init("core_relo_rec_size", 136, .uint)]),
        .init(140, [.init("log_true_size", 140, .uint)]),
        .init(144, [.init("prog_token_fd", 144, .fd)]),
        .init(148, [.init("fd_array_cnt", 148, .uint)]),
        .init(152, [
            .init("signature") { d, b in d.hexBytes(b.u64(152), UInt64(b.u32(160))) },
            .init("signature_size", 160, .uint), .init("keyring_id", 164, .int),
        ]),
    ])
    static let object = SizedLayout(size: 20, [
        .init(0, [.init("pathname", 0, .path), .init("bpf_fd", 8, .fd)]),
        .init(12, [.init("file_flags", 12, .flags(.bpfFileFlags))]),
        .init(16, [.init("path_fd", 16, .dirfd)]),
    ])
    static let programAttach = SizedLayout(size: 32, [
        .init(0, [
            .init("") { d, b in d.attachTarget(b, 0, type: b.u32(8)) }, .init("attach_bpf_fd", 4, .fd),
            .init("attach_type", 8, .enumerated(.bpfAttachTypes)), .init("attach_flags", 12, .flags(.bpfAttachFlags)),
        ]),
        .init(16, [.init("replace_bpf_fd", 16, .fd)]),
        .init(20, [.init("") { d, b in d.relativeTarget(b, 20, flags: b.u32(12)) }, .init("expected_revision", 24, .ulong)]),
    ])
    static let programTest = SizedLayout(size: 76, [
        .init(0, [
            .init("prog_fd", 0, .fd), .init("retval", 4, .uint), .init("data_size_in", 8, .uint),
            .init("data_size_out", 12, .uint), .init("data_in", 16, .address), .init("data_out", 24, .address),
            .init("repeat", 32, .uint), .init("duration", 36, .uint),
        ]),
        .init(40, [
            .init("ctx_size_in", 40, .uint), .init("ctx_size_out", 44, .uint), .init("ctx_in", 48, .address),
            .init("ctx_out", 56, .address),
        ]),
        .init(64, [.init("flags", 64, .flags(.bpfTestFlags)), .init("cpu", 68, .uint)]),
        .init(72, [.init("batch_size", 72, .uint)]),
    ])
    static let programQuery = SizedLayout(size: 64, [
        .init(0, [
            .init("") { d, b in d.attachTarget(b, 0, type: b.u32(4)) },
            .init("attach_type", 4, .enumerated(.bpfAttachTypes)), .init("query_flags", 8, .flags(.bpfQueryFlags)),
            .init("attach_flags", 12, .flags(.bpfAttachFlags)),
            .init("prog_ids") { d, b in d.queried(b.u64(16), b.u32(24)) }, .init("prog_cnt", 24, .uint),
        ]),
        .init(32, [.init("prog_attach_flags") { d, b in d.queried(b.u64(32), b.u32(24), .bpfAttachFlags) }]),
        .init(40, [
            .init("link_ids") { d, b in d.queried(b.u64(40), b.u32(24)) },
            .init("link_attach_flags") { d, b in d.queried(b.u64(48), b.u32(24), .bpfAttachFlags) },
            .init("revision", 56, .hex),
        ]),
    ])
    static let rawTracepoint = SizedLayout(size: 24, [
        .init(0, [.init("name", 0, .string), .init("prog_fd", 8, .fd)]), .init(23, [.init("cookie", 16, .hex)]),
    ])
    static let streamRead = SizedLayout(size: 20, [
        .init(0, [
            .init("stream_buf") { d, b in d.buffer(b.u64(0), UInt64(b.u32(8)), evenOnError: true) },
            .init("stream_buf_len", 8, .uint), .init("stream_id", 12, .uint), .init("prog_fd", 16, .fd),
        ])
    ])

    // MARK: Objects

    static let nextID = SizedLayout(size: 8, [.init(0, [.init("start_id", 0, .uint), .init("next_id", 4, .uint)])])
    static let objectInfo = SizedLayout(size: 16, [
        .init(0, [
            .init("bpf_fd", 0, .fd), .init("info_len") { d, b in d.bpfInfoSize(b.u32(4)) },
            .init("info") { d, b in d.bpfInfo(b) },
        ])
    ])
    /// `struct bpf_map_info`.
    static let mapInfo = SizedLayout(size: 104, [
        .init(0, [
            .init("type", 0, .enumerated(.bpfMapTypes)), .init("id", 4, .uint), .init("key_size", 8, .uint),
            .init("value_size", 12, .uint), .init("max_entries", 16, .uint), .init("map_flags", 20, .flags(.bpfMapFlags)),
        ]),
        .init(24, [.init("name") { d, b in d.cString(b.slice(24, 16)) }]),
        .init(40, [.init("ifindex") { d, b in d.interfaceIndex(b.u32(40)) }]),
        .init(44, [.init("btf_vmlinux_value_type_id", 44, .uint)]),
        .init(48, [.init("netns_dev", 48, .device, width: 8)]),
        .init(56, [.init("netns_ino", 56, .ulong)]),
        .init(64, [.init("btf_id", 64, .uint)]),
        .init(68, [.init("btf_key_type_id", 68, .uint)]),
        .init(72, [.init("btf_value_type_id", 72, .uint)]),
        .init(80, [.init("btf_vmlinux_id", 76, .uint), .init("map_extra", 80, .hex)]),
        .init(88, [.init("hash", 88, .hex), .init("hash_size", 96, .uint)]),
    ])
    static let btfLoad = SizedLayout(size: 40, [
        .init(0, [
            .init("btf") { d, b in d.buffer(b.u64(0), UInt64(b.u32(16)), evenOnError: true) },
            .init("btf_log_buf", 8, .address), .init("btf_size", 16, .uint), .init("btf_log_size", 20, .uint),
            .init("btf_log_level", 24, .uint),
        ]),
        .init(28, [.init("btf_log_true_size", 28, .uint)]),
        .init(32, [.init("btf_flags", 32, .flags(.bpfFileFlags)), .init("btf_token_fd", 36, .fd)]),
    ])
    static let taskQuery = SizedLayout(size: 48, [
        .init(0, [
            .init("pid", 0, .pid), .init("fd", 4, .fd), .init("flags", 8, .uint), .init("buf_len", 12, .uint),
            .init("buf") { d, b in d.string(b.u64(16), limit: Int(b.u32(12))) }, .init("prog_id", 24, .uint),
            .init("fd_type", 28, .enumerated(.bpfDescriptorTypes)), .init("probe_offset", 32, .hex),
            .init("probe_addr", 40, .hex),
        ])
    ])

    // MARK: Links

    static let linkCreate = SizedLayout(size: 16, [
        .init(0, [
            .init("prog_fd", 0, .fd), .init("") { d, b in d.attachTarget(b, 4, type: b.u32(8)) },
            .init("attach_type", 8, .enumerated(.bpfAttachTypes)), .init("flags", 12, .flags(.bpfAttachFlags)),
        ])
    ])
    static let linkUpdate = SizedLayout(size: 16, [
        .init(0, [
            .init("link_fd", 0, .fd), .init("new_prog_fd", 4, .fd), .init("flags", 8, .flags(.bpfAttachFlags)),
            .init("") { d, b in
                guard b.u32(8) & 4 != 0 else { return }
                d.field("old_prog_fd")
                d.fd(UInt64(b.u32(12)))
            },
        ])
    ])
    static let tracingLink = SizedLayout(size: 32, [.init(16, [.init("target_btf_id", 16, .uint), .init("cookie", 24, .hex)])])
    static let iteratorLink = SizedLayout(size: 28, [
        .init(16, [
            .init("iter_info") { d, b in
                d.words(b.u64(16), b.u32(24), stride: 4) { v in
                    d.structure {
                        d.field("map")
                        d.structure {
                            d.field("map_fd")
                            d.fd(v)
                        }
                    }
                }
            },
            .init("iter_info_len", 24, .uint),
        ])
    ])
    static let perfEventLink = SizedLayout(size: 24, [.init(16, [.init("bpf_cookie", 16, .hex)])])
    static let kprobeMultiLink = SizedLayout(size: 48, [
        .init(16, [
            .init("flags", 16, .flags(.bpfKprobeMultiFlags)), .init("cnt", 20, .uint),
            .init("syms") { d, b in d.words(b.u64(24), b.u32(20)) { d.string($0, evenOnError: true) } },
            .init("addrs") { d, b in d.words(b.u64(32), b.u32(20)) { d.out.hex($0) } },
            .init("cookies") { d, b in d.words(b.u64(40), b.u32(20)) { d.out.hex($0) } },
        ])
    ])
    static let netfilterLink = SizedLayout(size: 32, [
        .init(16, [
            .init("pf", 16, .uint), .init("hooknum", 20, .uint), .init("priority", 24, .int),
            .init("flags", 28, .flags(.bpfNetfilterFlags)),
        ])
    ])
    static let orderedLink = SizedLayout(size: 32, [
        .init(16, [.init("") { d, b in d.relativeTarget(b, 16, flags: b.u32(12)) }, .init("expected_revision", 24, .hex)])
    ])
    static let uprobeMultiLink = SizedLayout(size: 64, [
        .init(16, [
            .init("path", 16, .path), .init("offsets") { d, b in d.words(b.u64(24), b.u32(48)) { d.out.hex($0) } },
            .init("ref_ctr_offsets") { d, b in d.words(b.u64(32), b.u32(48)) { d.out.hex($0) } },
            .init("cookies") { d, b in d.words(b.u64(40), b.u32(48)) { d.out.hex($0) } }, .init("cnt", 48, .uint),
            .init("flags", 52, .flags(.bpfUprobeMultiFlags)), .init("pid", 56, .pid),
        ]),
        .init(60, [.init("path_fd", 60, .fd)]),
    ])
    static let tracingMultiLink = SizedLayout(size: 36, [
        .init(16, [
            .init("ids") { d, b in d.words(b.u64(16), b.u32(32), stride: 4) { d.out.unsigned($0) } },
            .init("cookies") { d, b in d.words(b.u64(24), b.u32(32)) { d.out.hex($0) } }, .init("cnt", 32, .uint),
        ])
    ])
}

extension Decoder {
    /// The room for information, and how much of it the kernel used.
    fileprivate func bpfInfoSize(_ v: UInt32) {
        out.unsigned(kept)
        guard UInt64(v) != kept else { return }
        out.changed()
        out.unsigned(UInt64(v))
    }

    /// What BPF_OBJ_GET_INFO_BY_FD told of a map.
    fileprivate func bpfInfo(_ b: Bytes) {
        let size = Int(min(b.u32(4), UInt32(Bpf.mapInfo.size)))
        guard !abbreviating, size > 0, refers(b.i32(0), to: "anon_inode:bpf-map"), follows(b.u64(8)),
            let info = read(b.u64(8), size)
        else {
            out.address(b.u64(8))
            return
        }
        structure { fields(Bytes(info, padded: Bpf.mapInfo.size, in: arena), size: size, Bpf.mapInfo) }
    }

    /// An array that BPF_PROG_QUERY filled: ids, or sets of flags.
    fileprivate func queried(_ address: UInt64, _ count: UInt32, _ table: ConstantTable? = nil) {
        array(address, count: Int(count), stride: 4) { b in
            if let table { flags(b.u32(0), table) } else { out.unsigned(UInt64(b.u32(0))) }
        }
    }

    fileprivate func numaNode(_ v: UInt32) {
        guard ConstantTable.noNumaNode.name(of: UInt64(v)) != nil else {
            out.unsigned(UInt64(v))
            return
        }
        out.unsigned(UInt64(v))
        if options.constants != .raw { out.comment("NUMA_NO_NODE") }
    }

    /// Bytes that are no text, in hexadecimal.
    func hexBytes(_ address: UInt64, _ count: UInt64) {
        let shown = Int(min(count, UInt64(options.stringLimit)))
        guard follows(address, evenOnError: true), let b = read(address, shown) else {
            out.address(address)
            return
        }
        out.string(b.raw, truncated: count > UInt64(shown), escaping: .all)
    }

    /// Instructions of a program, decoded only where structures are shown in full.
    fileprivate func bpfInstructions(_ address: UInt64, count: UInt64) {
        guard !abbreviating else {
            out.address(address)
            return
        }
        array(address, count: Int(min(count, 1 << 24)), stride: 8, evenOnError: true) { b in
            structure {
                field("code")
                bpfInstructionCode(UInt64(b.u8(0)))
                field("dst_reg")
                enumerated(UInt64(b.u8(1) & 15), .bpfRegisters)
                field("src_reg")
                enumerated(UInt64(b.u8(1) >> 4), .bpfRegisters)
                field("off")
                out.signed(Int64(b.i16(2)))
                field("imm")
                out.hex(UInt64(b.u32(4)))
            }
        }
    }

    private func bpfInstructionCode(_ code: UInt64) {
        enumerated(code & 7, .ebpfClasses)
        func part(_ v: UInt64, _ table: ConstantTable) {
            out.verbatim("|")
            enumerated(v, table)
        }
        switch code & 7 {
        case 0...3:
            part(code & 0x18, .bpfSizes)
            part(code & 0xe0, .ebpfModes)
        case 4, 7:
            part(code & 8, .bpfSources)
            part(code & 0xf0, .bpfArithmetic)
        case 5:
            part(code & 8, .bpfSources)
            part(code & 0xf0, .bpfJumps)
        default:
            guard code & ~7 != 0 else { return }
            out.verbatim("|")
            out.hex(code & ~7)
            out.comment("BPF_???")
        }
    }
}
