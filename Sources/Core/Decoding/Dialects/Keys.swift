// keyctl(2): one row of arguments per operation.

extension Decoder {
    func keyctlCall() -> Syscall.Progress {
        variantCall(Keyctl.variants[call[0] & 0xffff_ffff] ?? Keyctl.other)
    }

    /// The serial number of a key, or the name of a special keyring.
    func key(_ v: UInt64) {
        enumerated(UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: v))), .keySerials, radix: .decimal)
    }

    /// What the kernel wrote to a buffer: as much as the result says, up to the buffer's size.
    ///
    /// - Parameter isText: it is a string: the NUL that ends it is not shown.
    fileprivate func answer(_ address: UInt64, size: UInt64, isText: Bool = false) {
        let count = min(UInt64(max(call.result, 0)), size)
        guard isText, !failed, address != 0, count > 0, count <= UInt64(options.stringLimit),
            let b = read(address, Int(count)), b.u8(b.count - 1) == 0
        else {
            buffer(address, count)
            return
        }
        out.string(b.slice(0, b.count - 1).raw, truncated: false)
    }

    /// KEYCTL_CAPABILITIES: two bytes of flags, then what later kernels may add.
    fileprivate func keyCapabilities(_ address: UInt64, size: UInt64) {
        var i = 0
        if failed {
            out.address(address)
            return
        }
        array(address, count: Int(clamping: min(size, UInt64(max(call.result, 0)))), stride: 1) { b in
            let v = UInt64(b.u8(0))
            switch i {
            case 0: flags(v, .keyCapabilities0)
            case 1: flags(v, .keyCapabilities1)
            default: out.hex(v)
            }
            i += 1
        }
    }

    /// `struct keyctl_pkey_params` at argument 1: the length of one of its two buffers.
    fileprivate func publicKeyLength(_ offset: Int) -> UInt64? {
        guard dereferencing, call[1] != 0 else { return nil }
        return read(call[1], 40).map { UInt64($0.u32(offset)) }
    }

    fileprivate func publicKeyParameters(_ address: UInt64, second: Name) {
        object(address, 40, evenOnError: true) { b in
            structure {
                field("key_id")
                key(UInt64(b.u32(0)))
                field("in_len")
                out.unsigned(UInt64(b.u32(4)))
                field(second)
                out.unsigned(UInt64(b.u32(8)))
                nonzeroElements("__spare", b.slice(12, 28), .hex32)
            }
        }
    }
}

extension StructLayout {
    static let diffieHellmanParameters = StructLayout(size: 12, [
        .init("private") { d, b in d.key(UInt64(b.u32(0))) }, .init("prime") { d, b in d.key(UInt64(b.u32(4))) },
        .init("base") { d, b in d.key(UInt64(b.u32(8))) },
    ])
}

private enum Keyctl {
    static let operation = Argument.enumerated("operation", .keyctlOperations)
    static func key(_ name: Name) -> Argument { .custom(name) { d, v in d.key(v) } }
    static func variant(_ arguments: [Argument]) -> CallVariant { CallVariant([operation] + arguments) }
    /// A buffer as long as the argument after it says.
    static func answer(_ register: Int, isText: Bool = false) -> Argument {
        .custom("buffer", .out) { d, v in d.answer(v, size: d[register + 1], isText: isText) }
    }

    static let other = variant([.hex("arg2"), .hex("arg3"), .hex("arg4"), .hex("arg5")])

    static let variants: [UInt64: CallVariant] = {
        var v: [UInt64: CallVariant] = [:]
        v[0] = variant([key("key"), .int("create")])
        v[1] = variant([.string("name")])
        v[2] = variant([key("key"), .bytes("payload", length: .argument(3)), .size("plen")])
        for operation: UInt64 in [3, 7, 16, 21] { v[operation] = variant([key("key")]) }
        v[4] = variant([key("key"), .id("uid"), .id("gid")])
        v[5] = variant([key("key"), .flags("perms", .keyPermissions)])
        v[6] = variant([key("key"), answer(2, isText: true), .size("buflen")])
        v[8] = variant([key("key"), key("keyring")])
        v[9] = v[8]
        v[10] = variant([key("keyring"), .string("type"), .string("description"), key("dest_keyring")])
        v[11] = variant([key("key"), answer(2), .size("buflen")])
        v[12] = variant([key("key"), .bytes("payload", length: .argument(3)), .size("plen"), key("keyring")])
        v[13] = variant([key("key"), .uint("timeout"), key("keyring")])
        v[14] = variant([.custom("reqkey_defl") { d, v in
            d.enumerated(UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: v))), .requestKeyKeyrings, radix: .decimal)
        }])
        v[15] = variant([key("key"), .uint("timeout")])
        v[17] = v[6]
        v[18] = variant([])
        v[19] = variant([
            key("key"), .uint("timeout"),
            .custom("error") { d, v in d.enumerated(v & 0xffff_ffff, .errors, radix: .unsigned) }, key("keyring"),
        ])
        v[20] = variant([
            key("key"), .custom("payload") { d, v in d.iovecs(v, count: d[3]) }, .size("plen"), key("keyring"),
        ])
        v[22] = variant([.id("uid"), key("keyring")])
        v[23] = variant([
            .structure("dh_params", .diffieHellmanParameters), answer(2), .size("buflen"),
            .custom("kdf_params") { d, v in
                d.object(v, 56, evenOnError: true) { b in
                    d.structure {
                        d.field("hashname")
                        d.string(b.u64(0), evenOnError: true)
                        d.field("otherinfo")
                        if b.u32(16) == 0 {
                            d.out.address(b.u64(8))
                        } else {
                            d.buffer(b.u64(8), UInt64(b.u32(16)), evenOnError: true)
                        }
                        d.field("otherinfolen")
                        d.out.unsigned(UInt64(b.u32(16)))
                        d.nonzeroElements("__spare", b.slice(20, 32), .hex32)
                    }
                }
            },
        ])
        v[24] = variant([
            key("key"), .hex("reserved"), .string("params"),
            .custom("info", .out) { d, v in
                d.object(v, 56) { b in
                    d.structure {
                        d.field("supported_ops")
                        d.flags(b.u32(0), .keySupportedOperations)
                        d.field("key_size")
                        d.out.unsigned(UInt64(b.u32(4)))
                        let sizes: [Name] = ["max_data_size", "max_sig_size", "max_enc_size", "max_dec_size"]
                        for (i, name) in sizes.enumerated() {
                            d.field(name)
                            d.out.unsigned(UInt64(b.u16(8 + i * 2)))
                        }
                        d.nonzeroElements("__spare", b.slice(16, 40), .hex32)
                    }
                }
            },
        ])
        for operation: UInt64 in 25...28 {
            let verifies = operation == 28
            v[operation] = variant([
                .custom("params") { d, v in d.publicKeyParameters(v, second: verifies ? "in2_len" : "out_len") },
                .string("info"),
                .custom("in") { d, v in
                    if let n = d.publicKeyLength(4) { d.buffer(v, n, evenOnError: true) } else { d.out.address(v) }
                },
                .custom("in2", verifies ? .in : .out) { d, v in
                    if let n = d.publicKeyLength(8) { d.buffer(v, n, evenOnError: verifies) } else { d.out.address(v) }
                },
            ])
        }
        v[29] = variant([key("keyring"), .string("type"), .string("restriction")])
        v[30] = variant([key("key"), key("from_keyring"), key("to_keyring"), .flags("flags", .keyMoveFlags)])
        v[31] = variant([.custom("buffer", .out) { d, v in d.keyCapabilities(v, size: d[2]) }, .size("buflen")])
        return v
    }()
}

/// What keyctl(2)'s operations read and write.
enum KeyctlMemory {
    private static func on(_ operations: UInt64..., read capture: Capture) -> Capture {
        .when(argument: 0, in: operations, capture)
    }
    /// KEYCTL_PKEY_ENCRYPT and its kin: 25 to 28.
    private static func onPublicKey(_ capture: Capture) -> Capture { on(25, 26, 27, 28, read: capture) }

    static let arguments: [Argument] = [
        .init("arg2", .hex, capture: .all([
            on(1, read: .like(.string)), on(23, read: .like(.structure(.diffieHellmanParameters))),
            onPublicKey(.bytes(40)), .atExit(on(31, read: .like(.bytes(.result)))),
        ])),
        .init("arg3", .hex, capture: .all([
            on(2, 12, read: .like(.bytes(.argument(3)))), on(10, 29, read: .like(.string)), onPublicKey(.like(.string)),
            on(20, read: .like(.vectors(.argument(3), filled: nil))),
            .atExit(on(6, 11, 17, 23, read: .like(.bytes(.result)))),
        ])),
        .init("arg4", .hex, capture: .all([
            on(10, 24, 29, read: .like(.string)), onPublicKey(.buffer(.fieldOf(argument: 1, 4))),
        ])),
        .init("arg5", .hex, capture: .all([
            on(23, read: .all([.bytes(56), .through(0, .like(.string)), .buffer(at: 8, length: 16)])),
            on(28, read: .buffer(.fieldOf(argument: 1, 8))),
            .atExit(.all([on(24, read: .bytes(56)), on(25, 26, 27, read: .buffer(.fieldOf(argument: 1, 8)))])),
        ])),
    ]
}
