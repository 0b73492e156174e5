// Mounts and whole file systems.

extension SyscallTable {
    static let mounts: [Syscall.Row] = [
        .init("mount", x86_64: 165, aarch64: 40, [.file],
            [.path("source"), .path("target"),
             .custom("filesystemtype", capture: .like(.string)) { d, v in if ignoresType(d[3]) { d.out.address(v) } else { d.string(v) } },
             .custom("mountflags", capture: .nothing) { d, v in d.mountFlags(v) },
             .custom("data", capture: .like(.string)) { d, v in if ignoresData(d[3]) { d.out.address(v) } else { d.string(v) } }]),
        .init("umount2", x86_64: 166, aarch64: 39, [.file], [.path("target"), .flags("flags", .unmountFlags)]),
        .init("pivot_root", x86_64: 155, aarch64: 41, [.file], [.path("oldpath"), .path("newpath")]),
        .init("open_tree", x86_64: 428, aarch64: 428, [.desc, .file],
            [.dirfd("dirfd"), .path("pathname"), .flags("flags", .openTreeFlags)], returns: .fd),
        .init("open_tree_attr", x86_64: 467, aarch64: 467, [.desc, .file],
            [.dirfd("dirfd"), .path("pathname"), .flags("flags", .openTreeFlags), mountAttributes, .size("size")],
            returns: .fd),
        .init("move_mount", x86_64: 429, aarch64: 429, [.desc, .file],
            [.dirfd("from_dfd"), .path("from_pathname"), .dirfd("to_dfd"), .path("to_pathname"),
             .flags("flags", .moveMountFlags)]),
        .init("fsopen", x86_64: 430, aarch64: 430, [.desc],
            [.string("fsname"), .flags("flags", .fsopenFlags)], returns: .fd),
        .init("fsconfig", x86_64: 431, aarch64: 431, [.desc, .file],
            [.fd("fd"), .enumerated("cmd", .fsconfigCommands),
             .custom("key", capture: .string(most: 257)) { d, v in if d[1] & 0xffff_ffff <= 5 { d.string(v, atMost: 256) } else { d.out.address(v) } },
             .custom("value", capture: configurationValue) { d, v in d.fsconfigValue(v) }, .custom("aux", capture: configurationDescriptor) { d, v in d.fsconfigAuxiliary(v) }]),
        .init("fsmount", x86_64: 432, aarch64: 432, [.desc],
            [.fd("fd"), .flags("flags", .fsmountFlags), .flags("attr_flags", .fsmountAttributes)], returns: .fd),
        .init("fspick", x86_64: 433, aarch64: 433, [.desc, .file],
            [.dirfd("dirfd"), .path("pathname"), .flags("flags", .fspickFlags)], returns: .fd),
        .init("mount_setattr", x86_64: 442, aarch64: 442, [.desc, .file],
            [.dirfd("dirfd"), .path("pathname"), .flags("flags", .mountSetattrFlags), mountAttributes, .size("size")]),
        .init("statmount", x86_64: 457, aarch64: 457, [],
            [.custom("req", capture: .all([.memory(.constant(4)), .memory(.field(0))])) { d, v in d.mountRequest(v, mask: .statmountMask) },
             .custom("buf", .out, capture: .all([.memory(.constant(512)), .memory(.field(0), most: 1 << 16)])) { d, v in d.mountStatus(v, size: d[2]) }, .size("bufsize"),
             .flags("flags", .statmountFlags)]),
        .init("listmount", x86_64: 458, aarch64: 458, [],
            [.custom("req", capture: .all([.memory(.constant(4)), .memory(.field(0))])) { d, v in d.mountRequest(v, mask: nil) },
             .custom("mnt_ids", .out, capture: .memory(.result, scale: 8, most: 1 << 16)) { d, v in d.learntIDs(v, room: d[2]) }, .size("nr_mnt_ids"), .flags("flags", .listmountFlags)]),

        .init("listns", x86_64: 470, aarch64: 470, [],
            [.custom("req", capture: .all([.memory(.constant(4)), .memory(.field(0))])) { d, v in d.namespaceRequest(v) },
             .custom("ns_ids", .out, capture: .memory(.result, scale: 8, most: 1 << 16)) { d, v in d.learntIDs(v, room: d[2]) }, .size("nr_ns_ids"), .hex32("flags")]),

        .init("statfs", x86_64: 137, aarch64: 43, [.file, .statfs, .statfsLike],
            [.path("pathname"), .structure("buf", .statfs, .out)]),
        .init("fstatfs", x86_64: 138, aarch64: 44, [.desc, .fstatfs, .statfsLike],
            [.fd("fd"), .structure("buf", .statfs, .out)]),
        .init("ustat", x86_64: 136, [.statfsLike],
            [.device32("dev"), .address("ubuf")]),
        .init("sysfs", x86_64: 139, [], [.hex("arg1"), .hex("arg2"), .hex("arg3")]),
        .init("quotactl", x86_64: 179, aarch64: 60, [.file],
            [.hex32("op"), .init("special", .path, capture: .like(.path)), .id("id"), .address("addr", capture: quota(operation: 0))], dialect: { $0.quotactlCall(special: true) }),
        .init("quotactl_fd", x86_64: 443, aarch64: 443, [.desc],
            [.fd("fd"), .hex32("op"), .id("id"), .address("addr", capture: quota(operation: 1))], dialect: { $0.quotactlCall(special: false) }),
        .init("lookup_dcookie", x86_64: 212, aarch64: 18, [],
            [.ulong("cookie"), .bytes("buffer", .out, length: .result), .size("len")]),
        .init("swapon", x86_64: 167, aarch64: 224, [.file],
            [.path("path"), .custom("swapflags", capture: .nothing) { d, v in d.swapFlags(v) }]),
        .init("swapoff", x86_64: 168, aarch64: 225, [.file], [.path("path")]),
        .init("acct", x86_64: 163, aarch64: 89, [.file], [.path("path")]),
        .init("sync", x86_64: 162, aarch64: 81),
    ]

    private static let mountAttributes = Argument.custom("attr", capture: .all([.memory(.argument(4)), .at(24, .descriptors(.constant(1), stride: 8))])) { d, v in d.mountAttributes(v, size: d[4]) }

    /// By the command: a string, bytes, a path.
    private static let configurationValue = Capture.all([
        .when(argument: 1, is: 1, .string(most: 257)), .when(argument: 1, is: 2, .buffer(.argument(4))),
        .when(argument: 1, is: 3, .like(.path)), .when(argument: 1, is: 4, .like(.path)),
    ])

    private static let configurationDescriptor = Capture.all([
        .when(argument: 1, is: 3, .like(.dirfd)), .when(argument: 1, is: 4, .like(.dirfd)), .when(argument: 1, is: 5, .like(.fd)),
    ])

    /// The largest structure of quotactl(2), or with `Q_QUOTAON` a path.
    private static func quota(operation: Int) -> Capture {
        .all([
            .both(.memory(.constant(160))),
            .when(argument: operation, mask: 0xffff_ff00, is: 0x8000_0200, .atEntry(.like(.path))),
        ])
    }

    private static let remount: UInt64 = 0x20
    /// MS_BIND, MS_MOVE and the four kinds of propagation.
    private static let moving: UInt64 = 0x1e3000

    /// Whether mount(2) looks at neither the type nor its name.
    private static func ignoresType(_ flags: UInt64) -> Bool {
        Decoder.withoutMountMagic(flags) & (remount | moving) != 0
    }
    private static func ignoresData(_ flags: UInt64) -> Bool {
        let flags = Decoder.withoutMountMagic(flags)
        return flags & remount == 0 && flags & moving != 0
    }
}
