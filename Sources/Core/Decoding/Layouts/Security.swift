// Structures of capget(2), landlock(7) and Linux security modules.

extension Decoder {
    /// `cap_user_data_t`: one structure, or two whose fields hold the low and the high half.
    func capabilitySets(_ address: UInt64, evenOnError: Bool) {
        guard dereferencing, let version = call[0] == 0 ? nil : readU32(call[0]) else {
            out.address(address)
            return
        }
        let isWide = version == 0x2007_1026 || version == 0x2008_0522
        object(address, isWide ? 24 : 12, evenOnError: evenOnError) { b in
            structure {
                for (i, name) in ["effective" as Name, "permitted", "inheritable"].enumerated() {
                    field(name)
                    let low = b.u32(i * 4)
                    let high = isWide ? b.u32(12 + i * 4) : 0
                    if low != 0 || high == 0 { flags(low, .capabilitySets) }
                    if low != 0 && high != 0 { out.verbatim("|") }
                    if high != 0 { flags(high, .capabilitySetsHigh) }
                }
            }
        }
    }

    /// `struct landlock_ruleset_attr` of the size that the program knows.
    func landlockRuleset(_ address: UInt64, size: UInt64) {
        let fields: [(Name, ConstantTable)] = [
            ("handled_access_fs", .landlockFileAccess), ("handled_access_net", .landlockNetworkAccess),
            ("scoped", .landlockScopes), ("quiet_access_fs", .landlockFileAccess),
            ("quiet_access_net", .landlockNetworkAccess), ("quiet_scoped", .landlockScopes),
        ]
        let known = fields.count * 8
        guard size >= 8 else {
            out.address(address)
            return
        }
        object(address, Int(min(size, UInt64(known))), evenOnError: true) { b in
            // A field that is only partly there counts its missing bytes as zero.
            let padded = Bytes(b, padded: known, in: arena)
            structure {
                for (i, f) in fields.enumerated() where i * 8 < b.count {
                    field(f.0)
                    flags(padded.u64(i * 8), f.1)
                }
                if size > UInt64(known) { out.more() }
            }
        }
    }

    /// The attribute of a landlock rule, whose type is argument 1.
    func landlockRule(_ address: UInt64) {
        switch call[1] & 0xffff_ffff {
        case 1: structure(address, .landlockPathBeneath, evenOnError: true)
        case 2: structure(address, .landlockNetPort, evenOnError: true)
        default: out.address(address)
        }
    }

    /// A `struct lsm_ctx` of which `size` bytes are there.
    private func securityContext(_ b: Bytes, _ address: UInt64, size: UInt64) {
        structure {
            field("id")
            lsmID(b.u64(0))
            field("flags")
            out.hex(b.u64(8))
            field("len")
            out.unsigned(b.u64(16))
            let length = b.u64(24)
            field("ctx_len")
            out.unsigned(length)
            let shown = min(length, size - 32)
            guard shown > 0 else { return }
            field("ctx")
            let limit = min(shown, UInt64(options.stringLimit))
            if let text = read(address &+ 32, Int(limit)) {
                out.string(text.raw, truncated: shown > limit, escaping: .all)
            } else {
                out.address(address &+ 32)
            }
        }
    }

    private func lsmID(_ v: UInt64) {
        if ConstantTable.lsmIDs.name(of: v) == nil { out.hex(v) } else { enumerated(v, .lsmIDs) }
    }

    /// The context that a security module is given.
    func securityContext(_ address: UInt64, size: UInt64) {
        guard size >= 32 else {
            out.address(address)
            return
        }
        object(address, 32, evenOnError: true) { securityContext($0, address, size: size) }
    }

    /// lsm_get_self_attr(2): asked for one module, the context tells which at entry.
    func lsmGetSelfAttrCall() -> Syscall.Progress {
        if entering {
            argument("attr")
            enumerated(call[0] & 0xffff_ffff, .lsmAttributes)
            argument("ctx")
            guard call[3] & 1 != 0, readU32(call[2]) != nil else { return .sameAtExit }
            let shown = object(call[1], 32, evenOnError: true) { b in
                structure {
                    field("id")
                    lsmID(b.u64(0))
                }
            }
            kept = shown ? 1 : 2
            return .sameAtExit
        }
        if kept == 1 { out.changed() }
        if kept != 2 { securityContexts(call[1]) }
        argument("size")
        pointee(call[2], 4, evenOnError: true) { out.unsigned(UInt64($0.u32(0))) }
        argument("flags")
        flags(call[3] & 0xffff_ffff, .lsmFlags)
        return .complete
    }

    /// An array of contexts, each of which tells its length.
    private func securityContexts(_ address: UInt64) {
        guard follows(address), let total = readU32(call[2]), total >= 32, read(address, 32) != nil else {
            out.address(address)
            return
        }
        out.beginArray()
        var offset: UInt64 = 0
        let end = UInt64(total)
        var left = abbreviating ? options.stringLimit : Int.max
        while offset + 32 <= end {
            guard let b = read(address &+ offset, 32) else {
                unreadableRest(address &+ offset)
                break
            }
            guard left > 0 else {
                out.more()
                break
            }
            left -= 1
            let length = b.u64(16)
            out.element()
            securityContext(b, address &+ offset, size: min(max(length, 32), end - offset))
            if length < 32 || length > end - offset { break }
            offset += length
        }
        out.endArray()
    }
}

extension StructLayout {
    static let capabilityHeader = StructLayout(size: 8, [
        .init("version", 0, .enumerated(.capabilityVersions)), .init("pid", 4, .pid),
    ])
    static let landlockPathBeneath = StructLayout(size: 12, [
        .init("allowed_access", 0, .flags64(.landlockFileAccess)), .init("parent_fd", 8, .fd),
    ])
    static let landlockNetPort = StructLayout(size: 16, [
        .init("allowed_access", 0, .flags64(.landlockNetworkAccess)), .init("port", 8, .ulong),
    ])
}

extension Bytes {
    /// The bytes of `b` followed by zeros up to `count`.
    init(_ b: Bytes, padded count: Int, in arena: Arena) {
        guard b.count < count, let base = arena.allocate(count).baseAddress else {
            self = b
            return
        }
        base.initializeMemory(as: UInt8.self, repeating: 0, count: count)
        base.copyMemory(from: b.base, byteCount: b.count)
        self.init(base: base, count: count)
    }
}
