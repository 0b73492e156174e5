import Glibc
import RenacerAnalysis
import RenacerCore

/// The file of `--baseline`: read before the program starts, replaced as a whole at the end.
struct BaselineFile {
    let path: String

    /// - Returns: nil if there is no such file, but there can be one.
    func read() throws(UsageError) -> Baseline? {
        // A FIFO should not be waited for.
        let fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        if fd < 0 {
            guard errno == ENOENT else { throw refusal(String(cString: strerror(errno))) }
            guard access(folder, W_OK) == 0 else { throw refusal("it cannot be written: \(folder): \(String(cString: strerror(errno)))") }
            return nil
        }
        defer { close(fd) }
        var info = stat()
        guard fstat(fd, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { throw refusal("it is no regular file") }
        guard info.st_size <= Baseline.greatestFile else { throw refusal("it is larger than any baseline") }
        guard access(folder, W_OK) == 0 else { throw refusal("it cannot be replaced: \(folder): \(String(cString: strerror(errno)))") }
        var bytes = [UInt8](repeating: 0, count: Int(info.st_size))
        var count = 0
        while count < bytes.count {
            let n = bytes.withUnsafeMutableBytes { Glibc.read(fd, $0.baseAddress.map { $0 + count }, $0.count - count) }
            if n < 0, errno == EINTR { continue }
            if n < 0 { throw refusal(String(cString: strerror(errno))) }
            if n == 0 { break }
            count += n
        }
        do throws(Baseline.Damage) { return try Baseline(parsing: String(decoding: bytes[..<count], as: UTF8.self)) } catch {
            throw refusal("line \(error.line): \(error.reason); name another file, or remove it to begin anew")
        }
    }

    func write(_ baseline: Baseline) throws(TraceError) {
        let bytes = Array(baseline.text.utf8)
        var failure: ReplacedFile.Failure?
        bytes.withUnsafeBytes { bytes in
            do throws(ReplacedFile.Failure) { try ReplacedFile(path: path).write(bytes) } catch { failure = error }
        }
        if let failure { throw TraceError("--baseline \(path): \(failure.reason): what was learned is not kept") }
    }

    private var folder: String { ReplacedFile(path: path).folder }

    private func refusal(_ reason: String) -> UsageError { UsageError("--baseline \(path): \(reason)") }
}
