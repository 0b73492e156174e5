extension Decoder {
    /// restart_syscall has no arguments: what it takes up again is worth more.
    func restartedCall() -> Syscall.Progress {
        if entering {
            out.verbatim("<... resuming interrupted ")
            let name = SyscallTable.lookup(call.interruptedNumber, call.personality)?.name
            out.verbatim(name ?? "system call")
            out.verbatim(" ...>")
        }
        return .complete
    }
}
