import CDW
import CMappings
import Glibc
import RenacerCore

/// The files whose code has been asked about, each opened once however many processes map it.
final class FileCatalog {
    private var files: [Identity: CodeFile] = [:]
    private var kernelCode: CodeFile?

    /// A file as it was when it was opened: one that was written anew is another.
    private struct Identity: Hashable {
        var device, inode: UInt64
        var size, seconds, nanoseconds: Int
        var path: String
        var isProgram: Bool
    }

    /// The file that a line of `/proc/PID/maps` names.
    ///
    /// - Parameter isProgram: whether it is the one that the process executes; nil: `/proc` tells.
    func file(_ line: MapsLine, of pid: Int32, isProgram known: Bool? = nil) -> CodeFile? {
        guard let (source, info) = locate(line, pid) else { return nil }
        let identity = Identity(
            device: UInt64(info.st_dev), inode: UInt64(info.st_ino), size: Int(info.st_size),
            seconds: info.st_mtim.tv_sec, nanoseconds: info.st_mtim.tv_nsec, path: line.path,
            isProgram: known ?? isProgram(info, pid))
        if let known = files[identity] { return known }
        let fd = open(source, O_RDONLY | O_CLOEXEC)
        let file = CodeFile(path: line.path, descriptor: fd, isProgram: identity.isProgram)
        files[identity] = file
        return file
    }

    /// Whether it is the one that the process executes.
    private func isProgram(_ info: stat, _ pid: Int32) -> Bool {
        var program = stat()
        return stat("/proc/\(pid)/exe", &program) == 0 && program.st_ino == info.st_ino && program.st_dev == info.st_dev
    }

    /// A name under which the mapped file can be opened, were it deleted or replaced since: by the mapping, which takes
    /// privileges, or the process' own view of the file system.
    private func locate(_ line: MapsLine, _ pid: Int32) -> (String, stat)? {
        let hex = { (v: UInt64) in String(v, radix: 16) }
        let names = ["/proc/\(pid)/map_files/\(hex(line.start))-\(hex(line.end))", "/proc/\(pid)/root\(line.path)", "/proc/\(pid)/exe", line.path]
        for name in names {
            var info = stat()
            if stat(name, &info) == 0, UInt64(info.st_ino) == line.inode, info.st_mode & S_IFMT == S_IFREG { return (name, info) }
        }
        return nil
    }

    /// What the kernel maps into every process; it is in no file.
    func vdso(_ line: MapsLine, _ memory: any TraceeMemory) -> CodeFile? {
        if let kernelCode { return kernelCode }
        let size = line.end - line.start
        guard size <= 1 << 20 else { return nil }
        let fd = withUnsafeTemporaryAllocation(byteCount: Int(size), alignment: 16) { image in
            if memory.read(line.start, into: image) == image.count { return cdw_memory_file(image.baseAddress, image.count) }
            // Every process has the same: that of this one serves where the task's memory is not at hand.
            guard let own = cmappings_vdso() else { return -1 }
            return cdw_memory_file(own, Int(size))
        }
        guard fd >= 0 else { return nil }
        let file = CodeFile(path: "[vdso]", descriptor: fd, isProgram: false)
        kernelCode = file
        return file
    }
}
