import Foundation

/// Takes out of a trace what differs from run to run: pids, addresses, ports, times,
/// inodes, temporary names. Nothing else: what is left must be equal.
struct Canonical {
    private static let rules: [(NSRegularExpression, String)] = [
        (#"si_utime=\d+, si_stime=\d+"#, "si_utime=N, si_stime=N"),
        (#"htons\(\d+\)"#, "htons(PORT)"),
        (#"/tmp/(cc|tmp|sh-thd\.|sort|bash|descriptors-)[\w.-]+"#, "/tmp/NAME"),
        (#"(socket|pipe):\[\d+\]"#, "$1:[INODE]"),
        (#"([A-Z]\w*:\[)\d+(?=[\],-])"#, "$1INODE"),
        (#"(UNIX(?:-STREAM)?:\[INODE->)\d+"#, "$1INODE"),
        (#"(UDP|TCP)(v6)?:\[[^ ]*?:\d+(->[^ ]*?:\d+)?\]>"#, "$1$2:[ADDRESS]$3>"),
        (#"->[^ ]*?:\d+>"#, "->ADDRESS>"),
        (#"NETLINK:\[(\w+):\d+\]"#, "NETLINK:[$1:PORT]"),
        (#"eventfd-id=\d+"#, "eventfd-id=N"),
        (#"\{tv_sec=\d+, tv_[nu]sec=\d+\}(?= /\* )"#, "{TIME}"),
        (#"d_ino=\d+, d_off=\d+"#, "d_ino=N, d_off=N"),
        (#"/proc/\d+"#, "/proc/PID"),
        (#"st_size=\d+"#, "st_size=N"),
        (#"sysinfo\(\{.*\}\)"#, "sysinfo({…})"),
        (#"f_bfree=\d+, f_bavail=\d+, f_files=\d+, f_ffree=\d+"#, "f_bfree=N, …"),
        (#"^getpgid\(0\) = \w+"#, "getpgid(0) = GROUP"),
        (#"mm_cid=\d+"#, "mm_cid=N"),
        (#"getrandom\("[^"]*""#, "getrandom(\"RANDOM\""),
        (#"\b((?:shm|msg|sem)\w+)\(\w+,"#, "$1(ID,"),
        (#"\b((?:shm|msg|sem)get\(.*\)) = \w+"#, "$1 = ID"),
        (#"shm_([acd])time=\d+"#, "shm_$1time=TIME"),
    ].compactMap { pattern, replacement in
        (try? NSRegularExpression(pattern: pattern)).map { ($0, replacement) }
    }
    private static let address = try? NSRegularExpression(pattern: #"0x[0-9a-f]{5,16}\b"#)
    private static let hexadecimal = try? NSRegularExpression(pattern: #"0x[0-9a-f]{2,8}\b"#)
    private static let number = try? NSRegularExpression(pattern: #"(?<![\w.])\d{2,7}(?![\w.])"#)

    /// The trace's lines, task by task.
    static func lines(_ tasks: [(pid: Int, lines: [String])]) -> [[String]] {
        var pids: [String: String] = [:]
        for (i, t) in tasks.enumerated() { pids[String(t.pid)] = "PID\(i)" }
        return tasks.enumerated().map { (i, task) in
            var addresses: [String: String] = [:]
            // Some tracers let the program that they start, the first task, see the SIGCONT of its start.
            let lines = task.lines.filter { !$0.isEmpty && (i > 0 || !$0.hasPrefix("--- SIGCONT {si_signo=SIGCONT, si_code=SI_USER")) }
            return lines.map { line in
                var s = line
                for (pattern, replacement) in rules {
                    s = pattern.stringByReplacingMatches(in: s, range: NSRange(s.startIndex..., in: s), withTemplate: replacement)
                }
                // Where arguments are shown as they are (-e raw=).
                s = replace(s, hexadecimal) { n in Int(n.dropFirst(2), radix: 16).flatMap { pids[String($0)] } ?? n }
                s = replace(s, address) { a in
                    if let known = addresses[a] { return known }
                    let name = "ADDRESS\(addresses.count)"
                    addresses[a] = name
                    return name
                }
                s = replace(s, number) { pids[$0] ?? $0 }
                // The first task's parent is the tracer.
                return s.hasPrefix("getppid() = ") && !s.hasSuffix("PID0") ? "getppid() = PARENT" : s
            }
        }
    }

    private static func replace(_ s: String, _ pattern: NSRegularExpression?, _ body: (String) -> String) -> String {
        guard let pattern else { return s }
        let text = s as NSString
        var result = ""
        var at = 0
        for m in pattern.matches(in: s, range: NSRange(location: 0, length: text.length)) {
            result += text.substring(with: NSRange(location: at, length: m.range.location - at))
            result += body(text.substring(with: m.range))
            at = m.range.location + m.range.length
        }
        return result + text.substring(from: at)
    }
}
