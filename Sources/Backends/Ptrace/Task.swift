import RenacerCore

/// A traced thread, from the first sign of it to its end.
final class Task {
    /// Changes when a thread executes: it takes its leader's id.
    var tid: Int32
    /// Thread group id.
    let pid: Int32
    let memory: LiveMemory

    /// The call it is in, or was in last.
    var call: Call
    /// Between an entry and an exit stop.
    var isInCall = false
    /// The call's number, whether the call is delivered or not.
    var number = -1
    /// The last call that `restart_syscall` is to take up again.
    var interruptedNumber = Call.unknownNumber
    /// Seized while it ran: nobody knows yet what it was doing.
    var isFreshlyAttached = false
    /// The end of the call is to be delivered.
    var isCallDelivered = false
    /// The call may change what of its memory can be read.
    var isRemapping = false
    /// What the call maps or unmaps, where somebody wants to know.
    var remapping: Remapping?
    /// System time of its process at the last entry, in ns.
    var systemTimeAtEntry: UInt64 = 0

    /// On its way to the first exec, or to its end after that failed: renacer's own calls.
    var isStarting = false
    /// The call began, and what is asked of its task while it is stopped must not count as time in it.
    var startsLate = false
    /// In a ptrace-stop, with an entry among the stopped or the delayed tasks.
    var isStopped = false
    /// In a group-stop that lasts under `PTRACE_LISTEN`.
    var isListening = false
    /// How it goes on from the stop it is in.
    var next = Next.run
    /// The signal that goes with it; 0 for none.
    var nextSignal: Int32 = 0
    /// It stays in its stop until then (`CLOCK_MONOTONIC` ns); 0: not delayed.
    var delayedUntil: UInt64 = 0

    /// What is being done to the call it is in.
    var injection: Injection?
    /// How often each rule's calls were entered.
    var injectionCounts: [InjectionKey: UInt32] = [:]

    /// `siginfo_t` of the signal being delivered; borrowed by its event.
    private var signalInfo: UnsafeMutableRawBufferPointer?

    enum Next { case run, listen }

    init(tid: Int32, pid: Int32, cache: ReadCache) {
        self.tid = tid
        self.pid = pid
        memory = LiveMemory(tid: tid, cache: cache)
        call = Call(number: -1, arguments: (0, 0, 0, 0, 0, 0), memory: memory)
    }

    deinit { signalInfo?.deallocate() }

    var isThread: Bool { tid != pid }

    /// Takes the place of its leader, after it executed.
    func becomeLeader() {
        tid = pid
        memory.tid = pid
    }

    func signalInfoBuffer() -> UnsafeMutableRawBufferPointer {
        if let signalInfo { return signalInfo }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 128, alignment: 8)
        signalInfo = buffer
        return buffer
    }
}
