// name_to_handle_at(2) and open_by_handle_at(2).

extension Decoder {
    private static let largestHandle: UInt32 = 128

    /// name_to_handle_at(2): the handle's size is the room at entry and what is needed at exit.
    func nameToHandleCall() -> Syscall.Progress {
        let address = self[2]
        if entering {
            argument("dirfd")
            dirfd(self[0])
            argument("pathname")
            path(self[1])
            argument("handle")
            guard dereferencing, address != 0, let room = readU32(address) else {
                out.address(address)
                return .nextAtExit
            }
            kept = 1 << 32 | UInt64(room)
            out.beginStructure()
            field("handle_bytes")
            out.unsigned(UInt64(room))
            return .sameAtExit
        }
        if kept != 0 {
            learntHandle(address, room: UInt32(truncatingIfNeeded: kept))
            out.endStructure()
        }
        argument("mount_id")
        // AT_HANDLE_MNT_ID_UNIQUE
        if self[4] & 1 != 0 {
            pointee(self[3], 8) { out.unsigned($0.u64(0)) }
        } else {
            pointee(self[3], 4) { int($0.i32(0)) }
        }
        argument("flags")
        flags(self[4] & 0xffff_ffff, .handleAtFlags)
        return .complete
    }

    private func learntHandle(_ address: UInt64, room: UInt32) {
        // A handle that did not fit leaves its size behind.
        if let needed = readU32(address), needed != room {
            out.changed()
            out.unsigned(UInt64(needed))
        }
        guard !failed, let b = read(address, 8) else { return }
        handleBody(address, b)
    }

    /// struct file_handle that is passed in.
    func fileHandle(_ address: UInt64) {
        object(address, 8, evenOnError: true) { b in
            structure {
                field("handle_bytes")
                out.unsigned(UInt64(b.u32(0)))
                handleBody(address, b)
            }
        }
    }

    private func handleBody(_ address: UInt64, _ b: Bytes) {
        field("handle_type")
        int(b.i32(4))
        field("f_handle")
        guard let bytes = read(address &+ 8, Int(min(b.u32(0), Self.largestHandle))) else {
            out.verbatim("???")
            return
        }
        out.string(bytes.raw, truncated: b.u32(0) > Self.largestHandle, escaping: .all)
    }
}
