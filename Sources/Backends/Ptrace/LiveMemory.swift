import CLinux
import Glibc
import RenacerCore

/// The address space of a stopped process, read through `/proc/PID/mem`.
///
/// One `pread` costs about 450 ns, so a miss reads on to the end of the page: a decoder
/// that walks a structure, its strings and its arrays finds most of them there.
final class LiveMemory: TraceeMemory {
    private static let pageSize: UInt64 = 4096
    private static let lineCount = 4
    /// Beyond so many open files, `process_vm_readv` serves further processes.
    nonisolated(unsafe) private static var openFiles = 0
    private static let openFileLimit = 512

    var tid: Int32
    /// -1: not opened yet; -2: cannot be opened.
    private var file: Int32 = -1
    private let lines: UnsafeMutableRawPointer
    private var spans: (Span, Span, Span, Span) = (Span(), Span(), Span(), Span())
    private var victim = 0
    private var isDirty = false

    private struct Span {
        var start: UInt64 = 0
        var count: UInt64 = 0
    }

    init(tid: Int32) {
        self.tid = tid
        lines = .allocate(byteCount: Int(Self.pageSize) * Self.lineCount, alignment: 16)
    }

    deinit {
        close()
        lines.deallocate()
    }

    /// Forgets what was read: the task has run since.
    @inline(__always)
    func invalidate() {
        guard isDirty else { return }
        spans = (Span(), Span(), Span(), Span())
        isDirty = false
    }

    /// Lets go of the old address space after an exec.
    func close() {
        invalidate()
        if file >= 0 {
            _ = Glibc.close(file)
            Self.openFiles -= 1
        }
        file = -1
    }

    func read(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let target = buffer.baseAddress, buffer.count > 0 else { return 0 }
        let wanted = UInt64(buffer.count)
        if let n = cached(address, wanted, target) { return n }
        let room = Self.pageSize - address % Self.pageSize
        // What crosses a page or fills most of one goes straight to its place.
        if wanted > room || wanted * 2 > Self.pageSize { return fetch(address, target, buffer.count) }
        let slot = victim
        victim = (victim + 1) % Self.lineCount
        let line = lines + slot * Int(Self.pageSize)
        let n = fetch(address, line, Int(room))
        isDirty = true
        setSpan(slot, Span(start: address, count: UInt64(n)))
        let copied = min(n, buffer.count)
        target.copyMemory(from: line, byteCount: copied)
        return copied
    }

    @inline(__always)
    private func cached(_ address: UInt64, _ wanted: UInt64, _ target: UnsafeMutableRawPointer) -> Int? {
        guard isDirty else { return nil }
        for slot in 0..<Self.lineCount {
            let s = span(slot)
            let offset = address &- s.start
            guard offset < s.count, s.count - offset >= wanted else { continue }
            target.copyMemory(from: lines + slot * Int(Self.pageSize) + Int(offset), byteCount: Int(wanted))
            return Int(wanted)
        }
        return nil
    }

    private func span(_ slot: Int) -> Span {
        switch slot {
        case 0: spans.0
        case 1: spans.1
        case 2: spans.2
        default: spans.3
        }
    }

    private func setSpan(_ slot: Int, _ s: Span) {
        switch slot {
        case 0: spans.0 = s
        case 1: spans.1 = s
        case 2: spans.2 = s
        default: spans.3 = s
        }
    }

    private func fetch(_ address: UInt64, _ target: UnsafeMutableRawPointer, _ count: Int) -> Int {
        if file == -1 { open() }
        guard file >= 0 else { return fetchWithoutFile(address, target, count) }
        guard address <= UInt64(Int64.max) else { return 0 }
        var done = 0
        while done < count {
            let n = pread(file, target + done, count - done, off_t(address) &+ off_t(done))
            if n <= 0 { break }
            done += n
        }
        return done
    }

    private func fetchWithoutFile(_ address: UInt64, _ target: UnsafeMutableRawPointer, _ count: Int) -> Int {
        clinux_read_memory(tid, address, target, count)
    }

    /// Writes into the tracee: the number of bytes that arrived.
    func write(_ address: UInt64, _ bytes: [UInt8]) -> Int {
        if file == -1 { open() }
        invalidate()
        guard file >= 0, address <= UInt64(Int64.max) else { return 0 }
        return bytes.withUnsafeBytes { max(pwrite(file, $0.baseAddress, $0.count, off_t(address)), 0) }
    }

    private func open() {
        file = -2
        guard Self.openFiles < Self.openFileLimit else { return }
        let fd = ProcPath.open(tid, "mem", O_RDWR | O_CLOEXEC)
        guard fd >= 0 else { return }
        file = fd
        Self.openFiles += 1
    }
}
