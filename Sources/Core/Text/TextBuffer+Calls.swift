extension TextBuffer {
    /// Writes a call's name: `syscall_0x…` if the table has none, `???` if even its number is not known.
    public func append(nameOf call: borrowing Call) {
        if let name = call.name {
            append(name)
        } else if call.number == Call.unknownNumber {
            append("???")
        } else {
            append("syscall_")
            hex(UInt64(UInt32(truncatingIfNeeded: call.number)), prefixZero: true)
        }
    }
}
