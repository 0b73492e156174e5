import CBPF
import RenacerCore

/// Turns rows of the system call table into programs that the BPF interpreter performs.
///
/// A value's kind tells what memory the decoder will read for it; a row's `capture` tells it
/// for arguments that code decodes. There is no other table.
struct CaptureCompiler {
    private let needs: MemoryNeeds
    private(set) var operations: [capture_operation] = []
    /// Those of the program under way.
    private var entry: [capture_operation] = []
    private var exit: [capture_operation] = []
    /// Calls that are shown in full.
    private var isVerbose = false
    /// Calls that code decodes.
    private var isDialect = false

    init(_ needs: MemoryNeeds) { self.needs = needs }

    /// An interpreter's failure to read is remembered in a bit for each operation.
    private static let mostOperations = 32
    /// Bytes of a buffer that nobody shortens.
    private static let unlimited: UInt32 = 1 << 20
    /// The kernel takes no more of a path.
    private static let pathLimit: UInt32 = 4096

    /// Compiles the program of one call.
    mutating func program(for syscall: Syscall, _ number: Int, _ personality: Personality) -> capture_program {
        entry.removeAll(keepingCapacity: true)
        exit.removeAll(keepingCapacity: true)
        isVerbose = needs.verbose.contains(number, personality)
        isDialect = syscall.dialect != nil
        for (i, a) in syscall.arguments.enumerated() {
            let register = UInt8(a.register ?? i)
            if isDialect, a.capture == nil, a.direction == .in, a.kind.leadsToMemory {
                // A dialect may look before the call and after it.
                add(a, register, exiting: false)
                add(a, register, exiting: true)
            } else {
                add(a, register, exiting: a.direction != .in)
            }
        }
        if describes, syscall.givesDescriptor {
            var result = Operations(isExit: true, isEvenOnError: false)
            result.add(CAPTURE_DESCRIPTOR, UInt8(CAPTURE_RESULT))
            exit += result.all
        }
        var p = capture_program()
        guard entry.count <= Self.mostOperations, exit.count <= Self.mostOperations,
            operations.count + entry.count + exit.count <= Int(CAPTURE_OPERATIONS)
        else { return p }
        p.first = UInt16(operations.count)
        p.entry = UInt8(entry.count)
        p.exit = UInt8(exit.count)
        operations += entry
        operations += exit
        return p
    }

    private mutating func add(_ a: Argument, _ register: UInt8, exiting: Bool) {
        var list = Operations(isExit: exiting, isEvenOnError: a.direction == .inout_)
        if a.name == "dirfd", describes {
            list.add(CAPTURE_DESCRIPTOR, register)
        } else if let capture = a.capture {
            compile(capture, register, &list)
        } else if case .address = a.kind {
            // Of a dialect: other rows leave it at the address.
            if isDialect { compile(Capture.unknown, register, &list) }
        } else {
            compile(a.kind, register, &list)
        }
        if exiting { exit += list.all } else { entry += list.all }
    }

    /// Operations of one argument, as they are put together.
    private struct Operations {
        var all: [capture_operation] = []
        let isExit: Bool
        let isEvenOnError: Bool
        /// The next register that nothing uses.
        var free: UInt8 = 8

        init(isExit: Bool, isEvenOnError: Bool) {
            self.isExit = isExit
            self.isEvenOnError = isEvenOnError
        }

        /// - Parameter length: the register with the length or count; nil: `limit` is it.
        mutating func add(
            _ code: capture_code, _ source: UInt8, length: UInt8? = nil, scale: Int = 1, limit: Int = 0,
            count: Int = 0, mask: UInt64 = 0, value: UInt64 = 0, filled: Bool = false
        ) {
            var o = capture_operation()
            o.code = UInt8(code.rawValue)
            o.source = source
            o.length = length ?? UInt8(CAPTURE_NO_LENGTH)
            o.scale = UInt32(clamping: scale)
            o.limit = UInt32(clamping: limit)
            o.count = UInt32(clamping: count)
            o.mask = mask
            o.value = value
            if isEvenOnError { o.flags |= UInt8(CAPTURE_EVEN_ON_ERROR) }
            if filled { o.flags |= UInt8(CAPTURE_FILLED) }
            all.append(o)
        }

        /// Takes a register; the last one over and over if all are taken.
        mutating func take() -> UInt8 {
            defer { if free < UInt8(CAPTURE_REGISTERS) - 1 { free += 1 } }
            return free
        }

        /// Loads an unsigned value from `offset` behind a register's address.
        mutating func load(_ source: UInt8, _ offset: Int, _ width: Int) -> UInt8 {
            let r = take()
            add(CAPTURE_LOAD, source, length: r, limit: width, value: UInt64(offset))
            return r
        }
    }

    // MARK: Kinds

    /// Bytes of a shortened string and one more, which tells that it is.
    private var shortened: Int { needs.stringLimit + 1 }
    /// What descriptors refer to is wanted.
    private var describes: Bool { !needs.descriptors.isEmpty }
    private var bufferLimit: Int { needs.wholeBuffers ? Int(Self.unlimited) : shortened }
    /// Elements of an array that are looked at.
    private var elementLimit: Int { isVerbose ? 1024 : shortened }

    private mutating func compile(_ kind: ValueKind, _ r: UInt8, _ o: inout Operations) {
        switch kind {
        case .path, .text: o.add(CAPTURE_STRING, r, limit: Int(Self.pathLimit))
        // Cut off, a string is captured with a NUL of its own.
        case .string: o.add(CAPTURE_STRING, r, limit: shortened + 1)
        case .bytes(let n): memory(r, n, limit: bufferLimit, &o)
        case .vectors(let n, let filled):
            guard let count = register(n, &o) else { return }
            if filled != nil, !o.isExit { return }
            o.add(CAPTURE_VECTORS, r, length: count, limit: bufferLimit, count: elementLimit, filled: filled != nil)
        case .structure(let layout):
            o.add(CAPTURE_BYTES, r, limit: layout.size)
            fields(layout, r, &o)
        case .pointee(let k):
            o.add(CAPTURE_BYTES, r, limit: k.width)
            if k.leadsToMemory || k.isDescriptor { compile(k, o.load(r, 0, k.width), &o) }
        case .array(let k, let n):
            memory(r, n, scale: k.width, limit: elementLimit * k.width, &o)
            if k.isDescriptor { descriptors(r, n, stride: k.width, &o) }
        case .structures(let layout, let n): memory(r, n, scale: layout.size, limit: elementLimit * layout.size, &o)
        case .sockaddr(let n): memory(r, n, limit: 128, &o)
        case .msghdr:
            o.add(CAPTURE_BYTES, r, limit: 56)
            message(r, &o)
        case .mmsghdr(let n):
            guard let count = register(n, &o) else { return }
            let at = o.take(), left = o.take()
            o.add(CAPTURE_BYTES, r, length: count, scale: 64, limit: elementLimit * 64)
            o.add(CAPTURE_SET, r, length: at, scale: 0, mask: .max)
            o.add(CAPTURE_SET, count, length: left, scale: 0, limit: elementLimit, mask: 0xffff_ffff)
            let start = o.all.count
            message(at, &o)
            o.add(CAPTURE_REPEAT, at, length: left, limit: o.all.count - start, value: 64)
        case .sized(let k, _): compile(k, r, &o)
        case .custom: compile(Capture.unknown, r, &o)
        case .fd, .dirfd: if describes { o.add(CAPTURE_DESCRIPTOR, r) }
        default: break
        }
    }

    /// `n` units of `scale` bytes, at most `limit` bytes.
    private func memory(_ r: UInt8, _ n: ValueKind.Length, scale: Int = 1, limit: Int, _ o: inout Operations) {
        if case .constant(let n) = n {
            o.add(CAPTURE_BYTES, r, limit: min(n * scale, limit))
        } else if let length = register(n, &o) {
            o.add(CAPTURE_BYTES, r, length: length, scale: scale, limit: limit)
        }
    }

    /// The register that holds a length; nil if there is none yet.
    private func register(_ n: ValueKind.Length, _ o: inout Operations) -> UInt8? {
        switch n {
        case .argument(let i): return UInt8(i)
        case .result: return o.isExit ? UInt8(CAPTURE_RESULT) : nil
        case .pointee(let i):
            o.add(CAPTURE_BYTES, UInt8(i), limit: 4)
            return o.load(UInt8(i), 0, 4)
        case .constant(let n):
            let r = o.take()
            o.add(CAPTURE_SET, r, length: r, scale: 0, value: UInt64(n))
            return r
        }
    }

    /// What a `struct msghdr` leads to: name, vectors and control data.
    private func message(_ r: UInt8, _ o: inout Operations) {
        let name = o.load(r, 0, 8), nameLength = o.load(r, 8, 4)
        o.add(CAPTURE_BYTES, name, length: nameLength, limit: 128)
        let vectors = o.load(r, 16, 8), count = o.load(r, 24, 8)
        o.add(CAPTURE_VECTORS, vectors, length: count, limit: bufferLimit, count: elementLimit)
        let control = o.load(r, 32, 8), controlLength = o.load(r, 40, 8)
        // The kernel takes no more control data by default.
        o.add(CAPTURE_BYTES, control, length: controlLength, limit: 20480)
    }

    private mutating func fields(_ layout: StructLayout, _ r: UInt8, _ o: inout Operations) {
        for f in layout.fields where f.width == 8 && f.kind.leadsToMemory || describes && f.kind.isDescriptor {
            compile(f.kind, o.load(r, f.offset, f.width), &o)
        }
    }

    /// What `n` descriptors refer to that lie `stride` bytes apart; of an `fd_set` where that is 0.
    private func descriptors(_ r: UInt8, _ n: ValueKind.Length, stride: Int, _ o: inout Operations) {
        guard describes else { return }
        let limit = stride == 0 ? 1024 : elementLimit
        let code = stride == 0 ? CAPTURE_DESCRIPTOR_SET : CAPTURE_DESCRIPTORS
        if case .constant(let n) = n {
            o.add(code, r, scale: stride, count: min(n, limit))
        } else if let length = register(n, &o) {
            o.add(code, r, length: length, scale: stride, count: limit)
        }
    }

    // MARK: Stated captures

    private mutating func compile(_ capture: Capture, _ r: UInt8, _ o: inout Operations) {
        switch capture {
        case .like(let kind): compile(kind, r, &o)
        case .memory(let n, let scale, let most): memory(r, n, scale: scale, limit: most, &o)
        case .string(let most): o.add(CAPTURE_STRING, r, limit: most + 1)
        case .strings: o.add(CAPTURE_STRINGS, r, limit: shortened + 1, count: elementLimit)
        case .through(let offset, let inner): compile(inner, o.load(r, offset, 8), &o)
        case .when(let argument, let mask, let value, let inner):
            let at = o.all.count
            o.add(CAPTURE_UNLESS, UInt8(argument), mask: mask, value: value)
            compile(inner, r, &o)
            o.all[at].limit = UInt32(o.all.count - at - 1)
        case .descriptors(let n, let stride): descriptors(r, n, stride: stride, &o)
        case .descriptorSet(let n): descriptors(r, .argument(n), stride: 0, &o)
        case .all(let each): for c in each { compile(c, r, &o) }
        }
    }
}

extension Syscall {
    /// Whether its result may be a new descriptor.
    fileprivate var givesDescriptor: Bool {
        switch returns {
        case .fd, .dialect: true
        default: false
        }
    }
}

extension ValueKind {
    var isDescriptor: Bool {
        switch self {
        case .fd, .dirfd: true
        case .sized(let k, _): k.isDescriptor
        default: false
        }
    }

    /// Whether the value is a pointer that a decoder follows.
    var leadsToMemory: Bool {
        switch self {
        case .path, .text, .string, .bytes, .vectors, .structure, .pointee, .array, .structures, .sockaddr, .msghdr, .mmsghdr,
            .custom, .address: true
        case .sized(let k, _): k.leadsToMemory
        default: false
        }
    }
}
