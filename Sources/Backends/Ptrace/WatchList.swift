import CLinux
import RenacerCore

/// What to do at the entry of a call, by number: a byte each for native calls.
final class WatchList {
    struct Mark: OptionSet {
        let rawValue: UInt8
        /// Its events are delivered.
        static let deliver = Mark(rawValue: 1)
        /// Some rule may tamper with it.
        static let tamper = Mark(rawValue: 2)
        /// It does not return.
        static let final = Mark(rawValue: 4)
        /// It makes a task, or sees or sets the CPUs it may run on.
        static let placement = Mark(rawValue: 8)
        static let exec = Mark(rawValue: 16)
        /// It may change what of the task's memory can be read.
        static let remapping = Mark(rawValue: 32)
    }

    static let count = 1024
    private let marks: UnsafeMutablePointer<UInt8>
    private var syscalls = SyscallSet.none
    private var tampering: [TamperRule] = []

    init() {
        marks = .allocate(capacity: Self.count)
        marks.initialize(repeating: 0, count: Self.count)
    }

    deinit { marks.deallocate() }

    func prepare(_ plan: CapturePlan) {
        syscalls = plan.syscalls
        tampering = plan.tampering
        for n in 0..<Self.count {
            var m = Mark()
            if syscalls.contains(n, .native) {
                m.insert(.deliver)
                if tampering.contains(where: { $0.syscalls.contains(n, .native) }) { m.insert(.tamper) }
            }
            m.formUnion(Self.special(n))
            marks[n] = m.rawValue
        }
    }

    @inline(__always)
    func mark(_ number: Int, _ personality: Personality) -> Mark {
        if personality == .native, number >= 0, number < Self.count {
            return Mark(rawValue: marks[number])
        }
        return foreignMark(number, personality)
    }

    private func foreignMark(_ number: Int, _ personality: Personality) -> Mark {
        var m = Mark.remapping
        if syscalls.contains(number, personality) {
            m.insert(.deliver)
            if tampering.contains(where: { $0.syscalls.contains(number, personality) }) { m.insert(.tamper) }
        }
        guard personality != .native, let name = SyscallTable.lookup(number, personality)?.name else { return m }
        switch name {
        case "exit", "exit_group": m.insert(.final)
        case "execve", "execveat": m.insert(.exec)
        case "fork", "vfork", "clone", "clone3", "sched_setaffinity", "sched_getaffinity": m.insert(.placement)
        default: break
        }
        return m
    }

    private static func special(_ n: Int) -> Mark {
        switch n {
        case Int(clinux_sys_exit), Int(clinux_sys_exit_group): .final
        case Int(clinux_sys_execve), Int(clinux_sys_execveat): [.exec, .remapping]
        case Int(clinux_sys_clone), Int(clinux_sys_clone3), Int(clinux_sys_fork), Int(clinux_sys_vfork),
            Int(clinux_sys_sched_setaffinity), Int(clinux_sys_sched_getaffinity):
            .placement
        case Int(clinux_sys_mmap), Int(clinux_sys_munmap), Int(clinux_sys_mprotect), Int(clinux_sys_pkey_mprotect),
            Int(clinux_sys_mremap), Int(clinux_sys_remap_file_pages), Int(clinux_sys_brk), Int(clinux_sys_shmat),
            Int(clinux_sys_shmdt), Int(clinux_sys_map_shadow_stack):
            .remapping
        default: []
        }
    }
}
