import Glibc
import RenacerCore

/// Bytes for later: in memory as long as they are few, then in a file without a name in `$TMPDIR` or `/tmp`.
public final class Spool {
    public let text = TextBuffer(capacity: 4096)
    private var file: Int32 = -1
    private let limit: Int

    /// - Parameter limit: bytes that are kept in memory.
    public init(limit: Int = 1 << 20) { self.limit = limit }

    deinit { if file >= 0 { Glibc.close(file) } }

    public var isEmpty: Bool { text.count == 0 && file < 0 }

    /// To be called between records: moves them to the file if they are many.
    public func settle() throws(TraceError) {
        guard text.count >= limit else { return }
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        if file < 0 {
            var name = Array("\(folder)/renacer-XXXXXX".utf8CString)
            file = mkstemp(&name)
            if file >= 0 {
                unlink(name)
                _ = fcntl(file, F_SETFD, FD_CLOEXEC)
            }
        }
        if file < 0 { throw TraceError("\(folder): \(String(cString: strerror(errno))); set TMPDIR to a folder that can be written to") }
        try FileOutput(descriptor: file, name: folder, closes: false).write(text.bytes)
        text.truncate(to: 0)
    }

    /// Hands over everything, part by part, and forgets it.
    public func drain(_ body: (UnsafeRawBufferPointer) throws(TraceError) -> Void) throws(TraceError) {
        if file >= 0 {
            var offset: off_t = 0
            let part = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 1)
            defer { part.deallocate() }
            while true {
                let n = pread(file, part.baseAddress, part.count, offset)
                if n < 0, errno == EINTR { continue }
                if n < 0 { throw TraceError("reading back what was kept: \(String(cString: strerror(errno)))") }
                if n == 0 { break }
                try body(UnsafeRawBufferPointer(rebasing: part[..<n]))
                offset += off_t(n)
            }
            Glibc.close(file)
            file = -1
        }
        try body(text.bytes)
        text.truncate(to: 0)
    }
}
