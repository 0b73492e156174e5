/// A system call of one task: what was asked and, at exit, what came of it.
public struct Call {
    public var number: Int
    public var personality: Personality
    /// Rows live as long as the program: a call holds one without counting references,
    /// so that events copy as plain bytes (a quarter of the tracer's time otherwise).
    private var row: Unmanaged<Syscall>?
    /// The six argument registers, unused ones included.
    public var arguments: Arguments
    /// `CLOCK_MONOTONIC` nanoseconds at entry; 0 if it was not seen.
    public var enterTime: UInt64
    /// `CLOCK_MONOTONIC` nanoseconds at exit.
    public var exitTime: UInt64 = 0
    /// CPU time the task spent in the kernel during the call, in nanoseconds; measured
    /// only where a sink asked for it.
    public var systemTime: UInt64 = 0
    public var outcome: Outcome = .unfinished
    /// What renacer itself did to this call.
    public var tampering: Tampering = []
    /// What processors made of it.
    public var treatment: Treatment = []
    /// The number of the call that `restart_syscall` takes up again, if it is known.
    public var interruptedNumber = Call.unknownNumber
    /// The tracee's instruction pointer, 0 if unknown.
    public var instructionPointer: UInt64 = 0
    /// The tracee's stack pointer, 0 if unknown.
    public var stackPointer: UInt64 = 0
    /// The tracee's memory at this moment. Borrowed for the time an event is consumed.
    public unowned(unsafe) var memory: any TraceeMemory

    /// The number of a call that was entered by a task that died before it could be asked.
    public static let unknownNumber = Int.min

    public typealias Arguments = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

    public init(
        number: Int, personality: Personality = .native, arguments: Arguments, enterTime: UInt64 = 0,
        memory: __shared any TraceeMemory
    ) {
        self.number = number
        self.personality = personality
        self.arguments = arguments
        self.enterTime = enterTime
        self.memory = memory
        row = SyscallTable.row(number, personality)
    }

    /// Makes it the next call of the same task, in its place.
    public mutating func begin(_ number: Int, _ personality: Personality, _ arguments: Arguments, enterTime: UInt64) {
        self.number = number
        self.personality = personality
        self.arguments = arguments
        self.enterTime = enterTime
        row = SyscallTable.row(number, personality)
        exitTime = 0
        systemTime = 0
        outcome = .unfinished
        tampering = []
        treatment = []
        interruptedNumber = Self.unknownNumber
        instructionPointer = 0
        stackPointer = 0
    }

    /// The row of the table; nil for a number that it does not know.
    @inline(__always)
    public var syscall: Syscall? { row?.takeUnretainedValue() }

    /// What `body` makes of the row, without a reference counted: an event asks often.
    @inline(__always)
    func withSyscall<R>(_ body: (Syscall) -> R) -> R? { row?._withUnsafeGuaranteedRef(body) }

    /// The row's name, style of result and classes; nil for a number that the table does not know.
    public var name: Name? { withSyscall { $0.name } }
    public var returns: Syscall.Returns? { withSyscall { $0.returns } }
    public var classes: SyscallClasses? { withSyscall { $0.classes } }

    /// How a call ended.
    public enum Outcome: Equatable {
        /// With this value.
        case returned(Int64)
        /// With this `errno`, a positive number; restart codes (512 and up) included.
        case failed(Int32)
        /// Not: the task died or replaced itself in it.
        case unfinished
        /// Its end was not there to be read.
        case unavailable
        /// The tracer let go of the task in it.
        case detached
    }

    public struct Tampering: OptionSet, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// The result or the call itself was replaced.
        public static let injected = Tampering(rawValue: 1)
        public static let delayed = Tampering(rawValue: 2)
        /// Memory behind the arguments was overwritten.
        public static let arguments = Tampering(rawValue: 4)
    }

    /// What a processor decided about a call whose entry sinks had been told of already.
    public struct Treatment: OptionSet, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Nobody shows it.
        public static let withdrawn = Treatment(rawValue: 1)
        /// It is only counted.
        public static let folded = Treatment(rawValue: 2)
    }

    /// Shows it as the call of another row: sinks name it and its arguments so.
    mutating func rename(_ syscall: Syscall) { row = Unmanaged.passUnretained(syscall) }

    /// The row's name, whatever it is shown as.
    public var originalName: Name? { withSyscall { $0.originalName } }

    /// Argument `i`, counted from 0.
    @inline(__always)
    public subscript(i: Int) -> UInt64 {
        switch i {
        case 0: arguments.0
        case 1: arguments.1
        case 2: arguments.2
        case 3: arguments.3
        case 4: arguments.4
        default: arguments.5
        }
    }

    /// Whether it ended with an error.
    public var failed: Bool {
        if case .failed = outcome { true } else { false }
    }

    /// The successful result, 0 otherwise.
    public var result: Int64 {
        if case .returned(let v) = outcome { v } else { 0 }
    }
}

extension Call.Outcome {
    /// What the value in the result's register means for `call`.
    public init(result: Int64, of call: Call) {
        let value = call.personality == .compat32 ? Int64(Int32(truncatingIfNeeded: result)) : result
        // Calls that widen 32 bits without their sign fail with what looks like a number.
        let isNarrow = result >> 12 == 0xf_ffff && call.returns == .narrow
        self = isNarrow || value < 0 && value >= -4095 ? .failed(Int32(truncatingIfNeeded: 0 &- result)) : .returned(result)
    }
}

extension Call {
    /// The errno of a call that the kernel goes on with through `restart_syscall`: ERESTART_RESTARTBLOCK of its linux/errno.h.
    public static let restartBlock: Int32 = 516
}
