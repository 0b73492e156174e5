/// Count, errors and times of one system call.
public struct CallStatistics: Sendable, Equatable {
    public var calls: UInt64 = 0
    public var errors: UInt64 = 0
    /// Time in the kernel (CPU).
    public var system = Durations()
    /// Time from entry to exit.
    public var wall = Durations()

    public init() {}

    /// Adds a call that took these nanoseconds.
    public mutating func add(wall w: UInt64, system s: UInt64, failed: Bool) {
        calls += 1
        if failed { errors += 1 }
        wall.add(w)
        system.add(s)
    }

    /// Adds another table's figures.
    public mutating func merge(_ other: CallStatistics) {
        calls += other.calls
        errors += other.errors
        wall.merge(other.wall)
        system.merge(other.system)
    }
}

/// Nanoseconds: sum and extremes.
public struct Durations: Sendable, Equatable {
    public var total: UInt64 = 0
    /// 0 as long as nothing was added.
    public private(set) var minimum: UInt64 = 0
    public private(set) var maximum: UInt64 = 0
    private var isEmpty = true

    public init() {}

    public mutating func add(_ ns: UInt64) {
        total &+= ns
        minimum = isEmpty ? ns : min(minimum, ns)
        maximum = max(maximum, ns)
        isEmpty = false
    }

    public mutating func merge(_ other: Durations) {
        guard !other.isEmpty else { return }
        total &+= other.total
        minimum = isEmpty ? other.minimum : min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
        isEmpty = false
    }
}

/// Statistics by system call.
public struct StatisticsTable: Sendable {
    /// What a row counts: a number of one personality's table.
    public struct Key: Hashable, Sendable {
        public var number: Int
        public var personality: Personality
        public init(_ number: Int, _ personality: Personality) {
            self.number = number
            self.personality = personality
        }
    }

    public private(set) var rows: [Key: CallStatistics] = [:]
    public init() {}

    public mutating func add(_ key: Key, wall: UInt64, system: UInt64, failed: Bool) {
        rows[key, default: CallStatistics()].add(wall: wall, system: system, failed: failed)
    }
}
