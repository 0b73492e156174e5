import CBPF
import RenacerCore

/// What a row of the table states of an argument's memory, and how much of it there is.
extension CaptureCompiler {
    /// More pointers than the kernel takes for a program's arguments.
    static let mostPointers = 1 << 21

    /// - Parameter base: the structure that amounts in fields are looked for in.
    func compile(_ capture: Capture, _ r: UInt8, _ base: UInt8, _ o: inout CaptureOperations) {
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

    func compile(
        _ capture: Capture, _ r: UInt8, _ base: UInt8, _ o: inout CaptureOperations, isActive: Bool, _ isEvenOnError: Bool
    ) {
        let outer = (o.isActive, o.isEvenOnError)
        (o.isActive, o.isEvenOnError) = (isActive, isEvenOnError)
        compile(capture, r, base, &o)
        (o.isActive, o.isEvenOnError) = outer
    }

    /// `n` units of `scale` bytes, at most `limit` bytes; `base`: where fields are.
    func memory(
        _ r: UInt8, _ n: Capture.Amount, _ base: UInt8, scale: Int = 1, plus: Int = 0, limit: Int, _ o: inout CaptureOperations, flags: Int32 = 0
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
    func register(_ n: Capture.Amount, _ base: UInt8, _ o: inout CaptureOperations) -> UInt8? {
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
}
