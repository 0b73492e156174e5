import Glibc

/// Programs that run with another's rights: set-user-id, set-group-id, with capabilities.
enum SecureExecution {
    /// Whether a process runs one: `AT_SECURE` of its auxiliary vector (getauxval(3)), which `/proc/PID/auxv` shows. False if
    /// it is gone.
    static func isRunning(in pid: Int32) -> Bool {
        let fd = open("/proc/\(pid)/auxv", O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return false }
        defer { close(fd) }
        return withUnsafeTemporaryAllocation(of: UInt.self, capacity: 128) { words in
            let n = read(fd, words.baseAddress, words.count * MemoryLayout<UInt>.size)
            guard n > 0 else { return false }
            for i in stride(from: 0, to: n / MemoryLayout<UInt>.size - 1, by: 2) where words[i] == UInt(AT_SECURE) { return words[i + 1] != 0 }
            return false
        }
    }
}
