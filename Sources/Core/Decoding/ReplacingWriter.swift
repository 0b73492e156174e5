/// Stands before a writer and replaces what `Replacements` says: every sink's strings come through here.
final class ReplacingWriter: ValueWriter {
    private let out: any ValueWriter
    private let rules: Replacements
    private let inspector: any TaskInspector
    private let scratch = TextBuffer(capacity: 4096)
    private var memory: any TraceeMemory = Decoder.nothing
    /// The call touches a path whose contents are hidden.
    private var hidesAll = false
    /// Where the next string begins in the tracee's memory; 0 if that is not known.
    var source: UInt64 = 0

    init(_ out: any ValueWriter, _ rules: Replacements, inspector: any TaskInspector) {
        self.out = out
        self.rules = rules
        self.inspector = inspector
    }

    func begin(_ call: Call, _ tid: Int32) {
        memory = call.memory
        source = 0
        hidesAll = !rules.paths.isEmpty && touches(call, tid)
    }

    private func touches(_ call: Call, _ tid: Int32) -> Bool {
        guard let syscall = call.syscall else { return false }
        for (i, argument) in syscall.arguments.prefix(6).enumerated() {
            switch argument.kind {
            case .path:
                let isMatch = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
                    let count = call[i] == 0 ? 0 : call.memory.readString(call[i], into: buffer)
                    return buffer.prefix(count).firstIndex(of: 0).map { rules.matchesPath(buffer[..<$0]) } ?? false
                }
                if isMatch { return true }
            case .fd, .dirfd:
                let fd = Int32(truncatingIfNeeded: call[i])
                scratch.truncate(to: 0)
                if fd >= 0, inspector.describe(fd: fd, of: tid, call.memory, .path, into: scratch) != .unknown, rules.matchesPath(scratch.bytes) {
                    return true
                }
            default: break
            }
        }
        return false
    }

    // MARK: What is replaced

    func string(_ bytes: UnsafeRawBufferPointer, truncated: Bool, escaping: StringEscaping?) {
        let address = source
        source = 0
        if hidesAll, !rules.matchesPath(bytes) {
            rules.mark.withUnsafeBytes { out.string($0, truncated: false, escaping: nil) }
            return
        }
        let new = truncated && address != 0 ? replacedWithRest(bytes, address) : rules.replaced(bytes, shown: bytes.count)
        guard let new else { return out.string(bytes, truncated: truncated, escaping: escaping) }
        new.withUnsafeBytes { out.string($0, truncated: truncated, escaping: escaping) }
    }

    /// Looks at more of a string that is cut off.
    private func replacedWithRest(_ bytes: UnsafeRawBufferPointer, _ address: UInt64) -> [UInt8]? {
        withUnsafeTemporaryAllocation(byteCount: bytes.count + Replacements.lookahead, alignment: 1) { buffer in
            buffer.copyMemory(from: bytes)
            var count = bytes.count, part = Replacements.lookahead
            // The rest may end anywhere: what of it can be read is looked at.
            while part > 0 {
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count..<min(count + part, buffer.count)])
                let n = memory.read(address &+ UInt64(count), into: rest)
                count += n
                if n < part { part /= 2 }
                if count == buffer.count { break }
            }
            return rules.replaced(UnsafeRawBufferPointer(rebasing: buffer[..<count]), shown: bytes.count)
        }
    }

    func annotation(_ bytes: UnsafeRawBufferPointer) { replace(bytes) { out.annotation($0) } }
    func comment(_ text: UnsafeRawBufferPointer) { replace(text) { out.comment($0) } }

    private func replace(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
        guard let new = rules.replaced(bytes, shown: bytes.count) else { return body(bytes) }
        new.withUnsafeBytes(body)
    }

    func argument(_ name: Name) { out.argument(rules.fields[name] ?? name) }
    func field(_ name: Name) { out.field(rules.fields[name] ?? name) }

    // MARK: What is not

    func beginStructure() { out.beginStructure() }
    func endStructure() { out.endStructure() }
    func beginArray() { out.beginArray() }
    func element() { out.element() }
    func element(index: UnsafeRawBufferPointer) { out.element(index: index) }
    func endArray() { out.endArray() }
    func member() { out.member() }
    func beginCall(_ name: Name) { out.beginCall(name) }
    func endCall() { out.endCall() }
    func more() { out.more() }
    func changed() { out.changed() }
    func signed(_ v: Int64) { out.signed(v) }
    func unsigned(_ v: UInt64) { out.unsigned(v) }
    func hex(_ v: UInt64, prefixZero: Bool) { out.hex(v, prefixZero: prefixZero) }
    func octal(_ v: UInt64, width: Int) { out.octal(v, width: width) }
    func address(_ v: UInt64) { out.address(v) }
    func boolean(_ v: Bool) { out.boolean(v) }
    func beginSymbolic(_ v: UInt64, radix: Radix) -> Bool { out.beginSymbolic(v, radix: radix) }
    func symbol(_ name: Name) { out.symbol(name) }
    func bits(_ v: UInt64, radix: Radix) { out.bits(v, radix: radix) }
    func unnamed(_ v: UInt64, radix: Radix, _ unknown: Name) { out.unnamed(v, radix: radix, unknown) }
    func endSymbolic() { out.endSymbolic() }
    func verbatim(_ bytes: UnsafeRawBufferPointer) { out.verbatim(bytes) }
    func beginNote() { out.beginNote() }
    func endNote() { out.endNote() }
    func emptyNote() { out.emptyNote() }
}
