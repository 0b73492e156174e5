import RenacerCore

// `-e read=`, `-e write=`: the data of a call in full, in hexadecimal and ASCII.

extension StraceTextSink {
    /// Dumps what a call that ended moved through a descriptor, if it was asked for: what
    /// the program offered to write, or what the kernel says was read.
    func dump(_ call: Call, _ tid: Int32) {
        guard !(options.dumpReads.isEmpty && options.dumpWrites.isEmpty), let syscall = call.syscall,
            syscall.classes.contains(.data) || syscall.classes.contains(.network) || syscall.name == "mq_timedsend"
                || syscall.name == "mq_timedreceive",
            case .fd? = syscall.arguments.first?.kind
        else { return }
        let descriptor = Int32(truncatingIfNeeded: call[0])
        let moved = UInt64(clamping: call.result)
        for (i, a) in syscall.arguments.enumerated() {
            let writes = a.direction == .in
            switch a.kind {
            case .bytes(let length):
                guard (writes ? options.dumpWrites : options.dumpReads).contains(descriptor) else { continue }
                if writes, case .argument(let n) = length {
                    dump(call.memory, call[i], call[n], tid)
                } else if moved > 0 {
                    dump(call.memory, call[i], moved, tid)
                }
            case .vectors(.argument(let n), let filled):
                guard (writes ? options.dumpWrites : options.dumpReads).contains(descriptor) else { continue }
                if filled == nil {
                    dump(call.memory, vectors: call[i], count: call[n], limit: .max, tid)
                } else if moved > 0 {
                    dump(call.memory, vectors: call[i], count: call[n], limit: moved, tid)
                }
            case .msghdr:
                guard (writes ? options.dumpWrites : options.dumpReads).contains(descriptor) else { continue }
                if writes || moved > 0 { dump(call.memory, message: call[i], limit: writes ? .max : moved, tid) }
            case .mmsghdr:
                guard (writes ? options.dumpWrites : options.dumpReads).contains(descriptor) else { continue }
                dump(call.memory, messages: call[i], count: moved, writes: writes, tid)
            default: break
            }
        }
    }

    /// The buffers of a `struct msghdr`.
    private func dump(
        _ memory: any TraceeMemory, message address: UInt64, number: UInt64? = nil, limit: UInt64, _ tid: Int32
    ) {
        withUnsafeTemporaryAllocation(byteCount: 56, alignment: 8) { header in
            guard memory.read(address, into: header) == header.count else { return }
            let vectors = header.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
            let count = header.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
            if let number {
                buffer.append(" = ")
                buffer.decimal(count)
                buffer.append(" buffers in vector ")
                buffer.decimal(number)
                buffer.append("\n")
            }
            dump(memory, vectors: vectors, count: count, limit: limit, tid)
        }
    }

    /// The buffers of the first `count` of an array of `struct mmsghdr`.
    private func dump(_ memory: any TraceeMemory, messages address: UInt64, count: UInt64, writes: Bool, _ tid: Int32) {
        for i in 0..<min(count, 1024) {
            let message = address &+ i &* 64
            var length: UInt32 = 0
            let read = withUnsafeMutableBytes(of: &length) { memory.read(message &+ 56, into: $0) }
            guard read == 4 else { return }
            dump(memory, message: message, number: i, limit: writes ? .max : UInt64(length), tid)
        }
    }

    /// The buffers of an array of `struct iovec` that hold `limit` bytes together.
    private func dump(_ memory: any TraceeMemory, vectors address: UInt64, count: UInt64, limit: UInt64, _ tid: Int32) {
        // The kernel takes no more (UIO_MAXIOV).
        guard address != 0, count > 0, count <= 1024 else { return }
        withUnsafeTemporaryAllocation(byteCount: Int(count) * 16, alignment: 8) { array in
            guard memory.read(address, into: array) == array.count else { return }
            var left = limit
            for i in 0..<Int(count) where left > 0 {
                let start = array.loadUnaligned(fromByteOffset: i * 16, as: UInt64.self)
                let held = min(array.loadUnaligned(fromByteOffset: i * 16 + 8, as: UInt64.self), left)
                left -= held
                buffer.append(" * ")
                buffer.decimal(held)
                buffer.append(" bytes in buffer ")
                buffer.decimal(UInt64(i))
                buffer.append("\n")
                dump(memory, start, held, tid)
            }
        }
    }

    private func dump(_ memory: any TraceeMemory, _ address: UInt64, _ count: UInt64, _ tid: Int32) {
        guard count > 0 else { return }
        // As many digits as the offset of the last row has, five at least.
        let width = max(5, (64 - (count - 1).leadingZeroBitCount + 3) / 4)
        withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 1) { chunk in
            var offset: UInt64 = 0
            while offset < count {
                let wanted = UnsafeMutableRawBufferPointer(rebasing: chunk[..<Int(min(65536, count - offset))])
                guard memory.read(address &+ offset, into: wanted) == wanted.count else {
                    if offset > 0 { unreadable(address &+ offset, wanted.count, tid) }
                    return
                }
                for row in stride(from: 0, to: wanted.count, by: 16) {
                    let end = min(row + 16, wanted.count)
                    dumpRow(UnsafeRawBufferPointer(rebasing: wanted[row..<end]), offset + UInt64(row), width: width)
                }
                offset += UInt64(wanted.count)
            }
        }
    }

    private func unreadable(_ address: UInt64, _ count: Int, _ tid: Int32) {
        buffer.append(" | <Cannot fetch ")
        buffer.decimal(UInt64(count))
        buffer.append(count == 1 ? " byte from pid " : " bytes from pid ")
        buffer.decimal(Int64(tid))
        buffer.append(" @")
        buffer.hex(address)
        buffer.append(">\n")
    }

    private func dumpRow(_ row: UnsafeRawBufferPointer, _ offset: UInt64, width: Int) {
        buffer.append(" | ")
        buffer.hexDigits(offset, width: width)
        buffer.ascii(" ")
        for i in 0..<16 {
            if i % 8 == 0 { buffer.ascii(" ") }
            if i < row.count {
                buffer.hexDigits(UInt64(row[i]), width: 2)
                buffer.ascii(" ")
            } else {
                buffer.append("   ")
            }
        }
        buffer.ascii(" ")
        for i in 0..<16 {
            buffer.byte(i >= row.count ? 0x20 : row[i] >= 0x20 && row[i] < 0x7f ? row[i] : 0x2e)
        }
        buffer.append(" |\n")
    }
}
