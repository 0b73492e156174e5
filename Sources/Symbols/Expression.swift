import CDW
import RenacerCore

/// The operations that unwind tables are made of (DWARF 5, section 2.5): what compilers emit for the frames of signal
/// handlers, procedure linkage tables and realigned stacks. Jumps are not among them.
enum Expression {
    /// - Parameter frameAddress: the CFA.
    /// - Returns: the value, and whether it is where the value is; nil for what cannot be computed.
    static func evaluate(
        _ operations: ArraySlice<cdw_operation>, frameAddress: UInt64, _ memory: any TraceeMemory, register: (Int) -> UInt64?
    ) -> (value: UInt64, isAddress: Bool)? {
        var stack: [UInt64] = []
        var isAddress = true
        for o in operations {
            switch o.code {
            case 0x03, 0x08...0x11: stack.append(o.number)
            case 0x30...0x4f: stack.append(UInt64(o.code - 0x30))
            case 0x50...0x6f:
                guard let v = register(Int(o.code - 0x50)) else { return nil }
                stack.append(v)
                isAddress = false
            case 0x90:
                guard let v = register(Int(clamping: o.number)) else { return nil }
                stack.append(v)
                isAddress = false
            case 0x70...0x8f:
                guard let v = register(Int(o.code - 0x70)) else { return nil }
                stack.append(v &+ o.number)
            case 0x92:
                guard let v = register(Int(clamping: o.number)) else { return nil }
                stack.append(v &+ o.number2)
            case 0x9c: stack.append(frameAddress)
            case 0x96: break
            case 0x9f: isAddress = false
            case 0x12:
                guard let v = stack.last else { return nil }
                stack.append(v)
            case 0x13: guard stack.popLast() != nil else { return nil }
            case 0x14:
                guard stack.count > 1 else { return nil }
                stack.append(stack[stack.count - 2])
            case 0x16:
                guard stack.count > 1 else { return nil }
                stack.swapAt(stack.count - 1, stack.count - 2)
            case 0x06:
                guard let a = stack.popLast(), let v = memory.word(at: a) else { return nil }
                stack.append(v)
            case 0x94:
                guard let a = stack.popLast(), let v = memory.word(at: a), (1...8).contains(o.number) else { return nil }
                stack.append(o.number == 8 ? v : v & (1 << (o.number * 8) - 1))
            case 0x1f, 0x20, 0x23:
                guard let v = stack.popLast() else { return nil }
                stack.append(o.code == 0x1f ? 0 &- v : o.code == 0x20 ? ~v : v &+ o.number)
            default:
                guard let b = stack.popLast(), let a = stack.popLast(), let v = combined(o.code, a, b) else { return nil }
                stack.append(v)
            }
            if stack.count > 64 { return nil }
        }
        return stack.last.map { ($0, isAddress) }
    }

    private static func combined(_ code: UInt8, _ a: UInt64, _ b: UInt64) -> UInt64? {
        let x = Int64(bitPattern: a), y = Int64(bitPattern: b)
        return switch code {
        case 0x1a: a & b
        case 0x1c: a &- b
        case 0x1e: a &* b
        case 0x21: a | b
        case 0x22: a &+ b
        case 0x24: b > 63 ? 0 : a << b
        case 0x25: b > 63 ? 0 : a >> b
        case 0x26: UInt64(bitPattern: x >> Int64(min(b, 63)))
        case 0x27: a ^ b
        case 0x29: x == y ? 1 : 0
        case 0x2a: x >= y ? 1 : 0
        case 0x2b: x > y ? 1 : 0
        case 0x2c: x <= y ? 1 : 0
        case 0x2d: x < y ? 1 : 0
        case 0x2e: x != y ? 1 : 0
        default: nil
        }
    }
}
