import RenacerCore

// `-e read=`, `-e write=`: the data of a call in full, in hexadecimal and ASCII.

extension StraceTextSink {
    /// Dumps what a call that ended moved through a descriptor, if it was asked for.
    func dump(_ call: Call, _ tid: Int32) {
        if options.dumped.isEmpty { return }
        options.dumped.forEach(call) { part in
            switch part {
            case .message(let number, let buffers):
                buffer.append(" = ")
                buffer.decimal(buffers)
                buffer.append(" buffers in vector ")
                buffer.decimal(number)
                buffer.append("\n")
            case .buffer(let number, let count):
                buffer.append(" * ")
                buffer.decimal(count)
                buffer.append(" bytes in buffer ")
                buffer.decimal(number)
                buffer.append("\n")
            case .bytes(let address, let count): dump(call.memory, address, count, tid)
            }
        }
    }

    private func dump(_ memory: any TraceeMemory, _ address: UInt64, _ count: UInt64, _ tid: Int32) {
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
