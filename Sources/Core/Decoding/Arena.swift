/// Bump memory for the bytes of one call; reset, not freed, between calls.
final class Arena {
    private var blocks: [UnsafeMutableRawBufferPointer] = []
    private var block = 0
    private var used = 0
    private static let blockSize = 64 << 10

    deinit { for b in blocks { b.deallocate() } }

    /// Forgets everything allocated.
    func reset() {
        block = 0
        used = 0
    }

    /// `count` uninitialised bytes, aligned to 16.
    func allocate(_ count: Int) -> UnsafeMutableRawBufferPointer {
        let need = Self.rounded(count)
        while block < blocks.count {
            if used + need <= blocks[block].count {
                let start = used
                used += need
                return UnsafeMutableRawBufferPointer(rebasing: blocks[block][start..<start + count])
            }
            block += 1
            used = 0
        }
        blocks.append(.allocate(byteCount: max(need, Self.blockSize), alignment: 16))
        used = need
        return UnsafeMutableRawBufferPointer(rebasing: blocks[block][0..<count])
    }

    /// Gives back all but the first `count` bytes of what was allocated last.
    func keep(_ count: Int, of last: UnsafeMutableRawBufferPointer) {
        used -= Self.rounded(last.count) - Self.rounded(count)
    }

    private static func rounded(_ count: Int) -> Int { (count + 15) & ~15 }
}
