import RenacerCore

/// A writer for a decoder of which only what it reads is wanted.
final class SilentWriter: ValueWriter {
    func argument(_ name: Name) {}
    func beginStructure() {}
    func field(_ name: Name) {}
    func endStructure() {}
    func beginArray() {}
    func element() {}
    func element(index: UnsafeRawBufferPointer) {}
    func endArray() {}
    func member() {}
    func beginCall(_ name: Name) {}
    func endCall() {}
    func more() {}
    func changed() {}
    func signed(_ v: Int64) {}
    func unsigned(_ v: UInt64) {}
    func hex(_ v: UInt64, prefixZero: Bool) {}
    func octal(_ v: UInt64, width: Int) {}
    func address(_ v: UInt64) {}
    func boolean(_ v: Bool) {}
    func beginSymbolic(_ v: UInt64, radix: Radix) -> Bool { true }
    func symbol(_ name: Name) {}
    func bits(_ v: UInt64, radix: Radix) {}
    func unnamed(_ v: UInt64, radix: Radix, _ unknown: Name) {}
    func endSymbolic() {}
    func string(_ bytes: UnsafeRawBufferPointer, truncated: Bool, escaping: StringEscaping?) {}
    func annotation(_ bytes: UnsafeRawBufferPointer) {}
    func comment(_ text: UnsafeRawBufferPointer) {}
    func verbatim(_ bytes: UnsafeRawBufferPointer) {}
    func beginNote() {}
    func endNote() {}
    func emptyNote() {}
}
