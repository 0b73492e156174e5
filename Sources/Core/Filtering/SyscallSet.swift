/// A set of system calls: a bit per number and personality, compiled once from a
/// trace expression.
public struct SyscallSet: Sendable, Equatable {
    private var bits: [[UInt64]] = Array(repeating: [], count: Personality.allCases.count)
    /// Whether numbers that no table knows belong to it.
    public var includesUnknown: Bool

    public static let all: SyscallSet = {
        var s = SyscallSet(includesUnknown: true)
        for p in Personality.allCases { for (n, _) in SyscallTable.all(p) { s.insert(n, p) } }
        return s
    }()
    public static let none = SyscallSet(includesUnknown: false)

    public init(includesUnknown: Bool = false) { self.includesUnknown = includesUnknown }

    @inline(__always)
    private static func bit(_ n: Int, _ p: Personality) -> Int { p == .x32 ? n & ~SyscallTable.x32Bit : n }

    public mutating func insert(_ number: Int, _ p: Personality) {
        let n = Self.bit(number, p)
        guard n >= 0 else { return }
        let i = Int(p.rawValue)
        while bits[i].count <= n / 64 { bits[i].append(0) }
        bits[i][n / 64] |= 1 << UInt64(n % 64)
    }

    public mutating func remove(_ number: Int, _ p: Personality) {
        let n = Self.bit(number, p)
        let i = Int(p.rawValue)
        if n >= 0, n / 64 < bits[i].count { bits[i][n / 64] &= ~(1 << UInt64(n % 64)) }
    }

    public func contains(_ number: Int, _ p: Personality) -> Bool {
        let n = Self.bit(number, p)
        let words = bits[Int(p.rawValue)]
        if n >= 0, n / 64 < words.count, words[n / 64] >> UInt64(n % 64) & 1 == 1 { return true }
        return includesUnknown && SyscallTable.lookup(number, p) == nil
    }

    @inline(__always)
    public func contains(_ call: borrowing Call) -> Bool { contains(call.number, call.personality) }

    public mutating func formUnion(_ other: SyscallSet) {
        for i in bits.indices {
            for (w, word) in other.bits[i].enumerated() {
                while bits[i].count <= w { bits[i].append(0) }
                bits[i][w] |= word
            }
        }
        includesUnknown = includesUnknown || other.includesUnknown
    }

    /// Everything that is not in the set.
    public func inverted() -> SyscallSet {
        var result = SyscallSet(includesUnknown: !includesUnknown)
        for p in Personality.allCases {
            for (n, _) in SyscallTable.all(p) where !contains(n, p) { result.insert(n, p) }
        }
        return result
    }

    /// Whether no call at all is in it.
    public var isEmpty: Bool { !includesUnknown && bits.allSatisfy { $0.allSatisfy { $0 == 0 } } }

    /// Whether every known call is in it.
    public var isAll: Bool {
        Personality.allCases.allSatisfy { p in SyscallTable.all(p).allSatisfy { contains($0.number, p) } }
    }
}
