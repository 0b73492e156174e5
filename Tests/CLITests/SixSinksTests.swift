import Foundation
import Testing

/// One run through six sinks at once: the same calls, counts and values in each.
@Suite struct SixSinksTests {
    /// A call as every sink tells it: thread, name, result, `errno`'s name.
    private struct Told: Hashable, CustomStringConvertible {
        var tid: Int
        var name: String
        var result: Int
        var error: String
        var description: String { "\(tid) \(name) \(result) \(error)" }
    }

    @Test func theSameCallsCountsAndValuesInEach() throws {
        let file = Renacer.scratch()
        let kinds = ["strace", "summary", "json", "jsonl", "csv", "recording"]
        let sinks = kinds.flatMap { ["--sink", "\($0):\(file).\($0)"] }
        let outcome = try Renacer.run(
            ["-f", "--always-show-pid", "-a0", "-e", "trace=openat,read,close,write,execve,wait4,exit_group,access"] + sinks
                + ["sh", "-c", "cat /etc/hostname /nonexistent | wc -c; ls / >/dev/null"])
        #expect(outcome.status == 0)

        let document = try #require(JSONSerialization.jsonObject(with: Data(Renacer.text("\(file).json").utf8)) as? [String: Any])
        let json = try #require(document["syscalls"] as? [[String: Any]])
        let lines = try Renacer.text("\(file).jsonl").split(separator: "\n").map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        let jsonl = lines.filter { $0["type"] as? String == "syscall" }
        #expect(json.count > 50)
        // Not only the same calls: the same members, values and times, in the same order.
        let withoutType = jsonl.map { NSDictionary(dictionary: $0.filter { $0.key != "type" }) }
        #expect(withoutType == json.map { NSDictionary(dictionary: $0) })

        let wanted = json.map(told)
        let csv = rows(Renacer.text("\(file).csv")).filter { $0[0] == "syscall" }
        #expect(csv.map { Told(tid: Int($0[11]) ?? 0, name: $0[1], result: Int($0[3]) ?? 0, error: $0[5]) } == wanted)
        for (row, call) in zip(csv, json) {
            #expect(NSArray(array: try #require(JSONSerialization.jsonObject(with: Data(row[2].utf8)) as? [Any]))
                == NSArray(array: call["args"] as? [Any] ?? []))
            #expect(Int(row[7]) == call["duration_ns"] as? Int)
            #expect(Int(row[9]) == call["end_ns"] as? Int)
        }

        #expect(text(Renacer.text("\(file).strace")) == wanted)

        // The recording, shown by the same sink, is the same document but for what is only known of living tasks.
        let replayed = try Renacer.run(["replay", "\(file).recording", "-f", "--format", "jsonl"])
        let again = try replayed.output.split(separator: "\n").map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }.filter { $0["type"] as? String == "syscall" }
        #expect(again.map(told) == wanted)
        #expect(again.map { NSArray(array: $0["args"] as? [Any] ?? []) } == json.map { NSArray(array: $0["args"] as? [Any] ?? []) })

        let counts = Dictionary(wanted.map { ($0.name, 1) }, uniquingKeysWith: +)
        let summary = document["summary"] as? [String: Any]
        #expect(summary?["syscall_counts"] as? [String: Int] == counts)
        var table: [String: Int] = [:]
        for line in Renacer.text("\(file).summary").split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count >= 5, let calls = Int(words[3]), let name = words.last, name != "total" { table[String(name)] = calls }
        }
        #expect(table == counts)
    }

    private func told(_ call: [String: Any]) -> Told {
        Told(
            tid: call["tid"] as? Int ?? 0, name: call["name"] as? String ?? "", result: call["result"] as? Int ?? 0,
            error: call["errno_name"] as? String ?? "")
    }

    /// Calls in the order of their ends, from strace's lines.
    private func text(_ trace: String) -> [Told] {
        trace.split(separator: "\n").compactMap { line in
            // [pid 12345] name(… or <... name resumed>…) = 3
            guard line.hasPrefix("[pid "), let close = line.firstIndex(of: "]"), let tid = Int(line[..<close].dropFirst(5).trimmingCharacters(in: .whitespaces))
            else { return nil }
            var rest = line[line.index(close, offsetBy: 2)...]
            if rest.hasSuffix("<unfinished ...>") || rest.hasPrefix("+++") || rest.hasPrefix("---") { return nil }
            if rest.hasPrefix("<... ") { rest = rest.dropFirst(5) }
            guard let equals = rest.range(of: " = ", options: .backwards) else { return nil }
            let name = rest.prefix { $0 != "(" && $0 != " " }
            let words = rest[equals.upperBound...].split(separator: " ")
            let isError = words.first == "-1"
            return Told(tid: tid, name: String(name), result: words.first.flatMap { Int($0) } ?? 0, error: isError ? String(words[1]) : "")
        }
    }

    /// RFC 4180, in which no field here spans lines.
    private func rows(_ text: String) -> [[String]] {
        text.components(separatedBy: "\r\n").filter { !$0.isEmpty }.map { line in
            var fields = [""], isQuoted = false
            for c in line {
                if c == "\"" {
                    isQuoted.toggle()
                    if isQuoted, line.contains("\"\"") { fields[fields.count - 1].append("\u{0}") }
                } else if c == ",", !isQuoted {
                    fields.append("")
                } else {
                    fields[fields.count - 1].append(c)
                }
            }
            // A quote that was doubled closed and opened again: the mark between is the quote.
            return fields.map { f in
                var f = f
                if f.hasPrefix("\u{0}") { f.removeFirst() }
                return f.replacingOccurrences(of: "\u{0}", with: "\"")
            }
        }
    }
}
