import Glibc

/// A file that is written beside what it replaces and then put in its place, so that it is whole whatever happens meanwhile.
struct ReplacedFile {
    let path: String

    /// What could not be written, and why.
    struct Failure: Error {
        let name: String
        let error: Int32
        var reason: String { "\(name): \(String(cString: strerror(error)))" }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        let target = target, temporary = "\(target).\(getpid()).tmp"
        let fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard fd >= 0 else { throw Failure(name: temporary, error: errno) }
        do throws(Failure) {
            defer { close(fd) }
            var rest = bytes[...]
            while !rest.isEmpty {
                let n = Glibc.write(fd, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if n < 0, errno == EINTR { continue }
                guard n >= 0 else { throw Failure(name: temporary, error: errno) }
                rest = rest.dropFirst(n)
            }
            guard fsync(fd) == 0 else { throw Failure(name: temporary, error: errno) }
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, target) == 0 else {
            let error = errno
            unlink(temporary)
            throw Failure(name: target, error: error)
        }
    }

    /// The file itself where `path` is a link to it.
    private var target: String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    var folder: String {
        let target = target
        guard let slash = target.lastIndex(of: "/") else { return "." }
        return slash == target.startIndex ? "/" : String(target[..<slash])
    }
}
