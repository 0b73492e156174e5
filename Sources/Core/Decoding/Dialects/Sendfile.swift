// sendfile(2): the offset is shown before and after.

extension Decoder {
    func sendfileCall() -> Syscall.Progress {
        let address = self[2]
        if entering {
            argument("out_fd")
            fd(self[0])
            argument("in_fd")
            fd(self[1])
            argument("offset")
            guard dereferencing, address != 0, let offset = readU64(address) else {
                out.address(address)
                sendfileCount()
                return .complete
            }
            kept = offset
            out.beginArray()
            out.element()
            out.unsigned(offset)
            return .sameAtExit
        }
        if !failed, let offset = readU64(address), offset != kept {
            out.changed()
            out.unsigned(offset)
        }
        out.endArray()
        sendfileCount()
        return .complete
    }

    private func sendfileCount() {
        argument("count")
        out.unsigned(self[3])
    }
}
