import Glibc
import RenacerCore

/// Small files, read as a whole.
enum WholeFile {
    /// - Parameter limit: bytes; a larger file is refused.
    static func read(_ path: String, atMost limit: Int) throws(UsageError) -> [UInt8] {
        let fd = open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { throw UsageError("\(path): \(String(cString: strerror(errno)))") }
        defer { close(fd) }
        var bytes: [UInt8] = [], part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let n = Glibc.read(fd, &part, part.count)
            if n < 0, errno == EINTR { continue }
            if n < 0 { throw UsageError("\(path): \(String(cString: strerror(errno)))") }
            if n == 0 { return bytes }
            bytes += part[..<n]
            if bytes.count > limit { throw UsageError("\(path): larger than \(limit >> 20) MiB: it is something else") }
        }
    }
}
