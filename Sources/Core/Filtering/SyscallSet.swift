/// A set of system calls: a bit per number and personality, compiled once from a
/// trace expression.
public struct SyscallSet: Sendable, Equatable {
    /// Numbers of one personality: the tables end far below.
    private static let capacity = 1024
    private static let words = capacity / 64
    /// The personalities' words one after the other.
    private var bits = [UInt64](repeating: 0, count: words * Personality.allCases.count)
    /// Whether numbers that no table knows belong to it.
    public var includesUnknown: Bool

    public static let all: SyscallSet = {
        var s = SyscallSet(includesUnknown: true)
        for p in Personality.allCases { for (n, _) in SyscallTable.all(p) { s.insert(n, p) } }
        return s
    }()
    public static let none = SyscallSet(includesUnknown: false)

    public init(includesUnknown: Bool = false) { self.includesUnknown = includesUnknown }

    /// The word and the bit of a number; nil if it lies outside.
    @inline(__always)
    private static func place(_ number: Int, _ p: Personality) -> (word: Int, bit: UInt64)? {
        let n = p == .x32 ? number & ~SyscallTable.x32Bit : number
        guard n >= 0, n < capacity else { return nil }
        return (Int(p.rawValue) * words + n / 64, 1 << UInt64(n % 64))
    }

    public mutating func insert(_ number: Int, _ p: Personality) {
        if let (word, bit) = Self.place(number, p) { bits[word] |= bit }
    }

    public mutating func remove(_ number: Int, _ p: Personality) {
        if let (word, bit) = Self.place(number, p) { bits[word] &= ~bit }
    }

    public func contains(_ number: Int, _ p: Personality) -> Bool {
        if let (word, bit) = Self.place(number, p), bits[word] & bit != 0 { return true }
        return includesUnknown && SyscallTable.row(number, p) == nil
    }

    @inline(__always)
    public func contains(_ call: borrowing Call) -> Bool { contains(call.number, call.personality) }

    public mutating func formUnion(_ other: SyscallSet) {
        for w in bits.indices { bits[w] |= other.bits[w] }
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
    public var isEmpty: Bool { !includesUnknown && bits.allSatisfy { $0 == 0 } }

    /// Whether every known call is in it.
    public var isAll: Bool {
        Personality.allCases.allSatisfy { p in SyscallTable.all(p).allSatisfy { contains($0.number, p) } }
    }
}
