extension SyscallTable {
    static let signals: [Syscall.Row] = [
        .init("rt_sigaction", x86_64: 13, aarch64: 134, [.signal],
            [.signal("signum"), .structure("act", .signalAction), .structure("oldact", .signalAction, .out),
             .size("sigsetsize")]),
        .init("rt_sigprocmask", x86_64: 14, aarch64: 135, [.signal],
            [.enumerated("how", .sigprocmaskHow), .custom("set", capture: .bytes(8)) { d, v in d.signalMask(v, size: d[3]) },
             .custom("oldset", .out, capture: .bytes(8)) { d, v in d.signalMask(v, size: d[3], evenOnError: false) }, .size("sigsetsize")]),
        .init("rt_sigreturn", x86_64: 15, aarch64: 139, [.signal], [.custom("sigmask", capture: .stack(Decoder.signalFrameMask, .bytes(8))) { d, _ in d.signalFrame() }]),
        .init("rt_sigpending", x86_64: 127, aarch64: 136, [.signal],
            [.custom("set", .out, capture: .memory(.argument(1), most: 8)) { d, v in
                guard 1...8 ~= d[1] else {
                    d.out.address(v)
                    return
                }
                d.object(v, Int(d[1])) { d.signalSet($0) }
             }, .size("sigsetsize")]),
        .init("rt_sigsuspend", x86_64: 130, aarch64: 133, [.signal],
            [.custom("set", capture: .bytes(8)) { d, v in d.signalMask(v, size: d[1]) }, .size("sigsetsize")]),
        .init("rt_sigtimedwait", x86_64: 128, aarch64: 137, [.signal],
            [.custom("set", capture: .bytes(8)) { d, v in d.signalMask(v, size: d[3]) },
             .custom("info", .out, capture: .siginfo) { d, v in d.waitedSignal(v) },
             .custom("timeout", capture: .bytes(16)) { d, v in d.timespec(v, evenOnError: true) }, .size("sigsetsize")]),
        .init("rt_sigqueueinfo", x86_64: 129, aarch64: 138, [.process, .signal],
            [.pid("tgid"), .signal("signum"), .custom("info", capture: .siginfo) { d, v in d.siginfo(v) }]),
        .init("rt_tgsigqueueinfo", x86_64: 297, aarch64: 240, [.process, .signal],
            [.pid("tgid"), .tid("tid"), .signal("signum"), .custom("info", capture: .siginfo) { d, v in d.siginfo(v) }]),
        .init("kill", x86_64: 62, aarch64: 129, [.process, .signal],
            [.custom("pid", capture: .nothing) { d, v in d.pidOrGroup(v) }, .signal("signum")]),
        .init("tkill", x86_64: 200, aarch64: 130, [.process, .signal], [.tid("tid"), .signal("signum")]),
        .init("tgkill", x86_64: 234, aarch64: 131, [.process, .signal],
            [.pid("tgid"), .tid("tid"), .signal("signum")]),
        .init("pidfd_send_signal", x86_64: 424, aarch64: 424, [.desc, .process, .signal],
            [.fd("pidfd"), .signal("signum"), .custom("info", capture: .siginfo) { d, v in d.siginfo(v) },
             .flags("flags", .pidfdSignalFlags)]),
        .init("sigaltstack", x86_64: 131, aarch64: 132, [.signal],
            [.structure("ss", .signalStack), .structure("old_ss", .signalStack, .out)]),
        .init("pause", x86_64: 34, [.signal]),
    ]
}
