import CBPF

/// What a descriptor referred to: a view of a record's bytes.
struct CapturedDescriptor {
    let facts: capture_descriptor
    /// Names, each with its NUL.
    let names: UnsafeRawBufferPointer
    /// What was captured behind the names.
    let rest: UnsafeRawBufferPointer

    /// nil if the bytes are too few.
    init?(_ bytes: UnsafeRawBufferPointer) {
        let size = MemoryLayout<capture_descriptor>.size
        guard bytes.count >= size else { return nil }
        facts = bytes.loadUnaligned(as: capture_descriptor.self)
        let end = size + Int(facts.names)
        guard end <= bytes.count else { return nil }
        names = UnsafeRawBufferPointer(rebasing: bytes[size..<end])
        rest = UnsafeRawBufferPointer(rebasing: bytes[end...])
    }

    func has<Flag: RawRepresentable<UInt32>>(_ flag: Flag) -> Bool { UInt32(facts.flags) & flag.rawValue != 0 }
    func has(_ flag: Int) -> Bool { Int(facts.flags) & flag != 0 }

    var firstName: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: names[..<(names.firstIndex(of: 0) ?? names.count)])
    }

    var lastName: UnsafeRawBufferPointer {
        guard names.count > 0 else { return names }
        let start = (names.dropLast().lastIndex(of: 0) ?? -1) + 1
        return UnsafeRawBufferPointer(rebasing: names[start..<(names.count - 1)])
    }
}

extension RecordMemory {
    /// What was captured of a descriptor, or of the working directory under
    /// `CAPTURE_WORKING_DIRECTORY`: at the call's end if that is what is looked at, else at its entry.
    func descriptor(_ number: Int32) -> CapturedDescriptor? {
        let key = UInt64(bitPattern: Int64(number))
        let describes = UInt16(CAPTURE_DESCRIBES.rawValue)
        let exit = describes | UInt16(CAPTURE_AT_EXIT.rawValue)
        var atEntry: UnsafeRawBufferPointer?
        forEachSegment { s, bytes in
            guard s.moment & describes != 0, s.address == key else { return true }
            if s.moment != exit {
                if atEntry == nil { atEntry = bytes }
            } else if isAtExit {
                atEntry = bytes
                return false
            }
            return true
        }
        return atEntry.flatMap { CapturedDescriptor($0) }
    }
}
