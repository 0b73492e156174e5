// Capabilities, seccomp, process attributes, keys, security modules, bpf and perf events.

extension SyscallTable {
    static let security: [Syscall.Row] = [
        .init("prctl", x86_64: 157, aarch64: 167, [.creds, .changesComm],
            [.enumerated("op", .prctlOperations)] + PrctlMemory.arguments,
            returns: .dialect, dialect: { $0.prctlCall() }),
        .init("capget", x86_64: 125, aarch64: 90, [.creds],
            [.structure("hdrp", .capabilityHeader),
                .custom("datap", .out, capture: .bytes(24)) { d, v in d.capabilitySets(v, evenOnError: false) }]),
        .init("capset", x86_64: 126, aarch64: 91, [.creds],
            [.structure("hdrp", .capabilityHeader), .custom("datap", capture: .bytes(24)) { d, v in d.capabilitySets(v, evenOnError: true) }]),
        .init("seccomp", x86_64: 317, aarch64: 277, [],
            [.enumerated("operation", .seccompOperations), .hex32("flags"), .address("args", capture: .all([
                .when(argument: 0, is: 1, .filterProgram), .when(argument: 0, is: 2, .bytes(4)),
                .atExit(.when(argument: 0, is: 3, .like(.structure(.seccompNotificationSizes)))),
             ]))],
            dialect: { $0.seccompCall() }),

        .init("add_key", x86_64: 248, aarch64: 217, [],
            [.string("type"), .string("description"), .bytes("payload", length: .argument(3)), .size("plen"),
                .custom("keyring", capture: .nothing) { d, v in d.key(v) }]),
        .init("request_key", x86_64: 249, aarch64: 218, [],
            [.string("type"), .string("description"), .string("callout_info"),
                .custom("dest_keyring", capture: .nothing) { d, v in d.key(v) }]),
        .init("keyctl", x86_64: 250, aarch64: 219, [],
            [.enumerated("operation", .keyctlOperations)] + KeyctlMemory.arguments,
            dialect: { $0.keyctlCall() }),

        .init("landlock_create_ruleset", x86_64: 444, aarch64: 444, [.desc],
            [.custom("attr", capture: .memory(.argument(1), most: 48)) { d, v in d.landlockRuleset(v, size: d[1]) }, .size("size"),
                .flags("flags", .landlockCreateFlags)], returns: .dialect,
            dialect: { d in
                d.rowArguments()
                // Flags ask for a version or a number of errata instead of a ruleset.
                if d[2] & 3 == 0 { d.resultStyle = .fd }
                return .complete
            }),
        .init("landlock_add_rule", x86_64: 445, aarch64: 445, [.desc],
            [.fd("ruleset_fd"), .enumerated("rule_type", .landlockRuleTypes),
                .custom("rule_attr", capture: .all([
                    .when(argument: 1, is: 1, .like(.structure(.landlockPathBeneath))),
                    .when(argument: 1, is: 2, .like(.structure(.landlockNetPort))),
                ])) { d, v in d.landlockRule(v) }, .flags("flags", .landlockAddFlags)]),
        .init("landlock_restrict_self", x86_64: 446, aarch64: 446, [.desc], [.fd("ruleset_fd"), .hex32("flags")]),

        .init("lsm_get_self_attr", x86_64: 459, aarch64: 459, [],
            [.enumerated("attr", .lsmAttributes), .address("ctx", capture: .all([
                    .when(argument: 3, mask: 1, is: 1, .bytes(32)), .atExit(.memory(.pointee(argument: 2), most: 65536)),
                ])),
                .init("size", .pointee(.uint), capture: .all([.bytes(4), .afterAll(.bytes(4))])),
                .flags("flags", .lsmFlags)],
            dialect: { $0.lsmGetSelfAttrCall() }),
        .init("lsm_set_self_attr", x86_64: 460, aarch64: 460, [],
            [.enumerated("attr", .lsmAttributes), .custom("ctx", capture: .all([.bytes(32), .at(32, .like(.bytes(.argument(2))))])) { d, v in d.securityContext(v, size: d[2] & 0xffff_ffff) },
                .uint("size"), .hex32("flags")]),
        .init("lsm_list_modules", x86_64: 461, aarch64: 461, [],
            [.custom("ids", .out, capture: .elements(8, .result)) { d, v in
                // Without a readable size the kernel wrote nothing.
                guard !d.failed, d.readU32(d[1]) != nil else {
                    d.out.address(v)
                    return
                }
                d.array(v, count: Int(max(d.result, 0)), stride: 8) { d.enumerated($0.u64(0), .lsmIDs) }
            }, .pointee("size", .uint, .inout_), .hex32("flags")]),

        .init("bpf", x86_64: 321, aarch64: 280, [.desc],
            [.enumerated("cmd", .bpfCommands), .address("attr", capture: Bpf.memory), .uint("size")], returns: .dialect,
            dialect: { $0.bpfCall() }),
        .init("perf_event_open", x86_64: 298, aarch64: 241, [.desc],
            [.address("attr", capture: .all([.bytes(144), .afterAll(.bytes(8))])), .pid("pid"), .int("cpu"), .fd("group_fd"), .flags64("flags", .perfFlags)],
            returns: .dialect, dialect: { $0.perfEventOpenCall() }),
    ]
}
