import Foundation
import Testing

/// Two traces of one command, compared line by line.
///
/// Programs that race with themselves (a child's end against its parent's wait) are traced again until both
/// tracers have seen the same outcome of the race, a few times at most.
enum Comparison {
    private static let attempts = 6

    struct Side {
        var name: String
        var status: Int32
        var tasks: [[String]]

        init(_ name: String, _ trace: (status: Int32, tasks: [(pid: Int, lines: [String])])) {
            self.name = name
            status = trace.status
            tasks = Canonical.lines(trace.tasks)
        }
    }

    static func expectEqual(_ traces: () throws -> (Side, Side)) throws {
        var differences: [String] = []
        for _ in 0..<attempts {
            let (a, b) = try traces()
            differences = self.differences(a, b)
            if differences.isEmpty { return }
        }
        for d in differences { Issue.record("\(d)") }
    }

    static func expectEqualCounts(_ counts: () throws -> ([String: [Int]], [String: [Int]])) throws {
        var (a, b) = try counts()
        for _ in 1..<attempts where a != b { (a, b) = try counts() }
        #expect(a == b)
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
