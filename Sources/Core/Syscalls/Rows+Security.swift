// Capabilities, seccomp, process attributes, keys, security modules, bpf and perf events.

extension SyscallTable {
    static let security: [Syscall.Row] = [
        .init("prctl", x86_64: 157, aarch64: 167, [.creds, .changesComm],
            [.enumerated("op", .prctlOperations), .hex("arg2"), .hex("arg3"), .hex("arg4"), .hex("arg5")],
            returns: .dialect, dialect: { $0.prctlCall() }),
        .init("capget", x86_64: 125, aarch64: 90, [.creds],
            [.structure("hdrp", .capabilityHeader),
                .custom("datap", .out) { d, v in d.capabilitySets(v, evenOnError: false) }]),
        .init("capset", x86_64: 126, aarch64: 91, [.creds],
            [.structure("hdrp", .capabilityHeader), .custom("datap") { d, v in d.capabilitySets(v, evenOnError: true) }]),
        .init("seccomp", x86_64: 317, aarch64: 277, [],
            [.enumerated("operation", .seccompOperations), .hex32("flags"), .address("args")],
            dialect: { $0.seccompCall() }),

        .init("add_key", x86_64: 248, aarch64: 217, [],
            [.string("type"), .string("description"), .bytes("payload", length: .argument(3)), .size("plen"),
                .custom("keyring") { d, v in d.key(v) }]),
        .init("request_key", x86_64: 249, aarch64: 218, [],
            [.string("type"), .string("description"), .string("callout_info"),
                .custom("dest_keyring") { d, v in d.key(v) }]),
        .init("keyctl", x86_64: 250, aarch64: 219, [],
            [.enumerated("operation", .keyctlOperations), .hex("arg2"), .hex("arg3"), .hex("arg4"), .hex("arg5")],
            dialect: { $0.keyctlCall() }),

        .init("landlock_create_ruleset", x86_64: 444, aarch64: 444, [.desc],
            [.custom("attr") { d, v in d.landlockRuleset(v, size: d[1]) }, .size("size"),
                .flags("flags", .landlockCreateFlags)], returns: .dialect,
            dialect: { d in
                d.rowArguments()
                // Flags ask for a version or a number of errata instead of a ruleset.
                if d[2] & 3 == 0 { d.resultStyle = .fd }
                return .complete
            }),
        .init("landlock_add_rule", x86_64: 445, aarch64: 445, [.desc],
            [.fd("ruleset_fd"), .enumerated("rule_type", .landlockRuleTypes),
                .custom("rule_attr") { d, v in d.landlockRule(v) }, .flags("flags", .landlockAddFlags)]),
        .init("landlock_restrict_self", x86_64: 446, aarch64: 446, [.desc], [.fd("ruleset_fd"), .hex32("flags")]),

        .init("lsm_get_self_attr", x86_64: 459, aarch64: 459, [],
            [.enumerated("attr", .lsmAttributes), .address("ctx"), .pointee("size", .uint), .flags("flags", .lsmFlags)],
            dialect: { $0.lsmGetSelfAttrCall() }),
        .init("lsm_set_self_attr", x86_64: 460, aarch64: 460, [],
            [.enumerated("attr", .lsmAttributes), .custom("ctx") { d, v in d.securityContext(v, size: d[2] & 0xffff_ffff) },
                .uint("size"), .hex32("flags")]),
        .init("lsm_list_modules", x86_64: 461, aarch64: 461, [],
            [.custom("ids", .out) { d, v in
                // Without a readable size the kernel wrote nothing.
                guard !d.failed, d.readU32(d[1]) != nil else {
                    d.out.address(v)
                    return
                }
                d.array(v, count: Int(max(d.result, 0)), stride: 8) { d.enumerated($0.u64(0), .lsmIDs) }
            }, .pointee("size", .uint, .inout_), .hex32("flags")]),

        .init("bpf", x86_64: 321, aarch64: 280, [.desc],
            [.enumerated("cmd", .bpfCommands), .address("attr"), .uint("size")], returns: .dialect,
            dialect: { $0.bpfCall() }),
        .init("perf_event_open", x86_64: 298, aarch64: 241, [.desc],
            [.address("attr"), .pid("pid"), .int("cpu"), .fd("group_fd"), .flags64("flags", .perfFlags)],
            returns: .dialect, dialect: { $0.perfEventOpenCall() }),
    ]
}
