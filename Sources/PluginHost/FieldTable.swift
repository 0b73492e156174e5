import RenacerCore

/// Names of calls and of their fields, resolved to numbers once.
final class FieldTable {
    /// A field: a call and the way to a value among its arguments.
    final class Path {
        /// As it was asked for.
        let text: String
        let call: UInt32
        /// How it is had without decoding the call.
        let shortcut: Shortcut
        /// The argument's name, then names of fields and numbers of elements.
        let steps: [String]

        init(_ text: String, call: UInt32, shortcut: Shortcut, steps: [String]) {
            self.text = text
            self.call = call
            self.shortcut = shortcut
            self.steps = steps
        }
    }

    enum Shortcut {
        /// There is none: what an argument means takes its decoder.
        case none
        /// This register is the value.
        case signed(Int), unsigned(Int)
        /// This register points at it, a file name. Every open is asked for one; decoding the call took ten times as long.
        case fileName(Int)
    }

    private var paths: [Path] = []
    /// Nobody asked for a field.
    var isEmpty: Bool { paths.isEmpty }
    private var handles: [String: UInt32] = [:]
    /// Ids of calls of foreign personalities: their natives', by name.
    private var foreign: [Int: UInt32] = [:]

    /// The id of a native call: its number and 1.
    func call(_ name: String) -> UInt32 {
        SyscallTable.all(.native).first { $0.syscall.name.description == name }.map { UInt32($0.number) + 1 } ?? 0
    }

    func id(_ call: borrowing Call) -> UInt32 {
        if call.personality == .native {
            return call.syscall == nil ? 0 : UInt32(truncatingIfNeeded: call.number) &+ 1
        }
        let key = call.number << 2 | Int(call.personality.rawValue)
        if let known = foreign[key] { return known }
        let id = call.name.map { self.call($0.description) } ?? 0
        foreign[key] = id
        return id
    }

    /// A handle for `CALL.ARGUMENT.…`; 0 if the call has no such argument.
    func handle(_ text: String) -> UInt32 {
        if let known = handles[text] { return known }
        let steps = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard steps.count >= 2, !steps.contains(""), paths.count < 1 << 16 else { return 0 }
        let call = call(steps[0])
        guard call != 0, let row = SyscallTable.lookup(Int(call) - 1),
            let i = row.arguments.firstIndex(where: { $0.name.description == steps[1] })
        else { return 0 }
        var shortcut = Shortcut.none
        let argument = row.arguments[i], register = argument.register ?? i
        if steps.count == 2 {
            switch argument.kind {
            case .int, .long, .fd, .dirfd, .tid, .pid, .pgid, .sid: shortcut = .signed(register)
            case .uint, .ulong, .hex, .hex32, .address: shortcut = .unsigned(register)
            case .path: shortcut = .fileName(register)
            default: break
            }
        }
        paths.append(Path(text, call: call, shortcut: shortcut, steps: Array(steps.dropFirst())))
        let handle = UInt32(paths.count)
        handles[text] = handle
        return handle
    }

    func path(_ handle: UInt32) -> Path? {
        handle > 0 && Int(handle) <= paths.count ? paths[Int(handle) - 1] : nil
    }
}
