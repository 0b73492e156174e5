// execve(2) and execveat(2): the vectors of strings that a program starts with.

extension Decoder {
    /// More strings than the kernel takes.
    private static let mostStrings = 1 << 21

    /// `["ls", "-l"]`: a vector of strings that NULL ends.
    func argumentVector(_ address: UInt64) {
        guard follows(address, evenOnError: true), readU64(address) != nil else {
            out.address(address)
            return
        }
        let limit = abbreviating ? options.stringLimit : Self.mostStrings
        out.beginArray()
        var at = address
        var shown = 0
        while true {
            guard let pointer = readU64(at) else {
                unreadableRest(at)
                break
            }
            if pointer == 0 { break }
            if shown >= limit {
                out.more()
                break
            }
            out.element()
            string(pointer, evenOnError: true)
            shown += 1
            at &+= 8
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
        guard follows(address, evenOnError: true), readU64(address) != nil else { return }
        var count = 0
        var at = address
        var terminated = false
        while count < Self.mostStrings, let pointer = readU64(at) {
            if pointer == 0 {
                terminated = true
                break
            }
            count += 1
            at &+= 8
        }
        scratch.truncate(to: 0)
        scratch.decimal(Int64(count))
        scratch.append(count == 1 ? " var" : " vars")
        if !terminated { scratch.append(", unterminated") }
        out.comment(scratch.bytes)
    }
}
