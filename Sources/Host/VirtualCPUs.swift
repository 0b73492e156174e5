import Glibc
import RenacerCore

extension ProcInspector {
    /// A virtual CPU's `struct kvm_run` is mapped from its descriptor, and its mapping is
    /// named as the descriptor is.
    public func virtualCPU(fd: Int32, of tid: Int32) -> UInt64? {
        guard let target = files.link(files.name(tid, "fd", fd)), target.starts(with: "anon_inode:kvm-vcpu:".utf8) else {
            return nil
        }
        let name = [UInt8](target)
        guard let maps = fopen(files.name(tid, "maps"), "re") else { return nil }
        var line: UnsafeMutablePointer<CChar>?
        var room = 0
        defer {
            free(line)
            fclose(maps)
        }
        while true {
            let count = getline(&line, &room, maps)
            guard count > 0, let line else { return nil }
            let text = UnsafeRawBufferPointer(start: line, count: count).dropLast()
            if text.suffix(name.count).elementsEqual(name) { return UInt64(strtoull(line, nil, 16)) }
        }
    }
}
