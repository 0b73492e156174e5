import CBPF
import RenacerCore

// Calls counted in the kernel: nothing of them comes here but the sums, when somebody asks.

extension BPFBackend {
    /// Bytes of the ring if it carries only calls that have no row, and the end.
    private static let smallRing: UInt32 = 256 << 10

    func configure(_ p: inout cbpf_plan, _ aggregation: Aggregation) {
        p.configuration.summary = 1
        p.configuration.overhead = aggregation.overhead
        p.configuration.counts_unfinished = aggregation.unfinished ? 1 : 0
        p.configuration.counts_detached = aggregation.detached ? 1 : 0
        p.ring_size = min(p.ring_size, Self.smallRing)
        p.configuration.watermark = min(p.configuration.watermark, p.ring_size / 4)
    }

    /// Brings `account.counted` up to date.
    func takeStatistics(_ programs: OpaquePointer) {
        guard plan.aggregation != nil else { return }
        var table = StatisticsTable()
        for row in 1..<max(cbpf_rows(programs), 1) {
            var sum = capture_statistics()
            let place = Int(cbpf_statistics(programs, row, &sum))
            guard sum.calls > 0, let personality = Personality(rawValue: UInt8(place / Int(CAPTURE_CALLS))) else { continue }
            let number = place % Int(CAPTURE_CALLS) | (personality == .x32 ? SyscallTable.x32Bit : 0)
            table.merge(Self.figures(sum), into: .init(number, personality))
        }
        account.counted = table
    }

    private static func figures(_ sum: capture_statistics) -> CallStatistics {
        var histogram = LatencyHistogram()
        withUnsafeBytes(of: sum.histogram) { counts in
            for (bucket, count) in counts.bindMemory(to: UInt64.self).enumerated() where bucket < LatencyHistogram.bucketCount {
                histogram[bucket] = count
            }
        }
        let wall = Durations(total: sum.total, minimum: sum.minimum, maximum: sum.maximum)
        return CallStatistics(calls: sum.calls, errors: sum.errors, wall: wall, histogram: histogram)
    }

    /// Counts what tasks that go on are in, and takes the last figures.
    func endCounting(_ programs: OpaquePointer) {
        guard plan.aggregation != nil else { return }
        if cbpf_live(programs) > 0 {
            cbpf_detach(programs)
            sweep(programs)
        }
        takeStatistics(programs)
    }
}
