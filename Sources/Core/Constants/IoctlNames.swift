/// Names of ioctl requests, found in place: the text (`IoctlNames+Text.swift`) is sorted by
/// code, so that a look-up is a binary search and nothing is built when a trace starts.
public enum IoctlNames {
    private static var bytes: UnsafeRawBufferPointer {
        .init(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }
    /// Digits of a code at the start of a line.
    private static let digits = 8

    /// The names of a request, `|` between those that share its code; nil if it has none.
    public static func names(of code: UInt32) -> Name? {
        var low = 0
        var high = bytes.count
        while low < high {
            let start = lineStart(before: (low + high) / 2)
            let end = bytes[start...].firstIndex(of: 0x0a) ?? bytes.count
            let found = self.code(at: start)
            if found == code {
                return Name(immortal: UnsafeRawBufferPointer(rebasing: bytes[start + digits + 1..<end]))
            }
            if found < code { low = end + 1 } else { high = start }
        }
        return nil
    }

    /// Every request that has a name, for tests and completion.
    public static var all: [(code: UInt32, names: Name)] {
        var result: [(code: UInt32, names: Name)] = []
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0a) ?? bytes.count
            result.append((code(at: start), Name(immortal: UnsafeRawBufferPointer(rebasing: bytes[start + digits + 1..<end]))))
            start = end + 1
        }
        return result
    }

    private static func lineStart(before position: Int) -> Int {
        var i = position
        while i > 0, bytes[i - 1] != 0x0a { i -= 1 }
        return i
    }

    private static func code(at start: Int) -> UInt32 {
        bytes[start..<start + digits].reduce(0) { $0 << 4 | UInt32($1 < 0x3a ? $1 - 0x30 : $1 - 0x57) }
    }
}
