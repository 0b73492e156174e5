import CDW
import RenacerCore

/// Walks a stack from a call outwards, by unwind tables and, where a file has none, by frame pointers.
final class Unwinder {
    private var registers = FrameRegisters()
    private(set) var memory: any TraceeMemory = NoMemory()
    private var inspector: any TaskInspector = NoInspector()
    private var tid: Int32 = 0
    /// Of the frame that was visited last.
    private(set) var instructionPointer: UInt64 = 0
    /// What matters is the instruction that was executed last, rather than the next one.
    var isAfterInstruction = false

    deinit { registers.deallocate() }

    /// Starts at a call that a task is stopped in.
    func begin(
        _ tid: Int32, _ instructionPointer: UInt64, _ stackPointer: UInt64, _ memory: any TraceeMemory,
        _ inspector: any TaskInspector
    ) {
        self.tid = tid
        self.memory = memory
        self.inspector = inspector
        self.instructionPointer = instructionPointer
        registers.begin(stackPointer: stackPointer, instructionPointer: instructionPointer)
    }

    /// Starts where a task is stopped: false if it cannot be asked.
    func begin(_ tid: Int32, _ memory: any TraceeMemory, _ inspector: any TaskInspector) -> Bool {
        self.tid = tid
        self.memory = memory
        self.inspector = inspector
        guard registers.begin(tid, inspector) else { return false }
        instructionPointer = registers.instructionPointer
        return true
    }

    /// No stack that makes sense is deeper.
    private static let depth = 4096

    /// - Parameter visit: told of each frame, the innermost first; ends the walk with false.
    func walk(_ space: AddressSpace, _ visit: (CodePoint?) -> Bool) {
        var isReturn = isAfterInstruction
        for _ in 0..<Self.depth {
            var point = space.point(at: instructionPointer, isReturn: isReturn, memory)
            if isReturn, point?.frame?.isSignalFrame == true {
                // Nobody called the code that a signal handler returns to.
                point = space.point(at: instructionPointer, isReturn: false, memory) ?? point
            }
            guard visit(point) else { return }
            if let rules = point?.frame {
                guard follow(rules) else { return }
                isReturn = !rules.isSignalFrame
            } else {
                // Code that no table describes: a compiler at run time made it, or it is written by hand.
                guard space.hasCode(at: instructionPointer) else { return }
                guard followFramePointer() else {
                    // The dynamic linker's first function. strace shows that there was no caller, too.
                    if register(FrameRegisters.framePointer) == 0 { _ = visit(nil) }
                    return
                }
                isReturn = true
            }
        }
    }

    private func register(_ n: Int) -> UInt64? { registers.value(n, tid, memory, inspector) }

    private func follow(_ rules: FrameRules) -> Bool {
        let address: UInt64
        if let base = rules.base {
            guard let value = register(base) else { return false }
            address = value &+ UInt64(bitPattern: rules.baseOffset)
        } else {
            guard let value = evaluate(rules.operations[rules.frameAddress], frameAddress: 0)?.value else { return false }
            address = value
        }
        // Rules speak of the callee's registers: all are read before any is set.
        let caller: UInt64
        switch rules.returnAddress {
        case .undefined: return false
        case .same:
            guard let value = register(rules.returnRegister) else { return false }
            caller = value
        case .saved(let offset):
            guard let value = memory.word(at: address &+ UInt64(bitPattern: offset)) else { return false }
            caller = value
        case .expression(let range):
            guard let value = resolved(rules, range, address) else { return false }
            caller = value
        }
        let before = (instructionPointer, register(FrameRegisters.stackPointer))
        let computed = rules.expressions.map { (number: $0.number, value: resolved(rules, $0.operations, address)) }
        registers.set(FrameRegisters.stackPointer, to: address)
        for n in rules.undefined { registers.undefine(n) }
        for (n, offset) in rules.saved { registers.save(n, at: address &+ UInt64(bitPattern: offset)) }
        for (n, value) in computed {
            if let value { registers.set(n, to: value) } else { registers.undefine(n) }
        }
        instructionPointer = caller
        // A table that leads nowhere.
        return caller != 0 && (caller, register(FrameRegisters.stackPointer)) != before
    }

    /// The value that an expression gives, or leads to.
    private func resolved(_ rules: FrameRules, _ range: Range<Int>, _ address: UInt64) -> UInt64? {
        guard let result = evaluate(rules.operations[range], frameAddress: address) else { return nil }
        return result.isAddress ? memory.word(at: result.value) : result.value
    }

    private func evaluate(_ operations: ArraySlice<cdw_operation>, frameAddress: UInt64) -> (value: UInt64, isAddress: Bool)? {
        Expression.evaluate(operations, frameAddress: frameAddress, memory) { register($0) }
    }

    /// The caller's frame by the convention that a frame begins with the caller's frame pointer and the return address.
    private func followFramePointer() -> Bool {
        guard let frame = register(FrameRegisters.framePointer), let stack = register(FrameRegisters.stackPointer),
            // A frame lies between this one's end and the beginning of the stack, which is no larger than that.
            frame >= stack, frame - stack < 1 << 30, frame % 8 == 0,
            let caller = memory.word(at: frame &+ 8), caller != 0, let outer = memory.word(at: frame)
        else { return false }
        registers.set(FrameRegisters.stackPointer, to: frame &+ 16)
        registers.set(FrameRegisters.framePointer, to: outer)
        instructionPointer = caller
        return true
    }
}
