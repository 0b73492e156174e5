import RenacerCore

/// The registers of a frame, as far as anybody asked for them: reading those of a task is a request to the kernel, and
/// those that a callee saved are in its memory.
struct FrameRegisters {
    static let count = 33
    #if arch(x86_64)
    static let stackPointer = 7, framePointer = 6
    #else
    static let stackPointer = 31, framePointer = 29
    #endif

    private enum State { case asInTask, known, saved, undefined }
    private let states = UnsafeMutablePointer<State>.allocate(capacity: count)
    private let values = UnsafeMutablePointer<UInt64>.allocate(capacity: count)
    private let task = UnsafeMutablePointer<UInt64>.allocate(capacity: count)
    private var hasTask = false
    private(set) var instructionPointer: UInt64 = 0

    func deallocate() {
        states.deallocate()
        values.deallocate()
        task.deallocate()
    }

    /// Those of the innermost frame.
    mutating func begin(stackPointer: UInt64, instructionPointer: UInt64) {
        hasTask = false
        self.instructionPointer = instructionPointer
        states.update(repeating: .asInTask, count: Self.count)
        set(Self.stackPointer, to: stackPointer)
    }

    /// The same, all read at once: false if they cannot be read.
    mutating func begin(_ tid: Int32, _ inspector: any TaskInspector) -> Bool {
        begin(stackPointer: 0, instructionPointer: 0)
        guard read(tid, inspector) else { return false }
        set(Self.stackPointer, to: task[Self.stackPointer])
        return true
    }

    private mutating func read(_ tid: Int32, _ inspector: any TaskInspector) -> Bool {
        hasTask = inspector.registers(of: tid, into: UnsafeMutableBufferPointer(start: task, count: Self.count), &instructionPointer)
        return hasTask
    }

    func set(_ n: Int, to value: UInt64) {
        states[n] = .known
        values[n] = value
    }

    /// Saved in memory at `address`.
    func save(_ n: Int, at address: UInt64) {
        states[n] = .saved
        values[n] = address
    }

    func undefine(_ n: Int) { states[n] = .undefined }

    mutating func value(_ n: Int, _ tid: Int32, _ memory: any TraceeMemory, _ inspector: any TaskInspector) -> UInt64? {
        guard n >= 0, n < Self.count else { return nil }
        switch states[n] {
        case .known: return values[n]
        case .undefined: return nil
        case .saved:
            guard let value = memory.word(at: values[n]) else { return nil }
            set(n, to: value)
            return value
        case .asInTask:
            if let captured = memory.register(n) {
                set(n, to: captured)
                return captured
            }
            let pointer = instructionPointer
            defer { instructionPointer = pointer }
            guard hasTask || read(tid, inspector) else { return nil }
            set(n, to: task[n])
            return task[n]
        }
    }
}

extension TraceeMemory {
    /// The eight bytes at an address.
    func word(at address: UInt64) -> UInt64? {
        var value: UInt64 = 0
        let count = withUnsafeMutableBytes(of: &value) { readStack(address, into: $0) }
        return count == 8 ? value : nil
    }
}
