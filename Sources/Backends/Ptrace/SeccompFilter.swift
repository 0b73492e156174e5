import RenacerCore

/// A classic BPF program for seccomp(2) that lets chosen calls stop for the tracer.
///
/// It reads nothing but architecture and number: for numbers that it always allows the
/// kernel then skips it altogether.
enum SeccompFilter {
    private static let load: UInt16 = 0x20, jumpEqual: UInt16 = 0x15, jumpGreater: UInt16 = 0x25
    private static let jumpGreaterEqual: UInt16 = 0x35, jump: UInt16 = 0x05, end: UInt16 = 0x06
    private static let allow: UInt32 = 0x7fff_0000, trace: UInt32 = 0x7ff0_0000

    #if arch(x86_64)
    private static let nativeArchitecture: UInt32 = 0xc000_003e
    #else
    private static let nativeArchitecture: UInt32 = 0xc000_00b7
    #endif

    /// Instructions as `struct sock_filter`, in memory order.
    ///
    /// - Parameter stops: whether a number is to stop, asked for numbers up to those that
    ///   no table knows.
    static func program(_ stops: (Int, Personality) -> Bool) -> [UInt64] {
        let compat = section(.compat32, stops)
        var native = section(.native, stops)
        #if arch(x86_64)
        let x32 = section(.x32, stops)
        native = [instruction(jumpGreaterEqual, UInt32(SyscallTable.x32Bit), 0, 1), instruction(jump, UInt32(native.count))] + native + x32
        #endif
        var program = [
            instruction(load, 4), instruction(jumpEqual, nativeArchitecture, 1, 0),
            instruction(jump, UInt32(native.count + 1)), instruction(load, 0),
        ]
        program += native
        program.append(instruction(load, 0))
        program += compat
        return program
    }

    /// Decides on the number in the accumulator.
    private static func section(_ personality: Personality, _ stops: (Int, Personality) -> Bool) -> [UInt64] {
        let bit = personality == .x32 ? SyscallTable.x32Bit : 0
        var program: [UInt64] = []
        var number = 0
        while number < WatchList.count {
            guard stops(number | bit, personality) else {
                number += 1
                continue
            }
            let first = number
            while number < WatchList.count, stops(number | bit, personality) { number += 1 }
            // Ranges ascend: what lies below this one is in none.
            program += [
                instruction(jumpGreaterEqual, UInt32(first | bit), 1, 0), instruction(end, allow),
                instruction(jumpGreater, UInt32((number - 1) | bit), 1, 0), instruction(end, trace),
            ]
        }
        program.append(instruction(end, stops(WatchList.count | bit, personality) ? trace : allow))
        return program
    }

    private static func instruction(_ code: UInt16, _ k: UInt32, _ ifTrue: UInt8 = 0, _ ifFalse: UInt8 = 0) -> UInt64 {
        UInt64(code) | UInt64(ifTrue) << 16 | UInt64(ifFalse) << 24 | UInt64(k) << 32
    }
}
