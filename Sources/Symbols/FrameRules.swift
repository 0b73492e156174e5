import CDW

/// How to get from a frame to its caller's: a row of an unwind table, made ready to be followed many times.
///
/// DWARF 5, section 6.4. Registers have DWARF's numbers.
final class FrameRules {
    enum Rule {
        case same, undefined
        /// Saved so far from the CFA.
        case saved(Int64)
        /// Given by these operations.
        case expression(Range<Int>)
    }

    /// What the CFA is relative to; nil: `frameAddress` gives it.
    let base: Int?
    let baseOffset: Int64
    let frameAddress: Range<Int>
    let returnRegister: Int
    /// The caller did not call: it was interrupted by a signal.
    let isSignalFrame: Bool
    /// Registers that are not as they were in the callee, but for the return address and where the CFA is the stack
    /// pointer, as is usual: saved so far from the CFA, given by operations, or lost.
    private(set) var saved: [(number: Int, offset: Int64)] = []
    private(set) var expressions: [(number: Int, operations: Range<Int>)] = []
    private(set) var undefined: [Int] = []
    let returnAddress: Rule
    let operations: [cdw_operation]

    /// The rules at an address of a file; nil if it has no table for it.
    init?(_ file: CodeFile, _ address: UInt64) {
        guard let object = file.object else { return nil }
        let frame = UnsafeMutablePointer<cdw_frame>.allocate(capacity: 1)
        defer { frame.deallocate() }
        guard cdw_unwind(object, address, frame) == 0 else { return nil }
        base = frame.pointee.cfa_register < 0 ? nil : Int(frame.pointee.cfa_register)
        baseOffset = frame.pointee.cfa_offset
        frameAddress = Self.range(frame.pointee.cfa)
        let column = Int(frame.pointee.return_register)
        returnRegister = column
        isSignalFrame = frame.pointee.is_signal_frame != 0
        operations = withUnsafeBytes(of: &frame.pointee.operations) {
            Array($0.bindMemory(to: cdw_operation.self)[..<Int(frame.pointee.operation_count)])
        }
        let rules = withUnsafeBytes(of: &frame.pointee.registers) { bytes in
            bytes.bindMemory(to: cdw_rule.self).map(Self.rule)
        }
        returnAddress = rules[column]
        for (number, rule) in rules.enumerated() where number != column {
            switch rule {
            case .same: break
            case .undefined: undefined.append(number)
            case .saved(let offset): saved.append((number, offset))
            case .expression(let range):
                let isFrameAddress = operations[range].map(\.code) == [0x9c, 0x9f]
                if number != FrameRegisters.stackPointer || !isFrameAddress { expressions.append((number, range)) }
            }
        }
    }

    private static func range(_ rule: cdw_rule) -> Range<Int> { Int(rule.first)..<Int(rule.first) + Int(rule.count) }

    private static func rule(_ rule: cdw_rule) -> Rule {
        switch UInt32(rule.kind) {
        case cdw_same.rawValue: .same
        case cdw_saved.rawValue: .saved(rule.number)
        case cdw_expression.rawValue: .expression(range(rule))
        default: .undefined
        }
    }
}
