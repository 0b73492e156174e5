/// Text that lives as long as the program: a literal, or a part of one.
///
/// Names of system calls, fields and constants are of this type, so that printing one
/// is a copy of bytes and holding one costs no reference count.
public struct Name: ExpressibleByStringLiteral, @unchecked Sendable, Hashable, CustomStringConvertible {
    public let bytes: UnsafeRawBufferPointer

    @inlinable @inline(__always)
    public init(stringLiteral s: StaticString) {
        bytes = UnsafeRawBufferPointer(start: s.utf8Start, count: s.utf8CodeUnitCount)
    }

    /// - Parameter bytes: a part of a literal: it must never be freed.
    init(immortal bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// A copy that stays: for the few names that only a run knows.
    public init(copying text: String) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(text.utf8.count, 1), alignment: 1)
        copy.copyBytes(from: text.utf8)
        bytes = UnsafeRawBufferPointer(start: copy.baseAddress, count: text.utf8.count)
    }

    public var isEmpty: Bool { bytes.isEmpty }
    public var description: String { String(decoding: bytes, as: UTF8.self) }
    public static func == (a: Name, b: Name) -> Bool { a.bytes.elementsEqual(b.bytes) }
    public func hash(into hasher: inout Hasher) { hasher.combine(bytes: bytes) }
}
