import CDW
import RenacerCore

/// An ELF file with code, and everything that was ever asked about it.
final class CodeFile {
    let path: String
    /// The program's own: it, and shared objects outside the folders of the system.
    let isOwn: Bool
    let object: OpaquePointer?
    private var points: [UInt64: CodePoint] = [:]

    /// - Parameter descriptor: taken over; -1 if the file could not be opened.
    init(path: String, descriptor: Int32, isProgram: Bool) {
        self.path = path
        isOwn = isProgram || !SystemCode.isSystemFile(path)
        object = descriptor < 0 ? nil : cdw_open(descriptor, path)
    }

    deinit { if let object { cdw_close(object) } }

    /// The place at an offset into the file; nil if nothing of it is loaded to memory.
    func point(atOffset offset: UInt64) -> CodePoint? {
        var address: UInt64 = offset
        if let object, cdw_address(object, offset, &address) != 0 { return nil }
        if let known = points[address] { return known }
        let point = CodePoint(self, address)
        points[address] = point
        return point
    }
}

/// A place in a file's code. What is known of it is looked up when it is asked for.
final class CodePoint: CodeLocation {
    let file: CodeFile
    let address: UInt64
    /// How to get to the caller's frame from here; nil if no table says so.
    private(set) lazy var frame: FrameRules? = FrameRules(file, address)
    private lazy var found: (name: String?, offset: UInt64) = lookUp()
    private(set) lazy var lines: [SourceLine] = readLines()
    private(set) lazy var ownLines: [SourceLine] = file.isOwn ? lines.filter { $0.line > 0 && !SystemCode.isSystemSource($0) } : []

    init(_ file: CodeFile, _ address: UInt64) {
        self.file = file
        self.address = address
    }

    var module: String { file.path }
    var symbol: String? { found.name }
    var offset: UInt64 { found.offset }
    var isOwnFile: Bool { file.isOwn }

    private func lookUp() -> (String?, UInt64) {
        var offset: UInt64 = 0
        guard let object = file.object, let name = cdw_symbol(object, address, &offset) else { return (nil, 0) }
        return (Demangler.demangled(name), offset)
    }

    private func readLines() -> [SourceLine] {
        guard let object = file.object else { return [] }
        return withUnsafeTemporaryAllocation(of: cdw_line.self, capacity: 64) { lines in
            let count = Int(cdw_lines(object, address, lines.baseAddress, Int32(lines.count)))
            return lines[..<count].compactMap { line in line.file.map { Self.line(line, file: String(cString: $0)) } }
        }
    }

    private static func line(_ line: cdw_line, file: String) -> SourceLine {
        let directory = line.directory.map { String(cString: $0) } ?? ""
        let path = file.hasPrefix("/") || directory.isEmpty ? file : "\(directory)/\(file)"
        let isBelow = !directory.isEmpty && path.hasPrefix(directory) && path.dropFirst(directory.count).first == "/"
        return SourceLine(
            function: line.function.map { Demangler.demangled($0) }, file: file, path: path,
            shortFile: isBelow ? String(path.dropFirst(directory.count + 1)) : path, line: Int(line.line))
    }
}
