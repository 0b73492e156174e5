import RenacerCore
import RenacerProtobuf

/// The summary as metrics: a histogram of durations and a count of errors for each system call.
struct SummaryMetrics {
    private let options: OTLPOptions
    /// ns since 1970
    private let from: UInt64
    private let to: UInt64

    init(_ options: OTLPOptions, from: UInt64, to: UInt64) {
        self.options = options
        self.from = from
        self.to = to
    }

    /// `AGGREGATION_TEMPORALITY_CUMULATIVE`
    private static let cumulative: UInt64 = 2

    func send(_ table: StatisticsTable, _ account: Account, to exporter: Exporter) {
        guard options[.metrics] != nil else { return }
        let rows = table.rows.map { (name: Self.name($0.key), key: $0.key, statistics: $0.value) }
            .sorted { ($0.name, $0.key.personality.rawValue) < ($1.name, $1.key.personality.rawValue) }
        if !rows.isEmpty {
            exporter.add(.metrics) { durations(rows, $0) }
            exporter.add(.metrics) { w in
                counter("syscall.errors", "System calls that failed", w) {
                    for row in rows { point(Int64(clamping: row.statistics.errors), w) { attributes(row.key, row.name, w, $0) } }
                }
            }
        }
        let losses = account.lost.filter { $0.value > 0 }.sorted { $0.key.rawValue < $1.key.rawValue }
        if !losses.isEmpty {
            exporter.add(.metrics) { w in
                counter("syscall.lost", "Events that were not seen", w) {
                    for (cause, count) in losses {
                        point(Int64(clamping: count), w) { w.attribute($0, "syscall.lost.cause", cause.rawValue) }
                    }
                }
            }
        }
    }

    private typealias Row = (name: String, key: StatisticsTable.Key, statistics: CallStatistics)

    private static func name(_ key: StatisticsTable.Key) -> String {
        SyscallTable.lookup(key.number, key.personality).map { "\($0.name)" } ?? OTLPSink.unknownName(key.number)
    }

    private func attributes(_ key: StatisticsTable.Key, _ name: String, _ w: ProtobufWriter, _ field: Tag) {
        w.attribute(field, "syscall.name", name)
        if key.personality != .native { w.attribute(field, "syscall.personality", "\(key.personality)") }
    }

    private func durations(_ rows: [Row], _ w: ProtobufWriter) {
        let metric = w.begin(Proto.ScopeMetrics.metrics)
        w.string(Proto.Metric.name, "syscall.duration" as Name)
        w.string(Proto.Metric.description, "Time from entry to exit of system calls" as Name)
        w.string(Proto.Metric.unit, "s" as Name)
        let histogram = w.begin(Proto.Metric.histogram)
        for row in rows {
            let s = row.statistics
            let point = w.begin(Proto.Histogram.dataPoints)
            w.fixed64(Proto.HistogramDataPoint.startTimeUnixNano, from)
            w.fixed64(Proto.HistogramDataPoint.timeUnixNano, to)
            w.fixed64(Proto.HistogramDataPoint.count, s.calls)
            w.double(Proto.HistogramDataPoint.sum, Double(s.wall.total) / 1e9)
            packed(Proto.HistogramDataPoint.bucketCounts, w, (0..<LatencyHistogram.bucketCount).map { s.histogram[$0] })
            // Bucket k holds durations below 2^(k+1) ns; the last has no bound.
            packed(Proto.HistogramDataPoint.explicitBounds, w, (1..<LatencyHistogram.bucketCount).map { (Double(UInt64(1) << UInt64($0)) / 1e9).bitPattern })
            attributes(row.key, row.name, w, Proto.HistogramDataPoint.attributes)
            w.double(Proto.HistogramDataPoint.min, Double(s.wall.minimum) / 1e9)
            w.double(Proto.HistogramDataPoint.max, Double(s.wall.maximum) / 1e9)
            w.end(point)
        }
        w.varint(Proto.Histogram.aggregationTemporality, Self.cumulative)
        w.end(histogram)
        w.end(metric)
    }

    private func packed(_ field: Tag, _ w: ProtobufWriter, _ words: [UInt64]) {
        words.map(\.littleEndian).withUnsafeBytes { w.string(field, $0) }
    }

    private func counter(_ name: Name, _ description: Name, _ w: ProtobufWriter, _ points: () -> Void) {
        let metric = w.begin(Proto.ScopeMetrics.metrics)
        w.string(Proto.Metric.name, name)
        w.string(Proto.Metric.description, description)
        w.string(Proto.Metric.unit, "1" as Name)
        let sum = w.begin(Proto.Metric.sum)
        points()
        w.varint(Proto.Sum.aggregationTemporality, Self.cumulative)
        w.bool(Proto.Sum.isMonotonic, true)
        w.end(sum)
        w.end(metric)
    }

    private func point(_ value: Int64, _ w: ProtobufWriter, _ attributes: (Tag) -> Void) {
        let point = w.begin(Proto.Sum.dataPoints)
        w.fixed64(Proto.NumberDataPoint.startTimeUnixNano, from)
        w.fixed64(Proto.NumberDataPoint.timeUnixNano, to)
        w.fixed64(Proto.NumberDataPoint.asInt, UInt64(bitPattern: value))
        attributes(Proto.NumberDataPoint.attributes)
        w.end(point)
    }
}
