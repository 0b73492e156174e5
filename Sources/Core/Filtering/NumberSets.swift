/// Signals by number, 1 to 64.
public struct SignalSet: Sendable, Equatable {
    private var bits: UInt64
    public static let all = SignalSet(bits: .max)
    public static let none = SignalSet(bits: 0)
    private init(bits: UInt64) { self.bits = bits }
    /// A bit for each number, from 1.
    public init(mask: UInt64) { bits = mask }
    /// A bit for each number, from 1.
    public var mask: UInt64 { bits }

    public func contains(_ n: Int32) -> Bool { n < 1 || n > 64 ? bits == .max : bits >> UInt64(n - 1) & 1 == 1 }
    public mutating func insert(_ n: Int32) { if (1...64).contains(n) { bits |= 1 << UInt64(n - 1) } }
    public mutating func remove(_ n: Int32) { if (1...64).contains(n) { bits &= ~(1 << UInt64(n - 1)) } }
    public func inverted() -> SignalSet { SignalSet(bits: ~bits) }
    public mutating func formUnion(_ other: SignalSet) { bits |= other.bits }
    public mutating func formIntersection(_ other: SignalSet) { bits &= other.bits }
}

/// File descriptors: some, or all but some.
public struct DescriptorSet: Sendable, Equatable {
    private var listed: Set<Int32>
    private var isInverted: Bool
    public static let none = DescriptorSet([])
    public static let all = DescriptorSet([], inverted: true)

    public init(_ listed: Set<Int32>, inverted: Bool = false) {
        self.listed = listed
        isInverted = inverted
    }

    public func contains(_ fd: Int32) -> Bool { listed.contains(fd) != isInverted }
    public var isEmpty: Bool { listed.isEmpty && !isInverted }

    /// What makes it: whether all but the listed ones belong to it, and those, in order.
    public var members: (isInverted: Bool, listed: [Int32]) { (isInverted, listed.sorted()) }

    public func isSubset(of other: DescriptorSet) -> Bool {
        switch (isInverted, other.isInverted) {
        case (false, false): listed.isSubset(of: other.listed)
        case (false, true): listed.isDisjoint(with: other.listed)
        case (true, true): other.listed.isSubset(of: listed)
        case (true, false): false
        }
    }
}
