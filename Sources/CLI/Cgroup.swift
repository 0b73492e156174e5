import CLinux
import Glibc

/// Control groups as `--cgroup` names them.
enum Cgroup {
    /// The id of a directory of the cgroup2 file system: absolute, or below its mount.
    static func id(of path: String) throws(UsageError) -> UInt64 {
        var full = path
        if path.first != "/" {
            guard let mount = mount() else { throw UsageError("--cgroup: no cgroup2 file system is mounted") }
            full = mount + "/" + path
        }
        var id: UInt64 = 0
        let error = clinux_cgroup_id(full, &id)
        if error == -ENOTSUP { throw UsageError("--cgroup: \(full) is not a directory of a cgroup2 file system") }
        if error != 0 { throw UsageError("--cgroup: \(full): \(String(cString: strerror(-error)))") }
        return id
    }

    /// Where the cgroup2 file system is mounted; the first place if there are several.
    static func mount() -> String? {
        guard let file = fopen("/proc/self/mounts", "re") else { return nil }
        defer { fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var size = 0
        defer { free(line) }
        while getline(&line, &size, file) > 0, let line {
            let fields = String(cString: line).split(separator: " ")
            if fields.count > 2, fields[2] == "cgroup2" { return String(fields[1]) }
        }
        return nil
    }
}
