import CLinux
import RenacerCore

/// The calls of a plan as an expression of the kernel's tracepoint filters: other calls leave no record at all.
///
/// Tracepoints tell no personality: a number that is wanted in any table passes, and what is not wanted
/// is left out here.
struct NumberFilter {
    /// Empty if everything passes: all is wanted, or what is wanted takes more words than the kernel reads.
    let expression: String

    /// Numbers above those of any table, but for x32's.
    private static let end = 1024
    /// The kernel reads 4096 bytes, among them what is added to tell failed calls.
    private static let mostBytes = 3900

    /// Numbers of exit and exit_group, which tell a task's exit status, by table.
    static func ends(_ p: Personality) -> (exit: Int, group: Int) {
        #if arch(x86_64)
        p == .compat32 ? (1, 252) : (Int(clinux_sys_exit), Int(clinux_sys_exit_group))
        #else
        p == .compat32 ? (1, 248) : (Int(clinux_sys_exit), Int(clinux_sys_exit_group))
        #endif
    }

    init(_ set: SyscallSet) {
        if set.isAll {
            expression = ""
            return
        }
        var wanted = [Bool](repeating: false, count: Self.end)
        for n in 0..<Self.end {
            wanted[n] = set.contains(n, .native) || set.contains(n, .compat32)
        }
        for p in [Personality.native, .compat32] {
            wanted[Self.ends(p).exit] = true
            wanted[Self.ends(p).group] = true
            // Which thread executes, and so ends the others; and where a launched program begins.
            for n in Self.execs(p) { wanted[n] = true }
        }
        // What one table leaves out another may want.
        let unwanted = Self.terms(wanted, false)
        if unwanted.isEmpty, set.includesUnknown {
            expression = ""
            return
        }
        var terms = Self.terms(wanted, true)
        // Hardly ever made: told apart here.
        terms.append("id >= \(SyscallTable.x32Bit)")
        if set.includesUnknown { terms += ["id < 0", "id >= \(Self.end)"] }
        var shortest = terms.joined(separator: " || ")
        // The complement, which says nothing of numbers beyond the tables.
        if set.includesUnknown {
            let others = "!(" + unwanted.joined(separator: " || ") + ")"
            if others.utf8.count < shortest.utf8.count { shortest = others }
        }
        expression = shortest.utf8.count <= Self.mostBytes ? shortest : ""
    }

    static func execs(_ p: Personality) -> [Int] {
        #if arch(x86_64)
        p == .compat32 ? [11, 358] : p == .x32 ? [520, 545] : [Int(clinux_sys_execve), Int(clinux_sys_execveat)]
        #else
        p == .compat32 ? [11, 387] : [Int(clinux_sys_execve), Int(clinux_sys_execveat)]
        #endif
    }

    /// Ranges of equal members.
    private static func terms(_ members: [Bool], _ value: Bool) -> [String] {
        var result: [String] = []
        var n = 0
        while n < members.count {
            var after = n + 1
            while after < members.count, members[after] == members[n] { after += 1 }
            if members[n] == value {
                result.append(after == n + 1 ? "id == \(n)" : "(id >= \(n) && id < \(after))")
            }
            n = after
        }
        return result
    }
}
