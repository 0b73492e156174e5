// ioctl(2): the request by name, its argument by the row of the request.

extension Decoder {
    func ioctlCall() -> Syscall.Progress {
        let code = UInt32(truncatingIfNeeded: call[1])
        let request = IoctlTable.lookup(code)
        if entering {
            argument("fd")
            fd(call[0])
            argument("op")
            ioctlRequest(code)
        }
        guard let request else { return unknownIoctl(code) }
        resultStyle = request.returns
        return ioctlArgument(request.argument)
    }

    private func ioctlArgument(_ kind: IoctlRequest.Argument) -> Syscall.Progress {
        let arg = call[2]
        switch kind {
        case .none:
            return .complete
        case .noted(let body):
            if entering { return .sameAtExit }
            guard !failed else { return .complete }
            out.beginNote()
            body(self)
            out.endNote()
            return .complete
        case .value(let k), .read(let k):
            if entering {
                argument("argp")
                value(k, arg, out: false)
            }
            return .complete
        case .written(let k):
            if entering { return .nextAtExit }
            argument("argp")
            value(k, arg, out: true)
            return .complete
        case .changed(let k):
            if entering {
                argument("argp")
                value(k, arg, out: false)
                return canRead(arg, k.pointeeSize) ? .sameAtExit : .complete
            }
            if !failed {
                out.changed()
                value(k, arg, out: true)
            }
            return .complete
        case .extended(let asked, let told):
            if entering { argument("argp") }
            return extended(arg, asked, by: told)
        case .answered(let asked, let told):
            if entering {
                argument("argp")
                structure(arg, asked)
                return canRead(arg, asked.size) ? .sameAtExit : .complete
            }
            guard !failed, let b = read(arg, told.size) else { return .complete }
            out.changed()
            structure(b, told)
            return .complete
        case .dialect(let body):
            if entering { argument("argp") }
            return body(self)
        }
    }

    /// A structure of which the kernel fills in a part: opened at entry, closed at exit.
    func extended(_ address: UInt64, _ asked: StructLayout, by told: StructLayout) -> Syscall.Progress {
        extended(address, asked.size) { b in
            if entering { fields(b, asked) } else if !failed, let b = read(address, told.size) { fields(b, told) }
        }
    }

    /// As above with code for the fields; at exit `body` runs with the bytes as they are then.
    func extended(_ address: UInt64, _ size: Int, _ body: (Bytes) -> Void) -> Syscall.Progress {
        if entering {
            guard follows(address), let b = read(address, size) else {
                out.address(address)
                return .complete
            }
            out.beginStructure()
            body(b)
            return .sameAtExit
        }
        if let b = read(address, size) { body(b) }
        out.endStructure()
        return .complete
    }

    /// `in => out`: `asked` at entry, `told` at exit if the call succeeded.
    func answered(_ address: UInt64, _ size: Int, _ asked: (Bytes) -> Void, _ told: (Bytes) -> Void) -> Syscall.Progress {
        if entering {
            return object(address, size, asked) ? .sameAtExit : .complete
        }
        guard !failed, let b = read(address, size) else { return .complete }
        out.changed()
        told(b)
        return .complete
    }

    /// Whether `count` bytes that a pointer names can be read and are to be followed.
    func canRead(_ address: UInt64, _ count: Int) -> Bool {
        follows(address, evenOnError: true) && read(address, count) != nil
    }

    /// An argument of which nothing is known but what the request's code says: its bytes
    /// in the direction given there with `-v`, otherwise the number.
    private func unknownIoctl(_ value: UInt32) -> Syscall.Progress {
        let code = IoctlRequest.Code(value)
        let arg = call[2]
        if entering { argument("argp") }
        let readable = !abbreviating && code.size > 0 && canRead(arg, min(code.size, options.stringLimit))
        guard readable else {
            out.hex(arg)
            return .complete
        }
        if exiting {
            if code.direction != IoctlRequest.Code.read { out.changed() }
            hexBytes(arg, code.size)
            return .complete
        }
        if code.direction == IoctlRequest.Code.read { return .sameAtExit }
        hexBytes(arg, code.size)
        return code.direction == IoctlRequest.Code.write ? .complete : .sameAtExit
    }

    /// `count` bytes at an address, every one in hexadecimal, shortened to `-s`.
    func hexBytes(_ address: UInt64, _ count: Int) {
        let shown = min(count, options.stringLimit)
        guard let b = read(address, shown) else {
            out.address(address)
            return
        }
        out.string(b.raw, truncated: count > shown, escaping: .all)
    }

    // MARK: The request

    /// A request's name or names, or the parts of its code.
    func ioctlRequest(_ code: UInt32) {
        guard out.beginSymbolic(UInt64(code), radix: .hex) else { return }
        if let names = unambiguous(code) ?? IoctlNames.names(of: code) {
            let computed = computedIoctlName(IoctlRequest.Code(code), isAlternative: true)
            if computed { out.verbatim(" or ") }
            alternatives(names)
        } else if !computedIoctlName(IoctlRequest.Code(code), isAlternative: false) {
            ioctlCode(IoctlRequest.Code(code))
        }
        out.endSymbolic()
    }

    /// `A or B`
    private func alternatives(_ names: Name) {
        var rest = names.bytes[...]
        while let bar = rest.firstIndex(of: 0x7c) {
            out.verbatim(UnsafeRawBufferPointer(rebasing: rest[..<bar]))
            out.verbatim(" or ")
            rest = rest[(bar + 1)...]
        }
        out.verbatim(UnsafeRawBufferPointer(rebasing: rest))
    }

    /// `_IOC(_IOC_READ|_IOC_WRITE, 0x45, 0x20, 0x4)`
    private func ioctlCode(_ code: IoctlRequest.Code) {
        let directions: [Name] = ["_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE"]
        out.beginCall("_IOC")
        out.element()
        out.verbatim(directions[Int(code.direction)])
        out.element()
        out.hex(UInt64(code.type))
        out.element()
        out.hex(UInt64(code.number))
        out.element()
        out.hex(UInt64(code.size))
        out.endCall()
    }

    /// The one name of a code that several drivers use, where the descriptor tells which.
    private func unambiguous(_ code: UInt32) -> Name? {
        let name: Name
        switch code {
        case 0x5402: name = "TCSETS"
        case 0x5403: name = "TCSETSW"
        case 0x5404: name = "TCSETSF"
        default: return nil
        }
        return inspector.isTerminal(fd: Int32(truncatingIfNeeded: call[0]), of: tid, call.memory) ? name : nil
    }

    /// Names that carry a number: `HIDIOCGRAWNAME(8)`, `EVIOCGABS(ABS_X)`.
    ///
    /// - Parameter isAlternative: the code has another name as well.
    /// - Returns: whether a name was printed.
    private func computedIoctlName(_ code: IoctlRequest.Code, isAlternative: Bool) -> Bool {
        switch code.type {
        case UInt8(ascii: "M"):
            guard code.direction == 1 || code.direction == 2 else { return false }
            numbered(code.direction == 2 ? "MIXER_READ" : "MIXER_WRITE", UInt64(code.number))
        case UInt8(ascii: "H"):
            guard let name = hidName(code), !(isAlternative && code.number == 4 && code.size != 260) else { return false }
            numbered(name, UInt64(code.size))
        case UInt8(ascii: "E"):
            return !isAlternative && inputRequestName(code)
        case UInt8(ascii: "U"):
            guard !isAlternative, code.direction == 2, code.number == 44 else { return false }
            numbered("UI_GET_SYSNAME", UInt64(code.size))
        case UInt8(ascii: "j"):
            guard !isAlternative, code.direction == 2, code.number == 0x13 else { return false }
            numbered("JSIOCGNAME", UInt64(code.size))
        case UInt8(ascii: "k"):
            guard !isAlternative, code.direction == 1, code.number == 0 else { return false }
            numbered("SPI_IOC_MESSAGE", UInt64(code.size))
        default:
            return false
        }
        return true
    }

    private func hidName(_ code: IoctlRequest.Code) -> Name? {
        switch (code.direction, code.number) {
        case (2, 4): "HIDIOCGRAWNAME"
        case (2, 5): "HIDIOCGRAWPHYS"
        case (2, 6), (3, 6): "HIDIOCSFEATURE"
        case (3, 7): "HIDIOCGFEATURE"
        case (2, 8): "HIDIOCGRAWUNIQ"
        case (2, 0x12): "HIDIOCGPHYS"
        default: nil
        }
    }

    func numbered(_ name: Name, _ n: UInt64) {
        out.beginCall(name)
        out.element()
        out.unsigned(n)
        out.endCall()
    }
}
