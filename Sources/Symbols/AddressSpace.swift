import Glibc
import RenacerCore

/// What is mapped executable into a process, by `/proc/PID/maps`.
final class AddressSpace {
    let pid: Int32
    private let catalog: FileCatalog
    /// By start.
    private var mappings: [Mapping] = []
    /// Everything that was looked up, by address: `return addresses` and others have places of their own.
    private var points: [UInt64: Entry] = [:]
    /// When an address in none of the mappings was met: what is there may be new.
    private var misses = 0
    /// What was mapped is told by a `MappingLog`: `/proc` may speak of another time, or of nobody.
    private let isLogged: Bool
    /// Mappings that were told of; their files are looked for when somebody asks.
    private var fresh: [(line: MapsLine, isProgram: Bool)] = []
    /// No file was mapped since the exec: the first is the program.
    private var awaitsProgram = false

    struct Mapping {
        let start, end: UInt64
        /// In the file.
        let offset: UInt64
        /// nil: code that is in no file.
        let file: CodeFile?
    }

    struct Entry {
        let point: CodePoint?
    }

    /// What is mapped now.
    init(_ pid: Int32, _ catalog: FileCatalog, _ memory: any TraceeMemory, isLogged: Bool = false) {
        self.pid = pid
        self.catalog = catalog
        self.isLogged = isLogged
        read(memory)
    }

    /// Of a process that has just executed a program: nothing is mapped yet.
    init(executed pid: Int32, _ catalog: FileCatalog) {
        self.pid = pid
        self.catalog = catalog
        isLogged = true
        awaitsProgram = true
    }

    /// That of a child.
    init(child pid: Int32, of parent: AddressSpace) {
        self.pid = pid
        catalog = parent.catalog
        isLogged = true
        mappings = parent.mappings
        fresh = parent.fresh
        awaitsProgram = parent.awaitsProgram
    }

    /// Something was mapped executable.
    func map(_ line: MapsLine) {
        guard line.start < line.end else { return }
        let isProgram = awaitsProgram && line.kind == .file
        if isProgram { awaitsProgram = false }
        fresh.append((line, isProgram))
    }

    private func settle(_ memory: any TraceeMemory) {
        for (line, isProgram) in fresh {
            let file: CodeFile? = switch line.kind {
            case .file: catalog.file(line, of: pid, isProgram: isProgram)
            case .vdso: catalog.vdso(line, memory)
            case .other: nil
            }
            // What was there is covered, perhaps in part.
            mappings = mappings.flatMap { old -> [Mapping] in
                var rest: [Mapping] = []
                if old.start < line.start { rest.append(Mapping(start: old.start, end: min(old.end, line.start), offset: old.offset, file: old.file)) }
                if old.end > line.end {
                    let start = max(old.start, line.end)
                    rest.append(Mapping(start: start, end: old.end, offset: old.offset &+ (start - old.start), file: old.file))
                }
                return rest
            }
            mappings.append(Mapping(start: line.start, end: line.end, offset: line.offset, file: file))
        }
        fresh.removeAll()
        mappings.sort { $0.start < $1.start }
        points.removeAll()
    }

    /// Whether a range has code in it.
    func overlaps(_ start: UInt64, _ count: UInt64) -> Bool {
        let (end, overflows) = start.addingReportingOverflow(count)
        return mappings.contains { $0.start < (overflows ? .max : end) && start < $0.end }
    }

    /// Whether code is there, in a file or not.
    func hasCode(at address: UInt64) -> Bool { mapping(of: address) != nil }

    /// The place of an address.
    ///
    /// - Parameter isReturn: the call before the address is meant.
    func point(at address: UInt64, isReturn: Bool, _ memory: any TraceeMemory) -> CodePoint? {
        if !fresh.isEmpty { settle(memory) }
        let at = isReturn ? address &- 1 : address
        if let known = points[at] { return known.point }
        // A program that jumps about asks for what is not mapped time and again: that is looked for in vain so often.
        if !isLogged, mapping(of: at) == nil, at > 4096, misses < 64 {
            misses += 1
            read(memory)
        }
        let point = mapping(of: at).flatMap { m in m.file?.point(atOffset: at - m.start + m.offset) }
        if points.count >= Self.capacity { points.removeAll() }
        points[at] = Entry(point: point)
        return point
    }

    private static let capacity = 1 << 16

    private func mapping(of address: UInt64) -> Mapping? {
        var low = 0, high = mappings.count
        while low < high {
            let middle = (low + high) / 2
            if mappings[middle].start <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0, address < mappings[low - 1].end else { return nil }
        return mappings[low - 1]
    }

    private func read(_ memory: any TraceeMemory) {
        mappings.removeAll()
        points.removeAll()
        for line in MapsFile.lines(of: pid) where line.isExecutable {
            let file: CodeFile? = switch line.kind {
            case .file: catalog.file(line, of: pid)
            case .vdso: catalog.vdso(line, memory)
            case .other: nil
            }
            mappings.append(Mapping(start: line.start, end: line.end, offset: line.offset, file: file))
        }
    }
}

/// A line of `/proc/PID/maps`.
struct MapsLine {
    enum Kind { case file, vdso, other }
    var start: UInt64 = 0, end: UInt64 = 0, offset: UInt64 = 0, inode: UInt64 = 0
    var isExecutable = false
    /// ` (deleted)` included.
    var path = ""

    var kind: Kind { inode != 0 && path.hasPrefix("/") ? .file : path == "[vdso]" ? .vdso : .other }

    init(start: UInt64, end: UInt64, offset: UInt64, inode: UInt64, path: String) {
        self.start = start
        self.end = end
        self.offset = offset
        self.inode = inode
        self.path = path
        isExecutable = true
    }

    /// `START-END PERMS OFFSET DEV INODE PATH`.
    init?(_ text: Substring.UTF8View) {
        var fields = text.split(separator: 0x20, maxSplits: 5, omittingEmptySubsequences: true)[...]
        guard let range = fields.popFirst(), let permissions = fields.popFirst(), let offset = fields.popFirst(),
            fields.popFirst() != nil, let inode = fields.popFirst(), let dash = range.firstIndex(of: 0x2d),
            let start = UInt64(Substring(range[..<dash]), radix: 16),
            let end = UInt64(Substring(range[range.index(after: dash)...]), radix: 16), start < end,
            let position = UInt64(Substring(offset), radix: 16), let number = UInt64(Substring(inode))
        else { return nil }
        self.start = start
        self.end = end
        self.offset = position
        self.inode = number
        isExecutable = permissions.contains(0x78)
        if let rest = fields.popFirst() { path = Self.unescaped(rest.drop { $0 == 0x20 }) }
    }

    /// Newlines are written as `\012`.
    private static func unescaped(_ text: Substring.UTF8View) -> String {
        let path = String(Substring(text))
        guard path.utf8.contains(0x5c) else { return path }
        var bytes = Array(path.utf8), from = 0
        let escape = Array("\\012".utf8)
        while from + 4 <= bytes.count {
            if Array(bytes[from..<from + 4]) == escape { bytes.replaceSubrange(from..<from + 4, with: [0x0a]) }
            from += 1
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

enum MapsFile {
    static func lines(of pid: Int32) -> [MapsLine] {
        let fd = open("/proc/\(pid)/maps", O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return [] }
        defer { close(fd) }
        var bytes: [UInt8] = []
        withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 16) { chunk in
            while true {
                let n = Glibc.read(fd, chunk.baseAddress, chunk.count)
                if n <= 0 { break }
                bytes.append(contentsOf: chunk[..<n])
            }
        }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.utf8.split(separator: 0x0a).compactMap { MapsLine($0) }
    }
}
