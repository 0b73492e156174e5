// Register sets as ptrace(2) moves them.

/// A register set: words and arrays of words, of which a tracee may ask for the first ones.
struct RegisterSet: Sendable {
    struct Field: Sendable {
        let name: Name
        let offset: Int
        /// Bytes of one value.
        let width: Int
        /// Values; more than one make an array.
        let count: Int

        init(_ name: Name, _ offset: Int, _ width: Int, _ count: Int = 1) {
            self.name = name
            self.offset = offset
            self.width = width
            self.count = count
        }
    }
    let size: Int
    let fields: [Field]

    private static func words(_ names: [Name]) -> [Field] {
        names.enumerated().map { Field($1, $0 * 8, 8) }
    }

    #if arch(x86_64)
    static let general = RegisterSet(size: 216, fields: words([
        "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi", "rdi",
        "orig_rax", "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs",
    ]))
    static let floatingPoint = RegisterSet(size: 512, fields: [
        .init("cwd", 0, 2), .init("swd", 2, 2), .init("ftw", 4, 2), .init("fop", 6, 2), .init("rip", 8, 8),
        .init("rdp", 16, 8), .init("mxcsr", 24, 4), .init("mxcr_mask", 28, 4), .init("st_space", 32, 4, 32),
        .init("xmm_space", 160, 4, 64), .init("padding", 416, 4, 24),
    ])
    #else
    static let general = RegisterSet(size: 272, fields: [
        .init("regs", 0, 8, 31), .init("sp", 248, 8), .init("pc", 256, 8), .init("pstate", 264, 8),
    ])
    static let floatingPoint = RegisterSet(size: 528, fields: [
        .init("vregs", 0, 8, 64), .init("fpsr", 512, 4), .init("fpcr", 516, 4),
    ])
    #endif
}

extension Decoder {
    /// The registers in the first `size` bytes at an address; only whole words are one set's.
    func registers(_ address: UInt64, _ set: RegisterSet, size: UInt64, evenOnError: Bool) {
        guard size > 0, size % 8 == 0, follows(address, evenOnError: evenOnError),
            let b = read(address, Int(min(size, UInt64(set.size))))
        else {
            out.address(address)
            return
        }
        structure {
            for f in set.fields where f.offset < b.count {
                field(f.name)
                guard f.count > 1 else {
                    out.hex(word(b, f.offset, f.width))
                    continue
                }
                out.beginArray()
                let limit = abbreviating ? options.stringLimit : f.count
                for i in 0..<f.count where f.offset + i * f.width < b.count {
                    if i >= limit {
                        out.more()
                        break
                    }
                    out.element()
                    out.hex(word(b, f.offset + i * f.width, f.width))
                }
                out.endArray()
            }
            if size > UInt64(set.size) { out.more() }
        }
    }

    private func word(_ b: Bytes, _ offset: Int, _ width: Int) -> UInt64 {
        switch width {
        case 2: UInt64(b.u16(offset))
        case 4: UInt64(b.u32(offset))
        default: b.u64(offset)
        }
    }
}
