// Data and positioning on descriptors.

extension SyscallTable {
    static let descriptors: [Syscall] = [
        .init("read", x86_64: 0, aarch64: 63, [.desc, .data],
            [.fd("fd"), .bytes("buf", .out, length: .result), .size("count")]),
        .init("write", x86_64: 1, aarch64: 64, [.desc, .data],
            [.fd("fd"), .bytes("buf", length: .argument(2)), .size("count")]),
        .init("close", x86_64: 3, aarch64: 57, [.desc, .data], [.fd("fd")]),
    ]
}
