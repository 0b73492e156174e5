import Glibc
import RenacerCore

/// Small reads below `/proc`, without allocation per file.
struct ProcFiles {
    private let path = UnsafeMutablePointer<CChar>.allocate(capacity: 96)
    private let content = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 16)

    func deallocate() {
        path.deallocate()
        content.deallocate()
    }

    /// `/proc/TID/NAME`, or `/proc/TID/NAME/NUMBER` and what follows, as a C string, valid until the next call.
    func name(_ tid: Int32, _ name: StaticString, _ number: Int32? = nil, _ rest: StaticString = "") -> UnsafePointer<CChar> {
        var n = 0
        func put(_ s: StaticString) {
            memcpy(path + n, s.utf8Start, s.utf8CodeUnitCount)
            n += s.utf8CodeUnitCount
        }
        func put(_ v: Int32) {
            var divisor: Int32 = 1
            while v / divisor >= 10 { divisor *= 10 }
            while divisor > 0 {
                path[n] = CChar(0x30 + v / divisor % 10)
                n += 1
                divisor /= 10
            }
        }
        put("/proc/")
        put(max(tid, 0))
        put("/")
        put(name)
        if let number {
            put("/")
            put(max(number, 0))
        }
        put(rest)
        path[n] = 0
        return UnsafePointer(path)
    }

    /// What a link points to, valid until the next call; nil if there is none.
    func link(_ file: UnsafePointer<CChar>) -> UnsafeRawBufferPointer? {
        guard let base = content.baseAddress else { return nil }
        let n = readlink(file, base.assumingMemoryBound(to: CChar.self), content.count)
        guard n > 0, n < content.count else { return nil }
        content[n] = 0
        return UnsafeRawBufferPointer(start: base, count: n)
    }

    /// Whether the text that `link` returned is the name of the very file that the link
    /// leads to: a name may end in ` (deleted)` of its own.
    func isTarget(_ target: UnsafeRawBufferPointer, of file: UnsafePointer<CChar>) -> Bool {
        guard let name = target.baseAddress?.assumingMemoryBound(to: CChar.self) else { return false }
        var named = stat()
        var meant = stat()
        return lstat(name, &named) == 0 && stat(file, &meant) == 0 && named.st_dev == meant.st_dev
            && named.st_ino == meant.st_ino
    }

    /// The beginning of a file (16 KiB), valid until the next call.
    func read(_ file: UnsafePointer<CChar>) -> UnsafeRawBufferPointer? {
        let fd = open(file, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return nil }
        defer { close(fd) }
        var n = 0
        while n < content.count {
            let got = Glibc.read(fd, content.baseAddress.map { $0 + n }, content.count - n)
            if got <= 0 { break }
            n += got
        }
        return UnsafeRawBufferPointer(start: content.baseAddress, count: n)
    }

    /// The text behind `NAME:` in a status-like file, white space trimmed.
    func value(_ key: StaticString, in text: UnsafeRawBufferPointer) -> Substring? {
        let all = String(decoding: text, as: UTF8.self)
        let wanted = "\(key):"
        for line in all.split(separator: "\n") where line.hasPrefix(wanted) {
            return line.dropFirst(wanted.count).drop { $0 == " " || $0 == "\t" }
        }
        return nil
    }
}
