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
        guard let info = locate(line, pid, { (name) in
            var info = stat()
            return stat(name, &info) == 0 ? info : nil
        }) else { return nil }
        let identity = Identity(
            device: UInt64(info.st_dev), inode: UInt64(info.st_ino), size: Int(info.st_size),
            seconds: info.st_mtim.tv_sec, nanoseconds: info.st_mtim.tv_nsec, path: line.path,
            isProgram: known ?? isProgram(info, pid))
        if let known = files[identity] { return known }
        // The name that was good a moment ago is none once the process is gone: then it is another.
        var fd: Int32 = -1
        _ = locate(line, pid) { (name) in
            if fd >= 0 { close(fd) }
            fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
            var info = stat()
            return fd >= 0 && fstat(fd, &info) == 0 ? info : nil
        }
        let file = CodeFile(path: line.path, descriptor: fd, isProgram: identity.isProgram)
        files[identity] = file
        return file
    }

    /// Whether it is the one that the process executes.
    private func isProgram(_ info: stat, _ pid: Int32) -> Bool {
        var program = stat()
        return stat("/proc/\(pid)/exe", &program) == 0 && program.st_ino == info.st_ino && program.st_dev == info.st_dev
    }

    /// Looks for the mapped file, were it deleted or replaced since: by the mapping, which takes privileges, or the process'
    /// own view of the file system.
    ///
    /// - Parameter look: what is there under a name; nil if nothing is.
    private func locate(_ line: MapsLine, _ pid: Int32, _ look: (String) -> stat?) -> stat? {
        let hex = { (v: UInt64) in String(v, radix: 16) }
        let names = ["/proc/\(pid)/map_files/\(hex(line.start))-\(hex(line.end))", "/proc/\(pid)/root\(line.path)", "/proc/\(pid)/exe", line.path]
        for name in names {
            if let info = look(name), UInt64(info.st_ino) == line.inode, info.st_mode & S_IFMT == S_IFREG { return info }
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
