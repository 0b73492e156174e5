import Glibc
import RenacerCore

/// Writes to a file descriptor.
public final class FileOutput: TextOutput {
    private let descriptor: Int32
    private let name: String
    private let closes: Bool

    /// - Parameter name: the file as the user wrote it, for the error line.
    /// - Parameter closes: whether `close` closes the descriptor.
    public init(descriptor: Int32, name: String, closes: Bool) {
        self.descriptor = descriptor
        self.name = name
        self.closes = closes
    }

    public func write(_ bytes: UnsafeRawBufferPointer) throws(TraceError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let n = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if n >= 0 {
                rest = rest.dropFirst(n)
            } else if errno == EAGAIN {
                var p = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&p, 1, -1)
            } else if errno != EINTR {
                throw TraceError("\(name): \(String(cString: strerror(errno)))")
            }
        }
    }

    public func close() throws(TraceError) {
        if closes, Glibc.close(descriptor) != 0 {
            throw TraceError("\(name): \(String(cString: strerror(errno)))")
        }
    }
}
