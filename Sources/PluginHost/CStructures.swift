import CRenacerPlugin
import Glibc

// Structures and strings of the other side of the boundary: looked at with suspicion.

/// A structure that starts with its size, copied; what its maker did not know of is zero.
///
/// - Parameter required: bytes that its first version had.
/// - Returns: nil if the pointer is null or the size impossible.
func structure<T>(_ pointer: UnsafeRawPointer?, as type: T.Type, required: Int) -> T? {
    guard let pointer, let size = statedSize(pointer), size >= required else { return nil }
    let copy = UnsafeMutableRawPointer.allocate(byteCount: MemoryLayout<T>.size, alignment: MemoryLayout<T>.alignment)
    defer { copy.deallocate() }
    memset(copy, 0, MemoryLayout<T>.size)
    memcpy(copy, pointer, min(size, MemoryLayout<T>.size))
    return copy.load(as: T.self)
}

/// The `size` that a structure starts with; nil if no structure of this boundary is so large.
func statedSize(_ pointer: UnsafeRawPointer) -> Int? {
    let size = pointer.loadUnaligned(as: UInt32.self)
    return size >= 4 && size <= 4096 ? Int(size) : nil
}

/// Elements of an array whose stride is the first one's size; nil if one cannot be read.
func structures<T>(_ first: UnsafeRawPointer?, count: Int, as type: T.Type, required: Int) -> [T]? {
    if count == 0 { return [] }
    guard let first, count > 0, count <= 4096, let stride = statedSize(first) else { return nil }
    var all: [T] = []
    for i in 0..<count {
        guard let one = structure(first + i * stride, as: type, required: required) else { return nil }
        all.append(one)
    }
    return all
}

extension renacer_string {
    /// Its text, malformed UTF-8 mended; nil if the pointer is null although there is a length, or it is absurdly long.
    var checked: String? {
        if length == 0 { return "" }
        guard let data, length <= 1 << 20 else { return nil }
        return String(decoding: UnsafeRawBufferPointer(start: data, count: length), as: UTF8.self)
    }
}

/// Bytes that a service answered with, valid until it is asked again.
final class Answer {
    private var bytes = UnsafeMutablePointer<CChar>.allocate(capacity: 256)
    private var capacity = 256

    deinit { bytes.deallocate() }

    func keep(_ text: UnsafeRawBufferPointer) -> renacer_string {
        if text.count > capacity {
            bytes.deallocate()
            capacity = text.count * 2
            bytes = .allocate(capacity: capacity)
        }
        if let base = text.baseAddress { memcpy(bytes, base, text.count) }
        return renacer_string(data: UnsafePointer(bytes), length: text.count)
    }

    func keep(_ text: [UInt8]) -> renacer_string { text.withUnsafeBytes { keep($0) } }

    func keep(_ text: String) -> renacer_string {
        var text = text
        return text.withUTF8 { keep(UnsafeRawBufferPointer($0)) }
    }
}
