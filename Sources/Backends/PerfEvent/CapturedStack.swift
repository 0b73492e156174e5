import CPerf
import CSampler
import Glibc
import RenacerCore

/// The registers that a call was made with and the innermost part of its stack; beyond that, what other memory there is.
final class CapturedStack: TraceeMemory {
    /// Bytes that are recorded of a stack.
    static let size = 8 << 10
    private let bytes = UnsafeMutableRawPointer.allocate(byteCount: CapturedStack.size, alignment: 16)
    private let registers = UnsafeMutablePointer<UInt64>.allocate(capacity: CSAMPLER_REGISTERS)
    private var start: UInt64 = 0
    private var count = 0
    fileprivate(set) var beyond: any TraceeMemory

    fileprivate init(beyond: any TraceeMemory) {
        self.beyond = beyond
        registers.initialize(repeating: 0, count: CSAMPLER_REGISTERS)
    }

    deinit {
        bytes.deallocate()
        registers.deallocate()
    }

    fileprivate func hold(_ r: cperf_record) {
        start = r.stack_pointer
        count = min(r.stack_size, Self.size)
        if let stack = r.stack { bytes.copyMemory(from: stack, byteCount: count) }
        csampler_order_registers(r.registers, registers)
    }

    /// Not from the stack, which is that of the call's entry: what a call wrote there came later.
    func read(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int { beyond.read(address, into: buffer) }

    func readStack(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let base = buffer.baseAddress, address >= start, address - start < UInt64(count) else {
            return beyond.read(address, into: buffer)
        }
        let offset = Int(address - start), n = min(buffer.count, count - offset)
        base.copyMemory(from: bytes + offset, byteCount: n)
        return n
    }

    func turn(toExit: Bool) { beyond.turn(toExit: toExit) }
    var isLate: Bool { beyond.isLate }

    func register(_ number: Int) -> UInt64? { number >= 0 && number < Self.known ? registers[number] : nil }

    #if arch(x86_64)
    private static let known = 16
    #else
    private static let known = 32
    #endif
}

/// Stacks of calls, used again once the batch with a call's last event is consumed.
final class StackPool {
    private var free: [CapturedStack] = []
    private var spent: [CapturedStack] = []
    /// Copies of what stood in the rings, for records that are looked at later, and that of the one which waits.
    private var copies: [UnsafeMutableRawPointer] = []
    private var waiting: UnsafeMutableRawPointer?

    deinit {
        for copy in copies { copy.deallocate() }
        waiting?.deallocate()
    }

    func take(_ r: cperf_record, beyond: any TraceeMemory) -> CapturedStack {
        let stack = free.popLast() ?? CapturedStack(beyond: beyond)
        stack.beyond = beyond
        stack.hold(r)
        return stack
    }

    /// Nobody asks for it behind the batch that is being made.
    func giveBack(_ stack: inout CapturedStack?) {
        guard let last = stack else { return }
        spent.append(last)
        stack = nil
    }

    /// The batch is consumed.
    func recycle() {
        if spent.isEmpty { return }
        free += spent
        spent.removeAll(keepingCapacity: true)
    }

    /// Has a record's stack last as long as the trace.
    func keep(_ r: inout cperf_record) { if let copy = copy(&r) { copies.append(copy) } }

    /// Has it last until this is asked again.
    func hold(_ r: inout cperf_record) {
        guard let copy = copy(&r) else { return }
        waiting?.deallocate()
        waiting = copy
    }

    private func copy(_ r: inout cperf_record) -> UnsafeMutableRawPointer? {
        guard let registers = r.registers, let stack = r.stack else { return nil }
        let room = (CSAMPLER_REGISTERS + 1) * 8
        let copy = UnsafeMutableRawPointer.allocate(byteCount: room + r.stack_size, alignment: 16)
        copy.copyMemory(from: registers, byteCount: csampler_register_mask().nonzeroBitCount * 8)
        (copy + room).copyMemory(from: stack, byteCount: r.stack_size)
        r.registers = UnsafePointer(copy.assumingMemoryBound(to: UInt64.self))
        r.stack = UnsafePointer((copy + room).assumingMemoryBound(to: UInt8.self))
        return copy
    }
}
