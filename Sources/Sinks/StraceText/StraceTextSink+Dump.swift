import RenacerCore

// `-e read=`, `-e write=`: the data of a call in full, in hexadecimal and ASCII.

extension StraceTextSink {
    /// Dumps what a call that ended moved through a descriptor, if it was asked for.
    func dump(_ call: Call, _ tid: Int32) {
        guard !(options.dumpReads.isEmpty && options.dumpWrites.isEmpty), let syscall = call.syscall,
            case .returned(let moved) = call.outcome, moved > 0, syscall.classes.contains(.data) || syscall.classes.contains(.network),
            case .fd? = syscall.arguments.first?.kind
        else { return }
        let descriptor = Int32(truncatingIfNeeded: call[0])
        for (i, a) in syscall.arguments.enumerated() {
            guard case .bytes = a.kind else { continue }
            let wanted = a.direction == .in ? options.dumpWrites : options.dumpReads
            guard wanted.contains(descriptor) else { continue }
            dump(call.memory, call[i], UInt64(moved))
        }
    }

    private func dump(_ memory: any TraceeMemory, _ address: UInt64, _ count: UInt64) {
        withUnsafeTemporaryAllocation(byteCount: 16, alignment: 1) { row in
            var offset: UInt64 = 0
            let width = count > 0xfffff ? 8 : 5
            while offset < count {
                let wanted = Int(min(16, count - offset))
                guard let base = row.baseAddress else { return }
                let n = memory.read(
                    address &+ offset, into: UnsafeMutableRawBufferPointer(start: base, count: wanted))
                guard n == wanted else { return }
                buffer.append(" | ")
                buffer.hexDigits(offset, width: width)
                buffer.ascii(" ")
                for i in 0..<16 {
                    if i % 8 == 0 { buffer.ascii(" ") }
                    if i < n {
                        buffer.hexDigits(UInt64(row[i]), width: 2)
                        buffer.ascii(" ")
                    } else {
                        buffer.append("   ")
                    }
                }
                buffer.ascii(" ")
                for i in 0..<16 {
                    buffer.byte(i >= n ? 0x20 : row[i] >= 0x20 && row[i] < 0x7f ? row[i] : 0x2e)
                }
                buffer.append(" |\n")
                offset += UInt64(n)
            }
        }
    }
}
