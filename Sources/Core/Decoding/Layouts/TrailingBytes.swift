// Structures that grow: what a tracee passes beyond the fields known here.

extension Decoder {
    func hasTrailingBytes(_ b: Bytes, from offset: Int) -> Bool {
        b.count > offset && b.slice(offset).raw.contains { $0 != 0 }
    }

    /// `/* bytes 88..95 */ "\x01…"` as the next field, if a byte from `offset` on is not zero.
    func trailingBytes(_ b: Bytes, from offset: Int) {
        guard hasTrailingBytes(b, from: offset) else { return }
        let rest = b.slice(offset)
        scratch.truncate(to: 0)
        scratch.append("/* bytes ")
        scratch.decimal(Int64(offset))
        scratch.append("..")
        scratch.decimal(Int64(b.count - 1))
        scratch.append(" */ ")
        out.element()
        out.verbatim(scratch.bytes)
        let shown = min(rest.count, options.stringLimit)
        out.string(rest.slice(0, shown).raw, truncated: shown < rest.count, escaping: .all)
    }
}
