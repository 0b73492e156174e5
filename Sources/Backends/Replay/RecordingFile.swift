import Glibc
import RenacerCore
import RenacerRecording

/// A recording in a file, or at the other end of a pipe.
final class RecordingFile: ByteSource {
    let path: String
    private let descriptor: Int32

    /// - Parameter path: `-` for standard input.
    init(_ path: String) throws(TraceError) {
        self.path = path
        descriptor = path == "-" ? dup(0) : Glibc.open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw TraceError("\(path): \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(TraceError) -> Int {
        while true {
            let n = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if n >= 0 { return n }
            if errno != EINTR { throw TraceError("\(path): \(String(cString: strerror(errno)))") }
        }
    }

    /// What the end block says, from the other end of the file; nil where there is no way to get there, or none there.
    func readEnd() -> RecordingEnd? {
        let size = lseek(descriptor, 0, SEEK_CUR) < 0 ? -1 : fileSize
        let trailer = RecordingFormat.trailerSize
        guard size >= trailer else { return nil }
        guard let last = part(size - trailer, trailer), let offset = last.withUnsafeBytes({ RecordingEnd.offset($0) }),
            offset < UInt64(size - trailer), size - trailer - Int(offset) <= RecordingFormat.largestBlock,
            let block = part(Int(offset), size - trailer - Int(offset))
        else { return nil }
        return block.withUnsafeBytes { bytes in
            let headerSize = RecordingFormat.blockHeaderSize
            guard bytes.count >= headerSize, let header = BlockHeader(UnsafeRawBufferPointer(rebasing: bytes[..<headerSize])), header.isEnd,
                header.length == bytes.count - headerSize
            else { return nil }
            let payload = UnsafeRawBufferPointer(rebasing: bytes[headerSize...])
            guard header.matches(bytes, payload) else { return nil }
            return try? RecordingEnd(payload)
        }
    }

    private var fileSize: Int {
        var info = stat()
        return fstat(descriptor, &info) == 0 && info.st_mode & S_IFMT == S_IFREG ? Int(info.st_size) : -1
    }

    private func part(_ offset: Int, _ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return pread(descriptor, &bytes, count, off_t(offset)) == count ? bytes : nil
    }

    /// Whether `other` is the same file by this or another name.
    func isFile(_ other: String) -> Bool {
        var mine = stat(), theirs = stat()
        return fstat(descriptor, &mine) == 0 && stat(other, &theirs) == 0 && mine.st_mode & S_IFMT == S_IFREG
            && mine.st_dev == theirs.st_dev && mine.st_ino == theirs.st_ino
    }
}
