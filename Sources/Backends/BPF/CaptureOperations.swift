import CBPF
import RenacerCore

/// Operations of a program, before a call or after it, as they are put together.
struct CaptureOperations {
    var all: [capture_operation] = []
    let isExit: Bool
    /// Statements that do not say when are meant.
    var isActive = true
    var isEvenOnError = false
    /// The next register that nothing uses.
    var free: UInt8 = 8

    init(isExit: Bool) { self.isExit = isExit }

    /// What follows is of another argument.
    mutating func begin(isActive: Bool, isEvenOnError: Bool) {
        self.isActive = isActive
        self.isEvenOnError = isEvenOnError
        free = 8
    }

    /// - Parameter length: the register with the length or count; nil: `limit` is it.
    mutating func add(
        _ code: capture_code, _ source: UInt8, length: UInt8? = nil, scale: Int = 1, limit: Int = 0,
        count: Int = 0, mask: UInt64 = 0, value: UInt64 = 0, flags: Int32 = 0
    ) {
        var o = capture_operation()
        o.code = UInt8(code.rawValue)
        o.source = source
        o.length = length ?? UInt8(CAPTURE_NO_LENGTH)
        o.scale = UInt32(clamping: scale)
        o.limit = UInt32(clamping: limit)
        o.count = UInt32(clamping: count)
        o.mask = mask
        o.value = value
        o.flags = UInt8(flags)
        if isEvenOnError { o.flags |= UInt8(CAPTURE_EVEN_ON_ERROR.rawValue) }
        all.append(o)
    }

    /// Takes a register; the last one over and over if all are taken.
    mutating func take() -> UInt8 {
        defer { if free < UInt8(CAPTURE_REGISTERS) - 1 { free += 1 } }
        return free
    }

    /// Loads an unsigned value from `offset` behind a register's address.
    mutating func load(_ source: UInt8, _ offset: Int, _ width: Int) -> UInt8 {
        let r = take()
        add(CAPTURE_LOAD, source, length: r, limit: width, value: UInt64(offset))
        return r
    }

    /// A register with `(source >> shift & mask) + value`, no more than `limit` unless that is 0.
    mutating func set(_ source: UInt8, shift: Int = 0, mask: UInt64 = .max, limit: Int = 0, value: UInt64 = 0) -> UInt8 {
        let r = take()
        add(CAPTURE_SET, source, length: r, scale: shift, limit: limit, mask: mask, value: value)
        return r
    }

    /// What `body` adds is left out unless a register & `mask` is `value`.
    mutating func unless(_ source: UInt8, _ mask: UInt64, _ value: UInt64, _ body: (inout CaptureOperations) -> Void) {
        let at = all.count
        add(CAPTURE_UNLESS, source, mask: mask, value: value)
        body(&self)
        if all.count == at + 1 { all.removeLast() } else { all[at].limit = UInt32(all.count - at - 1) }
    }

    /// What `body` adds needs a register's value, which is got for nothing else.
    mutating func serving(_ get: (inout CaptureOperations) -> UInt8, _ body: (inout CaptureOperations, UInt8) -> Void) {
        let before = all.count
        let register = get(&self)
        let after = all.count
        body(&self, register)
        if all.count == after { all.removeLast(after - before) }
    }

    /// Performs what `body` adds for each element of an array.
    mutating func loop(_ source: UInt8, _ count: UInt8, stride: Int, most: Int, _ body: (inout CaptureOperations, UInt8) -> Void) {
        let before = all.count, registers = free
        // No count, no pass.
        let limited = set(count, mask: 0xffff_ffff, limit: most)
        let at = all.count
        add(CAPTURE_UNLESS, limited, mask: .max, value: 0)
        let skip = all.count
        add(CAPTURE_UNLESS, limited, mask: 0, value: 1)
        all[at].limit = 1
        let element = set(source)
        let start = all.count
        body(&self, element)
        if all.count == start {
            all.removeLast(all.count - before)
        } else {
            add(CAPTURE_REPEAT, element, length: limited, limit: all.count - start, value: UInt64(stride))
            all[skip].limit = UInt32(all.count - skip - 1)
        }
        free = registers
    }
}
