import CBPF
import RenacerCore

/// Turns rows of the system call table into programs that the BPF interpreter performs.
///
/// A value's kind tells what memory the decoder will read for it; a row's `capture` tells it
/// for arguments that code decodes. There is no other table.
struct CaptureCompiler {
    private let needs: MemoryNeeds
    private(set) var operations: [capture_operation] = []
    /// Programs chosen by arguments, where the interpreter looks for them; empty if there are none.
    private(set) var choices: [capture_choice] = []
    private var sets: UInt8 = 0
    /// Where operations start that several programs share, by a hash of them.
    private var known: [Int: [Int]] = [:]
    /// Those of the program under way.
    private var entry: [capture_operation] = []
    private var exit: [capture_operation] = []
    /// Calls that are shown in full.
    private var isVerbose = false

    /// Every program captures so many bytes of the stack; 0: none.
    private let stackBytes: Int

    init(_ needs: MemoryNeeds, stackBytes: Int = 0) {
        self.needs = needs
        self.stackBytes = stackBytes
    }

    /// The program of a call of which nothing but its stack is wanted.
    mutating func stackProgram() -> capture_program {
        entry.removeAll(keepingCapacity: true)
        exit.removeAll(keepingCapacity: true)
        return finish()
    }

    /// Operations of a program before the call, or after it.
    private static let mostOperations = 255
    /// More pointers than the kernel takes for a program's arguments.
    private static let mostPointers = 1 << 21

    /// Whether some program looks at what a descriptor refers to.
    var looksAtDescriptors: Bool { operations.contains { $0.code == UInt8(CAPTURE_DESCRIPTOR.rawValue) } }

    /// Compiles the program of one call.
    mutating func program(for syscall: Syscall, _ number: Int, _ personality: Personality) -> capture_program {
        isVerbose = needs.verbose.contains(number, personality)
        var p = compile(syscall.arguments, syscall)
        guard let variants = syscall.variants else { return p }
        if choices.isEmpty { choices = [capture_choice](repeating: capture_choice(), count: Int(CAPTURE_CHOICES)) }
        for row in variants.rows() {
            var c = capture_choice(key: row.key, program: compile(row.arguments, syscall, isVariant: true))
            c.program.set = sets
            c.program.flags = UInt8(CAPTURE_WANTED)
            // A choice without a place means the row's own program.
            place(c)
        }
        p.flags = UInt8(CAPTURE_CHOOSES)
        p.set = sets
        p.keys = UInt8(variants.key) | UInt8(variants.high ?? Int(CAPTURE_NO_KEY)) << 4
        p.shift = UInt8(variants.shift)
        sets += 1
        return p
    }

    private mutating func place(_ c: capture_choice) {
        let first = Int(capture_place(c.key, c.program.set))
        for i in 0..<Int(CAPTURE_PROBES) {
            let at = (first + i) & (choices.count - 1)
            guard choices[at].program.flags == 0 else { continue }
            choices[at] = c
            return
        }
    }

    private mutating func compile(_ arguments: [Argument], _ syscall: Syscall, isVariant: Bool = false) -> capture_program {
        let isDialect = syscall.dialect != nil && !isVariant
        entry.removeAll(keepingCapacity: true)
        exit.removeAll(keepingCapacity: true)
        for (i, a) in arguments.enumerated() where a.capture != nil || a.kind.leadsToMemory || describes && a.kind.isDescriptor {
            let register = UInt8(a.register ?? i)
            // A dialect may look before the call and after it.
            let both = isDialect && a.capture == nil && a.direction == .in && a.kind.leadsToMemory
            add(a, register, isExit: false, isActive: both || a.direction == .in, isDialect)
            add(a, register, isExit: true, isActive: both || a.direction != .in, isDialect)
        }
        if describes, isVariant {
            for (i, a) in syscall.arguments.enumerated() where a.kind.isDescriptor {
                let register = UInt8(a.register ?? i)
                if !arguments.enumerated().contains(where: { $1.kind.isDescriptor && $1.register ?? $0 == Int(register) }) {
                    add(a, register, isExit: false, isActive: true, false)
                }
            }
        }
        if describes, syscall.givesDescriptor {
            var result = Operations(isExit: true, isActive: true, isEvenOnError: false)
            result.add(CAPTURE_DESCRIPTOR, UInt8(CAPTURE_RESULT))
            exit += result.all
        }
        return finish()
    }

    /// The program of the operations so far.
    private mutating func finish() -> capture_program {
        if stackBytes > 0 {
            var stack = Operations(isExit: false, isActive: true, isEvenOnError: false)
            stack.add(CAPTURE_BYTES, UInt8(CAPTURE_STACK), limit: stackBytes)
            entry += stack.all
        }
        var p = capture_program()
        guard entry.count <= Self.mostOperations, exit.count <= Self.mostOperations, let first = store() else { return p }
        p.first = UInt16(first)
        p.entry = UInt8(entry.count)
        p.exit = UInt8(exit.count)
        return p
    }

    /// Where the operations of the program under way are; nil if there is no room for them.
    private mutating func store() -> Int? {
        let all = entry + exit
        let hash = all.withUnsafeBytes { bytes in
            var hasher = Hasher()
            hasher.combine(bytes: bytes)
            return hasher.finalize()
        }
        let size = all.count * MemoryLayout<capture_operation>.stride
        for first in known[hash] ?? [] where first + all.count <= operations.count {
            let isSame = operations.withUnsafeBytes { stored in
                all.withUnsafeBytes { wanted in
                    let start = first * MemoryLayout<capture_operation>.stride
                    return stored[start..<(start + size)].elementsEqual(wanted)
                }
            }
            if isSame { return first }
        }
        guard operations.count + all.count <= Int(CAPTURE_OPERATIONS) else { return nil }
        known[hash, default: []].append(operations.count)
        operations += all
        return operations.count - all.count
    }

    private mutating func add(_ a: Argument, _ register: UInt8, isExit: Bool, isActive: Bool, _ isDialect: Bool) {
        var list = Operations(isExit: isExit, isActive: isActive, isEvenOnError: a.direction == .inout_)
        if isActive, describes, a.name == "dirfd" { list.add(CAPTURE_DESCRIPTOR, register) }
        if let capture = a.capture {
            compile(capture, register, register, &list)
        } else if isActive {
            if case .address = a.kind {
                // Of a dialect: other rows leave it at the address.
                if isDialect { compile(Capture.unknown, register, register, &list) }
            } else {
                compile(a.kind, register, &list)
            }
        }
        if isExit { exit += list.all } else { entry += list.all }
    }

    /// Operations of one argument, as they are put together.
    private struct Operations {
        var all: [capture_operation] = []
        let isExit: Bool
        /// Statements that do not say when are meant.
        var isActive: Bool
        var isEvenOnError: Bool
        /// The next register that nothing uses.
        var free: UInt8 = 8

        init(isExit: Bool, isActive: Bool, isEvenOnError: Bool) {
            self.isExit = isExit
            self.isActive = isActive
            self.isEvenOnError = isEvenOnError
        }

        /// - Parameter length: the register with the length or count; nil: `limit` is it.
        mutating func add(
            _ code: capture_code, _ source: UInt8, length: UInt8? = nil, scale: Int = 1, limit: Int = 0,
            count: Int = 0, mask: UInt64 = 0, value: UInt64 = 0, flags: Int32 = 0
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
            o.flags = UInt8(flags)
            if isEvenOnError { o.flags |= UInt8(CAPTURE_EVEN_ON_ERROR.rawValue) }
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

        /// A register with `(source >> shift & mask) + value`, no more than `limit` unless that is 0.
        mutating func set(_ source: UInt8, shift: Int = 0, mask: UInt64 = .max, limit: Int = 0, value: UInt64 = 0) -> UInt8 {
            let r = take()
            add(CAPTURE_SET, source, length: r, scale: shift, limit: limit, mask: mask, value: value)
            return r
        }

        /// What `body` adds is left out unless a register & `mask` is `value`.
        mutating func unless(_ source: UInt8, _ mask: UInt64, _ value: UInt64, _ body: (inout Operations) -> Void) {
            let at = all.count
            add(CAPTURE_UNLESS, source, mask: mask, value: value)
            body(&self)
            if all.count == at + 1 { all.removeLast() } else { all[at].limit = UInt32(all.count - at - 1) }
        }

        /// What `body` adds needs a register's value, which is got for nothing else.
        mutating func serving(_ get: (inout Operations) -> UInt8, _ body: (inout Operations, UInt8) -> Void) {
            let before = all.count
            let register = get(&self)
            let after = all.count
            body(&self, register)
            if all.count == after { all.removeLast(after - before) }
        }

        /// Performs what `body` adds for each element of an array.
        mutating func loop(_ source: UInt8, _ count: UInt8, stride: Int, most: Int, _ body: (inout Operations, UInt8) -> Void) {
            let before = all.count, registers = free
            // No count, no pass.
            let limited = set(count, mask: 0xffff_ffff, limit: most)
            let at = all.count
            add(CAPTURE_UNLESS, limited, mask: .max, value: 0)
            let skip = all.count
            add(CAPTURE_UNLESS, limited, mask: 0, value: 1)
            all[at].limit = 1
            let element = set(source)
            let start = all.count
            body(&self, element)
            if all.count == start {
                all.removeLast(all.count - before)
            } else {
                add(CAPTURE_REPEAT, element, length: limited, limit: all.count - start, value: UInt64(stride))
                all[skip].limit = UInt32(all.count - skip - 1)
            }
            free = registers
        }
    }

    // MARK: Kinds

    /// Bytes of a buffer that nobody shortens.
    private static let unlimited = 1 << 24
    /// One more than the kernel takes of a path, so that it shows that there is more.
    private static let pathLimit = 4097
    /// Bytes of a shortened string and one more, which tells that it is.
    private var shortened: Int { needs.stringLimit + 1 }
    private var bufferLimit: Int { needs.wholeBuffers ? Self.unlimited : shortened }
    /// What descriptors refer to is wanted.
    private var describes: Bool { !needs.descriptors.isEmpty }
    /// Elements of an array that are looked at.
    private var elementLimit: Int { isVerbose ? 4097 : shortened }

    private func compile(_ kind: ValueKind, _ r: UInt8, _ o: inout Operations) {
        let free = o.free
        defer { o.free = free }
        switch kind {
        case .path, .text: o.add(CAPTURE_STRING, r, limit: Self.pathLimit)
        // Cut off, a string is captured with a NUL of its own.
        case .string: o.add(CAPTURE_STRING, r, limit: shortened + 1)
        case .bytes(let n): memory(r, Capture.Amount(n), r, limit: bufferLimit, &o)
        case .vectors(let n, let filled):
            guard let count = register(Capture.Amount(n), r, &o) else { return }
            if filled != nil, !o.isExit { return }
            vectors(r, count, &o, isFilled: filled != nil)
        case .structure(let layout): structure(layout, r, &o)
        case .pointee(let k):
            o.add(CAPTURE_BYTES, r, limit: k.width)
            if k.leadsToMemory || describes && k.isDescriptor { compile(k, o.load(r, 0, k.width), &o) }
        case .array(let k, let n):
            memory(r, Capture.Amount(n), r, scale: k.width, limit: elementLimit * k.width, &o)
            if k.isDescriptor { descriptors(r, Capture.Amount(n), r, stride: k.width, &o) }
        case .structures(let layout, let n):
            memory(r, Capture.Amount(n), r, scale: layout.size, limit: elementLimit * layout.size, &o)
            guard layout.leadsToMemory || describes, let count = register(Capture.Amount(n), r, &o) else { return }
            o.loop(r, count, stride: layout.size, most: elementLimit) { fields(layout, $1, &$0) }
        case .sockaddr(let n):
            memory(r, Capture.Amount(n), r, limit: 128, &o)
            // AF_XDP shares memory with a socket.
            if describes { compile(.whenField(0, width: 2, is: 44, .at(12, .descriptors(.constant(1), stride: 4))), r, r, &o) }
        case .msghdr:
            socket(&o)
            message(r, &o)
        case .mmsghdr(let n):
            guard let count = register(Capture.Amount(n), r, &o) else { return }
            socket(&o)
            o.add(CAPTURE_BYTES, r, length: count, scale: 64, limit: elementLimit * 64)
            o.loop(r, count, stride: 64, most: min(elementLimit, 256)) { message($1, &$0, isCaptured: true) }
        case .sized(let k, _): compile(k, r, &o)
        case .custom: compile(Capture.unknown, r, r, &o)
        case .fd, .dirfd: if describes { o.add(CAPTURE_DESCRIPTOR, r) }
        default: break
        }
    }

    private func structure(_ layout: StructLayout, _ r: UInt8, _ o: inout Operations) {
        o.add(CAPTURE_BYTES, r, limit: layout.size)
        fields(layout, r, &o)
    }

    private func fields(_ layout: StructLayout, _ r: UInt8, _ o: inout Operations) {
        for f in layout.fields where f.isPointer || describes && f.kind.isDescriptor {
            let free = o.free
            compile(f.kind, o.load(r, f.offset, f.width), &o)
            o.free = free
        }
        if let capture = layout.capture { compile(capture, r, r, &o) }
    }

    /// A `struct msghdr` and what it leads to: name, vectors and control data.
    private func message(_ r: UInt8, _ o: inout Operations, isCaptured: Bool = false) {
        if !isCaptured { o.add(CAPTURE_BYTES, r, limit: 56) }
        let free = o.free
        let name = o.load(r, 0, 8), nameLength = o.load(r, 8, 4)
        o.add(CAPTURE_BYTES, name, length: nameLength, limit: 128)
        o.free = free
        let vectors = o.load(r, 16, 8), count = o.load(r, 24, 8)
        self.vectors(vectors, count, &o, flags: CAPTURE_MESSAGES)
        o.free = free
        let control = o.load(r, 32, 8), controlLength = o.load(r, 40, 8)
        // The kernel takes no more control data by default.
        o.add(CAPTURE_BYTES, control, length: controlLength, limit: 20480)
        if describes { passedDescriptors(control, &o) }
        o.free = free
    }

    /// Whether the call's socket, its first argument, speaks netlink: where descriptors are
    /// described that is known already.
    private func socket(_ o: inout Operations) {
        if !describes { o.add(CAPTURE_DESCRIPTOR, 0) }
    }

    private func vectors(_ r: UInt8, _ count: UInt8, _ o: inout Operations, isFilled: Bool = false, flags: capture_flag? = nil) {
        let filled = isFilled ? Int32(CAPTURE_FILLED.rawValue) : 0
        o.add(CAPTURE_VECTORS, r, length: count, limit: bufferLimit, count: elementLimit, flags: filled | Int32(flags?.rawValue ?? 0))
    }

    /// Descriptors that a message passes, where they come first in its control data: `SCM_RIGHTS`.
    private func passedDescriptors(_ control: UInt8, _ o: inout Operations) {
        let kind = o.load(control, 8, 8), length = o.load(control, 0, 8)
        // SOL_SOCKET, SCM_RIGHTS
        o.unless(kind, .max, 1 | 1 << 32) { o in
            let count = o.set(length, shift: 2, value: UInt64(bitPattern: -4))
            let first = o.set(control, value: 16)
            o.add(CAPTURE_DESCRIPTORS, first, length: count, scale: 4, count: 253)
        }
        // SOL_SOCKET, SCM_PIDFD
        o.unless(kind, .max, 1 | 4 << 32) { o in
            o.add(CAPTURE_DESCRIPTORS, o.set(control, value: 16), scale: 4, count: 1)
        }
    }

    /// What `n` descriptors refer to that lie `stride` bytes apart; of an `fd_set` where that is 0.
    private func descriptors(_ r: UInt8, _ n: Capture.Amount, _ base: UInt8, stride: Int, _ o: inout Operations) {
        guard describes else { return }
        // A filter of paths looks at all of them.
        let limit = 1024
        let code = stride == 0 ? CAPTURE_DESCRIPTOR_SET : CAPTURE_DESCRIPTORS
        if case .constant(let n) = n {
            o.add(code, r, scale: stride, count: min(n, limit))
        } else if let length = register(n, base, &o) {
            o.add(code, r, length: length, scale: stride, count: limit)
        }
    }

    // MARK: Lengths

    /// `n` units of `scale` bytes, at most `limit` bytes; `base`: where fields are.
    private func memory(
        _ r: UInt8, _ n: Capture.Amount, _ base: UInt8, scale: Int = 1, plus: Int = 0, limit: Int, _ o: inout Operations, flags: Int32 = 0
    ) {
        let free = o.free
        defer { o.free = free }
        if case .constant(let n) = n {
            o.add(CAPTURE_BYTES, r, limit: min(n * scale + plus, limit))
        } else if let length = register(n, base, &o) {
            if plus > 0 { o.add(CAPTURE_BYTES, r, limit: plus) }
            let at = plus > 0 ? o.set(r, value: UInt64(plus)) : r
            o.add(CAPTURE_BYTES, at, length: length, scale: scale, limit: limit, flags: flags)
        }
    }

    /// The register that holds an amount; nil if there is none yet.
    private func register(_ n: Capture.Amount, _ base: UInt8, _ o: inout Operations) -> UInt8? {
        switch n {
        case .argument(let i): return UInt8(i)
        case .result: return o.isExit ? UInt8(CAPTURE_RESULT) : nil
        case .pointee(let i):
            o.add(CAPTURE_BYTES, UInt8(i), limit: 4)
            return o.load(UInt8(i), 0, 4)
        case .constant(let n): return o.set(0, mask: 0, value: UInt64(n))
        case .shown: return o.set(0, mask: 0, value: UInt64(elementLimit))
        case .field(let offset, let width): return o.load(base, offset, width)
        case .fieldOf(let i, let offset): return o.load(UInt8(i), offset, 4)
        case .bits(let i, let shift, let mask): return o.set(UInt8(i), shift: shift, mask: mask)
        case .words(let i):
            let r = o.set(UInt8(i), mask: 0xffff_ffff, value: 63)
            o.add(CAPTURE_SET, r, length: r, scale: 6, mask: .max)
            return r
        }
    }

    // MARK: Stated captures

    /// - Parameter base: the structure that amounts in fields are looked for in.
    private func compile(_ capture: Capture, _ r: UInt8, _ base: UInt8, _ o: inout Operations) {
        let free = o.free
        defer { o.free = free }
        switch capture {
        case .atEntry(let inner): compile(inner, r, base, &o, isActive: !o.isExit, o.isEvenOnError)
        case .atExit(let inner): compile(inner, r, base, &o, isActive: o.isExit, false)
        case .afterAll(let inner): compile(inner, r, base, &o, isActive: o.isExit, true)
        case .both(let inner): compile(inner, r, base, &o, isActive: true, false)
        case .when(let argument, let mask, let value, let inner):
            o.unless(UInt8(argument), mask, value) { compile(inner, r, base, &$0) }
        case .all(let each): for c in each { compile(c, r, base, &o) }
        case .through(let offset, let inner): o.serving({ $0.load(r, offset, 8) }, { compile(inner, $1, r, &$0) })
        case .at(let offset, let inner): o.serving({ $0.set(r, value: UInt64(offset)) }, { compile(inner, $1, r, &$0) })
        case .whenField(let offset, let width, let mask, let value, let inner):
            o.serving({ $0.load(base, offset, width) }, { o, field in
                o.unless(field, mask, value) { compile(inner, r, base, &$0) }
            })
        case .each(let n, let stride, let most, let inner):
            let before = o.all.count
            guard let count = register(n, base, &o) else { return }
            let after = o.all.count
            o.loop(r, count, stride: stride, most: most) { compile(inner, $1, $1, &$0) }
            if o.all.count == after { o.all.removeLast(after - before) }
        case .verbose(let inner): if isVerbose { compile(inner, r, base, &o) }
        case .abbreviated(let inner): if !isVerbose { compile(inner, r, base, &o) }
        case .nothing: break
        case _ where !o.isActive: break
        case .like(let kind): compile(kind, r, &o)
        case .memory(let n, let scale, let plus, let most): memory(r, n, base, scale: scale, plus: plus, limit: most, &o)
        case .buffer(let n): memory(r, n, base, limit: bufferLimit, &o)
        case .message(let n):
            socket(&o)
            memory(r, n, base, limit: bufferLimit, &o, flags: Int32(CAPTURE_MESSAGES.rawValue))
        case .vectors(let n):
            guard let count = register(n, base, &o) else { return }
            vectors(r, count, &o)
        case .kind(let i): if !describes { o.add(CAPTURE_DESCRIPTOR, UInt8(i)) }
        case .descriptors(let n, let stride): descriptors(r, n, base, stride: stride, &o)
        case .descriptorSet(let n): descriptors(r, .argument(n), base, stride: 0, &o)
        case .string(let most): o.add(CAPTURE_STRING, r, limit: most + 1)
        case .strings: o.add(CAPTURE_STRINGS, r, limit: shortened + 1, count: isVerbose ? Self.mostPointers : shortened)
        case .pointers: o.add(CAPTURE_STRINGS, r, count: Self.mostPointers)
        case .stack(let offset, let inner):
            o.serving({ $0.set(UInt8(CAPTURE_STACK), value: UInt64(offset)) }, { compile(inner, $1, $1, &$0) })
        case .chain(let next, let most, let inner):
            o.loop(r, o.set(0, mask: 0, value: UInt64(most)), stride: 0, most: most) { o, at in
                compile(inner, at, at, &o)
                o.add(CAPTURE_LOAD, at, length: at, limit: 8, value: UInt64(next))
            }
        }
    }

    private func compile(
        _ capture: Capture, _ r: UInt8, _ base: UInt8, _ o: inout Operations, isActive: Bool, _ isEvenOnError: Bool
    ) {
        let outer = (o.isActive, o.isEvenOnError)
        (o.isActive, o.isEvenOnError) = (isActive, isEvenOnError)
        compile(capture, r, base, &o)
        (o.isActive, o.isEvenOnError) = outer
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

extension StructLayout {
    var leadsToMemory: Bool { capture != nil || fields.contains(where: \.isPointer) }
}

extension StructLayout.Field {
    var isPointer: Bool {
        if case .address = kind { return false }
        return width == 8 && kind.leadsToMemory
    }
}
