// io_uring_register(2): the argument is what the operation makes of it.

extension Decoder {
    func ringRegisterCall() -> Syscall.Progress {
        let address = call[2]
        let count = call[3] & 0xffff_ffff
        let operation = call[1] & 0x7fff_ffff
        let registration = Ring.registrations[operation]
        if entering {
            let isRegistered = call[1] & 0x8000_0000 != 0
            argument("fd")
            if isRegistered { uint(call[0]) } else { fd(call[0]) }
            argument("opcode")
            enumerated(operation, .ringRegistrations)
            if isRegistered {
                out.verbatim("|")
                flags(0x8000_0000 as UInt64, .ringRegistrationFlags)
            }
        }
        switch registration {
        case nil:
            argument("arg")
            out.address(address)
        case .given(_, let body):
            argument("arg")
            body(self, address, count)
        case .structure(let layout, let wanted, let moment):
            let isShown = count == wanted
            if entering && isShown && moment == .answer { return .nextAtExit }
            if entering { argument("arg") }
            if exiting && moment == .both && failed { break }
            if exiting {
                if moment == .both { out.changed() } else { argument("arg") }
            }
            if isShown { structure(address, layout, evenOnError: entering) } else { out.address(address) }
            if entering && isShown && moment == .both { return .sameAtExit }
        case .dialect(_, let body):
            if entering { argument("arg") }
            if !body(self, address, count) { return .sameAtExit }
        }
        argument("nr_args")
        out.unsigned(count)
        return .complete
    }

    // MARK: Arrays

    /// Descriptors, of which -2 leaves an entry as it is where entries are changed.
    func ringFiles(_ address: UInt64, _ count: UInt64, skipping: Bool) {
        array(address, count: Int(count), stride: 4, evenOnError: true) { b in
            let v = b.u32(0)
            if !skipping || v != 0xffff_fffe {
                fd(UInt64(v))
            } else if out.beginSymbolic(UInt64(bitPattern: -2), radix: .decimal) {
                out.symbol("IORING_REGISTER_FILES_SKIP")
                out.endSymbolic()
            }
        }
    }

    /// Operations that a ring may and may not do from now on.
    func ringRestriction(_ b: Bytes) {
        structure {
            let kind = UInt64(b.u16(0))
            let operand = UInt64(b.u8(2))
            field("opcode")
            enumerated(kind, .ringRestrictions)
            switch kind {
            case 0:
                field("register_op")
                enumerated(operand, .ringRegistrations)
            case 1:
                field("sqe_op")
                enumerated(operand, .ringOperations)
            case 2, 3:
                field("sqe_flags")
                flags(operand, .ringSubmissionFlags)
            default:
                scratch.truncate(to: 0)
                scratch.append("op: ")
                scratch.hex(operand)
                out.comment(scratch.bytes)
            }
            if b.u8(3) != 0 {
                field("resv")
                out.hex(UInt64(b.u8(3)))
            }
            nonzeroElements("resv2", b.slice(4, 12), .hex32)
        }
    }

    /// The limits of workers of each kind, and what they were before.
    func ringWorkerLimits(_ address: UInt64, _ count: UInt64) -> Bool {
        if exiting && failed {
            out.address(address)
            return true
        }
        array(address, count: Int(count), stride: 4, evenOnError: true, index: .ringWorkers) { out.unsigned(UInt64($0.u32(0))) }
        let shown = abbreviating ? min(Int(count), options.stringLimit) : Int(count)
        guard entering, count > 0, follows(address), read(address, shown * 4) != nil else { return true }
        out.changed()
        return false
    }

    // MARK: Structures

    /// What operations there are, written over what the program asked with, if not zero.
    func ringProbe(_ address: UInt64, _ count: UInt64) -> Bool {
        let size = 16 + Int(count) * 8
        guard follows(address, evenOnError: true), let b = read(address, size) else {
            out.address(address)
            return true
        }
        if entering {
            kept = b.raw.contains { $0 != 0 } ? 1 : 0
            if kept == 1 { ringProbe(b, address, count: count) }
            return false
        }
        if failed {
            if kept == 0 { out.address(address) }
            return true
        }
        if kept == 1 { out.changed() }
        ringProbe(b, address, count: UInt64(b.u8(1)), room: count)
        return true
    }

    private func ringProbe(_ b: Bytes, _ address: UInt64, count: UInt64, room: UInt64 = .max) {
        structure {
            field("last_op")
            enumerated(UInt64(b.u8(0)), .ringOperations, radix: .unsigned)
            field("ops_len")
            out.unsigned(UInt64(b.u8(1)))
            if b.u16(2) != 0 {
                field("resv")
                out.hex(UInt64(b.u16(2)))
            }
            nonzeroElements("resv2", b.slice(4, 12), .hex32)
            field("ops")
            array(address &+ 16, count: Int(count), stride: 8, evenOnError: true, limit: Int(clamping: room)) {
                structure($0, Ring.probedOperation)
            }
        }
    }

    /// Resources with a tag each, in a structure of the size that the program knows.
    func ringResources(_ address: UInt64, size: UInt64, isUpdate: Bool, areFiles: Bool) {
        guard size >= 32, follows(address, evenOnError: true), let b = read(address, 32) else {
            out.address(address)
            return
        }
        let count = UInt64(b.u32(isUpdate ? 24 : 0))
        let data = b.u64(isUpdate ? 8 : 16)
        structure {
            field(isUpdate ? "offset" : "nr")
            out.unsigned(UInt64(b.u32(0)))
            if isUpdate {
                if b.u32(4) != 0 {
                    field("resv")
                    out.hex(UInt64(b.u32(4)))
                }
            } else {
                field("flags")
                flags(b.u32(4), .ringResourceFlags)
                if b.u64(8) != 0 {
                    field("resv2")
                    out.hex(b.u64(8))
                }
            }
            field("data")
            if areFiles {
                ringFiles(data, count, skipping: isUpdate)
            } else {
                ringBuffers(data, count)
            }
            field("tags")
            array(b.u64(isUpdate ? 16 : 24), count: Int(count), stride: 8, evenOnError: true) { out.hex($0.u64(0)) }
            if isUpdate {
                field("nr")
                out.unsigned(count)
                if b.u32(28) != 0 {
                    field("resv2")
                    out.hex(UInt64(b.u32(28)))
                }
            }
            if size > 32 {
                // The kernel takes no more than a page.
                if let all = read(address, Int(min(size, 4096))) {
                    trailingBytes(all, from: 32)
                } else {
                    out.element()
                    out.verbatim("???")
                }
            }
        }
    }

    func ringBuffers(_ address: UInt64, _ count: UInt64) {
        iovecs(address, count: count) { d, base, _ in d.out.address(base) }
    }

    func ringFilesUpdate(_ address: UInt64, _ count: UInt64) {
        object(address, 16, evenOnError: true) { b in
            structure {
                field("offset")
                out.unsigned(UInt64(b.u32(0)))
                if b.u32(4) != 0 {
                    field("resv")
                    out.hex(UInt64(b.u32(4)))
                }
                field("fds")
                ringFiles(b.u64(8), count, skipping: true)
            }
        }
    }

    /// A command to a queue of received packets; an export is answered.
    func ringReceiveCommand(_ address: UInt64, _ count: UInt64) -> Bool {
        if exiting {
            if !failed, let b = read(address, 72) {
                field("zc_export")
                structure {
                    field("zcrx_fd")
                    fd(UInt64(b.u32(24)))
                    nonzeroElements("__resv1", b.slice(28, 44), .hex32)
                }
            }
            out.endStructure()
            return true
        }
        guard count == 1, follows(address), let b = read(address, 72) else {
            out.address(address)
            return true
        }
        out.beginStructure()
        fields(b, Ring.receiveCommand)
        switch b.u32(4) {
        case 0:
            field("zc_flush")
            structure { nonzeroElements("__resv", b.slice(24, 48), .hex) }
        case 1: return false
        case 2:
            field("zc_arm_event")
            structure {
                field("event_type")
                enumerated(b.u32(24), .ringReceiveEvents)
                nonzeroElements("__resv", b.slice(28, 44), .hex32)
            }
        default: break
        }
        out.endStructure()
        return true
    }

    /// A chain of questions about what the kernel can do.
    func ringQuery(_ address: UInt64, depth: Int = 0) {
        if depth == Ring.maximalChain && address != 0 {
            out.address(address)
            out.comment("...")
            return
        }
        object(address, 40, evenOnError: true) { b in
            structure {
                fields(b, Ring.query)
                let data = b.u64(8)
                if data != 0 && b.u32(20) != 0 {
                    field("query_data")
                    if let answer = Ring.answers[b.u32(16)] {
                        structure(data, answer, evenOnError: true)
                    } else {
                        out.address(data)
                    }
                }
                field("next_entry")
                ringQuery(b.u64(0), depth: depth + 1)
            }
        }
    }
}
