extension StructLayout {
    static let cachestatRange = StructLayout(size: 16, [.init("off", 0, .hex), .init("len", 8, .ulong)])
    static let cachestat = StructLayout(size: 40, [
        .init("nr_cache", 0, .ulong), .init("nr_dirty", 8, .ulong), .init("nr_writeback", 16, .ulong),
        .init("nr_evicted", 24, .ulong), .init("nr_recently_evicted", 32, .ulong),
    ])
}

extension Decoder {
    /// The flags of mmap(2): the mapping's type, its flags, and the size of huge pages as a logarithm.
    func mappingFlags(_ v: UInt64) {
        let low = v & 0xffff_ffff
        let type = low & 0xf
        guard out.beginSymbolic(v, radix: .hex) else { return }
        if let name = ConstantTable.mappingTypes.name(of: type) {
            out.symbol(name)
        } else {
            out.bits(type, radix: .hex)
            out.comment(ConstantTable.mappingTypes.unknown)
        }
        hugeFlags(low & ~0xf, .mappingFlags, "<<MAP_HUGE_SHIFT")
        out.endSymbolic()
    }

    /// The flags of memfd_create(2), with the size of huge pages as a logarithm.
    func memfdFlags(_ v: UInt64) {
        let v = v & 0xffff_ffff
        guard v >> 26 != 0 else {
            flags(v, .memfdFlags)
            return
        }
        guard out.beginSymbolic(v, radix: .hex) else { return }
        hugeFlags(v, .memfdFlags, "<<MFD_HUGE_SHIFT")
        out.endSymbolic()
    }

    /// Names flags below bit 26 and the logarithm of a huge page's size above.
    private func hugeFlags(_ v: UInt64, _ table: ConstantTable, _ shift: Name) {
        var rest = v & 0x3ff_ffff
        for e in table.entries where e.value & rest == e.value {
            out.symbol(e.name)
            rest &= ~e.value
        }
        if rest != 0 { out.bits(rest, radix: .hex) }
        if v >> 26 != 0 {
            out.bits(v >> 26, radix: .unsigned)
            out.verbatim(shift)
        }
    }

    /// A NUMA memory policy's mode with its mode flags.
    func memoryPolicy(_ v: UInt64) {
        let known: UInt64 = 0xe000
        guard let name = ConstantTable.memoryPolicies.name(of: v & ~known) else {
            flags(v, .memoryPolicyModeFlags)
            return
        }
        guard out.beginSymbolic(v, radix: .hex) else { return }
        out.symbol(name)
        for e in ConstantTable.memoryPolicyModeFlags.entries where e.value & v == e.value { out.symbol(e.name) }
        out.endSymbolic()
    }

    /// A set of NUMA nodes: words of `maxnode - 1` bits.
    func nodeMask(_ address: UInt64, _ maxnode: UInt64, evenOnError: Bool = true) {
        let words = maxnode == 0 ? 0 : (maxnode - 1) / 64 + (maxnode % 64 == 1 ? 0 : 1)
        guard address == 0 || maxnode == 0 || words > 0 else {
            out.address(address)
            return
        }
        array(address, count: Int(clamping: words), stride: 8, evenOnError: evenOnError) { b in
            let word = b.u64(0)
            scratch.truncate(to: 0)
            if word != 0 { scratch.append("0x") }
            scratch.hexDigits(word, width: word == 0 ? 16 : 14)
            out.verbatim(scratch.bytes)
        }
    }

    /// What move_pages(2) tells of a page: its node, or an error.
    func pageStatus(_ v: UInt64) {
        let status = Int32(truncatingIfNeeded: v)
        guard status < 0, let name = ConstantTable.errors.name(of: UInt64(-Int64(status))) else {
            int(v)
            return
        }
        if out.beginSymbolic(UInt64(bitPattern: Int64(status)), radix: .decimal) {
            scratch.truncate(to: 0)
            scratch.ascii("-")
            scratch.append(name)
            out.verbatim(scratch.bytes)
            out.endSymbolic()
        }
    }

    /// Whether each page is in core: the low bit of one byte per page of the range.
    func residency(_ address: UInt64) {
        // Pages are 4096 bytes on x86_64; elsewhere it is the usual size.
        let bytes = call[1]
        let pages = bytes / 4096 + (bytes % 4096 == 0 ? 0 : 1)
        array(address, count: Int(clamping: pages), stride: 1) { out.unsigned(UInt64($0.u8(0) & 1)) }
    }
}
