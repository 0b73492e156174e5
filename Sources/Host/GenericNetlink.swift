import Glibc
import RenacerCore

/// The families of generic netlink that the running kernel has, asked of it once.
final class GenericNetlink {
    private var names: [UInt16: [UInt8]]?
    /// `NETLINK_GENERIC`
    private static let generic: Int32 = 16

    func name(_ number: UInt16) -> [UInt8]? {
        if names == nil { names = Self.query() }
        return names?[number]
    }

    /// `CTRL_CMD_GETFAMILY` for all families.
    private static func query() -> [UInt16: [UInt8]] {
        var found: [UInt16: [UInt8]] = [:]
        let descriptor = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 16)
        guard descriptor >= 0 else { return found }
        defer { close(descriptor) }
        // struct nlmsghdr (a dump of GENL_ID_CTRL) and struct genlmsghdr.
        let request: [UInt8] = [20, 0, 0, 0, 16, 0, 1, 3, 1, 0, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0]
        guard send(descriptor, request, request.count, 0) == request.count else { return found }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let n = recv(descriptor, &buffer, buffer.count, 0)
            guard n > 0 else { return found }
            let done = buffer.withUnsafeBytes { raw in
                guard let base = raw.baseAddress else { return true }
                return collect(Bytes(base: base, count: n), into: &found)
            }
            if done { return found }
        }
    }

    /// - Returns: whether this was the end.
    private static func collect(_ messages: Bytes, into found: inout [UInt16: [UInt8]]) -> Bool {
        var at = 0
        while at + 20 <= messages.count {
            let length = Int(messages.u32(at))
            let type = messages.u16(at + 4)
            guard length >= 16, type != 2, type != 3 else { return true }
            var number: UInt16?
            var name: [UInt8]?
            var attribute = at + 20
            let end = min(at + length, messages.count)
            while attribute + 4 <= end {
                let size = Int(messages.u16(attribute))
                guard size >= 4 else { break }
                let value = messages.slice(attribute + 4, min(size, end - attribute) - 4)
                switch messages.u16(attribute + 2) {
                case 1: number = value.u16(0)
                case 2: name = [UInt8](value.slice(0, value.terminator ?? value.count).raw)
                default: break
                }
                attribute += (size + 3) & ~3
            }
            if let number, let name { found[number] = name }
            at += (length + 3) & ~3
        }
        return false
    }
}
