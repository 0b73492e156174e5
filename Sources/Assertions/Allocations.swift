import RenacerCore

/// Bytes that programs asked the kernel for: mappings without a file, and the heap.
struct Allocations {
    private(set) var total: UInt64 = 0
    private(set) var worst = WorstCalls()
    /// The end of each process's heap.
    private var breaks: [Int32: UInt64] = [:]
    private let mmap, mremap, brk: Int

    private static let anonymous: UInt64 = 0x20

    init() {
        func number(_ name: Name) -> Int { SyscallTable.all(.native).first { $0.syscall.name == name }?.number ?? -1 }
        mmap = number("mmap")
        mremap = number("mremap")
        brk = number("brk")
    }

    mutating func forked(_ child: Int32, from pid: Int32) { breaks[child] = breaks[pid] }
    mutating func executed(_ pid: Int32) { breaks[pid] = nil }

    /// - Parameter text: describes the call.
    mutating func add(_ call: Call, pid: Int32, text: () -> String) {
        guard call.personality == .native, case .returned(let result) = call.outcome else { return }
        var bytes: UInt64 = 0
        switch call.number {
        // What cannot be read or written is address space, not memory.
        case mmap: if call[3] & Self.anonymous != 0, call[2] != 0 { bytes = call[1] }
        case mremap: if call[2] > call[1] { bytes = call[2] - call[1] }
        case brk:
            let end = UInt64(bitPattern: result)
            if let before = breaks[pid], end > before { bytes = end - before }
            breaks[pid] = end
        default: return
        }
        guard bytes > 0 else { return }
        total = total.addingReportingOverflow(bytes).overflow ? .max : total + bytes
        if worst.admits(bytes) { worst.add(bytes, "\(text()): \(bytes) bytes") }
    }
}
