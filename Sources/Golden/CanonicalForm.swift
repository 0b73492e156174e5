import RenacerCore

/// Turns calls into texts that are the same in every run of the same program.
///
/// What a program asked for is kept: the call, files, flags, positions, how much it wanted to read, and the error. What the kernel, the
/// loader or the clock chose is not: addresses, process ids, descriptors' numbers, inode numbers, contents, times, results.
final class CanonicalForm {
    var names: CanonicalNames
    private var roles: [Int: [String: Role]] = [:]
    /// The first file that the call just written is about.
    private(set) var object = ""

    /// What an argument is, for this purpose.
    private enum Role {
        case plain
        case path
        /// A thread's or process's id.
        case task
        /// Chosen by the kernel or by chance.
        case left
    }

    init(_ names: CanonicalNames) { self.names = names }

    /// Calls that depend on how threads met, or that the kernel makes up.
    static func isNoise(_ call: Call) -> Bool {
        switch call.outcome {
        // Interrupted: the program did not see it, or makes the call again.
        case .failed(let error) where error >= 512 || error == 4: return true
        case .unavailable, .detached: return true
        default: break
        }
        guard let name = call.name else { return false }
        return noise.contains(name) || call.outcome == .unfinished && !ends.contains(name)
    }

    private static let noise: Set<Name> = [
        "futex", "futex_wait", "futex_wake", "futex_waitv", "futex_requeue", "sched_yield", "restart_syscall", "rt_sigreturn", "membarrier",
        // As often as chance wants it: glibc draws again what is not even.
        "getrandom",
    ]
    /// Calls by which an allocator gets and returns memory: which thread does that depends on how threads met.
    static func isAllocation(_ call: Call) -> Bool { call.name.map(allocations.contains) ?? false }

    private static let allocations: Set<Name> = ["mmap", "munmap", "mprotect", "mremap", "madvise", "brk"]
    private static let ends: Set<Name> = ["exit", "exit_group"]

    /// The call's text: `openat(AT_FDCWD, "./a", O_RDONLY) = ENOENT`.
    func text(_ call: Call, _ arguments: [Value.Field]) -> String {
        object = ""
        let name = call.name?.description ?? "syscall_\(call.number)"
        if let path = madePath(call, arguments) { names.add(made: path) }
        let roles = call.syscall.map { self.roles(of: $0, call.number, call.personality) } ?? [:]
        var out = name + "("
        for (i, field) in arguments.enumerated() {
            if i > 0 { out += ", " }
            write(field.value, roles[field.name] ?? .plain, to: &out)
        }
        out += ")"
        if case .failed(let error) = call.outcome {
            out += " = "
            out += ConstantTable.errors.name(of: UInt64(UInt32(bitPattern: error)))?.description ?? String(error)
        }
        return out
    }

    private func roles(of syscall: Syscall, _ number: Int, _ personality: Personality) -> [String: Role] {
        let key = number << 2 | Int(personality.rawValue)
        if let known = roles[key] { return known }
        var result: [String: Role] = [:]
        // Sizes of mappings depend on where the kernel puts them.
        let isMapping = syscall.classes.contains(.memory)
        for argument in syscall.arguments {
            let role: Role
            switch (argument.kind, argument.direction) {
            case (_, .out), (_, .inout_): role = .left
            case (.path, _), (.text, _): role = .path
            case (.bytes, _), (.string, _), (.vectors, _), (.hex, _), (.hex32, _), (.address, _): role = .left
            case (.pid, _), (.tid, _), (.pgid, _), (.sid, _): role = .task
            case (.ulong, _) where isMapping, (.long, _) where isMapping: role = .left
            default: role = .plain
            }
            result[argument.name.description] = role
        }
        // How long a text is that a program writes depends on the numbers in it.
        for argument in syscall.arguments {
            if case .bytes(.argument(let i)) = argument.kind, argument.direction == .in, syscall.arguments.indices.contains(i) {
                result[syscall.arguments[i].name.description] = .left
            }
        }
        roles[key] = result
        return result
    }

    // MARK: Values

    private func write(_ value: Value, _ role: Role, to out: inout String) {
        switch (role, value) {
        case (.left, .null): out += "NULL"
        case (.left, _): out += "*"
        case (.task, .signed(let id)): task(id, to: &out)
        case (.task, .annotated(.signed(let id), _)): task(id, to: &out)
        default: write(value, isOutside: true, to: &out)
        }
    }

    private func task(_ id: Int64, to out: inout String) {
        out += id != 0 && names.isTask(id.magnitude > UInt64(Int32.max) ? 0 : abs(id)) ? (id < 0 ? "-PID" : "PID") : String(id)
    }

    /// - Parameter isOutside: not in a structure, of which numbers are times, sizes or chance.
    private func write(_ value: Value, isOutside: Bool, to out: inout String) {
        switch value {
        case .null: out += "NULL"
        case .signed(let v): out += isOutside ? names.isTask(v) && v > 99 ? "PID" : String(v) : "*"
        case .unsigned(let v): out += isOutside ? String(v) : "*"
        case .address: out += "*"
        case .boolean(let v): out += v ? "true" : "false"
        case .symbol(_, let text), .text(let text): out += text
        case .string(let bytes, let truncated):
            let text = names.path(String(decoding: bytes, as: UTF8.self))
            if object.isEmpty, isOutside { object = text }
            out += quoted(text)
            if truncated { out += "..." }
        case .list(let values):
            out += "["
            for (i, v) in values.enumerated() {
                if i > 0 { out += ", " }
                write(v, isOutside: false, to: &out)
            }
            out += "]"
        case .record(let fields):
            out += "{"
            var isFirst = true
            for f in fields {
                if !isFirst { out += ", " }
                isFirst = false
                if !f.name.isEmpty { out += f.name + "=" }
                write(f.value, isOutside: false, to: &out)
            }
            out += "}"
        case .call(let name, let values):
            out += name + "("
            for (i, v) in values.enumerated() {
                if i > 0 { out += ", " }
                write(v, isOutside: isOutside, to: &out)
            }
            out += ")"
        case .changed(let values): if let first = values.first { write(first, isOutside: isOutside, to: &out) }
        case .annotated(.signed(let v), let text): descriptor(v, text, to: &out)
        case .annotated(.unsigned(let v), let text): descriptor(Int64(clamping: v), text, to: &out)
        case .annotated(let v, _): write(v, isOutside: isOutside, to: &out)
        case .more: out += "..."
        }
    }

    /// The standard descriptors are known by their numbers, others by what they refer to.
    private func descriptor(_ number: Int64, _ text: String, to out: inout String) {
        let name = names.path(text)
        if object.isEmpty { object = name }
        out += 0...2 ~= number ? String(number) : "<\(name)>"
    }

    private func quoted(_ text: String) -> String {
        let buffer = TextBuffer(capacity: 128)
        buffer.ascii("\"")
        var text = text
        text.withUTF8 { buffer.escaped(UnsafeRawBufferPointer($0), .octal) }
        buffer.ascii("\"")
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    // MARK: Files made

    /// The file that the call made, if it made one that was not there.
    private func madePath(_ call: Call, _ arguments: [Value.Field]) -> String? {
        guard case .returned = call.outcome, let name = call.name else { return nil }
        switch name {
        case "mkdir", "mkdirat": break
        case "open", "openat", "openat2":
            let creates = arguments.contains { field in
                if case .symbol(_, let flags) = field.value { flags.contains("O_EXCL") && flags.contains("O_CREAT") } else { false }
            }
            guard creates else { return nil }
        default: return nil
        }
        for field in arguments { if case .string(let bytes, false) = field.value { return String(decoding: bytes, as: UTF8.self) } }
        return nil
    }
}
