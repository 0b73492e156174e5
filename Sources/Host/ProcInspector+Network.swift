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

    public func genericNetlinkFamily(_ number: UInt16, into text: TextBuffer) -> Bool {
        guard let name = genericFamilies.name(number) else { return false }
        name.withUnsafeBytes { text.append($0) }
        return true
    }
}
