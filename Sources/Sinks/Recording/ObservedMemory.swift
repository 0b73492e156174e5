import RenacerCore
import RenacerRecording

/// A tracee's memory that takes note of all that is read of it.
final class ObservedMemory: TraceeMemory {
    /// The memory that is read; borrowed for the time an event is consumed.
    unowned(unsafe) var actual: any TraceeMemory
    private let tape: MemoryTape
    private let nothing = NoMemory()

    init(_ tape: MemoryTape) {
        self.tape = tape
        actual = nothing
    }

    func read(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let n = actual.read(address, into: buffer)
        if n > 0 { tape.note(address, UnsafeRawBufferPointer(rebasing: buffer[..<n])) }
        return n
    }

    func readString(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var n = actual.readString(address, into: buffer)
        if n > 0, let end = buffer[..<n].firstIndex(of: 0) { n = end + 1 }
        if n > 0 { tape.note(address, UnsafeRawBufferPointer(rebasing: buffer[..<n])) }
        return n
    }

    func turn(toExit: Bool) { actual.turn(toExit: toExit) }
}
