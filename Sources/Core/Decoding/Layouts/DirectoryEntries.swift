// struct linux_dirent and struct linux_dirent64: getdents(2).

extension Decoder {
    /// The entries of getdents(2): the type stands in the last byte of each.
    func directoryEntries(_ address: UInt64) {
        directoryEntries(address, header: 18) { entry, length in
            name("d_name", entry, from: 18, to: length - 1)
            field("d_type")
            enumerated(UInt64(entry.u8(length - 1)), .directoryEntryTypes)
        }
    }

    /// The entries of getdents64(2).
    func directoryEntries64(_ address: UInt64) {
        directoryEntries(address, header: 19) { entry, length in
            field("d_type")
            enumerated(UInt64(entry.u8(18)), .directoryEntryTypes)
            name("d_name", entry, from: 19, to: length)
        }
    }

    private func name(_ label: Name, _ entry: Bytes, from start: Int, to end: Int) {
        field(label)
        let bytes = entry.slice(start, max(end - start, 0))
        out.string(bytes.slice(0, bytes.terminator ?? bytes.count).raw, truncated: bytes.terminator == nil)
    }

    /// Walks the records; shortened to their number without `-v`.
    private func directoryEntries(_ address: UInt64, header: Int, _ rest: (Bytes, Int) -> Void) {
        guard !failed, dereferencing, result >= 0, result <= 1 << 24, let all = read(address, Int(result)) else {
            out.address(address)
            return
        }
        if abbreviating {
            var count = 0
            forEachEntry(all, header: header) { _, _ in count += 1 }
            out.address(address)
            scratch.truncate(to: 0)
            scratch.decimal(UInt64(count))
            scratch.append(count == 1 ? " entry" : " entries")
            out.comment(scratch.bytes)
            return
        }
        out.beginArray()
        forEachEntry(all, header: header) { entry, length in
            out.element()
            structure {
                field("d_ino")
                out.unsigned(entry.u64(0))
                field("d_off")
                out.signed(entry.i64(8))
                field("d_reclen")
                out.unsigned(UInt64(length))
                rest(entry, length)
            }
        }
        out.endArray()
    }

    /// Stops at a record that is too short to hold its own header or reaches beyond the end.
    private func forEachEntry(_ all: Bytes, header: Int, _ body: (Bytes, Int) -> Void) {
        var at = 0
        while at + header <= all.count {
            let entry = all.slice(at)
            let length = Int(entry.u16(16))
            guard length >= header, length <= entry.count else { return }
            body(entry.slice(0, length), length)
            at += length
        }
    }
}
