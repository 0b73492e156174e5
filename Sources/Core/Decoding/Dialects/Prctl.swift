// prctl(2): one row of arguments per operation.

extension Decoder {
    func prctlCall() -> Syscall.Progress {
        variantCall(Prctl.variants[UInt32(truncatingIfNeeded: call[0])] ?? Prctl.other)
    }

    /// A value of bit fields whose spelling is more than names of bits.
    fileprivate func composed(_ v: UInt64, _ body: (JoinedNames) -> Void) {
        guard out.beginSymbolic(v, radix: .hex) else { return }
        scratch.truncate(to: 0)
        body(JoinedNames(text: scratch))
        out.verbatim(scratch.bytes)
        out.endSymbolic()
    }

    fileprivate func vectorLength(_ v: UInt64, _ flags: ConstantTable) {
        if v >> 16 == 0 { out.hex(v) } else { composed(v) { $0.vectorLength(v, flags) } }
    }

    /// What a process id of core scheduling names: the kernel gives its types no names to programs.
    fileprivate func pidType(_ v: UInt64) {
        out.unnamed(v, radix: .hex, ConstantTable.pidTypes.name(of: v) ?? ConstantTable.pidTypes.unknown)
    }

    fileprivate func signalOrNumber(_ v: UInt64) {
        if v <= 128 { signal(v) } else { ulong(v) }
    }
}

extension JoinedNames {
    /// PR_SVE_SET_VL and PR_SME_SET_VL: flags above a 16-bit length.
    fileprivate func vectorLength(_ v: UInt64, _ flags: ConstantTable) {
        names(v & ~0xffff, flags)
        hex(v & 0xffff)
    }

    /// PR_SET_TAGGED_ADDR_CTRL: tagged addresses, kind of tag check fault, tags to generate.
    fileprivate func taggedAddress(_ v: UInt64) {
        name(v & 1 != 0 ? "PR_TAGGED_ADDR_ENABLE" : "!PR_TAGGED_ADDR_ENABLE")
        if let mode = ConstantTable.tagCheckFaults.name(of: v & 6) { name(mode) }
        if v >> 3 & 0xffff != 0 {
            hex(v >> 3 & 0xffff)
            suffix("<<PR_MTE_TAG_SHIFT")
        }
        if v & ~0x7ffff != 0 { hex(v & ~0x7ffff) }
    }

    /// PR_RISCV_V_SET_CONTROL: this program's state, that after the next exec, inheritance.
    fileprivate func vectorState(_ v: UInt64) {
        func state(_ v: UInt64) {
            if let n = ConstantTable.riscvVectorStates.name(of: v) { name(n) } else { hex(v) }
        }
        state(v & 3)
        state(v >> 2 & 3)
        suffix("<<2")
        name(v & 0x10 != 0 ? "PR_RISCV_V_VSTATE_CTRL_INHERIT" : "!PR_RISCV_V_VSTATE_CTRL_INHERIT")
        if v & ~0x1f != 0 { hex(v & ~0x1f) }
    }
}

private enum Prctl {
    static let op = Argument.enumerated("op", .prctlOperations)

    /// The arguments from the one after those given on, in hexadecimal.
    static func variant(_ given: [Argument], rest: Bool = false, result: (@Sendable (Decoder) -> Void)? = nil) -> CallVariant {
        let names: [Name] = ["op", "arg2", "arg3", "arg4", "arg5"]
        var all = [op] + given
        if rest { all += names.dropFirst(all.count).map { Argument($0, .hex) } }
        return CallVariant(all, result: result)
    }

    static let other = variant([], rest: true)

    static let variants: [UInt32: CallVariant] = {
        let none = variant([])
        var v: [UInt32: CallVariant] = [:]
        // PR_GET_KEEPCAPS, PR_GET_TIMING, PR_GET_SECCOMP, PR_GET_TIMERSLACK, PR_TASK_PERF_EVENTS_*.
        for operation: UInt32 in [7, 13, 21, 30, 31, 32] { v[operation] = none }
        v[1] = variant([.custom("sig") { d, v in d.signalOrNumber(v) }])
        v[2] = variant([.pointee("sig", .signal, .out)])
        v[3] = variant([]) { $0.resultName(.dumpableStates) }
        v[4] = variant([.enumerated64("dumpable", .dumpableStates)])
        v[5] = variant([.pointee("flags", .flags(.unalignFlags), .out)])
        v[6] = variant([.flags("flags", .unalignFlags)])
        v[8] = variant([.ulong("state")])
        v[9] = variant([.pointee("fpemu", .uint, .out)])
        v[10] = variant([.ulong("fpemu")])
        v[11] = variant([.pointee("mode", .uint, .out)])
        v[12] = variant([.ulong("mode")])
        v[14] = variant([.ulong("mode")])
        v[15] = variant([.custom("name") { d, v in d.string(v, limit: 15) }])
        v[16] = variant([.custom("name", .out) { d, v in
            if d.failed { d.out.address(v) } else { d.string(v, limit: 16) }
        }])
        v[19] = variant([.pointee("endianness", .uint, .out)])
        v[20] = variant([.ulong("endianness")])
        v[22] = variant([
            .enumerated64("mode", .seccompModes),
            .init("filter", .custom { d, v in d.filterProgram(v, .seccomp) }, register: 2, when: { $0[1] == 2 }),
            .init("arg3", .hex, register: 2, when: { $0[1] == 0 || $0[1] > 2 }), .init("arg4", .hex, register: 3, when: { $0[1] == 0 || $0[1] > 2 }),
            .init("arg5", .hex, register: 4, when: { $0[1] == 0 || $0[1] > 2 }),
        ])
        v[23] = variant([.enumerated64("cap", .capabilities)])
        v[24] = v[23]
        v[25] = variant([.pointee("flag", .enumerated(.tscStates), .out)])
        v[26] = variant([.enumerated("flag", .tscStates)])
        v[27] = variant([]) { $0.resultFlags(.secureBits) }
        v[28] = variant([.flags64("flags", .secureBits)])
        v[29] = variant([.long("slack")])
        v[33] = variant([
            .enumerated64("operation", .machineCheckOperations),
            .init("policy", .enumerated64(.machineCheckPolicies), register: 2, when: { $0[1] == 1 }),
            .init("arg3", .hex, register: 2, when: { $0[1] != 1 }), .init("arg4", .hex, register: 3), .init("arg5", .hex, register: 4),
        ])
        v[34] = variant([], rest: true) { $0.resultName(.machineCheckPolicies) }
        v[35] = variant([.enumerated("operation", .memoryMapFields)], rest: true)
        v[36] = variant([.ulong("set")])
        v[37] = variant([.pointee("isset", .uint, .out)])
        v[38] = variant([.ulong("set")], rest: true)
        v[40] = variant([.pointee("addr", .hex, .out)])
        v[41] = variant([.ulong("flag")], rest: true)
        v[45] = variant([.flags("mode", .floatingPointModes)])
        v[46] = variant([]) { $0.resultFlags(.floatingPointModes) }
        v[47] = variant([
            .enumerated64("operation", .ambientCapabilityOperations),
            .init("caps", .enumerated64(.capabilities), register: 2, when: { 1...3 ~= $0[1] }),
            .init("arg3", .hex, register: 2, when: { !(1...3 ~= $0[1]) }), .init("arg4", .hex, register: 3), .init("arg5", .hex, register: 4),
        ])
        v[50] = variant([.custom("value") { d, v in d.vectorLength(v, .sveVectorLengthFlags) }]) {
            vectorLengthResult($0, .sveVectorLengthFlags)
        }
        v[51] = variant([]) { vectorLengthResult($0, .sveVectorLengthFlags) }
        v[52] = variant([.enumerated64("misfeature", .speculationFeatures)]) { d in
            if d[1] <= 2 { d.resultFlags(.speculationStates, zero: true) }
        }
        v[53] = variant([
            .enumerated64("misfeature", .speculationFeatures),
            .init("value", .enumerated64(.speculationSettings), register: 2, when: { $0[1] <= 2 }),
            .init("value", .hex, register: 2, when: { $0[1] > 2 }),
        ])
        v[54] = variant([.flags64("keys", .pointerAuthenticationKeys)], rest: true)
        v[55] = variant([.custom("mode") { d, v in d.composed(v) { $0.taggedAddress(v) } }], rest: true)
        v[56] = variant([], rest: true) { d in
            d.resultStyle = .hex
            d.resultNote { $0.taggedAddress(UInt64(bitPattern: d.result)) }
        }
        v[57] = variant([.ulong("state")], rest: true)
        v[59] = variant([
            .enumerated64("operation", .syscallDispatch), .hex("off"), .hex("size"), .address("switch"),
        ])
        v[60] = variant([
            .flags64("bitmask_affected", .pointerAuthenticationEnabledKeys),
            .flags64("bitmask_set", .pointerAuthenticationEnabledKeys),
        ], rest: true)
        v[61] = variant([], rest: true) { $0.resultFlags(.pointerAuthenticationEnabledKeys) }
        v[62] = variant([
            .enumerated("operation", .coreSchedulingOperations),
            .custom("pid") { d, v in
                let kinds: [PidKind] = [.tid, .pid, .pgid, .sid]
                let type = Int(d[3] & 0xffff_ffff)
                if type < kinds.count { d.pid(v, kinds[type]) } else { d.int(v) }
            },
            .custom("pid_type") { d, v in d.pidType(v & 0xffff_ffff) },
            .init("cookie", .pointee(.hex), .out, register: 4, when: { $0[1] & 0xffff_ffff == 0 }),
            .init("arg5", .hex, register: 4, when: { $0[1] & 0xffff_ffff != 0 }),
        ])
        v[63] = variant([.custom("arg") { d, v in d.vectorLength(v, .smeVectorLengthFlags) }]) {
            vectorLengthResult($0, .smeVectorLengthFlags)
        }
        v[64] = variant([]) { vectorLengthResult($0, .smeVectorLengthFlags) }
        v[65] = variant([.flags("mask", .memoryDenyWriteExecute)], rest: true)
        v[66] = variant([], rest: true) { $0.resultFlags(.memoryDenyWriteExecute) }
        v[69] = variant([.custom("arg") { d, v in d.composed(v) { $0.vectorState(v) } }])
        v[70] = variant([]) { d in
            d.resultStyle = .hex
            d.resultNote { $0.vectorState(UInt64(bitPattern: d.result)) }
        }
        v[71] = variant([.enumerated64("ctx", .riscvFenceContexts), .enumerated64("scope", .riscvScopes)])
        v[72] = variant([.enumerated64("which", .dexcrAspects)], rest: true) { $0.resultFlags(.dexcrControls) }
        v[73] = variant([.enumerated64("which", .dexcrAspects), .flags64("ctrl", .dexcrControls)], rest: true)
        v[0x5961_6d61] = variant([.custom("pid") { d, v in
            if v & 0xffff_ffff == 0xffff_ffff {
                d.enumerated(UInt64.max, .anyTracer, radix: .decimal)
            } else {
                d.pid(v)
            }
        }])
        v[0x5356_4d41] = variant([
            .enumerated64("attr", .namedMappings),
            .init("addr", .address, register: 2, when: { $0[1] == 0 }), .init("len", .ulong, register: 3, when: { $0[1] == 0 }),
            .init("name", .string, register: 4, when: { $0[1] == 0 }),
            .init("arg3", .hex, register: 2, when: { $0[1] != 0 }), .init("arg4", .hex, register: 3, when: { $0[1] != 0 }),
            .init("arg5", .hex, register: 4, when: { $0[1] != 0 }),
        ])
        return v
    }()

    static func vectorLengthResult(_ d: Decoder, _ flags: ConstantTable) {
        let v = UInt64(bitPattern: d.result)
        d.resultStyle = .hex
        if v >> 16 != 0 { d.resultNote { $0.vectorLength(v, flags) } }
    }
}

/// What prctl(2)'s operations read and write.
enum PrctlMemory {
    private static func on(_ operations: UInt64..., read capture: Capture) -> Capture {
        .when(argument: 0, in: operations, capture)
    }

    static let arguments: [Argument] = [
        .init("arg2", .hex, capture: .all([
            on(15, read: .like(.string)),
            .atExit(.all([
                on(2, 5, 9, 11, 19, 25, 37, read: .bytes(4)), on(16, read: .like(.string)), on(40, read: .bytes(8)),
            ])),
        ])),
        .init("arg3", .hex, capture: on(22, read: .when(argument: 1, mask: .max, is: 2, .filterProgram))),
        .hex("arg4"),
        .init("arg5", .hex, capture: .all([
            on(0x5356_4d41, read: .when(argument: 1, mask: .max, is: 0, .like(.string))),
            .atExit(on(62, read: .when(argument: 1, is: 0, .bytes(4)))),
        ])),
    ]
}
