/// The 128 bytes of signals' `siginfo_t`, of which a recording leaves out the zeros at the end.
final class SignalInformation {
    private static let size = 128
    private var blocks: [UnsafeMutableRawBufferPointer] = []
    private var used = 0

    deinit { for b in blocks { b.deallocate() } }

    /// - Parameter count: bytes that there are with the zeros.
    /// - Parameter isFirst: of a batch: what was completed before may be overwritten.
    func complete(_ info: UnsafeRawBufferPointer, _ count: Int, _ isFirst: Bool) -> UnsafeRawBufferPointer {
        if isFirst { used = 0 }
        if used == blocks.count { blocks.append(.allocate(byteCount: Self.size, alignment: 8)) }
        let block = blocks[used]
        used += 1
        block.copyMemory(from: UnsafeRawBufferPointer(rebasing: info.prefix(Self.size)))
        for i in min(info.count, Self.size)..<Self.size { block[i] = 0 }
        return UnsafeRawBufferPointer(rebasing: block[..<min(max(count, 0), Self.size)])
    }
}
