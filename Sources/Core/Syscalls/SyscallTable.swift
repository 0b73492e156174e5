/// THE system call table, looked up by number and by name.
public enum SyscallTable {
    /// Every row, grouped by the files beside this one.
    static let groups: [[Syscall]] = [
        files, descriptors, memory, processes, signals, network, ipc, time, identity, system, mounts, asynchronous, security, ioctl,
    ]

    /// Rows by number, in memory that is never freed: looking one up counts no references.
    private typealias Index = UnsafeBufferPointer<Unmanaged<Syscall>?>

    /// The system calls of this machine's architecture.
    nonisolated(unsafe) private static let native: Index = {
        var byNumber: [Syscall?] = []
        for group in groups {
            for s in group {
                guard let n = number(s) else { continue }
                while byNumber.count <= n { byNumber.append(nil) }
                precondition(byNumber[n] == nil, "two system calls numbered \(n)")
                byNumber[n] = s
            }
        }
        return index(byNumber)
    }()

    /// The 32-bit tables name their calls; arguments stay raw (`CompatTables.swift`).
    nonisolated(unsafe) private static let compat32 = index(compatTable(compatNames))
    nonisolated(unsafe) private static let x32 = index(compatTable(x32Names))

    private static func index(_ rows: [Syscall?]) -> Index {
        let memory = UnsafeMutableBufferPointer<Unmanaged<Syscall>?>.allocate(capacity: rows.count)
        _ = memory.initialize(from: rows.map { $0.map(Unmanaged.passRetained) })
        return Index(memory)
    }

    private static func index(_ p: Personality) -> Index {
        switch p {
        case .native: native
        case .compat32: compat32
        case .x32: x32
        }
    }

    /// The bit that marks an x32 call's number.
    public static let x32Bit = 0x4000_0000

    @inline(__always)
    static func number(_ s: Syscall) -> Int? {
        #if arch(x86_64)
        s.x86_64
        #else
        s.aarch64
        #endif
    }

    /// The row for a number, nil for a call that the table does not know.
    public static func lookup(_ number: Int, _ personality: Personality = .native) -> Syscall? {
        row(number, personality)?.takeUnretainedValue()
    }

    /// `lookup` without a reference counted.
    static func row(_ number: Int, _ personality: Personality) -> Unmanaged<Syscall>? {
        let rows = index(personality)
        let n = personality == .x32 ? number & ~x32Bit : number
        return n >= 0 && n < rows.count ? rows[n] : nil
    }

    /// Every call of a personality with its number, in order of numbers.
    public static func all(_ personality: Personality) -> [(number: Int, syscall: Syscall)] {
        index(personality).enumerated().compactMap { n, s in s.map { (n, $0.takeUnretainedValue()) } }
    }

    /// Calls of another personality, with the classes of the native call of that name.
    private static func compatTable(_ names: ConstantTable) -> [Syscall?] {
        var byName: [Name: Syscall] = [:]
        for group in groups { for s in group { byName[s.name] = s } }
        var result: [Syscall?] = []
        for entry in names.entries {
            let n = Int(entry.value)
            while result.count <= n { result.append(nil) }
            result[n] = Syscall(compat: entry.name, like: byName[entry.name])
        }
        return result
    }
}
