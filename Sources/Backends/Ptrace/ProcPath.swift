import Glibc

/// Files of `/proc/TID`, named without an allocation.
enum ProcPath {
    /// Opens `/proc/TID/NAME`: a descriptor, or -1.
    static func open(_ tid: Int32, _ name: StaticString, _ flags: Int32) -> Int32 {
        withPath(tid, name) { Glibc.open($0, flags) }
    }

    static func withPath<R>(_ tid: Int32, _ name: StaticString, _ body: (UnsafePointer<CChar>) -> R) -> R {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24 + name.utf8CodeUnitCount) { path in
            var n = 0
            func put(_ b: UInt8) {
                path[n] = b
                n += 1
            }
            let prefix: StaticString = "/proc/"
            for i in 0..<prefix.utf8CodeUnitCount { put(prefix.utf8Start[i]) }
            var divisor: Int32 = 1_000_000_000
            var started = false
            while divisor > 0 {
                let digit = UInt8(truncatingIfNeeded: tid / divisor % 10)
                started = started || digit != 0 || divisor == 1
                if started { put(0x30 + digit) }
                divisor /= 10
            }
            put(0x2f)
            for i in 0..<name.utf8CodeUnitCount { put(name.utf8Start[i]) }
            put(0)
            return path.withMemoryRebound(to: CChar.self) { body(UnsafePointer($0.baseAddress!)) }
        }
    }

    /// Ids of the threads of a process.
    static func threads(of pid: Int32) -> [Int32] {
        guard let directory = withPath(pid, "task", { opendir($0) }) else { return [] }
        defer { closedir(directory) }
        var result: [Int32] = []
        while let entry = readdir(directory) {
            let tid = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { atoi($0) }
            }
            if tid > 0 { result.append(tid) }
        }
        return result
    }

    /// The letter that `/proc/TID/status` gives a task's state; nil if there is none.
    static func state(_ tid: Int32) -> UInt8? {
        let fd = open(tid, "stat", O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return nil }
        defer { _ = close(fd) }
        return withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { b in
            let n = read(fd, b.baseAddress, b.count)
            guard n > 0, let end = b[..<n].lastIndex(of: UInt8(ascii: ")")), end + 2 < n else { return nil }
            return b[end + 2]
        }
    }

    /// The number of the system call that a stopped task was in.
    static func currentCall(_ tid: Int32) -> Int? {
        let fd = open(tid, "syscall", O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return nil }
        defer { _ = close(fd) }
        return withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { b in
            let n = read(fd, b.baseAddress, b.count)
            guard n > 0 else { return nil }
            return number(UnsafeRawBufferPointer(rebasing: b[..<n]), 0, 10).map { Int(truncatingIfNeeded: $0) }
        }
    }

    /// The number behind `key` in `/proc/TID/status`, which must end with a colon.
    static func status(_ tid: Int32, _ key: StaticString, radix: Int = 10) -> UInt64? {
        let fd = open(tid, "status", O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return nil }
        defer { _ = close(fd) }
        return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { b in
            let n = read(fd, b.baseAddress, b.count)
            guard n > 0 else { return nil }
            let text = UnsafeRawBufferPointer(rebasing: b[..<n])
            var at = 0
            let length = key.utf8CodeUnitCount
            while at + length < n {
                if memcmp(text.baseAddress! + at, key.utf8Start, length) == 0 {
                    return number(text, at + length, radix)
                }
                guard let end = text[at...].firstIndex(of: 0x0a) else { return nil }
                at = end + 1
            }
            return nil
        }
    }

    private static func number(_ text: UnsafeRawBufferPointer, _ start: Int, _ radix: Int) -> UInt64? {
        var value: UInt64 = 0
        var seen = false
        for b in text[start...] {
            if b == 0x20 || b == 0x09 { if seen { break } else { continue } }
            guard let digit = Character(UnicodeScalar(b)).hexDigitValue, digit < radix else { break }
            value = value &* UInt64(radix) &+ UInt64(digit)
            seen = true
        }
        return seen ? value : nil
    }
}
