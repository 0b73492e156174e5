// Waiting for many things at once, and input and output that completes later.

extension SyscallTable {
    static let asynchronous: [Syscall.Row] = [
        .init("poll", x86_64: 7, [.desc],
            [pollDescriptors, .uint("nfds"), .int("timeout")], dialect: { $0.pollCall() }),
        .init("ppoll", x86_64: 271, aarch64: 73, [.desc],
            [pollDescriptors, .uint("nfds"), .structure("tmo_p", .timespec),
                .custom("sigmask", capture: .memory(.argument(4), most: 128)) { d, v in d.signalMask(v, size: d[4]) }, .size("sigsetsize")],
            dialect: { $0.pollCall() }),
        .init("select", x86_64: 23, [.desc],
            [.int("nfds"), .custom("readfds", capture: descriptorSet) { d, v in d.descriptors(v) },
                .custom("writefds", capture: descriptorSet) { d, v in d.descriptors(v) }, .custom("exceptfds", capture: descriptorSet) { d, v in d.descriptors(v) },
                .structure("timeout", .timeval)], dialect: { $0.selectCall() }),
        .init("pselect6", x86_64: 270, aarch64: 72, [.desc],
            [.int("nfds"), .custom("readfds", capture: descriptorSet) { d, v in d.descriptors(v) },
                .custom("writefds", capture: descriptorSet) { d, v in d.descriptors(v) }, .custom("exceptfds", capture: descriptorSet) { d, v in d.descriptors(v) },
                .structure("timeout", .timespec), .custom("sig", capture: sizedSignalSet) { d, v in d.sizedSignalSet(v) }],
            dialect: { $0.selectCall() }),

        .init("epoll_create", x86_64: 213, [.desc], [.int("size")], returns: .fd),
        .init("epoll_create1", x86_64: 291, aarch64: 20, [.desc], [.flags("flags", .epollFlags)], returns: .fd),
        .init("epoll_ctl", x86_64: 233, aarch64: 21, [.desc],
            [.fd("epfd"), .enumerated("op", .epollOperations), .fd("fd"),
                .custom("event", capture: .memory(.constant(12))) { d, v in
                    if d[1] & 0xffff_ffff == 2 { d.out.address(v) } else { d.structure(v, .epollEvent, evenOnError: true) }
                }]),
        .init("epoll_wait", x86_64: 232, [.desc], [.fd("epfd"), epollEvents, .int("maxevents"), .int("timeout")]),
        .init("epoll_pwait", x86_64: 281, aarch64: 22, [.desc],
            [.fd("epfd"), epollEvents, .int("maxevents"), .int("timeout"),
                .custom("sigmask", .out, capture: .atEntry(.memory(.argument(5), most: 128))) { d, v in d.signalMask(v, size: d[5], evenOnError: false) }, .size("sigsetsize")]),
        .init("epoll_pwait2", x86_64: 441, aarch64: 441, [.desc],
            [.fd("epfd"), epollEvents, .int("maxevents"), .structure("timeout", .timespec, .out),
                .custom("sigmask", .out, capture: .atEntry(.memory(.argument(5), most: 128))) { d, v in d.signalMask(v, size: d[5], evenOnError: false) }, .size("sigsetsize")]),
        .init("epoll_ctl_old", x86_64: 214, [], Syscall.rawArguments(4)),
        .init("epoll_wait_old", x86_64: 215, [], Syscall.rawArguments(4)),

        .init("eventfd", x86_64: 284, [.desc], [.uint("initval")], returns: .fd),
        .init("eventfd2", x86_64: 290, aarch64: 19, [.desc], [.uint("initval"), .flags("flags", .eventfdFlags)], returns: .fd),
        .init("signalfd", x86_64: 282, [.desc, .signal],
            [.fd("fd"), .custom("mask", capture: .memory(.argument(2), most: 128)) { d, v in d.signalMask(v, size: d[2]) }, .size("sizemask")], returns: .fd),
        .init("signalfd4", x86_64: 289, aarch64: 74, [.desc, .signal],
            [.fd("fd"), .custom("mask", capture: .memory(.argument(2), most: 128)) { d, v in d.signalMask(v, size: d[2]) }, .size("sizemask"),
                .flags("flags", .signalfdFlags)], returns: .fd),
        .init("timerfd_create", x86_64: 283, aarch64: 85, [.desc], [.clock("clockid"), .flags("flags", .timerfdFlags)], returns: .fd),
        .init("timerfd_settime", x86_64: 286, aarch64: 86, [.desc],
            [.fd("fd"), .flags("flags", .timerfdFlags), .structure("new_value", .itimerspec),
                .structure("old_value", .itimerspec, .out)]),
        .init("io_setup", x86_64: 206, aarch64: 0, [.memory], [.uint("nr_events"), .pointee("ctx_idp", .hex, .out)]),
        .init("io_destroy", x86_64: 207, aarch64: 1, [.memory], [.address("ctx_id")]),
        .init("io_submit", x86_64: 209, aarch64: 2, [],
            [.address("ctx_id"), .long("nr"), .custom("iocbpp", capture: controlBlocks) { d, v in d.controlBlocks(v, count: d[1]) }]),
        .init("io_cancel", x86_64: 210, aarch64: 3, [],
            [.address("ctx_id"), .custom("iocb", capture: .memory(.constant(64))) { d, v in d.controlBlock(v) }, .structure("result", .ioEvent, .out)]),
        .init("io_getevents", x86_64: 208, aarch64: 4, [],
            [.address("ctx_id"), .long("min_nr"), .long("nr"), ioEvents, .structure("timeout", .timespec, .inout_)]),
        .init("io_pgetevents", x86_64: 333, aarch64: 292, [],
            [.address("ctx_id"), .long("min_nr"), .long("nr"), ioEvents, .structure("timeout", .timespec, .inout_),
                .custom("sig", .inout_, capture: .atEntry(sizedSignalSet)) { d, v in d.sizedSignalSet(v) }]),
        .init("io_uring_setup", x86_64: 425, aarch64: 425, [.desc],
            [.uint("entries"), .address("params", capture: .all([
                .both(.memory(.constant(120))), .atEntry(.at(24, .descriptors(.constant(1), stride: 4))),
            ]))], returns: .dialect, dialect: { $0.ringSetupCall() }),
        .init("io_uring_enter", x86_64: 426, aarch64: 426, [.desc, .signal],
            [.fd("fd"), .uint("to_submit"), .uint("min_complete"), .flags("flags", .ringEnterFlags),
                .custom("sigset", capture: ringEnter) { d, v in d.ringEnterArgument(v) }, .size("sigsetsize")]),
        .init("io_uring_register", x86_64: 427, aarch64: 427, [.desc, .memory],
            [.fd("fd"), .uint("opcode"), .address("arg", capture: .nothing), .uint("nr_args")], dialect: { $0.ringRegisterCall() },
            variants: Ring.registered),
        .init("timerfd_gettime", x86_64: 287, aarch64: 87, [.desc], [.fd("fd"), .structure("curr_value", .itimerspec, .out)]),
    ]

    private static let pollDescriptors = Argument("fds", .custom { d, v in
        d.array(v, count: Int(d[1] & 0xffff_ffff), stride: 8, evenOnError: true) { d.pollDescriptor($0) }
    }, capture: .all([.both(.memory(.argument(1), scale: 8, most: 1 << 20)), .descriptors(.argument(1), stride: 8)]))
    private static let descriptorSet = Capture.all([
        .both(.memory(.words(argument: 0), scale: 8, most: 1 << 17)), .descriptorSet(argument: 0),
    ])
    private static let sizedSignalSet = Capture.all([.memory(.constant(16)), .through(0, .memory(.field(8), most: 128))])
    /// The last arguments of io_uring_enter(2) by its flags: a set, or one and more in a structure.
    private static let ringEnter = Capture.all([
        .when(argument: 3, mask: 0x48, is: 0, .memory(.argument(5), most: 128)),
        .when(argument: 3, mask: 0x48, is: 8, .all([
            .memory(.constant(24)), .through(0, .memory(.field(8), most: 128)), .through(16, .memory(.constant(16))),
        ])),
    ])
    /// What is written comes from a buffer (1) or from several (8).
    private static let controlBlocks = Capture.all([
        .memory(.argument(1), scale: 8, most: 8192),
        .each(.argument(1), stride: 8, most: 256, .through(0, .at(0, .all([
            .memory(.constant(64)),
            .whenField(16, width: 2, is: 1, .through(24, .buffer(.field(32, width: 8)))),
            .whenField(16, width: 2, is: 7, .through(24, .memory(.field(32, width: 8), scale: 16))),
            .whenField(16, width: 2, is: 8, .through(24, .vectors(.field(32, width: 8)))),
        ])))),
    ])
    private static let ioEvents = Argument.structures("events", .ioEvent, .out, count: .result)
    private static let epollEvents = Argument.structures("events", .epollEvent, .out, count: .result)
}
