import Synchronization

/// System calls by number, each made when it is first looked up: a program makes a few dozen
/// of 400 calls, and to make all took a seventh of a millisecond at every start.
///
/// What is made is never freed, so that a look-up counts no references.
struct SyscallIndex: @unchecked Sendable {
    let count: Int
    /// Addresses of the calls already made, 0 for the others.
    private let made: UnsafeMutablePointer<Atomic<UInt>>
    private let make: @Sendable (Int) -> Syscall?

    /// - Parameter make: the call of a number below `count`, nil where there is none.
    init(count: Int, _ make: @escaping @Sendable (Int) -> Syscall?) {
        self.count = count
        self.make = make
        made = .allocate(capacity: count)
        for n in 0..<count { (made + n).initialize(to: Atomic(0)) }
    }

    subscript(n: Int) -> Unmanaged<Syscall>? {
        guard n >= 0, n < count else { return nil }
        if let known = UnsafeRawPointer(bitPattern: made[n].load(ordering: .acquiring)) { return .fromOpaque(known) }
        return first(n)
    }

    @inline(never)
    private func first(_ n: Int) -> Unmanaged<Syscall>? {
        guard let call = make(n) else { return nil }
        let fresh = Unmanaged.passRetained(call)
        // Of two threads that look at once one wins; the other's copy is small and stays.
        let (_, winner) = made[n].compareExchange(
            expected: 0, desired: UInt(bitPattern: fresh.toOpaque()), ordering: .acquiringAndReleasing)
        return UnsafeRawPointer(bitPattern: winner).map { .fromOpaque($0) } ?? fresh
    }
}
