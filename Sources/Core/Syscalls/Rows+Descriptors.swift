// Data and positioning on descriptors.

extension SyscallTable {
    /// The upper half of an offset on 32-bit machines, which no 64-bit one looks at.
    private static let highOffset = Argument("pos_h", .hex, when: { _ in false })

    static let descriptors: [Syscall.Row] = [
        .init("read", x86_64: 0, aarch64: 63, [.desc, .data],
            [.fd("fd"), .bytes("buf", .out, length: .result), .size("count")]),
        .init("write", x86_64: 1, aarch64: 64, [.desc, .data],
            [.fd("fd"), .bytes("buf", length: .argument(2)), .size("count")]),
        .init("pread64", x86_64: 17, aarch64: 67, [.desc, .data],
            [.fd("fd"), .bytes("buf", .out, length: .result), .size("count"), .long("offset")]),
        .init("pwrite64", x86_64: 18, aarch64: 68, [.desc, .data],
            [.fd("fd"), .bytes("buf", length: .argument(2)), .size("count"), .long("offset")]),
        .init("readv", x86_64: 19, aarch64: 65, [.desc, .data],
            [.fd("fd"), .filledVectors("iov", count: 2), .size("iovcnt")]),
        .init("writev", x86_64: 20, aarch64: 66, [.desc, .data],
            [.fd("fd"), .fullVectors("iov", count: 2), .size("iovcnt")]),
        .init("preadv", x86_64: 295, aarch64: 69, [.desc, .data],
            [.fd("fd"), .filledVectors("iov", count: 2), .size("iovcnt"), .long("offset")]),
        .init("pwritev", x86_64: 296, aarch64: 70, [.desc, .data],
            [.fd("fd"), .fullVectors("iov", count: 2), .size("iovcnt"), .long("offset")]),
        .init("preadv2", x86_64: 327, aarch64: 286, [.desc, .data],
            [.fd("fd"), .filledVectors("iov", count: 2), .size("iovcnt"), .long("offset"), highOffset, .rwFlags]),
        .init("pwritev2", x86_64: 328, aarch64: 287, [.desc, .data],
            [.fd("fd"), .fullVectors("iov", count: 2), .size("iovcnt"), .long("offset"), highOffset, .rwFlags]),

        .init("close", x86_64: 3, aarch64: 57, [.desc, .data], [.fd("fd")]),
        .init("close_range", x86_64: 436, aarch64: 436, [],
            [.uint("first"), .uint("last"), .flags("flags", .closeRangeFlags)]),
        .init("lseek", x86_64: 8, aarch64: 62, [.desc, .data],
            [.fd("fd"), .long("offset"), .enumerated("whence", .whence)]),
        .init("dup", x86_64: 32, aarch64: 23, [.desc], [.fd("oldfd")], returns: .fd),
        .init("dup2", x86_64: 33, [.desc], [.fd("oldfd"), .fd("newfd")], returns: .fd),
        .init("dup3", x86_64: 292, aarch64: 24, [.desc],
            [.fd("oldfd"), .fd("newfd"), .flags("flags", .openFlags)], returns: .fd),
        .init("pipe", x86_64: 22, [.desc], [.array("pipefd", .fd, .out, count: .constant(2))]),
        .init("pipe2", x86_64: 293, aarch64: 59, [.desc],
            [.array("pipefd", .fd, .out, count: .constant(2)), .flags("flags", .openFlags)]),
        .init("fcntl", x86_64: 72, aarch64: 25, [.desc],
            [.fd("fd"), .enumerated("op", .fcntlOperations), .init("arg", .hex, capture: Decoder.fcntlCapture)], returns: .dialect,
            dialect: { $0.fcntlCall() }),
        .init("flock", x86_64: 73, aarch64: 32, [.desc], [.fd("fd"), .flags("op", .flockOperations)]),

        .init("fsync", x86_64: 74, aarch64: 82, [.desc, .data], [.fd("fd")]),
        .init("fdatasync", x86_64: 75, aarch64: 83, [.desc, .data], [.fd("fd")]),
        .init("syncfs", x86_64: 306, aarch64: 267, [.desc], [.fd("fd")]),
        .init("sync_file_range", x86_64: 277, aarch64: 84, [.desc, .data],
            [.fd("fd"), .long("offset"), .long("nbytes"), .flags("flags", .syncRangeFlags)]),
        .init("fallocate", x86_64: 285, aarch64: 47, [.desc, .data],
            [.fd("fd"), .flags("mode", .allocationFlags), .long("offset"), .long("len")]),
        .init("fadvise64", x86_64: 221, aarch64: 223, [.desc, .data],
            [.fd("fd"), .long("offset"), .size("len"), .enumerated("advice", .fileAdvice)]),

        .init("sendfile", x86_64: 40, aarch64: 71, [.desc, .network, .data],
            [.fd("out_fd"), .fd("in_fd"), .init("offset", .pointee(.ulong), .inout_, capture: .both(.memory(.constant(8)))), .size("count")],
            dialect: { $0.sendfileCall() }),
        .init("splice", x86_64: 275, aarch64: 76, [.desc, .data],
            [.fd("fd_in"), .pointee("off_in", .long), .fd("fd_out"), .pointee("off_out", .long), .size("len"),
             .flags("flags", .spliceFlags)]),
        .init("tee", x86_64: 276, aarch64: 77, [.desc, .data],
            [.fd("fd_in"), .fd("fd_out"), .size("len"), .flags("flags", .spliceFlags)]),
        .init("vmsplice", x86_64: 278, aarch64: 75, [.desc, .data],
            [.fd("fd"), .fullVectors("iov", count: 2), .size("nr_segs"), .flags("flags", .spliceFlags)]),
        .init("copy_file_range", x86_64: 326, aarch64: 285, [.desc, .data],
            [.fd("fd_in"), .pointee("off_in", .long), .fd("fd_out"), .pointee("off_out", .long), .size("len"),
             .uint("flags")]),

        .init("getdents", x86_64: 78, [.desc, .data],
            [.fd("fd"), .custom("dirp", .out, capture: .memory(.result, most: 1 << 17)) { d, v in d.directoryEntries(v) }, .uint("count")]),
        .init("getdents64", x86_64: 217, aarch64: 61, [.desc, .data],
            [.fd("fd"), .custom("dirp", .out, capture: .memory(.result, most: 1 << 17)) { d, v in d.directoryEntries64(v) }, .uint("count")]),
    ]
}

extension Argument {
    /// Buffers that the kernel filled with as many bytes as the result says.
    static func filledVectors(_ name: Name, count: Int) -> Argument {
        .init(name, .vectors(.argument(count), filled: .result), .out)
    }

    /// Buffers full of data.
    static func fullVectors(_ name: Name, count: Int) -> Argument {
        .init(name, .vectors(.argument(count), filled: nil))
    }

    static let rwFlags = Argument.flags("flags", .readWriteFlags)
}
