import RenacerCore

/// The words of a call that are the same from one call of a kind to the next, more often than not.
struct CallWords: Equatable {
    private var a: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    private var b: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    init() {}

    init(_ call: borrowing Call) {
        let w = call.arguments
        a = (w.0, w.1, w.2, w.3)
        b = (w.4, w.5, call.instructionPointer, call.stackPointer)
    }

    @inline(__always)
    static func == (x: CallWords, y: CallWords) -> Bool { x.differences(y) == 0 }

    /// A bit for each word that is another.
    @inline(__always)
    func differences(_ o: CallWords) -> UInt8 {
        var m: UInt8 = 0
        if a.0 != o.a.0 { m |= 1 }
        if a.1 != o.a.1 { m |= 2 }
        if a.2 != o.a.2 { m |= 4 }
        if a.3 != o.a.3 { m |= 8 }
        if b.0 != o.b.0 { m |= 16 }
        if b.1 != o.b.1 { m |= 32 }
        if b.2 != o.b.2 { m |= 64 }
        if b.3 != o.b.3 { m |= 128 }
        return m
    }

    subscript(i: Int) -> UInt64 {
        get {
            switch i {
            case 0: a.0
            case 1: a.1
            case 2: a.2
            case 3: a.3
            case 4: b.0
            case 5: b.1
            case 6: b.2
            default: b.3
            }
        }
        set {
            switch i {
            case 0: a.0 = newValue
            case 1: a.1 = newValue
            case 2: a.2 = newValue
            case 3: a.3 = newValue
            case 4: b.0 = newValue
            case 5: b.1 = newValue
            case 6: b.2 = newValue
            default: b.3 = newValue
            }
        }
    }

    var arguments: Call.Arguments { (a.0, a.1, a.2, a.3, b.0, b.1) }
    var instructionPointer: UInt64 { b.2 }
    var stackPointer: UInt64 { b.3 }
}

/// A call that others of its kind are told by.
struct SlotState {
    var isUsed = false
    var number = 0
    var personality = Personality.native
    var words = CallWords()
}

/// Changes in the life of a task, by their numbers in a recording.
enum ProcessKind: UInt8 {
    case attached = 0, detached, strayDetached, strayExited, forked, cloned, executed, superseded, exited, killed, dumped
}

extension Loss.Cause {
    /// Its number in a recording, which never changes.
    var code: UInt8 {
        switch self {
        case .ringFull: 0
        case .captureTooLarge: 1
        case .nesting: 2
        case .taskTableFull: 3
        case .sinkTooSlow: 4
        case .outputFailed: 5
        }
    }

    init?(code: UInt8) {
        guard let cause = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = cause
    }
}
