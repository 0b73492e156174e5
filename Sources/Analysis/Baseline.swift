import RenacerCore

/// What an anomaly detector knows of a program's calls, kept from one run for the next (`--baseline FILE`).
///
/// Lines of text: `renacer-baseline 1`, `backend NAME`, then for each kind of call `KIND NAME PERSONALITY DURATION...` with
/// durations in ns, the oldest first, and at the end `end LINES`, so that a file that was cut is told from a whole one.
public struct Baseline: Equatable, Sendable {
    /// The backend that measured: another one's times are not comparable.
    public var backend: String
    var series: [Series] = []

    struct Series: Equatable, Sendable {
        var kind: CallSeries.Kind
        var name: String
        var personality: Personality
        var durations: [UInt64]
    }

    /// What is wrong with a file: its line, counted from 1, and why.
    public struct Damage: Error, Equatable {
        public let line: Int
        public let reason: String
    }

    static let version = 1
    private static let magic = "renacer-baseline"
    /// The most that is read: windows of the greatest size for a hundred kinds of calls take about as much.
    public static let greatestFile = 64 << 20

    public init(backend: String) { self.backend = backend }

    // MARK: Text

    /// Reads a file's text.
    public init(parsing text: String) throws(Damage) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        // What follows the last line's end.
        guard lines.popLast() == "" else { throw Damage(line: lines.count + 1, reason: "it ends in the middle of a line") }
        let head = lines.first?.split(separator: " ") ?? []
        guard head.count == 2, head[0] == Self.magic else { throw Damage(line: 1, reason: "it is no baseline of renacer") }
        guard head[1] == "\(Self.version)" else {
            throw Damage(line: 1, reason: "its version is \(head[1].prefix(20)), this renacer reads \(Self.version)")
        }
        guard lines.count > 1, case let words = lines[1].split(separator: " "), words.count == 2, words[0] == "backend" else {
            throw Damage(line: 2, reason: "'backend NAME' is wanted")
        }
        self.init(backend: String(words[1]))
        for (i, line) in lines.enumerated().dropFirst(2) {
            let words = line.split(separator: " ")
            if words.first == "end" {
                guard words.count == 2, words[1] == "\(series.count)", i == lines.count - 1 else {
                    throw Damage(line: i + 1, reason: "lines are missing, or are too many")
                }
                return
            }
            series.append(try Self.parse(words, at: i + 1))
        }
        throw Damage(line: lines.count + 1, reason: "its end is missing")
    }

    private static func parse(_ words: [Substring], at line: Int) throws(Damage) -> Series {
        guard words.count > 3, let kind = CallSeries.Kind.allCases.first(where: { $0.name == words[0] }) else {
            throw Damage(line: line, reason: "'call', 'excess' or 'wait', a call and its durations are wanted")
        }
        guard let personality = Personality.allCases.first(where: { $0.suffix == words[2] }) else {
            throw Damage(line: line, reason: "'\(words[2].prefix(20))' is no personality")
        }
        var durations: [UInt64] = []
        durations.reserveCapacity(words.count - 3)
        for word in words.dropFirst(3) {
            guard word.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let ns = UInt64(word) else {
                throw Damage(line: line, reason: "'\(word.prefix(20))' is no duration in nanoseconds")
            }
            durations.append(ns)
        }
        return Series(kind: kind, name: String(words[1]), personality: personality, durations: durations)
    }

    /// The file's text.
    public var text: String {
        var out = "\(Self.magic) \(Self.version)\nbackend \(backend)\n"
        for s in series {
            out += "\(s.kind.name) \(s.name) \(s.personality.suffix)"
            for d in s.durations { out += " \(d)" }
            out += "\n"
        }
        return out + "end \(series.count)\n"
    }
}

extension AnomalyDetector {
    /// Starts with what another run knew. Calls that this machine does not have are left out.
    public func take(_ baseline: Baseline) {
        for personality in Personality.allCases {
            let saved = baseline.series.filter { $0.personality == personality }
            if saved.isEmpty { continue }
            let calls = SyscallTable.all(personality)
            for s in saved {
                guard let call = calls.first(where: { $0.syscall.name.description == s.name }) else { continue }
                let number = personality == .x32 ? call.number | SyscallTable.x32Bit : call.number
                let series = table.find(number, personality, s.kind)
                for d in s.durations.suffix(options.window) { series.pointee.window.add(d) }
            }
        }
    }

    /// What it knows now; nil if nothing was measured.
    public func baseline(backend: String) -> Baseline? {
        guard table.all.contains(where: { $0.judged + $0.unjudged > 0 }) else { return nil }
        var result = Baseline(backend: backend)
        for s in table.all where s.window.count > 0 {
            result.series.append(.init(kind: s.kind, name: s.key.name, personality: s.key.personality, durations: s.window.values))
        }
        result.series.sort { ($0.name, $0.personality.rawValue, $0.kind.rawValue) < ($1.name, $1.personality.rawValue, $1.kind.rawValue) }
        return result
    }
}
