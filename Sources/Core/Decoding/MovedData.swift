/// The data of calls on chosen descriptors: what the program offered to write, or what the kernel says was read
/// (`-e read=`, `-e write=`).
public struct MovedData: Sendable, Equatable {
    /// Descriptors of which what is read is wanted, and what is written.
    public var reads: DescriptorSet
    public var writes: DescriptorSet

    public init(reads: DescriptorSet = .none, writes: DescriptorSet = .none) {
        self.reads = reads
        self.writes = writes
    }

    public var isEmpty: Bool { reads.isEmpty && writes.isEmpty }

    /// A part of what a call moved.
    public enum Part {
        /// A message of `sendmmsg` or `recvmmsg`, the nth, with so many buffers.
        case message(number: UInt64, buffers: UInt64)
        /// The nth buffer of a vector, of which so many bytes were moved.
        case buffer(number: UInt64, count: UInt64)
        /// Bytes of the tracee.
        case bytes(address: UInt64, count: UInt64)
    }

    /// Hands over what a call that ended moved, in order; nothing if it is none that moves data through such a descriptor.
    public func forEach(_ call: Call, _ body: (Part) -> Void) {
        guard !isEmpty, let syscall = call.syscall,
            syscall.classes.contains(.data) || syscall.classes.contains(.network) || syscall.name == "mq_timedsend"
                || syscall.name == "mq_timedreceive",
            case .fd? = syscall.arguments.first?.kind
        else { return }
        let descriptor = Int32(truncatingIfNeeded: call[0])
        let moved = UInt64(clamping: call.result)
        let memory = call.memory
        for (i, a) in syscall.arguments.enumerated() {
            let isWritten = a.direction == .in
            guard (isWritten ? writes : reads).contains(descriptor) else { continue }
            switch a.kind {
            case .bytes(let length):
                if isWritten, case .argument(let n) = length {
                    Self.bytes(call[i], call[n], body)
                } else {
                    Self.bytes(call[i], moved, body)
                }
            case .vectors(.argument(let n), let filled):
                if filled == nil {
                    Self.vectors(memory, call[i], count: call[n], limit: .max, body)
                } else if moved > 0 {
                    Self.vectors(memory, call[i], count: call[n], limit: moved, body)
                }
            case .msghdr:
                if isWritten || moved > 0 { Self.message(memory, call[i], limit: isWritten ? .max : moved, body) }
            case .mmsghdr: Self.messages(memory, call[i], count: moved, isWritten: isWritten, body)
            default: break
            }
        }
    }

    private static func bytes(_ address: UInt64, _ count: UInt64, _ body: (Part) -> Void) {
        if count > 0 { body(.bytes(address: address, count: count)) }
    }

    /// The buffers of a `struct msghdr`.
    private static func message(
        _ memory: any TraceeMemory, _ address: UInt64, number: UInt64? = nil, limit: UInt64, _ body: (Part) -> Void
    ) {
        withUnsafeTemporaryAllocation(byteCount: 56, alignment: 8) { header in
            guard memory.read(address, into: header) == header.count else { return }
            let vectors = header.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
            let count = header.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
            if let number { body(.message(number: number, buffers: count)) }
            Self.vectors(memory, vectors, count: count, limit: limit, body)
        }
    }

    /// The buffers of the first `count` of an array of `struct mmsghdr`.
    private static func messages(
        _ memory: any TraceeMemory, _ address: UInt64, count: UInt64, isWritten: Bool, _ body: (Part) -> Void
    ) {
        for i in 0..<min(count, 1024) {
            let message = address &+ i &* 64
            var length: UInt32 = 0
            let read = withUnsafeMutableBytes(of: &length) { memory.read(message &+ 56, into: $0) }
            guard read == 4 else { return }
            Self.message(memory, message, number: i, limit: isWritten ? .max : UInt64(length), body)
        }
    }

    /// The buffers of an array of `struct iovec` that hold `limit` bytes together.
    private static func vectors(
        _ memory: any TraceeMemory, _ address: UInt64, count: UInt64, limit: UInt64, _ body: (Part) -> Void
    ) {
        // The kernel takes no more (UIO_MAXIOV).
        guard address != 0, count > 0, count <= 1024 else { return }
        withUnsafeTemporaryAllocation(byteCount: Int(count) * 16, alignment: 8) { array in
            guard memory.read(address, into: array) == array.count else { return }
            var left = limit
            for i in 0..<Int(count) where left > 0 {
                let start = array.loadUnaligned(fromByteOffset: i * 16, as: UInt64.self)
                let held = min(array.loadUnaligned(fromByteOffset: i * 16 + 8, as: UInt64.self), left)
                left -= held
                body(.buffer(number: UInt64(i), count: held))
                bytes(start, held, body)
            }
        }
    }
}
