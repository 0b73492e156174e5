// perf_event_open(2): `struct perf_event_attr` of the size that the program knows.

extension Decoder {
    func perfEventOpenCall() -> Syscall.Progress {
        if entering {
            // The kernel replaces a size that it does not know.
            kept = UInt64(call[0] == 0 ? 0 : readU32(call[0] &+ 4) ?? 0)
            return .nextAtExit
        }
        argument("attr")
        perfAttributes(call[0], size: UInt32(truncatingIfNeeded: kept))
        argument("pid")
        pid(call[1])
        argument("cpu")
        int(call[2])
        argument("group_fd")
        fd(call[3])
        argument("flags")
        flags(call[4], .perfFlags)
        resultStyle = .fd
        return .complete
    }

    func perfAttributes(_ address: UInt64, size given: UInt32) {
        let size = given == 0 ? 64 : Int(given)
        guard size >= 64, follows(address, evenOnError: true), let read = read(address, min(size, Perf.known)) else {
            out.address(address)
            return
        }
        let b = Bytes(read, padded: Perf.known, in: arena)
        structure {
            field("type")
            enumerated(b.u32(0), .perfTypes)
            field("size")
            enumerated(given, .perfAttributeSizes)
            if case .failed(7) = call.outcome, let wanted = readU32(address &+ 4), wanted != given {
                out.changed()
                enumerated(wanted, .perfAttributeSizes)
            }
            field("config")
            perfConfig(b.u64(8), type: b.u32(0))
            let bits = b.u64(40)
            field(bits >> 10 & 1 != 0 ? "sample_freq" : "sample_period")
            out.unsigned(b.u64(16))
            field("sample_type")
            flags(b.u64(24), .perfSamples)
            field("read_format")
            flags(b.u64(32), .perfReadFormats)
            perfBits(bits)
            if abbreviating { out.more() } else { perfDetails(b, size: size, bits: bits) }
        }
    }

    /// What to count, whose meaning depends on the type of the event.
    private func perfConfig(_ v: UInt64, type: UInt32) {
        func high(_ v: UInt64, _ shift: Name) {
            guard v != 0 else { return }
            out.hex(v)
            out.verbatim(shift)
        }
        switch type {
        case 0:
            high(v >> 32, "<<32|")
            enumerated(v & 0xffff_ffff, .perfHardware)
        case 1: enumerated(v, .perfSoftware)
        case 2: out.unsigned(v)
        case 3:
            high(v >> 32, "<<32|")
            high(v >> 24 & 0xff, "<<24|")
            enumerated(v >> 16 & 0xff, .perfCacheResults)
            out.verbatim("<<16|")
            enumerated(v >> 8 & 0xff, .perfCacheOperations)
            out.verbatim("<<8|")
            enumerated(v & 0xff, .perfCaches)
        default: out.hex(v)
        }
    }

    /// The flag bits; those that are set only, unless structures are shown in full.
    private func perfBits(_ bits: UInt64) {
        for (i, name) in Perf.bits.enumerated() {
            if name.isEmpty { continue }
            if name == "precise_ip" {
                let skid = Int(bits >> 15 & 3)
                field(name)
                out.unsigned(UInt64(skid))
                out.comment(Perf.skids[skid])
            } else if bits >> i & 1 != 0 || !abbreviating {
                field(name)
                out.unsigned(bits >> i & 1)
            }
        }
        let reserved = bits >> Perf.bits.count
        if reserved != 0 {
            field("__reserved_1")
            out.hex(reserved)
            out.comment("Bits 63..38")
        }
    }

    private func perfDetails(_ b: Bytes, size: Int, bits: UInt64) {
        func number(_ name: Name, _ offset: Int) {
            field(name)
            out.unsigned(UInt64(b.u32(offset)))
        }
        func word(_ name: Name, _ offset: Int) {
            field(name)
            out.hex(b.u64(offset))
        }
        number(bits >> 14 & 1 != 0 ? "wakeup_watermark" : "wakeup_events", 48)
        let isBreakpoint = b.u32(0) == 5
        if isBreakpoint {
            field("bp_type")
            let type = b.u32(52)
            if 5...7 ~= type {
                out.unnamed(UInt64(type), radix: .hex, "HW_BREAKPOINT_INVALID")
            } else {
                enumerated(type, .breakpointTypes)
            }
        }
        word(isBreakpoint ? "bp_addr" : "config1", 56)
        guard size > 64 else { return }
        if isBreakpoint {
            field("bp_len")
            out.unsigned(b.u64(64))
        } else {
            word("config2", 64)
        }
        guard size > 72 else { return }
        if b.u64(24) & 1 << 11 != 0 {
            field("branch_sample_type")
            flags(b.u64(72), .perfBranchSamples)
        }
        guard size > 80 else { return }
        word("sample_regs_user", 80)
        guard size > 88 else { return }
        if b.u64(24) & 1 << 13 != 0 {
            field("sample_stack_user")
            out.hex(UInt64(b.u32(88)))
        }
        guard size > 92 else { return }
        if bits >> 25 & 1 != 0 {
            field("clockid")
            enumerated(b.u32(92), .clockIDs)
        }
        guard size > 96 else { return }
        word("sample_regs_intr", 96)
        guard size > 104 else { return }
        number("aux_watermark", 104)
        guard size > 108 else { return }
        field("sample_max_stack")
        out.unsigned(UInt64(b.u16(108)))
        perfReservedComment(b.u16(110))
        guard size > 112 else { return }
        number("aux_sample_size", 112)
        guard size > 116 else { return }
        let action = b.u32(116)
        for (i, name) in ["aux_start_paused" as Name, "aux_pause", "aux_resume"].enumerated() {
            field(name)
            out.unsigned(UInt64(action >> i & 1))
        }
        if action >> 3 != 0 {
            field("__reserved_3")
            out.hex(UInt64(action >> 3))
            out.comment("Bits 931..959")
        }
        for (i, name) in ["sig_data" as Name, "config3", "config4"].enumerated() where size > 120 + i * 8 {
            word(name, 120 + i * 8)
        }
        if size > Perf.known { out.more() }
    }

    private func perfReservedComment(_ v: UInt16) {
        guard v != 0 else { return }
        scratch.truncate(to: 0)
        scratch.append("bytes 110..111: ")
        scratch.hex(UInt64(v))
        out.comment(scratch.bytes)
    }
}

private enum Perf {
    /// Bytes of the largest version known.
    static let known = 144
    /// The flag bits from bit 0 on; `precise_ip` takes two.
    static let bits: [Name] = [
        "disabled", "inherit", "pinned", "exclusive", "exclude_user", "exclude_kernel", "exclude_hv", "exclude_idle", "mmap",
        "comm", "freq", "inherit_stat", "enable_on_exec", "task", "watermark", "precise_ip", "", "mmap_data", "sample_id_all",
        "exclude_host", "exclude_guest", "exclude_callchain_kernel", "exclude_callchain_user", "mmap2", "comm_exec",
        "use_clockid", "context_switch", "write_backward", "namespaces", "ksymbol", "bpf_event", "aux_output", "cgroup",
        "text_poke", "build_id", "inherit_thread", "remove_on_exec", "sigtrap",
    ]
    static let skids: [Name] = ["arbitrary skid", "constant skid", "requested to have 0 skid", "must have 0 skid"]
}
