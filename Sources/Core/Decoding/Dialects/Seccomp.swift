// seccomp(2): what the third argument is depends on the operation.

extension StructLayout {
    static let seccompNotificationSizes = StructLayout(size: 6, [
        .init("seccomp_notif", 0, .uint, width: 2), .init("seccomp_notif_resp", 2, .uint, width: 2),
        .init("seccomp_data", 4, .uint, width: 2),
    ])
}

extension Decoder {
    func seccompCall() -> Syscall.Progress {
        variantCall(Seccomp.variants[call[0] & 0xffff_ffff] ?? Seccomp.other)
    }
}

private enum Seccomp {
    static let operation = Argument.enumerated("operation", .seccompOperations)
    static let other = CallVariant([operation, .hex32("flags"), .address("args")])
    static let variants: [UInt64: CallVariant] = [
        1: CallVariant([
            operation, .flags("flags", .seccompFilterFlags),
            .custom("args") { d, v in d.filterProgram(v, .seccomp) },
        ]),
        2: CallVariant([operation, .hex32("flags"), .pointee("args", .enumerated(.seccompActions))]),
        3: CallVariant([operation, .hex32("flags"), .structure("args", .seccompNotificationSizes, .out)]),
    ]
}
