import RenacerCore

extension JSONRecords {
    /// Counts and times of all calls: `{"total_time_us":…}`, with `"type":"summary"` in a line of its own.
    func summary(_ table: StatisticsTable, _ account: Account, lostHere: UInt64, isLine: Bool) {
        let rows = table.byName()
        var total = CallStatistics()
        for row in rows { total.merge(row.statistics) }

        text.append(isLine ? "{\"type\":\"summary\",\"total_time_us\":" : "{\"total_time_us\":")
        text.decimal(total.wall.total / 1000)
        text.member("total_time_ns", total.wall.total)
        text.member("total_syscalls", total.calls)
        text.member("total_errors", total.errors)
        text.append(",\"syscall_counts\":{")
        for (i, row) in rows.enumerated() {
            if i > 0 { text.ascii(",") }
            text.json(row.name)
            text.ascii(":")
            text.decimal(row.statistics.calls)
        }
        text.append("},\"syscalls\":{")
        for (i, row) in rows.enumerated() {
            if i > 0 { text.ascii(",") }
            text.json(row.name)
            statistics(row.statistics)
        }
        text.append("},\"events\":{\"seen\":")
        text.decimal(account.seen)
        text.member("delivered", account.delivered)
        text.member("counted", account.counted.calls)
        text.append(",\"lost\":{")
        var lost = account.lost.filter { $0.value > 0 }
        if lostHere > 0 { lost[.sinkTooSlow, default: 0] += lostHere }
        for (i, loss) in lost.sorted(by: { $0.key.rawValue < $1.key.rawValue }).enumerated() {
            if i > 0 { text.ascii(",") }
            text.json(loss.key.rawValue)
            text.ascii(":")
            text.decimal(loss.value)
        }
        text.append("}}}")
    }

    private func statistics(_ s: CallStatistics) {
        text.append(":{\"calls\":")
        text.decimal(s.calls)
        text.member("errors", s.errors)
        text.member("total_ns", s.wall.total)
        text.member("min_ns", s.wall.minimum)
        text.member("max_ns", s.wall.maximum)
        text.append(",\"histogram\":[")
        var isFirst = true
        for bucket in 0..<LatencyHistogram.bucketCount where s.histogram[bucket] > 0 {
            text.append(isFirst ? "[" : ",[")
            isFirst = false
            text.decimal(bucket == 0 ? 0 : UInt64(1) << UInt64(bucket))
            text.ascii(",")
            text.decimal(s.histogram[bucket])
            text.ascii("]")
        }
        text.append("]}")
    }
}
