// execve(2) and execveat(2): the vectors of strings that a program starts with.

/// The pointers of a vector that NULL ends, read in pieces.
private struct PointerVector {
    /// More strings than the kernel takes: with their pointers they fill at most 6 MiB of a new stack (execve(2)).
    static let most = 1 << 20

    let decoder: Decoder
    private var chunk: Bytes?
    private var offset = 0
    /// Where the next pointer is.
    private(set) var at: UInt64

    init(_ decoder: Decoder, _ address: UInt64) {
        self.decoder = decoder
        at = address
    }

    /// The next pointer; nil where it cannot be read.
    mutating func next() -> UInt64? {
        if let chunk, offset + 8 <= chunk.count {
            offset += 8
            at &+= 8
            return chunk.u64(offset - 8)
        }
        guard let more = decoder.readSome(at, 512), more.count >= 8 else { return nil }
        chunk = more
        offset = 8
        at &+= 8
        return more.u64(0)
    }
}

extension Decoder {
    /// `["ls", "-l"]`: a vector of strings that NULL ends.
    func argumentVector(_ address: UInt64) {
        var vector = PointerVector(self, address)
        guard follows(address, evenOnError: true), var pointer = vector.next() else {
            out.address(address)
            return
        }
        let limit = abbreviating ? options.stringLimit : PointerVector.most
        out.beginArray()
        var shown = 0
        while pointer != 0 {
            if shown >= limit {
                out.more()
                break
            }
            out.element()
            string(pointer, evenOnError: true)
            shown += 1
            guard let following = vector.next() else {
                unreadableRest(vector.at)
                break
            }
            pointer = following
        }
        out.endArray()
    }

    /// An environment: its address and how many variables it has, in full with `-v`.
    func environment(_ address: UInt64) {
        guard abbreviating else {
            argumentVector(address)
            return
        }
        out.address(address)
        var vector = PointerVector(self, address)
        guard follows(address, evenOnError: true), var pointer = vector.next() else { return }
        var count = 0
        var isTerminated = true
        while pointer != 0 {
            count += 1
            guard count < PointerVector.most, let following = vector.next() else {
                isTerminated = false
                break
            }
            pointer = following
        }
        scratch.truncate(to: 0)
        scratch.decimal(Int64(count))
        scratch.append(count == 1 ? " var" : " vars")
        if !isTerminated { scratch.append(", unterminated") }
        out.comment(scratch.bytes)
    }
}
