import CBPF
import RenacerCore

/// What memory a value's kind leads to.
extension CaptureCompiler {
    /// Bytes of a buffer that nobody shortens.
    static let unlimited = 1 << 24
    /// One more than the kernel takes of a path, so that it shows that there is more.
    static let pathLimit = 4097
    /// Bytes of a shortened string and one more, which tells that it is.
    var shortened: Int { needs.stringLimit + 1 }
    var bufferLimit: Int { needs.wholeBuffers ? Self.unlimited : shortened }
    /// What descriptors refer to is wanted.
    var describes: Bool { !needs.descriptors.isEmpty }
    /// Elements of an array that are looked at.
    var elementLimit: Int { isVerbose ? 4097 : shortened }

    /// Vectors that are looked at: all that the kernel takes where their data is shown in full.
    var vectorLimit: Int { needs.wholeBuffers ? max(elementLimit, 1024) : elementLimit }

    func compile(_ kind: ValueKind, _ r: UInt8, _ o: inout CaptureOperations) {
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

    func structure(_ layout: StructLayout, _ r: UInt8, _ o: inout CaptureOperations) {
        o.add(CAPTURE_BYTES, r, limit: layout.size)
        fields(layout, r, &o)
    }

    func fields(_ layout: StructLayout, _ r: UInt8, _ o: inout CaptureOperations) {
        for f in layout.fields where f.isPointer || describes && f.kind.isDescriptor {
            let free = o.free
            compile(f.kind, o.load(r, f.offset, f.width), &o)
            o.free = free
        }
        if let capture = layout.capture { compile(capture, r, r, &o) }
    }

    /// A `struct msghdr` and what it leads to: name, vectors and control data.
    func message(_ r: UInt8, _ o: inout CaptureOperations, isCaptured: Bool = false) {
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
    func socket(_ o: inout CaptureOperations) {
        if !describes { o.add(CAPTURE_DESCRIPTOR, 0) }
    }

    func vectors(_ r: UInt8, _ count: UInt8, _ o: inout CaptureOperations, isFilled: Bool = false, flags: capture_flag? = nil) {
        let filled = isFilled ? Int32(CAPTURE_FILLED.rawValue) : 0
        o.add(CAPTURE_VECTORS, r, length: count, limit: bufferLimit, count: vectorLimit, flags: filled | Int32(flags?.rawValue ?? 0))
    }

    /// Descriptors that a message passes, where they come first in its control data: `SCM_RIGHTS`.
    func passedDescriptors(_ control: UInt8, _ o: inout CaptureOperations) {
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
    func descriptors(_ r: UInt8, _ n: Capture.Amount, _ base: UInt8, stride: Int, _ o: inout CaptureOperations) {
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
