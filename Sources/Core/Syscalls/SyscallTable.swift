/// THE system call table, looked up by number and by name.
public enum SyscallTable {
    /// Every row, grouped by the files beside this one.
    static let groups: [[Syscall]] = [
        files, descriptors, memory, processes, signals, network, ipc, time, identity, system, mounts, asynchronous, security,
    ]

    /// The system calls of this machine's architecture by number.
    private static let native: [Syscall?] = {
        var byNumber: [Syscall?] = []
        for group in groups {
            for s in group {
                guard let n = number(s) else { continue }
                while byNumber.count <= n { byNumber.append(nil) }
                precondition(byNumber[n] == nil, "two system calls numbered \(n)")
                byNumber[n] = s
            }
        }
        return byNumber
    }()

    /// The 32-bit tables name their calls; arguments stay raw (`CompatTables.swift`).
    private static let compat32 = compatTable(compatNames)
    private static let x32 = compatTable(x32Names)

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
        let table = switch personality {
        case .native: native
        case .compat32: compat32
        case .x32: x32
        }
        let n = personality == .x32 ? number & ~x32Bit : number
        return n >= 0 && n < table.count ? table[n] : nil
    }

    /// Every call of a personality with its number, in order of numbers.
    public static func all(_ personality: Personality) -> [(number: Int, syscall: Syscall)] {
        let table = switch personality {
        case .native: native
        case .compat32: compat32
        case .x32: x32
        }
        return table.enumerated().compactMap { n, s in s.map { (n, $0) } }
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
