/// What the argument of one ioctl request is: a row of the request tables beside this file.
struct IoctlRequest: Sendable {
    enum Argument: Sendable {
        /// The request has none.
        case none
        /// The request has none; what its result means is noted behind it.
        case noted(@Sendable (Decoder) -> Void)
        /// A value, not a pointer.
        case value(ValueKind)
        /// The kernel reads what it points to.
        case read(ValueKind)
        /// The kernel writes what it points to.
        case written(ValueKind)
        /// The kernel replaces what it points to: `{…} => {…}`.
        case changed(ValueKind)
        /// The kernel reads some fields and fills in others: `{asked=1, told=2}`.
        case extended(StructLayout, by: StructLayout)
        /// The kernel reads one structure and leaves another in its place: `{…} => {…}`.
        case answered(StructLayout, by: StructLayout)
        /// Prints the argument itself, at entry and, unless it then said `.complete`, at exit.
        case dialect(Syscall.Dialect)
    }

    /// Its name in the kernel's headers, for the reader of the tables.
    let name: Name
    let code: UInt32
    let argument: Argument
    let returns: Syscall.Returns
    /// The memory a dialect reads, where it is not what the code tells.
    private let stated: Capture?

    init(_ name: Name, _ code: UInt32, _ argument: Argument, returns: Syscall.Returns = .decimal, capture: Capture? = nil) {
        stated = capture
        self.name = name
        self.code = code
        self.argument = argument
        self.returns = returns
    }

    /// The memory that the argument leads to.
    var capture: Capture {
        if let stated { return stated }
        // A function reads no more than the code of its request says, if that tells.
        func like(_ k: ValueKind) -> Capture {
            if case .custom = k { .memory(.constant(max(Code(code).size, 256)), most: 0x3fff) } else { .like(k) }
        }
        return switch argument {
        case .none, .noted: .nothing
        case .value(let k): .like(k)
        case .read(let k): like(k)
        case .written(let k): .atExit(like(k))
        case .changed(let k): .both(like(k))
        case .extended(let asked, let told), .answered(let asked, let told):
            .all([.atEntry(.like(.structure(asked))), .atExit(.like(.structure(told)))])
        case .dialect: Self.coded
        }
    }

    /// As many bytes as the code of a request says, before the call and after it.
    static let coded = Capture.both(.memory(.bits(argument: 1, shift: 16, mask: 0x3fff), most: 0x3fff))

    /// The parts of a request's code (`_IOC_DIR`, `_IOC_TYPE`, `_IOC_NR`, `_IOC_SIZE`).
    struct Code {
        let value: UInt32
        init(_ value: UInt32) { self.value = value }
        init(_ value: UInt64) { self.value = UInt32(truncatingIfNeeded: value) }

        static let write: UInt32 = 1
        static let read: UInt32 = 2

        var direction: UInt32 { value >> 30 }
        var type: UInt8 { UInt8(truncatingIfNeeded: value >> 8) }
        var number: UInt8 { UInt8(truncatingIfNeeded: value) }
        var size: Int { Int(value >> 16 & 0x3fff) }
    }
}

/// Every request whose argument is described.
enum IoctlTable {
    static let groups: [[IoctlRequest]] = [
        IoctlRequest.descriptors, IoctlRequest.terminals, IoctlRequest.block, IoctlRequest.input,
        IoctlRequest.files, IoctlRequest.objects, IoctlRequest.gpio,
        IoctlRequest.v4l2, IoctlRequest.userfault, IoctlRequest.clocks, IoctlRequest.storage, IoctlRequest.various,
        IoctlRequest.sockets, IoctlRequest.scsi, IoctlRequest.deviceMapper, IoctlRequest.tee,
        IoctlRequest.btrfs, IoctlRequest.kvm, IoctlRequest.console, IoctlRequest.disks, IoctlRequest.seccomp,
    ]

    private static let byCode: [UInt32: IoctlRequest] = {
        var result: [UInt32: IoctlRequest] = [:]
        for group in groups { for r in group { result[r.code] = r } }
        return result
    }()

    /// The memory that requests lead to.
    static let captures = CaptureVariants(by: 1) {
        groups.joined().map { r in (UInt64(r.code), [Argument("argp", .address, register: 2, capture: r.capture)]) }
    }

    static func lookup(_ code: UInt32) -> IoctlRequest? {
        if let request = byCode[code] { return request }
        let parts = IoctlRequest.Code(code)
        return switch parts.type {
        case UInt8(ascii: "E"): IoctlRequest.input(parts)
        case 0xff, 0xb7: IoctlRequest.objects(parts)
        // What the device mapper does not know is no buffer to be shown.
        case 0xfd: IoctlRequest("", code, .value(.hex))
        default: nil
        }
    }
}
