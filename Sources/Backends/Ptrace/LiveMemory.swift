import CLinux
import Glibc
import RenacerCore

/// The address space of a stopped process, read by `process_vm_readv(2)`, which sees no
/// more of it than the process itself: pages without read permission are unreadable, as
/// they would not be through `/proc/PID/mem`.
///
/// A read costs about half a microsecond, for one byte as for 512, so a miss reads on for
/// 512 bytes or to the end of the page: a decoder that walks a structure, its strings and
/// its arrays finds most of them there.
final class LiveMemory: TraceeMemory {
    /// No page is smaller on any architecture: what lies in one is readable as a whole.
    private static let pageSize = 4096

    var tid: Int32
    /// `/proc/PID/mem`, opened when it is first needed; -1: not yet.
    private var file: Int32 = -1
    private let cache: ReadCache

    init(tid: Int32, cache: ReadCache) {
        self.tid = tid
        self.cache = cache
    }

    deinit { close() }

    /// Forgets what was read: the task has run since.
    @inline(__always)
    func invalidate() { if cache.owner == tid { cache.clear() } }

    /// Lets go of the old address space after an exec.
    func close() {
        invalidate()
        cache.readable.forget()
        if file >= 0 { _ = Glibc.close(file) }
        file = -1
    }

    func read(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let target = buffer.baseAddress, buffer.count > 0 else { return 0 }
        // What fills most of a line goes straight to its place.
        if buffer.count * 2 > ReadCache.lineSize { return fetch(address, target, buffer.count) }
        if cache.owner != tid {
            cache.clear()
            cache.owner = tid
        }
        var done = 0
        while done < buffer.count {
            let at = address &+ UInt64(done)
            let room = min(ReadCache.lineSize, Self.pageSize - Int(at % UInt64(Self.pageSize)))
            let wanted = min(buffer.count - done, room)
            if !cache.copy(at, wanted, to: target + done) {
                let line = cache.nextLine()
                let count = fetchLine(at, line, room)
                cache.keep(at, count)
                let copied = min(count, wanted)
                (target + done).copyMemory(from: line, byteCount: copied)
                if copied < wanted { return done + copied }
            }
            done += wanted
        }
        return done
    }

    /// Reads a part of one page, by the cheaper way if that is as exact.
    private func fetchLine(_ address: UInt64, _ line: UnsafeMutableRawPointer, _ count: Int) -> Int {
        if cache.readable.contains(address) {
            if let file = openFile(), pread(file, line, count, off_t(truncatingIfNeeded: address)) == count { return count }
            return fetch(address, line, count)
        }
        let n = fetch(address, line, count)
        if n > 0 { cache.readable.insert(address) }
        return n
    }

    private func fetch(_ address: UInt64, _ target: UnsafeMutableRawPointer, _ count: Int) -> Int {
        let n = clinux_read_memory(tid, address, target, count)
        if n >= 0 { return n }
        // A kernel without process_vm_readv.
        guard let file = openFile(), address <= UInt64(Int64.max) else { return 0 }
        return max(pread(file, target, count, off_t(address)), 0)
    }

    /// `/proc/PID/mem`; nil if it cannot be opened.
    private func openFile() -> Int32? {
        if file < 0 { file = ProcPath.open(tid, "mem", O_RDWR | O_CLOEXEC) }
        return file < 0 ? nil : file
    }

    /// Writes into the tracee: the number of bytes that arrived.
    func write(_ address: UInt64, _ bytes: [UInt8]) -> Int {
        invalidate()
        guard let file = openFile(), address <= UInt64(Int64.max) else { return 0 }
        return bytes.withUnsafeBytes { max(pwrite(file, $0.baseAddress, $0.count, off_t(address)), 0) }
    }
}

/// The last lines read from one task: shared by all, since events are decoded one by one.
final class ReadCache {
    static let lineSize = 512
    private static let lineCount = 8

    let readable = ReadablePages()
    /// The task whose bytes are in it; 0: none.
    var owner: Int32 = 0
    private let lines: UnsafeMutableRawPointer
    private let spans: UnsafeMutablePointer<(start: UInt64, count: UInt64)>
    private var victim = 0

    init() {
        lines = .allocate(byteCount: Self.lineSize * Self.lineCount, alignment: 16)
        spans = .allocate(capacity: Self.lineCount)
        spans.initialize(repeating: (0, 0), count: Self.lineCount)
    }

    deinit {
        lines.deallocate()
        spans.deallocate()
    }

    func clear() {
        owner = 0
        for i in 0..<Self.lineCount { spans[i] = (0, 0) }
    }

    /// Copies bytes if all of them are here.
    @inline(__always)
    func copy(_ address: UInt64, _ count: Int, to target: UnsafeMutableRawPointer) -> Bool {
        for i in 0..<Self.lineCount {
            let offset = address &- spans[i].start
            guard offset < spans[i].count, spans[i].count - offset >= UInt64(count) else { continue }
            target.copyMemory(from: lines + i * Self.lineSize + Int(offset), byteCount: count)
            return true
        }
        return false
    }

    /// The line to be overwritten; `keep` says with what.
    func nextLine() -> UnsafeMutableRawPointer {
        victim = (victim + 1) % Self.lineCount
        return lines + victim * Self.lineSize
    }

    func keep(_ address: UInt64, _ count: Int) { spans[victim] = (address, UInt64(count)) }
}
