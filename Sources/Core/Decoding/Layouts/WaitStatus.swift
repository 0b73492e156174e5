// What wait4(2) stores of a child.

extension Decoder {
    /// `[{WIFEXITED(s) && WEXITSTATUS(s) == 0}]`
    func waitStatus(_ address: UInt64) {
        // Without a child that changed nothing is stored.
        if exiting, result == 0 {
            out.address(address)
        } else {
            pointee(address, 4) { waitStatus($0.u32(0)) }
        }
    }

    /// `{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV}` and the bits that this does not explain.
    public func waitStatus(_ status: UInt32) {
        let low = status & 0x7f
        let code = UInt64(status >> 8 & 0xff)
        var rest: UInt32
        switch status & 0xff {
        case 0x7f:
            rest = status & ~0xffff
            out.verbatim("{WIFSTOPPED(s) && WSTOPSIG(s) == ")
            // A system call stop under PTRACE_O_TRACESYSGOOD.
            if code == 0x85 {
                out.verbatim("SIGTRAP | 0x80")
            } else {
                plainSignal(code)
            }
        case 0xff:
            guard status == 0xffff else {
                out.hex(UInt64(status))
                return
            }
            out.verbatim("{WIFCONTINUED(s)}")
            return
        case _ where low == 0:
            rest = status & ~0xff00
            out.verbatim("{WIFEXITED(s) && WEXITSTATUS(s) == ")
            out.unsigned(code)
        default:
            rest = status & ~0xff
            out.verbatim("{WIFSIGNALED(s) && WTERMSIG(s) == ")
            plainSignal(UInt64(low))
            if status & 0x80 != 0 { out.verbatim(" && WCOREDUMP(s)") }
        }
        out.verbatim("}")
        guard rest != 0 else { return }
        out.verbatim("|")
        let event = UInt64(rest >> 16)
        if event != 0 {
            enumerated(event, .ptraceEvents)
            out.verbatim("<<16")
            rest &= 0xffff
            if rest == 0 { return }
            out.verbatim("|")
        }
        out.hex(UInt64(rest))
    }

    /// A signal within an expression: its name whatever the style.
    private func plainSignal(_ v: UInt64) {
        if let name = ConstantTable.signals.name(of: v) { out.verbatim(name) } else { out.unsigned(v) }
    }
}
