// Structures that grow: what a tracee passes beyond the fields known here.

extension Decoder {
    /// What lies behind the `known` bytes of a structure of `size` at `address`: whether it
    /// says anything.
    func hasTrailingBytes(_ address: UInt64, size: UInt64, known: Int) -> Bool {
        guard size > UInt64(known) else { return false }
        guard let b = read(address &+ UInt64(known), Int(clamping: size) - known) else { return true }
        return b.raw.contains { $0 != 0 }
    }

    /// The same as the next field: bytes that are not zero, or `???` for unreadable ones.
    func trailingBytes(_ address: UInt64, size: UInt64, known: Int) {
        guard hasTrailingBytes(address, size: size, known: known) else { return }
        guard let b = read(address, Int(clamping: size)) else {
            out.element()
            out.verbatim("???")
            return
        }
        trailingBytes(b, from: known)
    }

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
