// Netlink's messages, attributes and next hops lie one behind the other, each with its length in front, aligned to four bytes.

extension Decoder {
    /// Shows such records: one as it is, several as a list, no more of them than `-s` says.
    ///
    /// - Parameters:
    ///   - span: where they lie; it holds one header at least.
    ///   - header: bytes that each begins with.
    ///   - smallest: a record that claims to be shorter is the last, lest a claim of nothing never ends.
    ///   - paddingLists: a single record with padding behind it is shown as a list.
    ///   - length: what a header claims as the length of its record, the header included.
    ///   - body: shows one: its header, all bytes from there on, and what it claims.
    func lengthPrefixed(
        _ span: Span, header: Int, smallest: Int, paddingLists: Bool = false, length: (Bytes) -> Int,
        _ body: (Bytes, Span, Int) -> Void
    ) {
        guard var b = read(span.address, header) else {
            out.address(span.address)
            return
        }
        let limit = abbreviating ? options.stringLimit : Int.max
        var rest = span
        var shown = 0
        var isList = false
        while true {
            let claimed = length(b)
            let next = claimed < smallest ? rest.count : (claimed + 3) & ~3
            let hasMore = next < rest.count
            if shown == 0 && (hasMore || paddingLists && claimed < rest.count) {
                isList = true
                out.beginArray()
            }
            if shown >= limit {
                out.more()
                break
            }
            if isList { out.element() }
            shown += 1
            body(b, rest, claimed)
            guard hasMore else { break }
            rest = rest.dropping(next)
            guard rest.count >= header else {
                out.element()
                hexBytes(rest)
                break
            }
            guard let following = read(rest.address, header) else {
                unreadableRest(rest.address)
                break
            }
            b = following
        }
        if isList { out.endArray() }
    }
}
