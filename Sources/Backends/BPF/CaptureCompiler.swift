import CBPF
import RenacerCore

/// Turns rows of the system call table into programs that the BPF interpreter performs.
///
/// A value's kind tells what memory the decoder will read for it; a row's `capture` tells it
/// for arguments that code decodes. There is no other table.
struct CaptureCompiler {
    let needs: MemoryNeeds
    private(set) var operations: [capture_operation] = []
    /// Programs chosen by arguments, where the interpreter looks for them; empty if there are none.
    private(set) var choices: [capture_choice] = []
    private var sets: UInt8 = 0
    /// Where operations start that several programs share, by a hash of them.
    private var known: [Int: [Int]] = [:]
    /// Those of the program under way.
    private var entry: [capture_operation] = []
    private var exit: [capture_operation] = []
    /// Calls that are shown in full.
    private(set) var isVerbose = false

    /// Every program captures so many bytes of the stack; 0: none.
    private let stackBytes: Int

    init(_ needs: MemoryNeeds, stackBytes: Int = 0) {
        self.needs = needs
        self.stackBytes = stackBytes
    }

    /// The program of a call of which nothing but its stack is wanted.
    mutating func stackProgram() -> capture_program {
        entry.removeAll(keepingCapacity: true)
        exit.removeAll(keepingCapacity: true)
        return finish()
    }

    /// Operations of a program before the call, or after it.
    private static let mostOperations = 255

    /// Whether some program looks at what a descriptor refers to.
    var looksAtDescriptors: Bool { operations.contains { $0.code == UInt8(CAPTURE_DESCRIPTOR.rawValue) } }

    /// Compiles the program of one call.
    mutating func program(for syscall: Syscall, _ number: Int, _ personality: Personality) -> capture_program {
        isVerbose = needs.verbose.contains(number, personality)
        var p = compile(syscall.arguments, syscall)
        guard let variants = syscall.variants else { return p }
        if choices.isEmpty { choices = [capture_choice](repeating: capture_choice(), count: Int(CAPTURE_CHOICES)) }
        for row in variants.rows() {
            var c = capture_choice(key: row.key, program: compile(row.arguments, syscall, isVariant: true))
            c.program.set = sets
            c.program.flags = UInt8(CAPTURE_WANTED)
            // A choice without a place means the row's own program.
            place(c)
        }
        p.flags = UInt8(CAPTURE_CHOOSES)
        p.set = sets
        p.keys = UInt8(variants.key) | UInt8(variants.high ?? Int(CAPTURE_NO_KEY)) << 4
        p.shift = UInt8(variants.shift)
        sets += 1
        return p
    }

    private mutating func place(_ c: capture_choice) {
        let first = Int(capture_place(c.key, c.program.set))
        for i in 0..<Int(CAPTURE_PROBES) {
            let at = (first + i) & (choices.count - 1)
            guard choices[at].program.flags == 0 else { continue }
            choices[at] = c
            return
        }
    }

    private mutating func compile(_ arguments: [Argument], _ syscall: Syscall, isVariant: Bool = false) -> capture_program {
        let isDialect = syscall.dialect != nil && !isVariant
        entry.removeAll(keepingCapacity: true)
        exit.removeAll(keepingCapacity: true)
        for (i, a) in arguments.enumerated() where a.capture != nil || a.kind.leadsToMemory || describes && a.kind.isDescriptor {
            let register = UInt8(a.register ?? i)
            // A dialect may look before the call and after it.
            let both = isDialect && a.capture == nil && a.direction == .in && a.kind.leadsToMemory
            add(a, register, isExit: false, isActive: both || a.direction == .in, isDialect)
            add(a, register, isExit: true, isActive: both || a.direction != .in, isDialect)
        }
        if describes, isVariant {
            for (i, a) in syscall.arguments.enumerated() where a.kind.isDescriptor {
                let register = UInt8(a.register ?? i)
                if !arguments.enumerated().contains(where: { $1.kind.isDescriptor && $1.register ?? $0 == Int(register) }) {
                    add(a, register, isExit: false, isActive: true, false)
                }
            }
        }
        if describes, syscall.givesDescriptor {
            var result = CaptureOperations(isExit: true, isActive: true, isEvenOnError: false)
            result.add(CAPTURE_DESCRIPTOR, UInt8(CAPTURE_RESULT))
            exit += result.all
        }
        return finish()
    }

    /// The program of the operations so far.
    private mutating func finish() -> capture_program {
        if stackBytes > 0 {
            var stack = CaptureOperations(isExit: false, isActive: true, isEvenOnError: false)
            stack.add(CAPTURE_BYTES, UInt8(CAPTURE_STACK), limit: stackBytes)
            entry += stack.all
        }
        var p = capture_program()
        guard entry.count <= Self.mostOperations, exit.count <= Self.mostOperations, let first = store() else { return p }
        p.first = UInt16(first)
        p.entry = UInt8(entry.count)
        p.exit = UInt8(exit.count)
        return p
    }

    /// Where the operations of the program under way are; nil if there is no room for them.
    private mutating func store() -> Int? {
        let all = entry + exit
        let hash = all.withUnsafeBytes { bytes in
            var hasher = Hasher()
            hasher.combine(bytes: bytes)
            return hasher.finalize()
        }
        let size = all.count * MemoryLayout<capture_operation>.stride
        for first in known[hash] ?? [] where first + all.count <= operations.count {
            let isSame = operations.withUnsafeBytes { stored in
                all.withUnsafeBytes { wanted in
                    let start = first * MemoryLayout<capture_operation>.stride
                    return stored[start..<(start + size)].elementsEqual(wanted)
                }
            }
            if isSame { return first }
        }
        guard operations.count + all.count <= Int(CAPTURE_OPERATIONS) else { return nil }
        known[hash, default: []].append(operations.count)
        operations += all
        return operations.count - all.count
    }

    private mutating func add(_ a: Argument, _ register: UInt8, isExit: Bool, isActive: Bool, _ isDialect: Bool) {
        var list = CaptureOperations(isExit: isExit, isActive: isActive, isEvenOnError: a.direction == .inout_)
        if isActive, describes, a.name == "dirfd" { list.add(CAPTURE_DESCRIPTOR, register) }
        if let capture = a.capture {
            compile(capture, register, register, &list)
        } else if isActive {
            if case .address = a.kind {
                // Of a dialect: other rows leave it at the address.
                if isDialect { compile(Capture.unknown, register, register, &list) }
            } else {
                compile(a.kind, register, &list)
            }
        }
        if isExit { exit += list.all } else { entry += list.all }
    }
}

extension Syscall {
    /// Whether its result may be a new descriptor.
    fileprivate var givesDescriptor: Bool {
        switch returns {
        case .fd, .dialect: true
        default: false
        }
    }
}
