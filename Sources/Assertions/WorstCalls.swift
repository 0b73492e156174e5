import RenacerCore

/// The few calls that weigh the most, kept while events pass.
struct WorstCalls {
    struct Entry {
        var weight: UInt64
        var text: String
    }
    private(set) var entries: [Entry] = []
    private static let count = 3

    /// Whether a call of this weight would be kept: only then is it worth a description.
    func admits(_ weight: UInt64) -> Bool { entries.count < Self.count || weight > (entries.last?.weight ?? 0) }

    mutating func add(_ weight: UInt64, _ text: String) {
        let at = entries.firstIndex { $0.weight < weight } ?? entries.count
        entries.insert(Entry(weight: weight, text: text), at: at)
        if entries.count > Self.count { entries.removeLast() }
    }
}

/// Says what a call was: its name, the file it is about, and where in the source it was made.
struct CallDescriber {
    var inspector: any TaskInspector = NoInspector()
    private let scratch = TextBuffer(capacity: 4096)

    func name(_ call: Call) -> String { call.name?.description ?? "syscall_\(call.number)" }

    /// `openat("/etc/passwd") [src/main.c:12]`
    func text(_ call: Call, _ tid: Int32, source: String) -> String {
        var out = name(call) + "("
        if let path = paths(call, tid).first {
            out += "\"\(path)\""
        } else if let fd = call.syscall?.arguments.first, case .fd = fd.kind, Int32(truncatingIfNeeded: call[0]) >= 0 {
            let number = Int32(truncatingIfNeeded: call[0])
            scratch.truncate(to: 0)
            out += String(number)
            if inspector.describe(fd: number, of: tid, call.memory, .path, into: scratch) != .unknown { out += "<\(String(decoding: scratch.bytes, as: UTF8.self))>" }
        }
        return out + ")" + (source.isEmpty ? "" : " [\(source)]")
    }

    /// The paths that a call names, as it spells them.
    func paths(_ call: Call, _ tid: Int32) -> [String] {
        guard let syscall = call.syscall else { return [] }
        var result: [String] = []
        for (i, argument) in syscall.arguments.prefix(6).enumerated() {
            guard case .path = argument.kind, call[i] != 0 else { continue }
            let path: String? = withUnsafeTemporaryAllocation(byteCount: 4097, alignment: 1) { buffer in
                let count = call.memory.readString(call[i], into: buffer)
                return buffer.prefix(count).firstIndex(of: 0).map { String(decoding: buffer[..<$0], as: UTF8.self) }
            }
            if let path { result.append(path) }
        }
        return result
    }

    /// The directory that a relative path of the call starts from; empty if it is not known.
    func directory(_ call: Call, _ tid: Int32) -> String {
        scratch.truncate(to: 0)
        if let first = call.syscall?.arguments.first, case .dirfd = first.kind, Int32(truncatingIfNeeded: call[0]) >= 0 {
            guard inspector.describe(fd: Int32(truncatingIfNeeded: call[0]), of: tid, call.memory, .path, into: scratch) != .unknown else { return "" }
        } else {
            guard inspector.workingDirectory(of: tid, call.memory, into: scratch) != .unknown else { return "" }
        }
        return String(decoding: scratch.bytes, as: UTF8.self)
    }
}
