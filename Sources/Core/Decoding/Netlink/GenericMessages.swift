// Generic netlink: families with numbers of their own, and the one that tells those numbers.

extension Decoder {
    private static let controller: UInt16 = 16

    /// The name of a family; the running kernel knows those beyond the first.
    func genericType(_ type: UInt16) {
        if type != Self.controller, options.constants != .raw {
            scratch.truncate(to: 0)
            if inspector.genericNetlinkFamily(type, into: scratch) {
                if options.constants == .verbose {
                    out.hex(UInt64(type))
                    out.comment(scratch.bytes)
                } else {
                    out.verbatim(scratch.bytes)
                }
                return
            }
        }
        enumerated(UInt64(type), .genericFamilies)
    }

    /// `struct genlmsghdr`, then attributes.
    func genericMessage(_ type: UInt16, _ span: Span) -> Bool {
        fetch(span, 4) { b in
            structure {
                field("cmd")
                if type == Self.controller {
                    enumerated(UInt64(b.u8(0)), .controlCommands)
                } else {
                    out.hex(UInt64(b.u8(0)))
                }
                field("version")
                out.unsigned(UInt64(b.u8(1)))
                if b.u16(2) != 0 {
                    field("reserved")
                    out.hex(UInt64(b.u16(2)))
                }
            }
            let rest = span.dropping(4)
            guard rest.count > 0 else { return }
            out.element()
            guard type == Self.controller else {
                attributes(rest, .unnamed, AttributeContext())
                return
            }
            var context = AttributeContext()
            findFamily(rest, &context)
            attributes(rest, .control, context)
        }
    }

    /// Which family a message of the controller is about: its commands are named from
    /// the attribute on that names it.
    private func findFamily(_ span: Span, _ context: inout AttributeContext) {
        var rest = span
        while rest.count >= 4, let header = read(rest.address, 4) {
            let claimed = Int(header.u16(0))
            guard claimed >= 4 else { return }
            if header.u16(2) & 0x3fff == 2 {
                let text = rest.prefix(claimed).dropping(4)
                guard let b = read(text.address, min(text.count, 16)) else { return }
                context.commands = .genericCommands(b.slice(0, b.terminator ?? b.count).raw)
                context.commandsFrom = rest.address
                return
            }
            rest = rest.dropping((claimed + 3) & ~3)
        }
    }

    func controlCommand(_ span: Span, _ context: AttributeContext) -> Bool {
        guard span.count <= 8 else { return false }
        let table = span.address > context.commandsFrom ? context.commands : .controlCommands
        return fetch(span, 4) { enumerated($0.u32(0), table) }
    }
}

extension AttributeTable {
    static let control: AttributeTable = .init(.controlNames, [
        1: .x16, 2: .string, 3: .u32, 4: .u32, 5: .u32, 6: .nested { .controlOperations },
        7: .nested { .controlGroups }, 8: .nested { .policies }, 9: .nested { .operationPolicies }, 10: .u32,
    ])
    static let controlOperations = AttributeTable(each: { .controlOperation })
    static let controlGroups = AttributeTable(each: { .controlGroup })
    static let policies = AttributeTable(each: { .policyAttributes })
    static let policyAttributes = AttributeTable(each: { .policyType })
    static let operationPolicies = AttributeTable(each: { .operationPolicy })
    static let controlOperation: AttributeTable = .init(.controlOperationNames, [
        1: .custom { $0.controlCommand($1, $2) }, 2: .flags(.controlFlags, 4, limited: true),
    ])
    static let controlGroup: AttributeTable = .init(.controlGroupNames, [1: .string, 2: .x32])
    static let policyType: AttributeTable = .init(.policyTypeNames, [
        1: .enumerated(.policyTypes, 4, limited: true), 2: .s64, 3: .s64, 4: .u64, 5: .u64, 6: .u32, 7: .u32,
        8: .x32, 9: .x32, 10: .x32, 12: .x64,
    ])
    static let operationPolicy: AttributeTable = .init(.operationPolicyNames, [1: .u32, 2: .u32])
}
