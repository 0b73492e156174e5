import Foundation
import Testing

/// Two traces of one command, compared line by line.
///
/// Programs that race with themselves (a child's end against its parent's wait) are traced again, a few times at
/// most, until both tracers have seen one outcome of the race: each trace by one is compared with all by the other.
enum Comparison {
    private static let attempts = 8

    struct Side {
        var name: String
        var status: Int32
        var tasks: [[String]]

        init(_ name: String, _ trace: (status: Int32, tasks: [(pid: Int, lines: [String])])) {
            self.name = name
            status = trace.status
            tasks = Canonical.lines(trace.tasks)
        }

        func isSame(as other: Side) -> Bool { status == other.status && tasks == other.tasks }
    }

    static func expectEqual(_ traces: () throws -> (Side, Side)) throws {
        var seen: (first: [Side], second: [Side]) = ([], [])
        for _ in 0..<attempts {
            let (a, b) = try traces()
            seen.first.append(a)
            seen.second.append(b)
            if seen.first.contains(where: { $0.isSame(as: b) }) || seen.second.contains(where: { $0.isSame(as: a) }) { return }
        }
        let nearest = seen.first.flatMap { a in seen.second.map { b in differences(a, b) } }.min { $0.count < $1.count }
        for d in nearest ?? [] { Issue.record("\(d)") }
    }

    static func expectEqualCounts(_ counts: () throws -> ([String: [Int]], [String: [Int]])) throws {
        var seen: (first: Set<[String: [Int]]>, second: Set<[String: [Int]]>) = ([], [])
        var last: ([String: [Int]], [String: [Int]]) = ([:], [:])
        for _ in 0..<attempts {
            last = try counts()
            seen.first.insert(last.0)
            seen.second.insert(last.1)
            if !seen.first.isDisjoint(with: seen.second) { return }
        }
        #expect(last.0 == last.1)
    }

    private static func differences(_ a: Side, _ b: Side) -> [String] {
        var found: [String] = []
        if a.status != b.status { found.append("exit status \(a.status) under \(a.name), \(b.status) under \(b.name)") }
        if a.tasks.count != b.tasks.count { found.append("\(a.tasks.count) tasks under \(a.name), \(b.tasks.count) under \(b.name)") }
        for (i, (x, y)) in zip(a.tasks, b.tasks).enumerated() where x != y {
            for change in y.difference(from: x) {
                switch change {
                case .remove(let at, let line, _): found.append("task \(i) \(a.name) \(at): \(line)")
                case .insert(let at, let line, _): found.append("task \(i) \(b.name) \(at): \(line)")
                }
            }
        }
        return found
    }
}

extension Tracers {
    /// Calls and errors by name, from `-c -f` of a corpus program.
    static func counts(_ tracer: String, _ options: [String], _ program: String) throws -> [String: [Int]] {
        let file = folder.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        _ = try run(
            ["/usr/bin/setarch", "-R", tracer, "-c", "-f", "-U", "name,calls,errors", "-o", file.path] + options + [corpus, program])
        var result: [String: [Int]] = [:]
        for line in try String(decoding: Data(contentsOf: file), as: UTF8.self).split(separator: "\n").dropFirst(2) {
            let words = line.split(separator: " ")
            guard let name = words.first, !name.hasPrefix("-") else { continue }
            result[String(name)] = words.dropFirst().compactMap { Int($0) }
        }
        return result
    }
}
