/// The one way to read a tracee's bytes.
///
/// A decoder never asks how the memory was obtained: a stopped task's address
/// space, segments captured by a BPF program, a recording, or a test.
public protocol TraceeMemory: AnyObject {
    /// Copies bytes from `address` on, up to the first one that cannot be read.
    ///
    /// - Returns: the number of bytes copied, 0 when the first one is unreadable.
    func read(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int
    /// The same for a string of which only what comes before its first NUL is wanted: the copy may end with that NUL.
    func readString(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int
    /// From now on the memory is wanted as it was when the call was entered, or when it ended.
    ///
    /// Memory read from a stopped task is always that of the moment.
    func turn(toExit: Bool)
    /// Whether anything that was read since the memory was turned to the call's entry is what it held later
    /// (`--memory=live`): sinks mark such calls.
    var isLate: Bool { get }
    /// A register that functions preserve, as the task had it when the call began, by DWARF's number; nil if it was not
    /// captured with the memory.
    func register(_ number: Int) -> UInt64?
    /// Reads as the stack was when the call began, for whoever unwinds it.
    func readStack(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int
    /// Addresses in the kernel where the task was, the innermost first, if that was captured; borrowed like the memory.
    var kernelStack: UnsafeBufferPointer<UInt64> { get }
}

extension TraceeMemory {
    @inline(__always)
    public func readString(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int { read(address, into: buffer) }
    public func turn(toExit: Bool) {}
    public var isLate: Bool { false }
    public func register(_ number: Int) -> UInt64? { nil }
    public func readStack(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int { read(address, into: buffer) }
    public var kernelStack: UnsafeBufferPointer<UInt64> { .init(start: nil, count: 0) }
}

/// Memory of which nothing can be read: every pointer prints as its address.
public final class NoMemory: TraceeMemory, Sendable {
    public init() {}
    public func read(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int { 0 }
}

/// Memory made of captured segments, each an address and its bytes.
///
/// Used by tests and replay; segments may lie side by side and are then read as one.
public final class SegmentedMemory: TraceeMemory {
    private var segments: [(address: UInt64, bytes: [UInt8])] = []

    public init(_ segments: [(address: UInt64, bytes: [UInt8])] = []) {
        self.segments = segments
    }

    public func add(_ address: UInt64, _ bytes: [UInt8]) { segments.append((address, bytes)) }

    public func read(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var done = 0
        search: while done < buffer.count {
            let at = address &+ UInt64(done)
            for s in segments where at >= s.address && at - s.address < UInt64(s.bytes.count) {
                let offset = Int(at - s.address)
                let n = min(s.bytes.count - offset, buffer.count - done)
                for i in 0..<n { buffer[done + i] = s.bytes[offset + i] }
                done += n
                continue search
            }
            break
        }
        return done
    }
}

/// Bytes read from a tracee, with loads at any alignment in the tracee's byte order
/// (both supported architectures are little-endian).
///
/// Borrowed: valid until the decoder starts its next call.
public struct Bytes {
    public let base: UnsafeRawPointer
    public let count: Int

    public init(base: UnsafeRawPointer, count: Int) {
        self.base = base
        self.count = count
    }

    public var raw: UnsafeRawBufferPointer { .init(start: base, count: count) }

    /// Loads a value; 0 where `offset` lies outside, as a kernel that knows a longer
    /// version of a structure treats the bytes it was not given.
    @inline(__always)
    public func load<T: FixedWidthInteger>(_ offset: Int, as: T.Type) -> T {
        guard offset >= 0, offset + MemoryLayout<T>.size <= count else { return 0 }
        return base.loadUnaligned(fromByteOffset: offset, as: T.self)
    }

    public func u8(_ o: Int) -> UInt8 { load(o, as: UInt8.self) }
    public func u16(_ o: Int) -> UInt16 { load(o, as: UInt16.self) }
    public func u32(_ o: Int) -> UInt32 { load(o, as: UInt32.self) }
    public func u64(_ o: Int) -> UInt64 { load(o, as: UInt64.self) }
    public func i16(_ o: Int) -> Int16 { load(o, as: Int16.self) }
    public func i32(_ o: Int) -> Int32 { load(o, as: Int32.self) }
    public func i64(_ o: Int) -> Int64 { load(o, as: Int64.self) }

    /// An integer of 1, 2, 4 or 8 bytes, widened.
    public func value(_ o: Int, _ width: Int, signed: Bool = false) -> UInt64 {
        switch width {
        case 1: signed ? UInt64(truncatingIfNeeded: load(o, as: Int8.self)) : UInt64(u8(o))
        case 2: signed ? UInt64(truncatingIfNeeded: i16(o)) : UInt64(u16(o))
        case 4: signed ? UInt64(truncatingIfNeeded: i32(o)) : UInt64(u32(o))
        default: u64(o)
        }
    }

    /// The bytes from `offset` on, at most `count` of them.
    public func slice(_ offset: Int, _ count: Int = .max) -> Bytes {
        let start = min(max(offset, 0), self.count)
        return Bytes(base: base + start, count: min(count, self.count - start))
    }

    /// The number of bytes before the first NUL; nil if there is none.
    public var terminator: Int? { raw.firstIndex(of: 0) }
}
