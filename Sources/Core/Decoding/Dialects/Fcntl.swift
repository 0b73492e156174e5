// fcntl(2): what the third argument and the result mean depends on the second.

extension StructLayout {
    private static let lockFields: [Field] = [
        .init("l_type", 0, .enumerated(.lockTypes), width: 2), .init("l_whence", 2, .enumerated(.whence), width: 2),
        .init("l_start", 8, .long), .init("l_len", 16, .long),
    ]
    /// struct flock, as one sets it.
    static let flock = StructLayout(size: 32, lockFields)
    /// struct flock, as the kernel fills it.
    static let flockHeld = StructLayout(size: 32, lockFields + [.init("l_pid", 24, .pid)])
    /// struct delegation
    static let delegation = StructLayout(size: 8, [
        .init("d_flags", 0, .hex32), .init("d_type", 4, .enumerated(.lockTypes), width: 2),
        .init("__pad", 6, .hex32, width: 2),
    ])
    /// struct f_owner_ex
    static let fileOwner = StructLayout(size: 8, [
        .init("type", 0, .enumerated(.ownerTypes)),
        .init("pid") { d, b in
            let kind: PidKind = switch b.u32(0) {
            case 0: .tid
            case 2: .pgid
            default: .pid
            }
            d.pid(UInt64(b.u32(4)), kind)
        },
    ])
}

extension Decoder {
    private enum FcntlArgument {
        case none, descriptor, decimal, hex, owner, signal
        case flags(ConstantTable), enumerated(ConstantTable), openFlags
        case structure(StructLayout), hint
        /// Filled by the kernel.
        case result(StructLayout), resultHint
    }

    private static func fcntlArgument(_ operation: UInt64) -> FcntlArgument {
        switch Int(operation & 0xffff_ffff) {
        case 1, 3, 9, 11, 1025, 1032, 1034: .none
        case 1027: .descriptor
        case 0, 1030, 1031: .decimal
        case 2: .flags(.descriptorFlags)
        case 4: .openFlags
        case 5, 36: .result(.flockHeld)
        case 6, 7, 37, 38: .structure(.flock)
        case 8: .owner
        case 10: .signal
        case 15: .structure(.fileOwner)
        case 16: .result(.fileOwner)
        case 1024: .enumerated(.lockTypes)
        case 1026: .flags(.directoryNotifications)
        case 1033: .flags(.seals)
        case 1035, 1037: .resultHint
        case 1036, 1038: .hint
        case 1039: .result(.delegation)
        case 1040: .structure(.delegation)
        default: .hex
        }
    }

    /// Structures by operation, as the table above has them.
    static let fcntlCapture = Capture.all(([5, 6, 7, 15, 16, 36, 37, 38, 1035, 1036, 1037, 1038, 1039, 1040] as [UInt64]).compactMap { operation in
        let capture: Capture
        switch fcntlArgument(operation) {
        case .structure(let layout): capture = .atEntry(.like(.structure(layout)))
        case .result(let layout): capture = .atExit(.like(.structure(layout)))
        case .hint: capture = .atEntry(.memory(.constant(8)))
        case .resultHint: capture = .atExit(.memory(.constant(8)))
        default: return nil
        }
        return .when(argument: 1, is: operation, capture)
    })

    func fcntlCall() -> Syscall.Progress {
        let argument = Self.fcntlArgument(self[1])
        let v = self[2]
        if entering {
            out.argument("fd")
            fd(self[0])
            out.argument("op")
            enumerated(self[1] & 0xffff_ffff, .fcntlOperations)
        }
        switch argument {
        case .result(let layout):
            if entering { return .nextAtExit }
            out.argument("arg")
            structure(v, layout)
        case .resultHint:
            if entering { return .nextAtExit }
            out.argument("arg")
            writeLifeHint(v)
        case .none: break
        default:
            if entering {
                out.argument("arg")
                fcntlArgument(argument, v)
            }
        }
        if exiting { fcntlResult() }
        return .sameAtExit
    }

    private func fcntlArgument(_ argument: FcntlArgument, _ v: UInt64) {
        switch argument {
        case .descriptor: fd(v)
        case .decimal: int(v)
        case .owner:
            let n = Int32(truncatingIfNeeded: v)
            // A negative number is a process group.
            if n < 0 { out.signed(Int64(n)) } else { pid(v) }
        case .signal: signal(v)
        case .flags(let table): flags(v, table)
        case .enumerated(let table): enumerated(v, table)
        case .openFlags: openFlags(v)
        case .structure(let layout): structure(v, layout, evenOnError: true)
        case .hint: writeLifeHint(v)
        default: out.hex(v)
        }
    }

    private func writeLifeHint(_ address: UInt64) {
        pointee(address, 8, evenOnError: entering) { enumerated($0.u64(0), .writeLifeHints) }
    }

    private func fcntlResult() {
        guard !failed else { return }
        let v = UInt64(bitPattern: result)
        switch Int(self[1] & 0xffff_ffff) {
        case 0, 1030: resultStyle = .fd
        case 9: resultStyle = .pid
        case 1:
            resultStyle = .hex
            if v != 0 { note("flags ") { flags(v, .descriptorFlags) } }
        case 3:
            resultStyle = .hex
            note("flags ") {
                names(v & 3, .accessModes, or: nil)
                names(v & ~3, .openFlags, or: "|")
            }
        case 11:
            if let name = ConstantTable.signals.name(of: v) { note("") { out.verbatim(name) } }
        case 1025:
            resultStyle = .hex
            if let name = ConstantTable.lockTypes.name(of: v) { note("") { out.verbatim(name) } }
        case 1034:
            resultStyle = .hex
            if v != 0 { note("seals ") { flags(v, .seals) } }
        default: break
        }
    }

    private func note(_ label: Name, _ body: () -> Void) {
        out.beginNote()
        out.verbatim(label)
        body()
        out.endNote()
    }

    /// The names of a value, whatever `-X` says of constants.
    private func names(_ v: UInt64, _ table: ConstantTable, or separator: Name?) {
        guard let separator else {
            if let name = table.name(of: v) { out.verbatim(name) }
            return
        }
        var rest = v
        for e in table.entries where rest & e.value == e.value && e.value != 0 {
            out.verbatim(separator)
            out.verbatim(e.name)
            rest &= ~e.value
        }
        if rest != 0 {
            out.verbatim(separator)
            out.hex(rest)
        }
    }
}
