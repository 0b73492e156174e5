import Glibc
import RenacerCore

extension ProcInspector {
    /// Looked up in the tracer's own network namespace, as strace does.
    public func interfaceName(_ index: UInt32, of tid: Int32, into text: TextBuffer) -> Bool {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(IF_NAMESIZE)) { name in
            guard let base = name.baseAddress, if_indextoname(index, base) != nil else { return false }
            text.append(UnsafeRawBufferPointer(start: base, count: strlen(base)))
            return true
        }
    }
}
