import RenacerCore

// A golden trace as a file: lines of text that a person reads and that a change shows up in.
//
//     renacer golden 1
//     command TAB ./prog TAB arg
//     task TAB main
//     call TAB TEXT TAB SOURCE            in every run; `3 call` three times in a row
//     call? TAB SEEN TAB TEXT TAB SOURCE  in some runs
//     count TAB LEAST TAB MOST TAB TEXT TAB SOURCE
//     time TAB fsync TAB calls… TAB totals… TAB medians… TAB tails… TAB floors…

extension GoldenTrace {
    private static let headline = "renacer golden 1"

    /// The file's bytes.
    public func encoded(_ texts: TextTable) -> TextBuffer {
        let out = TextBuffer(capacity: 1 << 16)
        func line(_ fields: [String]) {
            for (i, f) in fields.enumerated() {
                if i > 0 { out.ascii("\t") }
                out.append(Self.escaped(f))
            }
            out.ascii("\n")
        }
        func numbers(_ values: [UInt64]) -> String { values.map { String($0) }.joined(separator: " ") }
        line([Self.headline])
        line(["command"] + command)
        line(["options"] + options)
        line(["backend", backend])
        line(["version", version])
        line(["runs", String(runs)])
        for ending in endings { line(["end", ending]) }
        for task in tasks {
            line([task.isOrdered ? "task" : "task in any order", task.label])
            var i = 0
            while i < task.calls.count {
                let c = task.calls[i]
                var n = 1
                while i + n < task.calls.count, task.calls[i + n] == c { n += 1 }
                i += n
                let times = n > 1 ? "\(n) " : "", text = texts[c.call.text], source = texts[c.call.source]
                let tail = source.isEmpty ? [text] : [text, source]
                line(c.seen == runs ? [times + "call"] + tail : [times + "call?", String(c.seen)] + tail)
            }
            for c in task.counts {
                let source = texts[c.call.source]
                line(["count", String(c.least), String(c.most), texts[c.call.text]] + (source.isEmpty ? [] : [source]))
            }
        }
        line(["wall", numbers(wallTimes)])
        for t in timings {
            line(["time", t.name, numbers(t.calls), numbers(t.totals), numbers(t.medians), numbers(t.tails), numbers(t.floors)])
            for o in t.objects { line(["of", String(o.calls), String(o.mean), o.object, o.source]) }
        }
        return out
    }

    /// Reads what `encoded` wrote.
    ///
    /// - Parameter path: for what is said about it.
    public init(_ bytes: [UInt8], named path: String, _ texts: TextTable) throws(TraceError) {
        _ = texts.number("")
        var lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated().makeIterator()
        guard let first = lines.next(), String(decoding: first.element, as: UTF8.self) == Self.headline else {
            throw TraceError("\(path): no golden trace of this version; 'renacer golden record -o \(path) -- PROGRAM' makes one")
        }
        while let (number, bytes) = lines.next() {
            if bytes.isEmpty { continue }
            let fields = bytes.split(separator: 0x09, omittingEmptySubsequences: false).map { Self.unescaped($0) }
            guard take(fields, texts) else {
                throw TraceError("\(path):\(number + 1): this line says nothing to a golden trace: \(fields.joined(separator: " ").prefix(60)); record it anew")
            }
        }
        guard runs > 0, !command.isEmpty else { throw TraceError("\(path): the golden trace is cut: it names no program; record it anew") }
        let most = tasks.flatMap(\.calls).map(\.seen).max() ?? 0
        for i in tasks.indices { for j in tasks[i].calls.indices where tasks[i].calls[j].seen == 0 { tasks[i].calls[j].seen = runs } }
        if most > runs { throw TraceError("\(path): a call is in more runs than there were; record it anew") }
    }

    /// Whether a line was understood.
    private mutating func take(_ fields: [String], _ texts: TextTable) -> Bool {
        func number(_ i: Int) -> Int? { fields.indices.contains(i) ? Int(fields[i]).flatMap { $0 >= 0 && $0 < 1 << 40 ? $0 : nil } : nil }
        func numbers(_ i: Int) -> [UInt64]? {
            guard fields.indices.contains(i) else { return nil }
            let words = fields[i].split(separator: " "), values = words.compactMap { UInt64($0) }
            return values.count == words.count ? values : nil
        }
        func call(_ i: Int) -> CanonicalCall? {
            guard fields.indices.contains(i) else { return nil }
            return CanonicalCall(text: texts.number(fields[i]), source: fields.indices.contains(i + 1) ? texts.number(fields[i + 1]) : 0)
        }
        let last = tasks.count - 1
        var kind = Substring(fields[0]), times = 1
        if let space = kind.firstIndex(of: " "), let n = Int(kind[..<space]) {
            // What a file says is believed only as far as memory goes.
            guard (1...Self.mostCalls).contains(n) else { return false }
            times = n
            kind = kind[kind.index(after: space)...]
        }
        switch kind {
        case "command": command = Array(fields.dropFirst())
        case "options": options = Array(fields.dropFirst())
        case "backend": backend = fields.count > 1 ? fields[1] : ""
        case "version": version = fields.count > 1 ? fields[1] : ""
        case "runs":
            guard let n = number(1), n > 0 else { return false }
            runs = n
        case "end": if fields.count > 1 { endings.append(fields[1]) }
        case "task", "task in any order":
            guard fields.count > 1 else { return false }
            tasks.append(GoldenTask(label: fields[1]))
            tasks[last + 1].isOrdered = kind == "task"
        case "call", "call?":
            guard last >= 0, let seen = kind == "call" ? 0 : number(1), let call = call(kind == "call" ? 1 : 2), kind == "call" || seen > 0,
                tasks[last].calls.count + times <= Self.mostCalls
            else { return false }
            tasks[last].calls += Array(repeating: GoldenCall(call: call, seen: seen), count: times)
        case "count":
            guard last >= 0, let least = number(1), let most = number(2), least <= most, let call = call(3) else { return false }
            tasks[last].counts.append(GoldenCount(call: call, least: least, most: most))
        case "wall":
            guard let values = numbers(1) else { return false }
            wallTimes = values
        case "time":
            guard fields.count > 1, let calls = numbers(2), let totals = numbers(3), let medians = numbers(4), let tails = numbers(5),
                Set([calls.count, totals.count, medians.count, tails.count]).count == 1, !calls.isEmpty
            else { return false }
            var timing = GoldenTiming(name: fields[1])
            if fields.count > 6 {
                guard let floors = numbers(6), floors.count == calls.count || floors.isEmpty else { return false }
                timing.floors = floors
            }
            (timing.calls, timing.totals, timing.medians, timing.tails) = (calls, totals, medians, tails)
            timings.append(timing)
        case "of":
            guard !timings.isEmpty, let calls = number(1), let mean = number(2), fields.count > 3 else { return false }
            timings[timings.count - 1].objects.append(
                ObjectTime(object: fields[3], source: fields.count > 4 ? fields[4] : "", calls: UInt64(calls), mean: UInt64(mean)))
        default: return false
        }
        return true
    }

    private static let mostCalls = 1 << 26

    private static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x5c || $0 == 9 || $0 == 10 }) else { return text }
        return text.replacing("\\", with: "\\\\").replacing("\t", with: "\\t").replacing("\n", with: "\\n")
    }

    private static func unescaped(_ bytes: ArraySlice<UInt8>) -> String {
        guard bytes.contains(0x5c) else { return String(decoding: bytes, as: UTF8.self) }
        var out: [UInt8] = [], isEscaped = false
        for b in bytes {
            if isEscaped {
                out.append(b == 0x74 ? 9 : b == 0x6e ? 10 : b)
                isEscaped = false
            } else if b == 0x5c {
                isEscaped = true
            } else {
                out.append(b)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
