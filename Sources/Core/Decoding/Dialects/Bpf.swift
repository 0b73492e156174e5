// bpf(2): the attributes of a command are a structure of their own each.

extension Decoder {
    func bpfCall() -> Syscall.Progress {
        let command = call[0] & 0xffff_ffff
        let attributes = Bpf.commands[command]
        if entering {
            argument("cmd")
            enumerated(command, .bpfCommands)
            if attributes?.answer == .all { return .nextAtExit }
        }
        if entering || attributes?.answer == .all { argument("attr") }
        guard bpfAttributes(call[1], size: call[2] & 0xffff_ffff, attributes) else { return .sameAtExit }
        argument("size")
        uint(call[2])
        return .complete
    }

    /// - Returns: false if attributes that the kernel answers in are left for the exit.
    private func bpfAttributes(_ address: UInt64, size: UInt64, _ attributes: Bpf.Attributes?) -> Bool {
        var first: Name?
        var next: Name?
        if case .from(let name) = attributes?.answer {
            if entering { next = name } else { first = name }
        }
        // The kernel takes no more than a page.
        guard let attributes, size > 0, size <= 4096, follows(address, evenOnError: true),
            let given = read(address, Int(size))
        else {
            if first == nil { out.address(address) } else { out.endStructure() }
            if first != nil, attributes?.member.isEmpty == false { out.endStructure() }
            return true
        }
        let b = Bytes(given, padded: 256, in: arena)
        // The room for information, before the kernel tells how much of it was used.
        if entering { kept = UInt64(b.u32(4)) }
        if attributes.opens { resultStyle = .fd }
        let isInner = !attributes.member.isEmpty
        if first == nil {
            out.beginStructure()
            if isInner {
                field(attributes.member)
                out.beginStructure()
            }
        }
        guard fields(b, size: given.count, attributes.layout, from: first, until: next) else { return false }
        var known = attributes.layout.size
        if let rest = attributes.rest { known = rest(self, b, given.count) }
        if isInner { out.endStructure() }
        extraData(given, from: known)
        out.endStructure()
        return true
    }

    /// Bytes behind those that are known, if any is set.
    private func extraData(_ b: Bytes, from known: Int) {
        guard b.count > known else { return }
        let extra = b.slice(known)
        guard extra.raw.contains(where: { $0 != 0 }) else { return }
        if abbreviating {
            out.more()
            return
        }
        field("extra_data")
        out.string(extra.raw, truncated: false, escaping: .all)
        scratch.truncate(to: 0)
        scratch.append("bytes ")
        scratch.decimal(UInt64(known))
        scratch.append("..")
        scratch.decimal(UInt64(b.count - 1))
        out.comment(scratch.bytes)
    }

    // MARK: Fields

    /// A name in a fixed array, of which `size` may reach only a part.
    func bpfName(_ b: Bytes, _ offset: Int) {
        let given = min(max(Int(call[2] & 0xffff_ffff) - offset, 0), 16)
        let name = b.slice(offset, given)
        let end = name.terminator
        out.string(name.slice(0, end ?? max(given - 1, 0)).raw, truncated: end == nil)
    }

    /// An array of 64-bit or 32-bit numbers.
    func words(_ address: UInt64, _ count: UInt32, stride: Int = 8, _ body: (UInt64) -> Void) {
        array(address, count: Int(count), stride: stride, evenOnError: true) { body(stride == 8 ? $0.u64(0) : UInt64($0.u32(0))) }
    }

    func kernelVersion(_ v: UInt32) {
        if options.constants != .abbrev { out.hex(UInt64(v)) }
        guard options.constants != .raw else { return }
        let isComment = options.constants == .verbose
        if isComment { out.verbatim(" /* ") }
        out.beginCall("KERNEL_VERSION")
        for part in [v >> 16, v >> 8 & 0xff, v & 0xff] {
            out.element()
            out.unsigned(UInt64(part))
        }
        out.endCall()
        if isComment { out.verbatim(" */") }
    }

    /// Whether programs of this type are attached to a network device.
    private func attachesToDevice(_ type: UInt32) -> Bool {
        switch type {
        case 37, 46, 47, 54, 55: true
        default: false
        }
    }

    /// What a program is attached to: a device by its index, all else by a descriptor.
    func attachTarget(_ b: Bytes, _ offset: Int, type: UInt32) {
        if attachesToDevice(type) {
            field("target_ifindex")
            interfaceIndex(b.u32(offset))
        } else {
            field("target_fd")
            fd(UInt64(b.u32(offset)))
        }
    }

    /// The program or link that order is relative to, by id or by descriptor.
    func relativeTarget(_ b: Bytes, _ offset: Int, flags: UInt32) {
        if flags & 0x20 != 0 {
            field("relative_id")
            out.unsigned(UInt64(b.u32(offset)))
        } else {
            field("relative_fd")
            fd(UInt64(b.u32(offset)))
        }
    }

    /// The part of BPF_LINK_CREATE that depends on what is attached to.
    ///
    /// - Returns: where the attributes that are known end.
    func linkDetails(_ b: Bytes, size: Int) -> Int {
        let flags = b.u32(12)
        func part(_ name: Name, _ layout: SizedLayout) -> Int {
            guard size > 16 else { return 16 }
            field(name)
            structure { fields(b, size: size, layout) }
            return layout.size
        }
        switch b.u32(8) {
        case 24, 25, 26, 27, 58: return part("tracing", Bpf.tracingLink)
        case 28:
            guard size > 16 else { return 16 }
            fields(b, size: size, Bpf.iteratorLink)
            return Bpf.iteratorLink.size
        case 41: return part("perf_event", Bpf.perfEventLink)
        case 42: return part("kprobe_multi", Bpf.kprobeMultiLink)
        case 45: return part("netfilter", Bpf.netfilterLink)
        case 46, 47: return part("tcx", Bpf.orderedLink)
        case 48: return part("uprobe_multi", Bpf.uprobeMultiLink)
        case 54, 55: return part("netkit", Bpf.orderedLink)
        case 59, 60, 61: return part("tracing_multi", Bpf.tracingMultiLink)
        case 0...3, 6, 8...15, 18...22, 29...32, 34, 49...53:
            if flags & 0x38 != 0 { return part("cgroup", Bpf.orderedLink) }
            if b.u32(16) != 0 {
                field("target_btf_id")
                out.unsigned(UInt64(b.u32(16)))
            }
            return 20
        default: return 16
        }
    }
}

extension Bpf {
    private static func on(_ commands: UInt64..., read capture: Capture) -> Capture {
        .when(argument: 0, in: commands, capture)
    }
    private static func onLink(_ type: UInt64, mask: UInt64 = .max, _ capture: Capture) -> Capture {
        .whenField(8, mask: mask, is: type, capture)
    }

    /// What descriptors in the attributes refer to.
    private static let descriptors = Capture.all(commands.map { command, attributes in
        let fields = attributes.layout.groups.flatMap(\.fields).filter {
            switch $0.kind {
            case .fd, .dirfd: true
            default: false
            }
        }
        return on(command, read: .all(fields.map { .at($0.offset, .descriptor) }))
    })

    /// The attributes, before the call and after it, and what those of each command lead to.
    static let memory = Capture.all([
        .memory(.argument(2)), .afterAll(.memory(.argument(2))), descriptors,
        on(0, read: .buffer(at: 80, length: 88)),
        on(5, read: .all([
            .verbose(.array(at: 8, of: 8, count: 4)), .through(16, .like(.string)), .through(32, .like(.string)),
            .buffer(at: 152, length: 160),
        ])),
        on(6, 7, 17, read: .through(0, .like(.path))),
        on(18, read: .buffer(at: 0, length: 16)),
        on(28, read: .all([
            onLink(28, .array(at: 16, of: 4, count: 24)),
            onLink(42, .all([
                .array(at: 24, of: 8, count: 20), .through(24, .each(.field(20), stride: 8, .through(0, .like(.string)))),
                .array(at: 32, of: 8, count: 20), .array(at: 40, of: 8, count: 20),
            ])),
            onLink(48, .all([
                .through(16, .like(.path)), .array(at: 24, of: 8, count: 48), .array(at: 32, of: 8, count: 48),
                .array(at: 40, of: 8, count: 48),
            ])),
            // 59 to 61.
            onLink(56, mask: 56, .all([.array(at: 16, of: 4, count: 32), .array(at: 24, of: 8, count: 32)])),
        ])),
        .atExit(.verbose(on(15, read: .array(at: 8, of: 1, count: 4)))),
        .atExit(on(16, read: .all([16, 32, 40, 48].map { .array(at: $0, of: 4, count: 24) }))),
        .afterAll(.all([on(20, read: .through(16, .like(.string))), on(37, read: .buffer(at: 0, length: 8))])),
    ])
}
