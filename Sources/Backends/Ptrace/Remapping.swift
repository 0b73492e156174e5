import CLinux
import RenacerCore

/// A call that may change mappings, as it was entered.
struct Remapping {
    private let number: Int
    private let isNative: Bool
    private let address: UInt64
    private let count: UInt64

    init(_ number: Int, _ personality: Personality, _ info: clinux_syscall_info) {
        self.number = number
        isNative = personality == .native
        address = info.arg0
        count = info.arg1
    }

    /// Where something may have changed; nil if no code can have.
    func range(result: UInt64) -> (address: UInt64, count: UInt64)? {
        guard isNative else { return (0, .max) }
        switch number {
        case Int(clinux_sys_brk), Int(clinux_sys_shmat): return nil
        case Int(clinux_sys_mmap): return (result, count)
        case Int(clinux_sys_shmdt), Int(clinux_sys_execve), Int(clinux_sys_execveat): return (0, .max)
        case Int(clinux_sys_mremap): return (address, max(count, 1))
        default: return (address, count)
        }
    }
}

extension PtraceBackend {
    /// Tells who wants to know of a call that has changed mappings.
    func tell(_ task: Task, _ change: Remapping, _ result: UInt64) {
        task.remapping = nil
        guard let range = change.range(result: result) else { return }
        mappingObserver?.mappingsChanged(of: task.pid, at: range.address, count: range.count)
    }
}
