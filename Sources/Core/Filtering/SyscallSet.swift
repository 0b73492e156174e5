/// A set of system calls: a bit per number and personality, compiled once from a
/// trace expression. Numbers that no table names have their bits too.
public struct SyscallSet: Sendable, Equatable {
    /// Numbers of one personality: the tables end far below.
    static let capacity = 1024
    private static let words = capacity / 64
    /// The personalities' words one after the other.
    private var bits: [UInt64]
    /// Whether every number that no table names belongs to it.
    public var includesUnknown: Bool

    /// Every call. No table is looked at to make it: starting a program should not pay for that.
    public static let all = SyscallSet(filled: true)
    public static let none = SyscallSet()

    /// No call.
    public init() { self.init(filled: false) }

    private init(filled: Bool) {
        bits = Array(repeating: filled ? .max : 0, count: Self.words * Personality.allCases.count)
        includesUnknown = filled
    }

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

    public mutating func formIntersection(_ other: SyscallSet) {
        if other.isAll { return }
        // A number that no table names may belong to one by its bit and to the other without.
        var odd: [(Int, Personality)] = []
        if includesUnknown != other.includesUnknown {
            for p in Personality.allCases {
                for number in 0..<Self.capacity where contains(number, p) && other.contains(number, p) { odd.append((number, p)) }
            }
        }
        for w in bits.indices { bits[w] &= other.bits[w] }
        includesUnknown = includesUnknown && other.includesUnknown
        for (number, p) in odd { insert(number, p) }
    }

    /// Everything that is not in the set.
    public func inverted() -> SyscallSet {
        var result = self
        for w in bits.indices { result.bits[w] = ~bits[w] }
        result.includesUnknown = !includesUnknown
        return result
    }

    /// The calls of `other` that are not in it.
    public func missing(_ other: SyscallSet) -> SyscallSet {
        var result = other
        for w in bits.indices { result.bits[w] &= ~bits[w] }
        result.includesUnknown = other.includesUnknown && !includesUnknown
        return result
    }

    /// Names of those that the table of a personality knows, in order of their numbers.
    public func names(_ p: Personality) -> [Name] {
        (0..<Self.capacity).compactMap { n in
            guard contains(n, p), let row = SyscallTable.row(n, p) else { return nil }
            return row.takeUnretainedValue().name
        }
    }

    /// A bit for each number, those of the personalities one after the other.
    public var words: [UInt64] { bits }

    /// - Parameter words: as `words` gives them; what is missing or too much is left out.
    public init(words: [UInt64], includesUnknown: Bool) {
        self.init(filled: false)
        for (w, word) in words.prefix(bits.count).enumerated() { bits[w] = word }
        self.includesUnknown = includesUnknown
    }

    /// Whether no call at all is in it.
    public var isEmpty: Bool { !includesUnknown && bits.allSatisfy { $0 == 0 } }

    /// Whether every call is in it.
    public var isAll: Bool { includesUnknown && bits.allSatisfy { $0 == .max } }
}
