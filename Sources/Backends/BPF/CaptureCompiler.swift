import CBPF
import Glibc
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
    /// Where operations start that other programs may share, by a hash of them: those stored last, -1 for none.
    private var stored = [Int32](repeating: -1, count: 1024)
    /// Those of the program under way.
    private var entry = CaptureOperations(isExit: false)
    private var exit = CaptureOperations(isExit: true)
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
        entry.all.removeAll(keepingCapacity: true)
        exit.all.removeAll(keepingCapacity: true)
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
        entry.all.removeAll(keepingCapacity: true)
        exit.all.removeAll(keepingCapacity: true)
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
            exit.begin(isActive: true, isEvenOnError: false)
            exit.add(CAPTURE_DESCRIPTOR, UInt8(CAPTURE_RESULT))
        }
        return finish()
    }

    /// The program of the operations so far.
    private mutating func finish() -> capture_program {
        if stackBytes > 0 {
            entry.begin(isActive: true, isEvenOnError: false)
            entry.add(CAPTURE_BYTES, UInt8(CAPTURE_STACK), limit: stackBytes)
        }
        var p = capture_program()
        guard entry.all.count <= Self.mostOperations, exit.all.count <= Self.mostOperations, let first = store() else { return p }
        p.first = UInt16(first)
        p.entry = UInt8(entry.all.count)
        p.exit = UInt8(exit.all.count)
        return p
    }

    /// Where the operations of the program under way are; nil if there is no room for them.
    private mutating func store() -> Int? {
        let first = operations.count, count = entry.all.count + exit.all.count
        guard count > 0 else { return 0 }
        guard first + count <= Int(CAPTURE_OPERATIONS) else { return nil }
        operations += entry.all
        operations += exit.all
        let (place, same) = operations.withUnsafeBytes { bytes in
            let size = MemoryLayout<capture_operation>.stride
            let fresh = UnsafeRawBufferPointer(rebasing: bytes[(first * size)...])
            var hash: UInt64 = 0
            for i in stride(from: 0, to: fresh.count, by: 8) {
                hash = (hash ^ fresh.loadUnaligned(fromByteOffset: i, as: UInt64.self)) &* 0x9e37_79b9_7f4a_7c15
            }
            let place = Int(hash >> 54), former = Int(stored[place])
            guard former >= 0, former + count <= first else { return (place, Int?.none) }
            return (place, memcmp(bytes.baseAddress! + former * size, fresh.baseAddress!, fresh.count) == 0 ? former : nil)
        }
        if let same {
            operations.removeLast(count)
            return same
        }
        stored[place] = Int32(first)
        return first
    }

    private mutating func add(_ a: Argument, _ register: UInt8, isExit: Bool, isActive: Bool, _ isDialect: Bool) {
        guard isActive || a.capture != nil else { return }
        // Taken out while it grows, since the rest is looked at meanwhile.
        var list = CaptureOperations(isExit: isExit)
        if isExit { swap(&list, &exit) } else { swap(&list, &entry) }
        defer { if isExit { swap(&list, &exit) } else { swap(&list, &entry) } }
        list.begin(isActive: isActive, isEvenOnError: a.direction == .inout_)
        if isActive, describes, a.name == "dirfd" { list.add(CAPTURE_DESCRIPTOR, register) }
        if let capture = a.capture {
            compile(capture, register, register, &list)
        } else if case .address = a.kind {
            // Of a dialect: other rows leave it at the address.
            if isDialect { compile(Capture.unknown, register, register, &list) }
        } else {
            compile(a.kind, register, &list)
        }
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
