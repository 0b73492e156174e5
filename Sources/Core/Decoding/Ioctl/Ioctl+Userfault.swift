// Faults handled in user space: ioctl_userfaultfd(2).

extension IoctlRequest {
    static let userfault: [IoctlRequest] = [
        .init("UFFDIO_API", 0xc018aa3f, .dialect { $0.userfaultAPI() }),
        .init("UFFDIO_REGISTER", 0xc020aa00, .extended(.uffdRegister, by: .uffdRegistered)),
        .init("UFFDIO_UNREGISTER", 0x8010aa01, .read(.structure(.uffdRange))),
        .init("UFFDIO_WAKE", 0x8010aa02, .read(.structure(.uffdRange))),
        .init("UFFDIO_COPY", 0xc028aa03, .extended(.uffdCopy, by: .uffdCopied)),
        .init("UFFDIO_ZEROPAGE", 0xc020aa04, .extended(.uffdZeropage, by: .uffdZeroed)),
        .init("UFFDIO_MOVE", 0xc028aa05, .extended(.uffdMove, by: .uffdMoved)),
        .init("UFFDIO_WRITEPROTECT", 0xc018aa06, .read(.structure(.uffdWriteprotect))),
        .init("UFFDIO_CONTINUE", 0xc020aa07, .extended(.uffdContinue, by: .uffdContinued)),
        .init("UFFDIO_POISON", 0xc020aa08, .extended(.uffdPoison, by: .uffdPoisoned)),
    ]
}

extension StructLayout {
    static let uffdRange = StructLayout(size: 16, [
        .init("start", 0, .hex), .init("len", 8, .hex),
    ])
    static let uffdRegister = StructLayout(size: 32, [
        .init("range") { d, b in d.structure(b.slice(0, 16), .uffdRange) },
        .init("mode", 16, .flags64(.uffdRegisterModes)),
    ])
    static let uffdRegistered = StructLayout(size: 32, [
        .init("ioctls", 24, .flags64(.uffdIoctls)),
    ])
    static let uffdCopy = StructLayout(size: 40, [
        .init("dst", 0, .hex), .init("src", 8, .hex), .init("len", 16, .hex),
        .init("mode", 24, .flags64(.uffdCopyModes)),
    ])
    static let uffdCopied = StructLayout(size: 40, [
        .init("copy", 32, .hex),
    ])
    static let uffdMove = StructLayout(size: 40, [
        .init("dst", 0, .hex), .init("src", 8, .hex), .init("len", 16, .hex),
        .init("mode", 24, .flags64(.uffdMoveModes)),
    ])
    static let uffdMoved = StructLayout(size: 40, [
        .init("move", 32, .hex),
    ])
    static let uffdZeropage = StructLayout(size: 32, [
        .init("range") { d, b in d.structure(b.slice(0, 16), .uffdRange) },
        .init("mode", 16, .flags64(.uffdZeropageModes)),
    ])
    static let uffdZeroed = StructLayout(size: 32, [
        .init("zeropage", 24, .hex),
    ])
    static let uffdWriteprotect = StructLayout(size: 24, [
        .init("range") { d, b in d.structure(b.slice(0, 16), .uffdRange) },
        .init("mode", 16, .flags64(.uffdWriteprotectModes)),
    ])
    static let uffdContinue = StructLayout(size: 32, [
        .init("range") { d, b in d.structure(b.slice(0, 16), .uffdRange) },
        .init("mode", 16, .flags64(.uffdContinueModes)),
    ])
    static let uffdContinued = StructLayout(size: 32, [
        .init("mapped", 24, .ulong),
    ])
    static let uffdPoison = StructLayout(size: 32, [
        .init("range") { d, b in d.structure(b.slice(0, 16), .uffdRange) },
        .init("mode", 16, .flags64(.uffdPoisonModes)),
    ])
    static let uffdPoisoned = StructLayout(size: 32, [
        .init("updated", 24, .ulong),
    ])
}

extension Decoder {
    /// `{api=0xaa, features=0 => features=…, ioctls=…}`
    fileprivate func userfaultAPI() -> Syscall.Progress {
        extended(call[2], 24) { b in
            if entering {
                kept = b.u64(8)
                field("api")
                out.hex(b.u64(0))
                field("features")
                flags(kept, .uffdFeatures)
                return
            }
            guard !failed else { return }
            if b.u64(8) != kept {
                out.changed()
                out.verbatim("features=")
                flags(b.u64(8), .uffdFeatures)
            }
            field("ioctls")
            flags(b.u64(16), .uffdApiIoctls)
        }
    }
}
