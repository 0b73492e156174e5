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

    init(_ name: Name, _ code: UInt32, _ argument: Argument, returns: Syscall.Returns = .decimal) {
        self.name = name
        self.code = code
        self.argument = argument
        self.returns = returns
    }

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
