import RenacerCore

/// A place in a program's code, with all that was known of it when the recording was made.
public final class RecordedLocation: CodeLocation {
    public private(set) var module = ""
    public private(set) var address: UInt64 = 0
    public private(set) var symbol: String?
    public private(set) var offset: UInt64 = 0
    public private(set) var isOwnFile = false
    public private(set) var lines: [SourceLine] = []
    public private(set) var ownLines: [SourceLine] = []

    private enum Flag { static let symbol: UInt8 = 1, ownFile: UInt8 = 2 }
    /// Inlined functions nest no deeper.
    private static let mostLines: UInt64 = 1024

    /// The bytes that a recording has of a place.
    public static func encoded(_ location: any CodeLocation) -> [UInt8] {
        let out = ByteWriter()
        out.counted(location.module)
        out.varint(location.address)
        out.byte((location.symbol == nil ? 0 : Flag.symbol) | (location.isOwnFile ? Flag.ownFile : 0))
        if let symbol = location.symbol {
            out.counted(symbol)
            out.varint(location.offset)
        }
        for lines in [location.lines, location.ownLines] {
            out.varint(UInt64(lines.count))
            for line in lines { out.line(line) }
        }
        return Array(out.bytes)
    }

    /// - Returns: nil if these are not the bytes of a place.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        var r = ByteReader(bytes)
        module = r.text()
        address = r.varint()
        let flags = r.byte()
        isOwnFile = flags & Flag.ownFile != 0
        if flags & Flag.symbol != 0 {
            symbol = r.text()
            offset = r.varint()
        }
        lines = Self.lines(&r)
        ownLines = Self.lines(&r)
        if r.failed { return nil }
    }

    private static func lines(_ r: inout ByteReader) -> [SourceLine] {
        var left = min(r.varint(), mostLines)
        var lines: [SourceLine] = []
        while left > 0, !r.failed {
            lines.append(r.line())
            left -= 1
        }
        return lines
    }
}

/// The frames of a stack as numbers of places, 0 where nothing is mapped.
public struct RecordedStack {
    public var places: [Int64] = []
    public var isCut = false

    public init() {}

    public var encoded: [UInt8] {
        let out = ByteWriter()
        out.byte(isCut ? 1 : 0)
        for place in places { out.varint(UInt64(bitPattern: place)) }
        return Array(out.bytes)
    }

    /// What makes no sense ends it.
    public init(_ bytes: UnsafeRawBufferPointer) {
        var r = ByteReader(bytes)
        isCut = r.byte() != 0
        while !r.isAtEnd, !r.failed { places.append(Int64(bitPattern: r.varint())) }
    }
}

extension SourceLine {
    public var encoded: [UInt8] {
        let out = ByteWriter()
        out.line(self)
        return Array(out.bytes)
    }

    /// - Returns: nil if these are not the bytes of a line.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        var r = ByteReader(bytes)
        self = r.line()
        if r.failed { return nil }
    }
}

extension ByteWriter {
    fileprivate func counted(_ text: String) {
        var text = text
        text.withUTF8 { counted(UnsafeRawBufferPointer($0)) }
    }

    fileprivate func line(_ line: SourceLine) {
        byte(line.function == nil ? 0 : 1)
        if let function = line.function { counted(function) }
        counted(line.file)
        counted(line.path)
        counted(line.shortFile)
        zigzag(Int64(line.line))
    }
}

extension ByteReader {
    fileprivate mutating func text() -> String { String(decoding: counted(), as: UTF8.self) }

    fileprivate mutating func line() -> SourceLine {
        let function = byte() == 0 ? nil : text()
        let file = text(), path = text(), shortFile = text()
        return SourceLine(function: function, file: file, path: path, shortFile: shortFile, line: Int(zigzag()))
    }
}
