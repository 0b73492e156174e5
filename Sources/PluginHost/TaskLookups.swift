import CPluginGuard
import CRenacerPlugin
import Glibc
import RenacerCore

/// What `/proc` says of tasks as they are now.
final class TaskLookups {
    private let path = Answer()
    private let command = Answer()
    private let names = Answer()
    private let below = Answer()
    private let symbolName = Answer()
    private let symbolFile = Answer()
    private lazy var symbols = SymbolFiles()
    /// Lines of `/proc/PID/maps` as last read, by the task asked about.
    private var mappings: [Int32: [Mapping]] = [:]

    struct Mapping {
        var start: UInt64, end: UInt64, offset: UInt64, inode: UInt64
        var permissions: UInt32
        var major: UInt32, minor: UInt32
        var name: String
    }

    // MARK: Descriptors

    func descriptor(_ tid: Int32, _ fd: Int32) -> renacer_descriptor? {
        guard tid > 0, fd >= 0 else { return nil }
        let link = "/proc/\(tid)/fd/\(fd)"
        var target = [CChar](repeating: 0, count: 4096)
        let n = readlink(link, &target, target.count)
        guard n > 0 else { return nil }
        var d = renacer_descriptor()
        d.path = target.withUnsafeBytes { path.keep(UnsafeRawBufferPointer(rebasing: $0.prefix(n))) }
        var info = stat()
        guard stat(link, &info) == 0 else { return d }
        d.kind = UInt32(Self.kind(info.st_mode))
        let device = DeviceNumber(UInt64(info.st_dev)), special = DeviceNumber(UInt64(info.st_rdev))
        d.device_major = UInt32(truncatingIfNeeded: device.major)
        d.device_minor = UInt32(truncatingIfNeeded: device.minor)
        d.inode = UInt64(info.st_ino)
        d.special_major = UInt32(truncatingIfNeeded: special.major)
        d.special_minor = UInt32(truncatingIfNeeded: special.minor)
        d.file_size = UInt64(max(info.st_size, 0))
        return d
    }

    private static func kind(_ mode: mode_t) -> Int {
        let kinds: [(mode_t, Int)] = [
            (S_IFREG, Int(RENACER_FILE_REGULAR)), (S_IFDIR, Int(RENACER_FILE_DIRECTORY)), (S_IFCHR, Int(RENACER_FILE_CHARACTER_DEVICE)),
            (S_IFBLK, Int(RENACER_FILE_BLOCK_DEVICE)), (S_IFIFO, Int(RENACER_FILE_PIPE)), (S_IFSOCK, Int(RENACER_FILE_SOCKET)),
            (S_IFLNK, Int(RENACER_FILE_LINK)),
        ]
        return kinds.first { $0.0 == mode & S_IFMT }?.1 ?? Int(RENACER_FILE_OTHER)
    }

    func isSame(_ tid: Int32, _ fd: Int32, _ otherTid: Int32, _ otherFd: Int32) -> Bool? {
        let answer = cplugin_compare_files(tid, fd, otherTid, otherFd)
        return answer < 0 ? nil : answer == 0
    }

    // MARK: Tasks

    func task(_ tid: Int32) -> renacer_task? {
        guard tid > 0, let status = Self.read("/proc/\(tid)/status") else { return nil }
        var t = renacer_task()
        for line in status.split(separator: "\n") {
            if line.hasPrefix("Name:\t") { t.command = command.keep(String(line.dropFirst(6))) }
            if line.hasPrefix("State:\t") { t.state = line.utf8.dropFirst(7).first.map(UInt32.init) ?? 0 }
            if line.hasPrefix("Tgid:\t") {
                t.pid = Int32(line.dropFirst(6)) ?? 0
                break
            }
        }
        // Time on a CPU and time waiting for one, ns: Documentation/scheduler/sched-stats.rst.
        if let times = Self.read("/proc/\(tid)/schedstat")?.split(separator: " "), times.count >= 2 {
            t.cpu_time = UInt64(times[0]) ?? 0
            t.ready_time = UInt64(times[1]) ?? 0
        }
        return t
    }

    // MARK: Mappings

    func mapping(_ tid: Int32, _ address: UInt64) -> renacer_mapping? {
        guard let (m, under) = find(tid, address) else { return nil }
        var out = renacer_mapping()
        out.permissions = m.permissions
        out.start = m.start
        out.end = m.end
        out.offset = m.offset
        out.inode = m.inode
        out.device_major = m.major
        out.device_minor = m.minor
        out.name = names.keep(m.name)
        out.below = below.keep(m.name.isEmpty ? under?.name ?? "" : "")
        return out
    }

    /// The mapping that an address lies in, and the nearest file's below an anonymous one.
    private func find(_ tid: Int32, _ address: UInt64) -> (Mapping, under: Mapping?)? {
        if let known = mappings[tid], let found = Self.find(known, address) { return found }
        guard tid > 0, let text = Self.read("/proc/\(tid)/maps") else { return nil }
        if mappings.count > 64 { mappings = [:] }
        let all = text.split(separator: "\n").compactMap(Self.parse)
        mappings[tid] = all
        return Self.find(all, address)
    }

    /// Forgets the mappings of a task that executed or is gone.
    func forget(_ tid: Int32) { mappings[tid] = nil }

    private static func find(_ all: [Mapping], _ address: UInt64) -> (Mapping, under: Mapping?)? {
        guard let i = all.firstIndex(where: { $0.start <= address && address < $0.end }) else { return nil }
        // A library's or program's .bss lies right behind its last file mapping.
        let under = all[i].name.isEmpty && i > 0 && all[i - 1].end == all[i].start && all[i - 1].inode != 0 ? all[i - 1] : nil
        return (all[i], under)
    }

    /// `START-END PERMS OFFSET MAJOR:MINOR INODE NAME`: proc_pid_maps(5).
    private static func parse(_ line: Substring) -> Mapping? {
        let parts = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
        guard parts.count >= 5 else { return nil }
        let range = parts[0].split(separator: "-"), device = parts[3].split(separator: ":")
        guard range.count == 2, device.count == 2, let start = UInt64(range[0], radix: 16), let end = UInt64(range[1], radix: 16),
            let offset = UInt64(parts[2], radix: 16), let major = UInt32(device[0], radix: 16), let minor = UInt32(device[1], radix: 16),
            let inode = UInt64(parts[4])
        else { return nil }
        var permissions: UInt32 = 0
        for (letter, bit) in [("r", 4), ("w", 2), ("x", 1), ("s", 8)] as [(Character, UInt32)] where parts[1].contains(letter) {
            permissions |= bit
        }
        let name = parts.count > 5 ? String(parts[5].drop { $0 == " " }) : ""
        return Mapping(
            start: start, end: end, offset: offset, inode: inode, permissions: permissions, major: major, minor: minor, name: name)
    }

    // MARK: Symbols

    func symbol(_ tid: Int32, _ address: UInt64) -> renacer_symbol? {
        guard let (m, under) = find(tid, address) else { return nil }
        let file = m.inode != 0 ? m : under
        guard let file, file.name.hasPrefix("/") else { return nil }
        // Where the file's first byte would be, were all of it mapped as this part is.
        guard let found = symbols.symbol(
            in: "/proc/\(tid)/root\(file.name)", name: file.name, address: address, mapped: file.start, offset: file.offset)
        else { return nil }
        var s = renacer_symbol()
        s.name = symbolName.keep(found.name)
        s.offset = found.offset
        s.file = symbolFile.keep(file.name)
        return s
    }

    /// A file below `/proc`, at most 16 MiB of it.
    private static func read(_ path: String) -> String? {
        let fd = open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return nil }
        defer { close(fd) }
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 32 << 10)
        while all.count < 16 << 20 {
            let n = Glibc.read(fd, &chunk, chunk.count)
            if n <= 0 { break }
            all += chunk[..<n]
        }
        return all.isEmpty ? nil : String(decoding: all, as: UTF8.self)
    }
}
