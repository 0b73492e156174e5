// Virtual machines: <linux/kvm.h>. Registers are x86_64's.

extension IoctlRequest {
    static let kvm: [IoctlRequest] = [
        .init("KVM_CREATE_VM", 0xae01, .value(.hex), returns: .fd),
        .init("KVM_CREATE_VCPU", 0xae41, .value(.uint), returns: .fd),
        .init("KVM_CHECK_EXTENSION", 0xae03, .value(.enumerated64(.kvmCapabilities))),
        .init("KVM_SET_USER_MEMORY_REGION", 0x4020ae46, .read(.structure(.kvmMemoryRegion))),
        .init("KVM_GET_SUPPORTED_CPUID", 0xc008ae05, .written(.custom { $0.kvmCpuid($1) }), capture: .atExit(.kvmCpuid)),
        .init("KVM_GET_EMULATED_CPUID", 0xc008ae09, .written(.custom { $0.kvmCpuid($1) }), capture: .atExit(.kvmCpuid)),
        .init("KVM_SET_CPUID2", 0x4008ae90, .read(.custom { $0.kvmCpuid($1) }), capture: .kvmCpuid),
        .init("KVM_RUN", 0xae80, .dialect { $0.kvmRun() }),
    ] + registers

    #if arch(x86_64)
    private static let registers: [IoctlRequest] = [
        .init("KVM_GET_REGS", 0x8090ae81, .written(.custom { $0.kvmRegisters($1) })),
        .init("KVM_SET_REGS", 0x4090ae82, .read(.custom { $0.kvmRegisters($1) })),
        .init("KVM_GET_SREGS", 0x8138ae83, .written(.structure(.kvmSpecialRegisters))),
        .init("KVM_SET_SREGS", 0x4138ae84, .read(.structure(.kvmSpecialRegisters))),
    ]
    #else
    private static let registers: [IoctlRequest] = []
    #endif
}

extension StructLayout {
    static let kvmMemoryRegion = StructLayout(size: 32, [
        .init("slot", 0, .uint), .init("flags", 4, .flags(.kvmMemoryFlags)), .init("guest_phys_addr", 8, .hex),
        .init("memory_size", 16, .ulong), .init("userspace_addr", 24, .hex),
    ])
    fileprivate static let kvmCpuidEntry = StructLayout(size: 40, [
        .init("function", 0, .hex32), .init("index", 4, .hex32), .init("flags", 8, .flags(.kvmCpuidFlags)),
        .init("eax", 12, .hex32), .init("ebx", 16, .hex32), .init("ecx", 20, .hex32), .init("edx", 24, .hex32),
    ])
    private static let kvmSegment = StructLayout(size: 24, [
        .init("base", 0, .hex), .init("limit", 8, .uint), .init("selector", 12, .uint, width: 2),
        .init("type", 14, .uint, width: 1), .init("present", 15, .uint, width: 1), .init("dpl", 16, .uint, width: 1),
        .init("db", 17, .uint, width: 1), .init("s", 18, .uint, width: 1), .init("l", 19, .uint, width: 1),
        .init("g", 20, .uint, width: 1), .init("avl", 21, .uint, width: 1),
    ])
    private static let kvmTable = StructLayout(size: 16, [.init("base", 0, .hex), .init("limit", 8, .uint, width: 2)])
    private static func segment(_ name: Name, _ i: Int, _ visibility: Field.Visibility = .verbose) -> Field {
        .init(name, visibility) { d, b in d.structure(b.slice(24 * i, 24), .kvmSegment) }
    }
    static let kvmSpecialRegisters = StructLayout(size: 312, [
        segment("cs", 0, .always), segment("ds", 1), segment("es", 2), segment("fs", 3), segment("gs", 4),
        segment("ss", 5), segment("tr", 6), segment("ldt", 7),
        .init("gdt", .verbose) { d, b in d.structure(b.slice(192, 16), .kvmTable) },
        .init("idt", .verbose) { d, b in d.structure(b.slice(208, 16), .kvmTable) },
        .init("cr0", 224, .ulong, .verbose), .init("cr2", 232, .ulong, .verbose), .init("cr3", 240, .ulong, .verbose),
        .init("cr4", 248, .ulong, .verbose), .init("cr8", 256, .ulong, .verbose), .init("efer", 264, .ulong, .verbose),
        .init("apic_base", 272, .hex, .verbose),
        .init("interrupt_bitmap", .verbose) { d, b in d.elements(b.slice(280, 32), .hex) },
    ])
}

extension Decoder {
    /// `{nent=2, entries=[…]}`
    fileprivate func kvmCpuid(_ address: UInt64) {
        let header = 8
        object(address, header) { b in
            structure {
                field("nent")
                out.unsigned(UInt64(b.u32(0)))
                field("entries")
                if abbreviating && b.u32(0) > 0 {
                    out.beginArray()
                    out.more()
                    out.endArray()
                } else {
                    array(address &+ UInt64(header), count: Int(b.u32(0)), stride: StructLayout.kvmCpuidEntry.size) {
                        structure($0, .kvmCpuidEntry)
                    }
                }
            }
        }
    }

    /// `{rax=0x2, ..., rsp=0, rbp=0, ..., rip=0x1000, rflags=0x2}`
    fileprivate func kvmRegisters(_ address: UInt64) {
        let names: [Name] = [
            "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rsp", "rbp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
            "rip", "rflags",
        ]
        object(address, 8 * names.count) { b in
            structure {
                for (i, name) in names.enumerated() {
                    if abbreviating, (1...5).contains(i) || (8...15).contains(i) {
                        if i == 1 || i == 8 { out.more() }
                        continue
                    }
                    field(name)
                    out.hex(b.u64(8 * i))
                }
            }
        }
    }

    /// Runs a virtual CPU; `-e kvm=vcpu` tells why it stopped: `= 0 (KVM_EXIT_IO)`.
    fileprivate func kvmRun() -> Syscall.Progress {
        if entering {
            out.hex(call[2])
            return options.virtualCPUs ? .sameAtExit : .complete
        }
        // Where `struct kvm_run` holds its exit_reason.
        let reason: UInt64 = 8
        guard !failed, let run = inspector.virtualCPU(fd: Int32(truncatingIfNeeded: call[0]), of: tid),
            let exit = readU32(run &+ reason) else { return .complete }
        out.beginNote()
        enumerated(exit, .kvmExits)
        out.endNote()
        return .complete
    }
}

extension Capture {
    fileprivate static let kvmCpuid = Capture.memory(.field(0), scale: 40, plus: 8, most: 1 << 14)
}
