extension SyscallTable {
    /// Three ids that the kernel stores, as getresuid(2) has them.
    private static func stored(_ names: Name...) -> [Argument] { names.map { .pointee($0, .id, .out) } }

    static let identity: [Syscall.Row] = [
        .init("getuid", x86_64: 102, aarch64: 174, [.creds, .pure, .neverFails]),
        .init("geteuid", x86_64: 107, aarch64: 175, [.creds, .pure, .neverFails]),
        .init("getgid", x86_64: 104, aarch64: 176, [.creds, .pure, .neverFails]),
        .init("getegid", x86_64: 108, aarch64: 177, [.creds, .pure, .neverFails]),
        .init("setuid", x86_64: 105, aarch64: 146, [.creds], [.id("uid")]),
        .init("setgid", x86_64: 106, aarch64: 144, [.creds], [.id("uid")]),
        .init("setreuid", x86_64: 113, aarch64: 145, [.creds], [.id("ruid"), .id("euid")]),
        .init("setregid", x86_64: 114, aarch64: 143, [.creds], [.id("ruid"), .id("euid")]),
        .init("setresuid", x86_64: 117, aarch64: 147, [.creds], [.id("ruid"), .id("euid"), .id("suid")]),
        .init("setresgid", x86_64: 119, aarch64: 149, [.creds], [.id("ruid"), .id("euid"), .id("suid")]),
        .init("getresuid", x86_64: 118, aarch64: 148, [.creds], stored("ruid", "euid", "suid")),
        .init("getresgid", x86_64: 120, aarch64: 150, [.creds], stored("ruid", "euid", "suid")),
        .init("setfsuid", x86_64: 122, aarch64: 151, [.creds, .neverFails], [.id("fsuid")]),
        .init("setfsgid", x86_64: 123, aarch64: 152, [.creds, .neverFails], [.id("fsuid")]),
        .init("getgroups", x86_64: 115, aarch64: 158, [.creds],
            [.int("size"), .custom("list", .out, capture: .elements(4, .result)) { d, v in d.groups(v, count: d.result, asked: d[0]) }]),
        .init("setgroups", x86_64: 116, aarch64: 159, [.creds],
            [.int("size"), .custom("list", capture: .elements(4, .argument(0))) { d, v in
                d.groups(v, count: Int64(Int32(truncatingIfNeeded: d[0])), asked: d[0])
             }]),
    ]
}
