/// One operation of a call that does many things, as prctl(2) and keyctl(2) do: the row
/// of arguments that it has with this operation.
public struct CallVariant: Sendable {
    /// All arguments of the call, the one that tells the operation included.
    public let arguments: [Argument]
    /// Describes what a successful result means: sets `Decoder.resultStyle`, writes a note.
    public let result: (@Sendable (Decoder) -> Void)?

    public init(_ arguments: [Argument], result: (@Sendable (Decoder) -> Void)? = nil) {
        self.arguments = arguments
        self.result = result
    }
}

extension Decoder {
    /// Prints the call's arguments by a variant's row: the whole body of such a dialect.
    func variantCall(_ variant: CallVariant) -> Syscall.Progress {
        guard exiting else {
            let next = arguments(variant.arguments, from: 0)
            kept = UInt64(next)
            if next < variant.arguments.count { return .nextAtExit }
            return variant.result == nil ? .complete : .sameAtExit
        }
        _ = arguments(variant.arguments, from: Int(kept))
        if !failed { variant.result?(self) }
        return .complete
    }

    /// Says behind the result what its bits mean, and writes it in hexadecimal.
    ///
    /// - Parameter zero: whether 0 has a meaning of its own.
    func resultFlags(_ table: ConstantTable, zero: Bool = false) {
        let v = UInt64(bitPattern: call.result)
        resultStyle = .hex
        guard v == 0 ? zero : table.entries.contains(where: { $0.value != 0 && $0.value & v == $0.value }) else { return }
        resultNote { bits in
            bits.names(v, table)
        }
    }

    /// Says behind the result which constant it is.
    func resultName(_ table: ConstantTable) {
        guard let name = table.name(of: UInt64(bitPattern: call.result)) else { return }
        out.beginNote()
        out.element()
        out.verbatim(name)
        out.endNote()
    }

    /// Text behind the result in parentheses, names joined by `|`. Results are shown as
    /// numbers, so names alone are said, and nothing where constants are shown raw.
    func resultNote(_ body: (JoinedNames) -> Void) {
        guard options.constants != .raw else { return }
        scratch.truncate(to: 0)
        body(JoinedNames(text: scratch))
        guard scratch.count > 0 else { return }
        out.beginNote()
        out.element()
        out.verbatim(scratch.bytes)
        out.endNote()
    }
}

/// Names and numbers joined by `|` in plain text.
struct JoinedNames {
    let text: TextBuffer

    private func join() { if text.count > 0 { text.ascii("|") } }

    func name(_ n: Name) {
        join()
        text.append(n)
    }

    func hex(_ v: UInt64) {
        join()
        text.hex(v)
    }

    /// A value shifted to its place: `0x2<<PR_MTE_TAG_SHIFT`.
    func suffix(_ n: Name) { text.append(n) }

    /// The names of the bits set, then those without a name as a number; nothing but the
    /// name for 0 if none is.
    func names(_ v: UInt64, _ table: ConstantTable) {
        if v == 0 {
            if let zero = table.name(of: 0) { name(zero) }
            return
        }
        var rest = v
        for e in table.entries where e.value != 0 && e.value & rest == e.value {
            name(e.name)
            rest &= ~e.value
        }
        if rest != 0 { hex(rest) }
    }
}
