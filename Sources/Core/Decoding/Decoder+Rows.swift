// The interpreter of table rows: prints a call's arguments in their order, those known
// at entry first, the rest at exit.

extension Decoder {
    /// Prints what is known of a call when it is entered.
    ///
    /// - Returns: where `exit` must go on; pass it back.
    public func enter(_ call: Call, tid: Int32) -> Progress {
        begin(call, tid, exiting: false)
        if let progress = call.withSyscall({ enter($0) }) { return progress }
        rawArguments(6)
        return Progress(next: 6, dialect: .complete, isComplete: true)
    }

    private func enter(_ syscall: Syscall) -> Progress {
        if options.raw.contains(call) {
            rawArguments(syscall.arguments.count)
            return Progress(next: syscall.arguments.count, dialect: .complete, isComplete: true)
        }
        if let dialect = syscall.dialect {
            let progress = dialect(self)
            return Progress(next: 0, dialect: progress, isComplete: progress == .complete, kept: kept,
                keptWords: keptWords, resultStyle: resultStyle)
        }
        let next = arguments(syscall.arguments, from: 0)
        return Progress(next: next, dialect: .complete, isComplete: next == syscall.arguments.count)
    }

    /// Prints what only a call's end tells.
    public func exit(_ call: Call, tid: Int32, from progress: Progress) {
        if progress.isComplete, !looksBehindArguments {
            resultStyle = progress.resultStyle
            return
        }
        begin(call, tid, exiting: true)
        kept = progress.kept
        keptWords = progress.keptWords
        resultStyle = progress.resultStyle
        _ = call.withSyscall { exit($0, from: progress) }
    }

    private func exit(_ syscall: Syscall, from progress: Progress) {
        if let dialect = syscall.dialect {
            if progress.dialect != .complete { _ = dialect(self) }
        } else {
            _ = arguments(syscall.arguments, from: progress.next)
        }
        if options.enteredNamespaces { enteredNamespaces(syscall) }
    }

    /// How far `enter` came.
    public struct Progress: Sendable {
        var next: Int
        var dialect: Syscall.Progress
        /// Whether nothing is left to be printed at exit.
        public var isComplete: Bool
        /// What a dialect kept in `Decoder.kept` at entry.
        var kept: UInt64
        var keptWords: [UInt32]
        /// The style of the result as the entry knew it.
        var resultStyle: Syscall.Returns
        public init() { self.init(next: 0, dialect: .complete, isComplete: true) }
        init(
            next: Int, dialect: Syscall.Progress, isComplete: Bool, kept: UInt64 = 0, keptWords: [UInt32] = [],
            resultStyle: Syscall.Returns = .decimal
        ) {
            self.next = next
            self.resultStyle = resultStyle
            self.kept = kept
            self.keptWords = keptWords
            self.dialect = dialect
            self.isComplete = isComplete
        }
    }

    private func begin(_ call: Call, _ tid: Int32, exiting: Bool) {
        self.call = call
        self.tid = tid
        self.exiting = exiting
        call.memory.turn(toExit: exiting)
        if !exiting {
            kept = 0
            if !keptWords.isEmpty { keptWords = [] }
        }
        resultStyle = .decimal
        replacing?.begin(call, tid)
        arena.reset()
    }

    private func rawArguments(_ count: Int) {
        let declared = call.syscall?.arguments
        for i in 0..<count {
            argument(declared?[i].name ?? "")
            out.hex(call[i])
        }
    }

    /// Prints what the row says of the arguments that are known at entry, for dialects that
    /// only add to it.
    func rowArguments() {
        if let syscall = call.syscall { _ = arguments(syscall.arguments, from: 0) }
    }

    /// Prints arguments from `start` on; at entry up to the first that must wait.
    func arguments(_ arguments: [Argument], from start: Int) -> Int {
        var i = start
        while i < arguments.count {
            if let condition = arguments[i].condition, !condition(call) {
                i += 1
                continue
            }
            let direction = arguments[i].direction
            if entering && direction != .in { break }
            argument(arguments[i].name)
            value(arguments[i].kind, call[arguments[i].register ?? i], out: direction == .out)
            i += 1
        }
        return i
    }

    /// Prints one value of a kind.
    ///
    /// - Parameter out: the kernel wrote what it points to: nothing is there if the call failed.
    public func value(_ kind: ValueKind, _ v: UInt64, out isOut: Bool) {
        let evenOnError = !isOut
        switch kind {
        case .int: int(v)
        case .uint: uint(v)
        case .long: long(v)
        case .ulong: ulong(v)
        case .hex32: out.hex(v & 0xffff_ffff)
        case .hex: out.hex(v)
        case .octal: out.octal(v & 0xffff_ffff)
        case .address: out.address(v)
        case .fd: fd(v)
        case .dirfd: dirfd(v)
        case .tid: pid(v, .tid)
        case .pid: pid(v, .pid)
        case .pgid: pid(v, .pgid)
        case .sid: pid(v, .sid)
        case .id: id(v)
        case .signal: signal(v)
        case .mode: mode(v)
        case .permissions: permissions(v)
        case .device: device(v)
        case .clock: clock(v)
        case .flags(let t): flags(v & 0xffff_ffff, t)
        case .flags64(let t): flags(v, t)
        case .enumerated(let t): enumerated(v & 0xffff_ffff, t)
        case .enumerated64(let t): enumerated(v, t)
        case .path, .text: if isOut && failed { out.address(v) } else { path(v) }
        case .string: string(v, evenOnError: evenOnError)
        case .bytes(let length):
            if let n = count(length) { buffer(v, n, evenOnError: evenOnError) } else { out.address(v) }
        case .vectors(let length, let filled):
            if let filled, failed || count(filled) == nil {
                iovecs(v, count: count(length) ?? 0) { d, address, _ in d.out.address(address) }
            } else {
                iovecs(v, count: count(length) ?? 0, limit: filled.flatMap(count))
            }
        case .structure(let layout): structure(v, layout, evenOnError: evenOnError)
        case .structures(let layout, let length):
            guard let n = count(length) else {
                out.address(v)
                return
            }
            array(v, count: Int(clamping: n), stride: layout.size, evenOnError: evenOnError) { structure($0, layout) }
        case .pointee(let k):
            pointee(v, k.width, evenOnError: evenOnError) { value(k, $0.value(0, k.width, signed: k.isSigned), out: isOut) }
        case .array(let k, let length):
            guard let n = count(length) else {
                out.address(v)
                return
            }
            array(v, count: Int(clamping: n), stride: k.width, evenOnError: evenOnError) {
                value(k, $0.value(0, k.width, signed: k.isSigned), out: isOut)
            }
        case .sockaddr(let length):
            if let n = count(length) { socketAddress(v, length: Int(Int32(truncatingIfNeeded: n))) } else { out.address(v) }
        case .msghdr: messageHeader(v)
        case .mmsghdr: out.address(v)
        case .sized(let k, _): value(k, v, out: isOut)
        case .custom(let body): body(self, v)
        }
    }

    /// A length, nil if it is not there to be read.
    private func count(_ length: ValueKind.Length) -> UInt64? {
        switch length {
        case .argument(let i): call[i]
        case .result: failed ? nil : UInt64(bitPattern: max(call.result, 0))
        case .constant(let n): UInt64(n)
        case .pointee(let i): readU32(call[i]).map(UInt64.init)
        }
    }
}
