import RenacerCore

/// What `--stats-extended` adds to the table: the distribution of the calls' times.
final class ExtendedStatistics {
    private struct Row {
        var errors: UInt64 = 0
        var total: UInt64 = 0
        var times = ValueHistogram()
    }

    /// A group of rows; the name is that of its file or command.
    private final class Group {
        var rows: [StatisticsTable.Key: Row] = [:]
        var total: UInt64 = 0
        let title: String
        init(_ title: String) { self.title = title }
    }

    private let grouping: SummaryOptions.Grouping
    private let inspector: any TaskInspector
    /// By number of a process, a thread or an error.
    private var byNumber: [Int32: Group] = [:]
    private var byFile: [[UInt8]: Group] = [:]
    /// Files of calls under way by thread: at the end of `close` nobody knows any more what it closed.
    private var files: [Int32: [UInt8]] = [:]
    private let scratch = TextBuffer(capacity: 4096)

    init(_ grouping: SummaryOptions.Grouping, inspector: any TaskInspector) {
        self.grouping = grouping
        self.inspector = inspector
    }

    // MARK: Counting

    func entered(_ call: Call, tid: Int32) {
        if grouping == .file { files[tid] = file(of: call, tid) }
    }

    /// - Parameter call: nil if it is still in flight at the end.
    /// - Parameter wall: nanoseconds from entry to exit.
    func add(_ key: StatisticsTable.Key, _ call: Call?, tid: Int32, pid: Int32, wall: UInt64) {
        let group: Group
        switch grouping {
        case .syscall: group = numbered(0) { "" }
        case .process: group = numbered(pid) { "process \(pid)\(command(pid))" }
        case .thread: group = numbered(tid) { "thread \(tid)\(command(tid))" }
        case .errno:
            let error: Int32 = if case .failed(let e)? = call?.outcome { e } else { 0 }
            group = numbered(error) { error == 0 ? "no error" : Self.name(ofError: error) }
        case .file:
            let path = files.removeValue(forKey: tid) ?? call.flatMap { file(of: $0, tid) } ?? []
            if let known = byFile[path] {
                group = known
            } else {
                group = Group(path.isEmpty ? "no file" : String(decoding: path, as: UTF8.self))
                byFile[path] = group
            }
        }
        var row = group.rows.removeValue(forKey: key) ?? Row()
        if call?.failed == true { row.errors += 1 }
        row.total &+= wall
        row.times.add(wall)
        group.rows[key] = row
        group.total &+= wall
    }

    private static func name(ofError error: Int32) -> String {
        ConstantTable.errors.name(of: UInt64(UInt32(bitPattern: error)))?.description ?? "error \(error)"
    }

    private func numbered(_ number: Int32, _ title: () -> String) -> Group {
        if let known = byNumber[number] { return known }
        let new = Group(title())
        byNumber[number] = new
        return new
    }

    private func command(_ tid: Int32) -> String {
        scratch.truncate(to: 0)
        return inspector.command(of: tid, into: scratch) ? " (\(String(decoding: scratch.bytes, as: UTF8.self)))" : ""
    }

    /// The file of a call: that of its first descriptor, or the first path it names.
    private func file(of call: Call, _ tid: Int32) -> [UInt8]? {
        guard let syscall = call.syscall else { return nil }
        for (i, argument) in syscall.arguments.prefix(6).enumerated() {
            switch argument.kind {
            case .fd:
                scratch.truncate(to: 0)
                let fd = Int32(truncatingIfNeeded: call[i])
                guard fd >= 0, inspector.describe(fd: fd, of: tid, call.memory, .path, into: scratch) != .unknown else { return nil }
                return Array(scratch.bytes)
            case .path: return path(call[i], of: call, directory: i > 0 ? syscall.arguments[i - 1] : nil, call[max(i - 1, 0)], tid)
            default: continue
            }
        }
        return nil
    }

    /// A path as the call has it, from the root on.
    private func path(_ address: UInt64, of call: Call, directory: Argument?, _ value: UInt64, _ tid: Int32) -> [UInt8]? {
        let spelled: [UInt8]? = withUnsafeTemporaryAllocation(byteCount: 4097, alignment: 1) { buffer in
            let count = call.memory.readString(address, into: buffer)
            return buffer.prefix(count).firstIndex(of: 0).map { Array(buffer[..<$0]) }
        }
        guard let spelled else { return nil }
        if spelled.first == UInt8(ascii: "/") { return spelled }
        scratch.truncate(to: 0)
        var base = DescriptorName.unknown
        if let directory, case .dirfd = directory.kind, Int32(truncatingIfNeeded: value) >= 0 {
            base = inspector.describe(fd: Int32(truncatingIfNeeded: value), of: tid, call.memory, .path, into: scratch)
        } else {
            base = inspector.workingDirectory(of: tid, call.memory, into: scratch)
        }
        guard base != .unknown else { return spelled }
        // An empty path means the descriptor itself.
        if spelled.isEmpty { return Array(scratch.bytes) }
        return Array(scratch.bytes) + [UInt8(ascii: "/")] + spelled
    }

    // MARK: The table

    private enum Column: Equatable {
        case calls, errors, mean, deviation, minimum, percentile(Double), maximum

        var title: Name {
            switch self {
            case .calls: "calls"
            case .errors: "errors"
            case .mean: "mean us"
            case .deviation: "std dev"
            case .minimum: "min"
            case .percentile(50): "p50"
            case .percentile(75): "p75"
            case .percentile(90): "p90"
            case .percentile(95): "p95"
            case .percentile(99): "p99"
            case .percentile: "p99.9"
            case .maximum: "max"
            }
        }
    }

    private static let columns: [Column] = [
        .calls, .errors, .mean, .deviation, .minimum, .percentile(50), .percentile(75), .percentile(90), .percentile(95), .percentile(99),
        .percentile(99.9), .maximum,
    ]
    /// What a narrow terminal does without, the first of them first.
    private static let dispensable: [Column] = [
        .percentile(75), .percentile(90), .percentile(99.9), .minimum, .deviation, .percentile(95), .errors, .maximum,
    ]
    private static let width = 10
    /// What is left for the name of a call at least.
    private static let nameWidth = 18

    /// - Parameter name: what a row's key is called.
    /// - Parameter lines: the most that are written.
    /// - Parameter width: characters of a line; columns that are missed least give way.
    /// - Returns: lines written.
    func write(to text: TextBuffer, atMost lines: Int = .max, columns width: Int = .max, name: (StatisticsTable.Key) -> String) -> Int {
        var left = lines
        func line(_ body: () -> Void) {
            guard left > 0 else { return }
            left -= 1
            body()
            text.ascii("\n")
        }
        let groups = (Array(byNumber.values) + byFile.values).sorted { ($0.total, $1.title) > ($1.total, $0.title) }
        if groups.isEmpty { return 0 }
        let tooMany = max(0, Self.columns.count - max(0, width - Self.nameWidth) / Self.width)
        let shown = Self.columns.filter { !Self.dispensable.prefix(tooMany).contains($0) }
        line {}
        line { header(shown, text) }
        for group in groups {
            if !group.title.isEmpty { line { text.escaped(Array(group.title.utf8)) } }
            let rows = group.rows.map { (name: name($0.key), row: $0.value) }.sorted { ($0.row.total, $1.name) > ($1.row.total, $0.name) }
            for (name, row) in rows { line { write(row, name, shown, text) } }
        }
        return lines - left
    }

    private func header(_ columns: [Column], _ text: TextBuffer) {
        for column in columns {
            text.spaces(Self.width - column.title.bytes.count)
            text.append(column.title)
        }
        text.append(" syscall")
    }

    private func write(_ row: Row, _ name: String, _ columns: [Column], _ text: TextBuffer) {
        let times = row.times
        for column in columns {
            switch column {
            case .calls: count(times.count, text)
            case .errors: if row.errors > 0 { count(row.errors, text) } else { text.spaces(Self.width) }
            case .mean: microseconds(times.mean, text)
            case .deviation: microseconds(times.standardDeviation, text)
            case .minimum: microseconds(Double(times.minimum), text)
            case .percentile(let percent): microseconds(Double(times.percentile(percent)), text)
            case .maximum: microseconds(Double(times.maximum), text)
            }
        }
        text.ascii(" ")
        text.append(name)
    }

    private func count(_ n: UInt64, _ text: TextBuffer) {
        scratch.truncate(to: 0)
        scratch.decimal(n)
        padded(text)
    }

    /// To a hundredth below a millisecond, whole above it: three digits are known.
    private func microseconds(_ ns: Double, _ text: TextBuffer) {
        scratch.truncate(to: 0)
        if ns < 1e6 {
            let hundredths = UInt64((ns / 10).rounded())
            scratch.decimal(hundredths / 100)
            scratch.ascii(".")
            scratch.decimal(hundredths % 100, width: 2)
        } else {
            scratch.decimal(UInt64(min(ns / 1000, 1e18).rounded()))
        }
        padded(text)
    }

    private func padded(_ text: TextBuffer) {
        text.spaces(max(Self.width - scratch.count, 1))
        text.append(scratch.bytes)
    }
}

extension TextBuffer {
    /// Writes bytes of a name as strace does between angle brackets: what a terminal would take amiss is escaped.
    fileprivate func escaped(_ bytes: [UInt8]) { bytes.withUnsafeBytes { _ = escaped($0, .octal, angled: false) } }
}
