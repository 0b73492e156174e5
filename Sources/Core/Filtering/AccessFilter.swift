/// Lets through calls that touch one of some paths or descriptors (`-P`, `-e trace-fds=`);
/// signals and process events always pass.
///
/// Decided when a call is entered, while its arguments still mean what they meant.
public final class AccessFilter: EventFilter {
    /// Paths as the tracee may spell them, and as descriptors' names are written.
    private let paths: [(spelled: [UInt8], described: [UInt8])]
    private let descriptors: DescriptorSet?
    private let inspector: any TaskInspector
    /// Verdicts of calls under way by thread.
    private var verdicts: [Int32: Bool] = [:]
    private let scratch = TextBuffer(capacity: 4096)
    private let longestPath: Int

    /// - Parameter selection: its paths are given as spelled and as resolved.
    public init(_ selection: AccessSelection, inspector: any TaskInspector) {
        let text = TextBuffer(capacity: 4096)
        paths = selection.paths.map { path in
            let spelled = Array(path.utf8)
            text.truncate(to: 0)
            spelled.withUnsafeBytes { text.escaped($0, .octal, angled: true) }
            return (spelled, Array(text.bytes))
        }
        longestPath = paths.map(\.spelled.count).max() ?? 0
        descriptors = selection.descriptors
        self.inspector = inspector
    }

    public func admits(_ event: inout Event) -> Bool {
        switch event.body {
        case .syscallEntered(let call):
            let verdict = touches(call, event.tid)
            verdicts[event.tid] = verdict
            return verdict
        case .syscall(let call):
            return verdicts.removeValue(forKey: event.tid) ?? touches(call, event.tid)
        case .process(.exited), .process(.killed), .process(.detached):
            verdicts[event.tid] = nil
            return true
        default: return true
        }
    }

    /// The call that a task was in is of no interest any more.
    func forget(_ tid: Int32) { verdicts[tid] = nil }

    private func touches(_ call: Call, _ tid: Int32) -> Bool {
        guard let syscall = call.syscall else { return false }
        if syscall.name == "fsconfig" { return configures(call, tid) }
        for (i, argument) in syscall.arguments.prefix(6).enumerated() {
            switch argument.kind {
            // What a symbolic link will hold is text, not a path that is accessed.
            case .path where i == 0 && (syscall.name == "symlink" || syscall.name == "symlinkat"): break
            case .path: if matches(pathAt: call[i], of: call) { return true }
            case .custom where argument.name == "dirfd": if matches(Int32(truncatingIfNeeded: call[i]), of: call, tid) { return true }
            case .fd, .dirfd: if matches(Int32(truncatingIfNeeded: call[i]), of: call, tid) { return true }
            default: break
            }
        }
        switch syscall.name {
        case "poll", "ppoll": return polls(call, tid)
        case "select", "pselect6": return selects(call, tid)
        default: return false
        }
    }

    // MARK: What is accessed

    private func matches(_ fd: Int32, of call: Call, _ tid: Int32) -> Bool {
        guard fd >= 0 else { return false }
        if let descriptors, descriptors.contains(fd) { return true }
        if paths.isEmpty { return false }
        scratch.truncate(to: 0)
        guard inspector.describe(fd: fd, of: tid, call.memory, .path, into: scratch) != .unknown else { return false }
        return paths.contains { $0.described.elementsEqual(scratch.bytes) }
    }

    private func matches(pathAt address: UInt64, of call: Call) -> Bool {
        if paths.isEmpty || address == 0 { return false }
        return withUnsafeTemporaryAllocation(byteCount: longestPath + 1, alignment: 1) { buffer in
            let count = call.memory.readString(address, into: buffer)
            guard let end = buffer.prefix(count).firstIndex(of: 0) else { return false }
            return paths.contains { $0.spelled.elementsEqual(buffer[..<end]) }
        }
    }

    /// What a file system is told to use counts, not the descriptor of its own configuration.
    private func configures(_ call: Call, _ tid: Int32) -> Bool {
        let usesPath = call[1] & 0xffff_ffff == 3 || call[1] & 0xffff_ffff == 4
        guard usesPath || call[1] & 0xffff_ffff == 5 else { return false }
        if usesPath && matches(pathAt: call[3], of: call) { return true }
        return matches(Int32(truncatingIfNeeded: call[4]), of: call, tid)
    }

    /// An array of `struct pollfd` in the first argument.
    private func polls(_ call: Call, _ tid: Int32) -> Bool {
        let count = min(UInt32(truncatingIfNeeded: call[1]), 4096)
        for i in 0..<UInt64(count) {
            var fd: Int32 = 0
            let n = withUnsafeMutableBytes(of: &fd) { call.memory.read(call[0] &+ i * 8, into: $0) }
            if n < 4 { return false }
            if matches(fd, of: call, tid) { return true }
        }
        return false
    }

    /// Three sets of bits, the first argument says how long they are; a set that cannot be
    /// read to its end holds nothing.
    private func selects(_ call: Call, _ tid: Int32) -> Bool {
        let limit = min(max(Int32(truncatingIfNeeded: call[0]), 0), 1 << 20)
        let words = UInt64((limit + 63) / 64)
        for argument in 1...3 where call[argument] != 0 && words > 0 {
            guard word(words - 1, of: call, argument) != nil else { continue }
            for index in 0..<words {
                guard var bits = word(index, of: call, argument) else { break }
                while bits != 0 {
                    let fd = Int32(index) * 64 + Int32(bits.trailingZeroBitCount)
                    if fd < limit && matches(fd, of: call, tid) { return true }
                    bits &= bits - 1
                }
            }
        }
        return false
    }

    private func word(_ index: UInt64, of call: Call, _ argument: Int) -> UInt64? {
        var bits: UInt64 = 0
        let n = withUnsafeMutableBytes(of: &bits) { call.memory.read(call[argument] &+ index * 8, into: $0) }
        return n == 8 ? bits : nil
    }
}
