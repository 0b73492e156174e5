/// Count, errors and times of one system call.
public struct CallStatistics: Sendable, Equatable {
    public var calls: UInt64 = 0
    public var errors: UInt64 = 0
    /// Time in the kernel (CPU).
    public var system = Durations()
    /// Time from entry to exit.
    public var wall = Durations()
    /// Calls by time from entry to exit.
    public var histogram = LatencyHistogram()

    public init() {}

    /// Figures that were kept elsewhere: in the kernel.
    public init(calls: UInt64, errors: UInt64, wall: Durations, histogram: LatencyHistogram) {
        self.calls = calls
        self.errors = errors
        self.wall = wall
        self.histogram = histogram
    }

    /// Adds a call that took these nanoseconds.
    public mutating func add(wall w: UInt64, system s: UInt64, failed: Bool) {
        calls += 1
        if failed { errors += 1 }
        wall.add(w)
        system.add(s)
        histogram.add(w)
    }

    /// Adds another table's figures.
    public mutating func merge(_ other: CallStatistics) {
        calls += other.calls
        errors += other.errors
        wall.merge(other.wall)
        system.merge(other.system)
        histogram.merge(other.histogram)
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

    /// Figures of durations that somebody else added: at least one.
    public init(total: UInt64, minimum: UInt64, maximum: UInt64) {
        self.total = total
        self.minimum = minimum
        self.maximum = maximum
        isEmpty = false
    }

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
public struct StatisticsTable: Sendable, Equatable {
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

    /// Adds figures to a row.
    public mutating func merge(_ statistics: CallStatistics, into key: Key) {
        rows[key, default: CallStatistics()].merge(statistics)
    }

    /// Adds another table's rows.
    public mutating func merge(_ other: StatisticsTable) {
        for (key, statistics) in other.rows { merge(statistics, into: key) }
    }

    /// Calls in all rows.
    public var calls: UInt64 { rows.values.reduce(0) { $0 + $1.calls } }

    /// Rows by the call's name, whatever the personality: the one that took longest first.
    public func byName() -> [(name: String, statistics: CallStatistics)] {
        var merged: [String: CallStatistics] = [:]
        for (key, row) in rows { merged[key.name, default: CallStatistics()].merge(row) }
        return merged.map { (name: $0.key, statistics: $0.value) }
            .sorted { ($1.statistics.wall.total, $0.name) < ($0.statistics.wall.total, $1.name) }
    }
}

extension StatisticsTable.Key {
    /// The call's name, `syscall_0x…` if the table has none.
    public var name: String {
        guard let row = SyscallTable.lookup(number, personality) else {
            return number == Call.unknownNumber ? "???" : "syscall_0x" + String(UInt32(truncatingIfNeeded: number), radix: 16)
        }
        return row.name.description
    }
}
