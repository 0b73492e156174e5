/// THE system call table, looked up by number and by name.
public enum SyscallTable {
    /// Every row, grouped by the files beside this one.
    static let groups: [[Syscall.Row]] = [
        files, descriptors, memory, processes, signals, network, ipc, time, identity, system, mounts, asynchronous, security, ioctl,
    ]

    /// The system calls of this machine's architecture.
    private static let native: SyscallIndex = {
        let places = UnsafeMutableBufferPointer<Place>.allocate(capacity: SyscallSet.capacity)
        places.initialize(repeating: Place())
        for (g, group) in groups.enumerated() {
            for r in group.indices {
                guard let n = group[r].number else { continue }
                precondition(places[n].row == nil, "two system calls numbered \(n)")
                places[n] = Place(group: UInt8(g), row: UInt8(r))
            }
        }
        nonisolated(unsafe) let final = UnsafeBufferPointer(places)
        return SyscallIndex(count: places.count) { n in
            final[n].row.map { Syscall(groups[Int(final[n].group)][Int($0)]) }
        }
    }()

    /// Where a number's row is in `groups`; nowhere if `row` is nil.
    private struct Place {
        var group: UInt8 = 0
        var row: UInt8?
    }

    private static let compat32 = index(of: compatNames)
    private static let x32 = index(of: x32Names)

    /// The 32-bit tables name their calls; arguments stay raw (`CompatTables.swift`), classes
    /// are those of the native call of that name.
    private static func index(of names: ConstantTable) -> SyscallIndex {
        var byNumber: [Name?] = []
        for entry in names.entries {
            let n = Int(entry.value)
            while byNumber.count <= n { byNumber.append(nil) }
            byNumber[n] = entry.name
        }
        return SyscallIndex(count: byNumber.count) { [byNumber] n in
            byNumber[n].map { name in Syscall(compat: name, like: groups.joined().first { $0.name == name }) }
        }
    }

    private static func index(_ p: Personality) -> SyscallIndex {
        switch p {
        case .native: native
        case .compat32: compat32
        case .x32: x32
        }
    }

    /// The bit that marks an x32 call's number.
    public static let x32Bit = 0x4000_0000

    /// The row for a number, nil for a call that the table does not know.
    public static func lookup(_ number: Int, _ personality: Personality = .native) -> Syscall? {
        row(number, personality)?.takeUnretainedValue()
    }

    /// `lookup` without a reference counted.
    static func row(_ number: Int, _ personality: Personality) -> Unmanaged<Syscall>? {
        // Straight from the static: an index that is handed over is counted.
        if personality == .native { return native[number] }
        return index(personality)[personality == .x32 ? number & ~x32Bit : number]
    }

    /// Every call of a personality with its number, in order of numbers.
    public static func all(_ personality: Personality) -> [(number: Int, syscall: Syscall)] {
        let index = index(personality)
        return (0..<index.count).compactMap { n in index[n].map { (n, $0.takeUnretainedValue()) } }
    }
}
