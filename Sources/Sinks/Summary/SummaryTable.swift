import RenacerCore

/// The table that `-c` prints.
struct SummaryTable {
    private let options: SummaryOptions
    private let rows: [Row]
    private let total: Row
    private let nameWidth: Int

    private struct Row {
        var name: String
        var number: Int
        var personality: Personality
        var statistics: CallStatistics
    }

    init(_ options: SummaryOptions, _ table: StatisticsTable) {
        self.options = options
        var total = Row(name: "total", number: 0, personality: .native, statistics: CallStatistics())
        var rows = table.rows.map { key, statistics in
            Row(
                name: Self.name(key), number: key.number, personality: key.personality, statistics: statistics)
        }
        for r in rows { total.statistics.merge(r.statistics) }
        rows.sort { ($0.personality.rawValue, $0.number) < ($1.personality.rawValue, $1.number) }
        let time = { (r: Row) in options.wallClock ? r.statistics.wall : r.statistics.system }
        switch options.sort {
        case .none: break
        case .name: rows.sort { $0.name < $1.name }
        case .time: Self.descending(&rows) { time($0).total }
        case .minimumTime: Self.descending(&rows) { time($0).minimum }
        case .maximumTime: Self.descending(&rows) { time($0).maximum }
        case .averageTime: Self.descending(&rows) { time($0).total / max($0.statistics.calls, 1) }
        case .calls: Self.descending(&rows) { $0.statistics.calls }
        case .errors: Self.descending(&rows) { $0.statistics.errors }
        case .wallTotal: Self.descending(&rows) { $0.statistics.wall.total }
        case .wallMinimum: Self.descending(&rows) { $0.statistics.wall.minimum }
        case .wallMaximum: Self.descending(&rows) { $0.statistics.wall.maximum }
        case .wallAverage: Self.descending(&rows) { $0.statistics.wall.total / max($0.statistics.calls, 1) }
        }
        self.rows = rows
        self.total = total
        let longest = rows.map(\.name.utf8.count).max() ?? 0
        nameWidth = longest < SummaryOptions.Column.name.width ? SummaryOptions.Column.name.width : longest + 1
    }

    private static func descending(_ rows: inout [Row], _ key: (Row) -> UInt64) {
        // Sorting is stable: rows of equal worth stay in order of numbers.
        rows.sort { key($0) > key($1) }
    }

    static func name(_ key: StatisticsTable.Key) -> String {
        guard let s = SyscallTable.lookup(key.number, key.personality) else {
            return "syscall_0x\(String(UInt32(truncatingIfNeeded: key.number), radix: 16))"
        }
        return key.personality == .native ? s.name.description : "\(s.name)"
    }

    /// - Parameter lines: the most that are written; rows at the end give way, the frame never.
    /// - Returns: lines written.
    @discardableResult
    func write(to text: TextBuffer, atMost lines: Int = .max) -> Int {
        let frame = 4
        let shown = rows.prefix(max(lines, frame) - frame)
        header(text)
        rule(text)
        for r in shown { line(r, text) }
        rule(text)
        line(total, text)
        return shown.count + frame
    }

    private func width(_ c: SummaryOptions.Column) -> Int { c == .name ? nameWidth : c.width }

    private func header(_ text: TextBuffer) {
        columns(text) { c, isLast in
            if c == .name {
                text.append(c.rawValue)
                if !isLast { text.spaces(nameWidth - c.rawValue.utf8.count) }
            } else {
                text.spaces(width(c) - c.rawValue.utf8.count)
                text.append(c.rawValue)
            }
        }
    }

    private func rule(_ text: TextBuffer) {
        columns(text) { c, isLast in
            for _ in 0..<(c == .name && isLast ? c.width : width(c)) { text.ascii("-") }
        }
    }

    private func line(_ row: Row, _ text: TextBuffer) {
        let s = row.statistics
        let time = options.wallClock ? s.wall : s.system
        let all = options.wallClock ? total.statistics.wall : total.statistics.system
        columns(text) { c, isLast in
            switch c {
            case .timePercent:
                // The total row is all there is, also when nothing took time.
                let share = row.name == "total" && row.statistics == total.statistics
                    ? 10_000 : all.total == 0 ? 0 : UInt64((Double(time.total) * 10_000 / Double(all.total)).rounded())
                padded(text, c) {
                    $0.decimal(share / 100)
                    $0.ascii(".")
                    $0.decimal(share % 100, width: 2)
                }
            case .totalTime: seconds(text, c, time.total)
            case .minimumTime: seconds(text, c, time.minimum)
            case .maximumTime: seconds(text, c, time.maximum)
            case .systemTime: seconds(text, c, s.system.total)
            case .wallTotal: seconds(text, c, s.wall.total)
            case .wallMinimum: seconds(text, c, s.wall.minimum)
            case .wallMaximum: seconds(text, c, s.wall.maximum)
            case .averageTime: padded(text, c) { $0.decimal(time.total / max(s.calls, 1) / 1000) }
            case .wallAverage: padded(text, c) { $0.decimal(s.wall.total / max(s.calls, 1) / 1000) }
            case .calls: padded(text, c) { $0.decimal(s.calls) }
            case .errors: padded(text, c) { if s.errors > 0 { $0.decimal(s.errors) } }
            case .name:
                text.append(row.name)
                if !isLast { text.spaces(nameWidth - row.name.utf8.count) }
            }
        }
    }

    private func columns(_ text: TextBuffer, _ body: (SummaryOptions.Column, Bool) -> Void) {
        for (i, c) in options.columns.enumerated() {
            if i > 0 { text.ascii(" ") }
            body(c, i == options.columns.count - 1)
        }
        text.ascii("\n")
    }

    private func seconds(_ text: TextBuffer, _ c: SummaryOptions.Column, _ ns: UInt64) {
        padded(text, c) {
            $0.decimal(ns / 1_000_000_000)
            $0.ascii(".")
            $0.decimal(ns % 1_000_000_000 / 1000, width: 6)
        }
    }

    private func padded(_ text: TextBuffer, _ c: SummaryOptions.Column, _ body: (TextBuffer) -> Void) {
        let cell = TextBuffer(capacity: 64)
        body(cell)
        text.spaces(width(c) - cell.count)
        text.append(cell.bytes)
    }
}
